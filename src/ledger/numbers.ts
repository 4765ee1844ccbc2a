import type { ObjectNumber, ReportNumber } from './values.js';

/** The numbers that are spoken outside the database, as people write them. */
export const reportName = (number: ReportNumber): string => `r-${number}`;
export const objectName = (number: ObjectNumber): string => `o-${number}`;

/** What `r-1042` or `o-77` names; undefined where the text is neither. */
export function numberNamed(
  text: string,
):
  | { readonly kind: 'report'; readonly number: ReportNumber }
  | { readonly kind: 'object'; readonly number: ObjectNumber }
  | undefined {
  const found = /^([ro])-([1-9]\d{0,14})$/i.exec(text.trim());
  if (!found) return undefined;
  const number = Number(found[2]);
  return found[1]!.toLowerCase() === 'r'
    ? { kind: 'report', number: number as ReportNumber }
    : { kind: 'object', number: number as ObjectNumber };
}
