/** What an explanation says of measurements and of what was skipped, whatever carried them, and how text of a file is shown. */
import type { Measurement, ReadReport } from '../domain/index.js';

/** Trees of thousands of items are cut: what a dialect looks like shows in the first ones. */
export const MOST_LINES = 5_000;
const LONGEST_TEXT = 60;

/** By the path that a measurement or a skipped place names. */
export function outcomesOf(report: ReadReport): ReadonlyMap<string, readonly string[]> {
  const outcomes = new Map<string, string[]>();
  const add = (where: string, text: string): void => {
    const others = outcomes.get(where);
    if (others) others.push(text);
    else outcomes.set(where, [text]);
  };
  for (const measurement of report.measurements) {
    const [where] = measurement.key.split('#');
    add(where!, `=> measurement ${sentenceOf(measurement)}`);
  }
  for (const { reason, where } of report.skipped) add(where, `=> skipped: ${reason}`);
  return outcomes;
}

function sentenceOf({ key, shape, longAxis, shortAxis, image, trackingUID, findings }: Measurement): string {
  const axis = (name: string, a: Measurement['longAxis']): string =>
    a
      ? `${name}: ${a.points ? `line (${a.points.space})` : 'no line'}, ${a.reportedMm === undefined ? 'no number' : `${a.reportedMm} mm`}, code by ${a.match}`
      : `no ${name} axis`;
  return [
    key,
    `shape ${shape || '-'}`,
    axis('long', longAxis),
    axis('short', shortAxis),
    image
      ? `image ${image.sopInstanceUID}${image.frame === undefined ? '' : ` frame ${image.frame}`}`
      : 'no image named',
    trackingUID === undefined ? 'no tracking UID' : `tracked as ${trackingUID}`,
    ...findings.map(({ code }) => code),
  ].join('; ');
}

/** Nothing that a terminal would obey. */
export const oneLine = (text: string): string => text.replace(/[\p{Cc}\p{Cf}]+/gu, ' ');

/** Free text, as far as it helps to know the item again. */
export function printable(text: string): string {
  const line = oneLine(text);
  return line.length > LONGEST_TEXT ? `${line.slice(0, LONGEST_TEXT)}...` : line;
}
