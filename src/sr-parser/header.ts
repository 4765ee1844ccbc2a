/** Which object is a report, whose, when and by whom, and which other reports does it speak of? Marks aside. */
import {
  TAG,
  asReadUid,
  type DataSet,
  type ReadReport,
  type SeriesInstanceUid,
  type SopClassUid,
  type SopInstanceUid,
  type StudyInstanceUid,
  type Tag,
} from '../domain/index.js';
import type { Concept } from './codes.js';
import type { ContentItem } from './tree.js';

export type Header = Omit<ReadReport, 'kind' | 'measurements' | 'skipped' | 'findings' | 'evidence'>;

/** @param root of the content tree; undefined for carriers that have none */
export function headerOf(dataSet: DataSet, root: ContentItem | undefined): Header {
  const sopClass = dataSet.text(TAG.SOPClassUID);
  const sopInstance = dataSet.text(TAG.SOPInstanceUID);
  const series = dataSet.text(TAG.SeriesInstanceUID);
  const study = dataSet.text(TAG.StudyInstanceUID);
  return {
    sopClassUID: sopClass === undefined ? undefined : asReadUid<SopClassUid>(sopClass),
    sopInstanceUID: sopInstance === undefined ? undefined : asReadUid<SopInstanceUid>(sopInstance),
    seriesInstanceUID: series === undefined ? undefined : asReadUid<SeriesInstanceUid>(series),
    studyInstanceUID: study === undefined ? undefined : asReadUid<StudyInstanceUid>(study),
    seriesNumber: dataSet.number(TAG.SeriesNumber),
    patientID: dataSet.text(TAG.PatientID),
    contentDateTime: digitsOf(
      dataSet.text(TAG.ContentDate) ?? dataSet.text(TAG.PresentationCreationDate),
      dataSet.text(TAG.ContentTime) ?? dataSet.text(TAG.PresentationCreationTime),
    ),
    observer: (root && observerOf(root)) ?? dataSet.text(TAG.ContentCreatorName),
    predecessors: instancesIn(dataSet, TAG.PredecessorDocumentsSequence),
    identicalDocuments: instancesIn(dataSet, TAG.IdenticalDocumentsSequence),
  };
}

/** Date and time as digits that sort; a fraction of a second keeps its point. A time without a date says nothing. */
export function digitsOf(date: string | undefined, time: string | undefined): string | undefined {
  const digits = date?.replace(/[^\d]/g, '');
  if (digits === undefined || digits.length < 8) return undefined;
  return `${digits.slice(0, 8)}${time?.replace(/[^\d.]/g, '') ?? ''}`;
}

/** TID 1002 and 1003: a person before a device. NCI AIM has the name one level down, under the observer's type. */
function observerOf(root: ContentItem): string | undefined {
  const items = root.children.flatMap((child) => (child.children.length <= 8 ? [child, ...child.children] : [child]));
  const of = (concept: Concept): DataSet | undefined =>
    items.find((item) => item.recognised?.concept === concept)?.dataSet;
  return (of('person-observer-name')?.text(TAG.PersonName) ?? of('device-observer-uid')?.text(TAG.UID))?.normalize(
    'NFC',
  );
}

/** Hierarchical SOP Instance Reference (PS3.3 C.17.2.1). */
const instancesIn = (dataSet: DataSet, sequence: Tag): readonly SopInstanceUid[] =>
  dataSet
    .items(sequence)
    .flatMap((study) => study.items(TAG.ReferencedSeriesSequence))
    .flatMap((series) => series.items(TAG.ReferencedSOPSequence))
    .flatMap((reference) => reference.text(TAG.ReferencedSOPInstanceUID) ?? [])
    .map((uid) => asReadUid<SopInstanceUid>(uid));
