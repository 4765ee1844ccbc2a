/** What does a unit of measurement say about a length? Many writers' units are wrong (dcmjs writes `px` for millimetres): a unit that does
 * not convert proves nothing, only an area or an angle is known not to be a length. */
import { mm, type CodedConcept, type Mm } from '../domain/index.js';

export type LengthUnit =
  | { readonly kind: 'length'; readonly millimetres: number }
  /** No conversion; the value is taken as it is and geometry decides. */
  | { readonly kind: 'unknown' }
  | { readonly kind: 'not-a-length' };

/** UCUM's spelling; writers put the same under DCM or a private scheme. */
const MILLIMETRES = new Map([
  ['mm', 1],
  ['cm', 10],
  ['m', 1000],
  ['um', 0.001],
  ['dm', 100],
]);

const NOT_A_LENGTH = /^(?:deg|rad|%|s|ms|min|h|ml|l|u?g|mg|kg|\[hnsf'u\]|hu|g\/ml|.*[a-z\]}][23²³]|.*\/.*|mm hg|bpm)$/i;

export function lengthUnit(unit: CodedConcept | undefined): LengthUnit {
  if (!unit) return { kind: 'unknown' };
  const millimetres = MILLIMETRES.get(unit.value);
  if (millimetres !== undefined) return { kind: 'length', millimetres };
  return NOT_A_LENGTH.test(unit.value) ? { kind: 'not-a-length' } : { kind: 'unknown' };
}

export const inMillimetres = (value: number, unit: LengthUnit): Mm =>
  mm(unit.kind === 'length' ? value * unit.millimetres : value);
