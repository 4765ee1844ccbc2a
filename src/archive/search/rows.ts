import { OWN, type InstanceRecord } from '../catalogue/instance-record.js';
import type { SeriesEntry, StudyEntry } from '../catalogue/catalogue.js';
import type { DicomJsonValue } from '../../dicom/index.js';
import type { JsonAttribute, JsonAttributes } from './dicom-json-values.js';
import { keyOf, RETURNED, RETURNED_EMPTY, type Level } from './levels.js';

const attribute = (vr: string, ...values: DicomJsonValue[]): JsonAttribute =>
  values.length === 0 ? { vr } : { vr, Value: values };

const K = {
  SpecificCharacterSet: keyOf('SpecificCharacterSet'),
  InstanceAvailability: keyOf('InstanceAvailability'),
  ModalitiesInStudy: keyOf('ModalitiesInStudy'),
  SOPClassesInStudy: keyOf('SOPClassesInStudy'),
  NumberOfStudyRelatedSeries: keyOf('NumberOfStudyRelatedSeries'),
  NumberOfStudyRelatedInstances: keyOf('NumberOfStudyRelatedInstances'),
  NumberOfSeriesRelatedInstances: keyOf('NumberOfSeriesRelatedInstances'),
  AvailableTransferSyntaxUID: keyOf('AvailableTransferSyntaxUID'),
  RetrieveURL: keyOf('RetrieveURL'),
  StudyInstanceUID: keyOf('StudyInstanceUID'),
  SeriesInstanceUID: keyOf('SeriesInstanceUID'),
  SOPInstanceUID: keyOf('SOPInstanceUID'),
} as const;

/** What the index knows of a study itself, derived attributes included. */
export const studyRow = (study: StudyEntry): JsonAttributes => ({
  ...study.attributes,
  [K.InstanceAvailability]: attribute('CS', 'ONLINE'),
  [K.ModalitiesInStudy]: attribute('CS', ...study.modalities),
  [K.SOPClassesInStudy]: attribute('UI', ...study.sopClasses),
  [K.NumberOfStudyRelatedSeries]: attribute('IS', study.series.length),
  [K.NumberOfStudyRelatedInstances]: attribute('IS', study.instanceCount),
});

export const seriesRow = (series: SeriesEntry): JsonAttributes => ({
  ...series.attributes,
  [K.NumberOfSeriesRelatedInstances]: attribute('IS', series.instances.length),
});

export const instanceRow = (record: InstanceRecord): JsonAttributes => ({
  ...record.common,
  ...ownAttributes(record),
  [K.SOPInstanceUID]: attribute('UI', record.sopInstanceUID),
  [K.AvailableTransferSyntaxUID]: attribute('UI', record.transferSyntaxUID),
});

/** One attribute of `instanceRow`, without making the row. */
export function instanceAttribute(record: InstanceRecord, key: string): JsonAttribute | undefined {
  if (key === K.SOPInstanceUID) return attribute('UI', record.sopInstanceUID);
  if (key === K.AvailableTransferSyntaxUID) return attribute('UI', record.transferSyntaxUID);
  return OWN.has(key) ? ownAttributes(record)[key] : record.common[key];
}

const ownAttributes = (record: InstanceRecord): JsonAttributes => JSON.parse(record.own) as JsonAttributes;

/** Which levels' attributes are returned without being asked for (PS3.18 10.6.3.3): those of a level that the path does not name already. */
export type ReturnedLevels = readonly Level[];

/**
 * The answer for one match: attributes returned by default, those asked for, UIDs always, ascending by tag. The text is UTF-8 as all JSON is,
 * which SpecificCharacterSet says too, whatever the file is written in.
 */
export function answerRow(
  known: JsonAttributes,
  choice: {
    readonly levels: ReturnedLevels;
    readonly fields: 'all' | ReadonlySet<string>;
    readonly uids: readonly ('StudyInstanceUID' | 'SeriesInstanceUID' | 'SOPInstanceUID')[];
    readonly retrieveURL: string;
  },
): JsonAttributes {
  const row = new Map<string, JsonAttribute>();
  const put = (key: string): void => {
    const found = known[key];
    const empty = RETURNED_EMPTY.get(key);
    if (found) row.set(key, found);
    else if (empty !== undefined) row.set(key, attribute(empty));
  };
  for (const level of choice.levels) for (const key of RETURNED[level]) put(key);
  for (const uid of choice.uids) put(K[uid]);
  for (const key of choice.fields === 'all' ? Object.keys(known) : choice.fields) put(key);
  row.set(K.SpecificCharacterSet, attribute('CS', 'ISO_IR 192'));
  row.set(K.RetrieveURL, attribute('UR', choice.retrieveURL));
  return Object.fromEntries([...row].sort(([a], [b]) => (a < b ? -1 : 1)));
}
