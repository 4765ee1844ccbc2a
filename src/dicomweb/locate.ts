import {
  asReadUid,
  fail,
  ok,
  TAG,
  type DataSet,
  type Result,
  type SopInstanceUid,
  type StudyInstanceUid,
} from '../domain/index.js';
import type { LocatedInstance } from './archive.js';
import { isNotInThisWay, type ArchiveProblem } from './archive-problem.js';
import type { Channel } from './channel.js';
import { isPathIdentifier } from './path-identifier.js';
import type { Query } from './query.js';
import { search } from './search.js';

/** Where an instance is: in the study where it is supposed to be, else anywhere in the archive. */
export async function locate(
  channel: Channel,
  instance: SopInstanceUid,
  study: StudyInstanceUid | undefined,
): Promise<Result<LocatedInstance, ArchiveProblem>> {
  const queries: Query[] = [{ SOPInstanceUID: instance }];
  if (study !== undefined) queries.unshift({ SOPInstanceUID: instance, StudyInstanceUID: study });
  for (const query of queries) {
    const rows = await search(channel, 'instances', query, {
      include: ['StudyInstanceUID', 'SeriesInstanceUID', 'SOPClassUID'],
    });
    if (!rows.ok) {
      // not every archive can search instances across studies; where the study is known, that is no failure
      if (study !== undefined && query['StudyInstanceUID'] === undefined && isNotInThisWay(rows.error)) break;
      return rows;
    }
    const places = rows.value.flatMap((row) => placeOf(row, instance, query['StudyInstanceUID']));
    // the same instance may lie in several series; the choice is the same every time
    const place = places.sort((a, b) => (`${a.study} ${a.series}` < `${b.study} ${b.series}` ? -1 : 1))[0];
    if (place !== undefined) return ok(place);
  }
  return fail({ code: 'image-gone' });
}

function placeOf(row: DataSet, instance: SopInstanceUid, inStudy: string | undefined): LocatedInstance[] {
  const study = row.text(TAG.StudyInstanceUID) ?? inStudy;
  const series = row.text(TAG.SeriesInstanceUID);
  if (study === undefined || series === undefined || ![study, series].every(isPathIdentifier)) return [];
  const sopClass = row.text(TAG.SOPClassUID);
  return [
    {
      study: asReadUid(study),
      series: asReadUid(series),
      instance,
      sopClass: sopClass === undefined ? undefined : asReadUid(sopClass),
    },
  ];
}
