import { createHash } from 'node:crypto';
import type { Axis, Measurement } from '../domain/index.js';

type Marks = Pick<Measurement, 'longAxis' | 'shortAxis' | 'image'>;

/** Thousandths of a pixel or of a millimetre: finer than any mark, and coarser than what a correction of the file by an archive changes. */
const STEPS = 1_000;

/**
 * SHA-256 (hex) of where a measurement's lines lie: their ends as the report has them, and their image and frame. It is by this that a report whose
 * lines were changed under its own UID is told from what was segmented. Which line is called the long one, which end comes first, and the lengths do not matter.
 */
export function marksSha256(measurement: Marks): string {
  const { image, longAxis, shortAxis } = measurement;
  const lines = [longAxis, shortAxis].flatMap((axis) => lineText(axis) ?? []).sort();
  const place = image ? `${image.sopInstanceUID} ${image.frame ?? 1}` : '-';
  return createHash('sha256')
    .update(['caliper-marks-v1', place, ...lines].join('\n'))
    .digest('hex');
}

function lineText(axis: Axis | undefined): string | undefined {
  const points = axis?.points;
  if (!points) return undefined;
  const ends = points.ends.map((end) =>
    (end.space === 'patient' ? [end.x, end.y, end.z] : [end.column, end.row]).map(inSteps).join(' '),
  );
  return [points.space, ...ends.sort()].join(' ');
}

/** Adding zero makes one of the two zeros. */
const inSteps = (value: number): number => Math.round(value * STEPS) + 0;
