import { filesOf } from '../pipeline/altered-phantom.js';

export interface ReportFiles {
  readonly reportUID: string;
  readonly studyUID: string;
  readonly files: readonly { readonly name: string; readonly bytes: Uint8Array }[];
}

const PATTERN = 900_000;

/** The n-th of many studies that differ in their identifiers only: one slice and a report on it (n up to 99,999). */
export function manyReports(): (n: number) => ReportFiles {
  const pattern = filesOf(undefined, PATTERN);
  const root = `2.25.${1000 + PATTERN}`; // 2.25.901000
  return (n) => {
    const own = `2.25.9${String(n + 1).padStart(5, '0')}`;
    const patient = `P9${String(n + 1).padStart(5, '0')}`;
    const files = pattern.map(({ name, bytes }) => ({
      name: `${n}-${name}`,
      bytes: replaced(replaced(bytes, root, own), `P${PATTERN}`, patient),
    }));
    return { reportUID: `${own}.5`, studyUID: `${own}.1`, files };
  };
}

/** Every occurrence of a text replaced by one of the same length: lengths of elements and items stay right. */
function replaced(bytes: Uint8Array, from: string, to: string): Uint8Array {
  if (from.length !== to.length) throw new Error('the texts differ in length');
  const copy = Buffer.from(bytes);
  for (let at = copy.indexOf(from, 0, 'latin1'); at >= 0; at = copy.indexOf(from, at + to.length, 'latin1'))
    copy.write(to, at, 'latin1');
  return copy;
}
