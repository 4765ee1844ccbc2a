import { askingForLess, foundReport, type ArchiveProblem } from '../dicomweb/index.js';
import {
  asReadUid,
  ok,
  TAG,
  type FoundReport,
  type Result,
  type SeriesInstanceUid,
  type SopInstanceUid,
  type StudyInstanceUid,
} from '../domain/index.js';
import { reopenOverwritten } from './watch.js';
import type { Source, World } from './world.js';

/** A report, or the series or study in which reports are, as somebody outside names it. */
export interface ReportReference {
  readonly study: StudyInstanceUid;
  readonly series?: SeriesInstanceUid;
  readonly instance?: SopInstanceUid;
}

/**
 * Looks up what somebody named at a source, and puts what is there on the worklist. Only identifiers are taken from outside: what is worked on is what
 * the archive answers. One that is known is read again where it was overwritten. `new`: how many reports were not known.
 */
export async function lookUpNamed(
  source: Source,
  references: readonly ReportReference[],
  world: World,
): Promise<Result<{ readonly found: number; readonly new: number }, ArchiveProblem>> {
  const found: FoundReport[] = [];
  for (const { study, series, instance } of references) {
    const listed = series === undefined ? await reportSeries(source, study) : ok([series]);
    if (!listed.ok) return listed;
    for (const one of listed.value) {
      const query = {
        StudyInstanceUID: study,
        SeriesInstanceUID: one,
        ...(instance === undefined ? {} : { SOPInstanceUID: instance }),
      };
      const instances = await askingForLess((include) => source.archive.search('instances', query, { include }));
      if (!instances.ok) return instances;
      for (const row of instances.value) {
        const sop = row.text(TAG.SOPInstanceUID);
        if (sop === undefined || (instance !== undefined && sop !== instance)) continue;
        found.push(foundReport(source.name, { study, series: one }, row));
      }
    }
  }
  const sighted = await world.ledger.sight({
    source: source.name,
    found,
    // a look at some instances says nothing of how many a series has
    seriesCounts: new Map(),
    unchangedSeries: [],
    urgency: 'today',
  });
  await world.ledger.ensureRuns(world.digests, { kind: 'reports-without-run' });
  await reopenOverwritten(source, world);
  return ok({ found: found.length, new: sighted.new.length });
}

async function reportSeries(
  source: Source,
  study: StudyInstanceUid,
): Promise<Result<readonly SeriesInstanceUid[], ArchiveProblem>> {
  const modalities = source.carriers.includes('gsps') ? ['SR', 'KO', 'PR'] : ['SR', 'KO'];
  const series = await source.archive.search('series', { StudyInstanceUID: study });
  if (!series.ok) return series;
  return ok(
    series.value.flatMap((row) => {
      const [uid, modality] = [row.text(TAG.SeriesInstanceUID), row.text(TAG.Modality)];
      return uid !== undefined && (modality === undefined || modalities.includes(modality))
        ? [asReadUid<SeriesInstanceUid>(uid)]
        : [];
    }),
  );
}
