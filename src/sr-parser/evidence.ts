/** Which instances does a report refer to, and where are they? */
import {
  TAG,
  asReadUid,
  type DataSet,
  type ReferencedInstance,
  type SeriesInstanceUid,
  type SopClassUid,
  type SopInstanceUid,
  type StudyInstanceUid,
} from '../domain/index.js';
import type { ContentItem } from './tree.js';

/**
 * The union, in this order: current requested procedure evidence, pertinent other evidence (both with study and series, PS3.3 C.17.2), and the IMAGE
 * items of the tree, of which the evidence sequences should tell the study but often do not.
 */
export function evidenceOf(dataSet: DataSet, imageItems: readonly ContentItem[]): readonly ReferencedInstance[] {
  const found = new Map<string, ReferencedInstance>();
  const add = (instance: ReferencedInstance): void => {
    const known = found.get(instance.sopInstanceUID);
    found.set(instance.sopInstanceUID, known ? merged(known, instance) : instance);
  };
  for (const sequence of [TAG.CurrentRequestedProcedureEvidenceSequence, TAG.PertinentOtherEvidenceSequence])
    for (const study of dataSet.items(sequence)) for (const instance of instancesOfStudy(study)) add(instance);
  for (const item of imageItems)
    for (const { sopClassUID, sopInstanceUID } of item.images)
      if (isNews(found.get(sopInstanceUID), item)) add({ sopClassUID, sopInstanceUID, ...placeBelow(item) });
  return [...found.values()];
}

/** Thousands of lines name the same few images. */
const isNews = (known: ReferencedInstance | undefined, image: ContentItem): boolean =>
  known === undefined || known.sopClassUID === undefined || image.children.length > 0;

/** Hierarchical SOP Instance Reference (PS3.3 C.17.2.1). */
function* instancesOfStudy(study: DataSet): Generator<ReferencedInstance> {
  const studyInstanceUID = uidOrNone<StudyInstanceUid>(study.text(TAG.StudyInstanceUID));
  for (const series of study.items(TAG.ReferencedSeriesSequence)) {
    const seriesInstanceUID = uidOrNone<SeriesInstanceUid>(series.text(TAG.SeriesInstanceUID));
    for (const reference of series.items(TAG.ReferencedSOPSequence)) {
      const sopInstanceUID = uidOrNone<SopInstanceUid>(reference.text(TAG.ReferencedSOPInstanceUID));
      if (sopInstanceUID === undefined) continue;
      const sopClassUID = uidOrNone<SopClassUid>(reference.text(TAG.ReferencedSOPClassUID));
      yield { sopClassUID, sopInstanceUID, seriesInstanceUID, studyInstanceUID };
    }
  }
}

/** Image library entries of NCI AIM have study and series as items below the image, and no evidence sequence. */
function placeBelow(image: ContentItem): Pick<ReferencedInstance, 'seriesInstanceUID' | 'studyInstanceUID'> {
  const uid = (concept: 'study-instance-uid' | 'series-instance-uid'): string | undefined =>
    image.children.find((child) => child.recognised?.concept === concept)?.dataSet.text(TAG.UID);
  return {
    seriesInstanceUID: uidOrNone<SeriesInstanceUid>(uid('series-instance-uid')),
    studyInstanceUID: uidOrNone<StudyInstanceUid>(uid('study-instance-uid')),
  };
}

const merged = (known: ReferencedInstance, other: ReferencedInstance): ReferencedInstance => ({
  sopClassUID: known.sopClassUID ?? other.sopClassUID,
  sopInstanceUID: known.sopInstanceUID,
  seriesInstanceUID: known.seriesInstanceUID ?? other.seriesInstanceUID,
  studyInstanceUID: known.studyInstanceUID ?? other.studyInstanceUID,
});

const uidOrNone = <T extends SopInstanceUid | SeriesInstanceUid | StudyInstanceUid | SopClassUid>(
  text: string | undefined,
): T | undefined => (text === undefined ? undefined : asReadUid<T>(text));
