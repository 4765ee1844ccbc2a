import { sweep, type ReportModality, type SearchLayer, type SweepResult } from '../dicomweb/index.js';
import { fail, ok, type ReasonCode, type Result } from '../domain/index.js';
import { isOnline } from '../pipeline/index.js';
import type { Found, PartitionEntry } from './entries.js';
import type { Partition } from './partitions.js';
import { split } from './partitions.js';
import type { Patience } from './patience.js';
import type { HarvestSource } from './settings.js';

/** Why a window has to be asked for in pieces. */
const TOO_LARGE: ReadonlySet<string> = new Set(['too-many-rows', 'offset-ignored', 'rows-moved']);

/** Searches one window of one source; splits it where the archive does not give all of it. */
export async function searchPartition(
  source: HarvestSource,
  partition: Partition,
  patience: Patience,
): Promise<PartitionEntry> {
  const layer: SearchLayer = {
    name: `harvest-${partition.from}-${partition.to}`,
    from: partition.from,
    to: partition.to,
    modalities: modalitiesOf(source),
  };
  const entry = (result: PartitionEntry['result']): PartitionEntry => ({
    kind: 'partition',
    source: source.name,
    partition,
    result,
  });
  const swept = await patience.ask(() => sweep(source.archive, layer, () => new Map()));
  const listed: Result<SweepResult, ReasonCode> = swept.ok ? complete(swept.value) : swept;
  if (listed.ok) return entry({ kind: 'listed', found: foundIn(listed.value) });
  if (isTooLarge(swept) && split(partition)) return entry({ kind: 'split' });
  return entry({ kind: 'failed', reason: listed.error });
}

const modalitiesOf = ({ carriers }: HarvestSource): readonly ReportModality[] =>
  carriers.includes('gsps') ? ['SR', 'KO', 'PR'] : ['SR', 'KO'];

const isTooLarge = (swept: Result<SweepResult, ReasonCode>): boolean =>
  swept.ok && swept.value.shortfalls.some((s) => TOO_LARGE.has(s));

/** A search that may have missed something is none. Rows that cannot be used name nothing that could be fetched. */
function complete(swept: SweepResult): Result<SweepResult, ReasonCode> {
  if (swept.failed[0]) return fail(swept.failed[0].problem.code);
  if (swept.shortfalls.includes('key-ignored')) return fail('search-key-ignored');
  if (swept.shortfalls.some((s) => TOO_LARGE.has(s))) return fail('archive-answer-invalid');
  return ok(swept);
}

/** In an order that does not depend on the archive's. */
const foundIn = (swept: SweepResult): readonly Found[] =>
  swept.found
    .map((f): Found => {
      const place = [f.studyInstanceUID, f.seriesInstanceUID, f.sopInstanceUID, f.sopClassUID ?? null] as const;
      return isOnline(f.availability) ? place : [...place, 'nearline'];
    })
    .sort((a, b) => (a[2] < b[2] ? -1 : a[2] > b[2] ? 1 : a[1] < b[1] ? -1 : 1));
