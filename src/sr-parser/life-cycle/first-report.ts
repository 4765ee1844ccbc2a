import type { SopInstanceUid } from '../../domain/index.js';
import type { ReportDocument } from './report-document.js';
import { byAge } from './superseded-reports.js';

/**
 * The report that a chain of predecessors began with, whether it is among the known ones or only named; undefined where the document names no
 * predecessor. A lesion without tracking UID gets one derived from it, so that an amendment keeps the UID. Where the lines of a chain join, the
 * oldest of its beginnings.
 *
 * An amended report keeps its lesions where path and image match (`places`): where a lesion of the first report stands at the path of another
 * one's, nothing can be said, and there is no first report.
 */
export function firstReportOf(document: ReportDocument, known: readonly ReportDocument[]): SopInstanceUid | undefined {
  const byUid = new Map(known.map((other) => [other.sopInstanceUID, other]));
  const ancestors = new Set<SopInstanceUid>();
  const open = [...document.predecessors];
  for (let uid = open.pop(); uid !== undefined; uid = open.pop()) {
    if (uid === document.sopInstanceUID || ancestors.has(uid)) continue;
    ancestors.add(uid);
    open.push(...(byUid.get(uid)?.predecessors ?? []));
  }
  const beginnings = [...ancestors].filter((uid) => (byUid.get(uid)?.predecessors ?? []).length === 0);
  const [first] = (beginnings.length > 0 ? beginnings : [...ancestors])
    .map((uid) => byUid.get(uid) ?? nameOnly(uid))
    .sort(byAge);
  return first && fits(document, first) ? first.sopInstanceUID : undefined;
}

const fits = ({ places }: ReportDocument, first: ReportDocument): boolean =>
  Object.entries(places).every(([key, place]) => (first.places[key] ?? place) === place);

const nameOnly = (sopInstanceUID: SopInstanceUid): ReportDocument => ({
  sopInstanceUID,
  predecessors: [],
  identicalDocuments: [],
  contentDateTime: undefined,
  completeness: 'finished',
  content: undefined,
  places: {},
});
