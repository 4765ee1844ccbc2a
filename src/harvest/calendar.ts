import type { PartitionEntry } from './entries.js';
import { months, split, type Partition } from './partitions.js';

/** More instances than this in one window and the next windows are narrower: pages far down a list are the dear ones. */
const MANY = 2000;

/**
 * The windows of a source in their order. Which comes next depends on what the last ones gave, and on nothing else, so that a harvest that goes on
 * takes the same way.
 */
export async function* windows(
  from: string,
  to: string,
  search: (partition: Partition) => Promise<PartitionEntry>,
): AsyncGenerator<{ readonly entry: PartitionEntry; readonly monthsDone: number; readonly months: number }> {
  const all = months(from, to);
  let width: Partition['width'] = 'month';
  for (const [i, month] of all.entries()) {
    let found = 0;
    const waiting: Partition[] = [...inWidth(month, width)];
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      const entry = await search(next);
      const { result } = entry;
      if (result.kind === 'split') waiting.unshift(...(split(next) ?? []));
      if (result.kind === 'listed') found += result.found.length;
      if (result.kind === 'split' || (result.kind === 'listed' && result.found.length > MANY))
        width = narrower(next.width);
      yield { entry, monthsDone: waiting.length === 0 ? i + 1 : i, months: all.length };
    }
    if (found < MANY / 4) width = 'month';
  }
}

const narrower = (width: Partition['width']): Partition['width'] => (width === 'month' ? 'week' : 'day');

function inWidth(month: Partition, width: Partition['width']): readonly Partition[] {
  if (width === 'month') return [month];
  const weeks = split(month) ?? [];
  return width === 'week' ? weeks : weeks.flatMap((week) => split(week) ?? []);
}
