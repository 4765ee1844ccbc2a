import type { KernelPool } from '../compute/index.js';
import {
  readRowHu,
  type LesionRow,
  type LesionSet,
  type LesionSetWriter,
  type RowProblemCode,
} from '../dataset/index.js';
import type { ReasonCode } from '../domain/index.js';
import { seedLabels } from '../segmentation/index.js';
import { segmentRow } from './evaluate.js';
import { inLanes } from './lanes.js';

export interface SeedCounts {
  seeds: number;
  /** Rows whose image cannot be used: they are not in the new set. */
  readonly leftOut: Map<RowProblemCode, number>;
  /** Rows that are in the new set without a seed. */
  readonly refused: Map<ReasonCode, number>;
}

const OBSERVER = { marks: 'observer', scaleMarks: 1 } as const;

/**
 * A weak label for every row: GrabCut's mask of the reader's marks, with the shape between the marks as the second opinion. `onRow` is told after
 * each row.
 */
export async function makeSeeds(
  set: LesionSet,
  writer: LesionSetWriter,
  kernels: KernelPool,
  lanes: number,
  onRow: () => void,
): Promise<SeedCounts> {
  const workers = { kernels, networks: new Map() };
  const counts: SeedCounts = { seeds: 0, leftOut: new Map(), refused: new Map() };
  await inLanes(set.rows, lanes, async (row) => {
    const hu = await readRowHu(set, row);
    if (hu.ok) await seedRow(row, hu.value);
    else count(counts.leftOut, hu.error);
    onRow();
  });
  return counts;

  async function seedRow(row: LesionRow, hu: Float32Array): Promise<void> {
    const mask = await segmentRow(OBSERVER, row, 'grabcut', hu, workers);
    const shape = await segmentRow(OBSERVER, row, 'superellipse', hu, workers);
    if (mask.ok && shape.ok) {
      const labels = seedLabels(mask.value.mask, shape.value.mask);
      await writer.add(row, { labels, agreement: mask.value.agreement, method: mask.value.method });
      counts.seeds++;
      return;
    }
    await writer.add(row, undefined);
    if (!mask.ok) count(counts.refused, mask.error);
    else if (!shape.ok) count(counts.refused, shape.error);
  }
}

const count = <K>(counts: Map<K, number>, key: K): void => void counts.set(key, (counts.get(key) ?? 0) + 1);
