import { asReadUid, type StudyInstanceUid } from '../../src/domain/index.js';
import { altered, filesOf, type Natural } from './altered-phantom.js';

/** Study, report and image of the small world. */
export const STUDY = asReadUid<StudyInstanceUid>('2.25.1001.1');
export const REPORT = '2.25.1001.5';
export const IMAGE = '2.25.1001.3';
export const [imageFile, reportFile] = filesOf(undefined, 1).map(({ bytes }) => bytes) as [Uint8Array, Uint8Array];

export const list = (value: unknown): Natural[] =>
  value === undefined ? [] : Array.isArray(value) ? (value as Natural[]) : [value as Natural];

export function* itemsOf(item: Natural): Generator<Natural> {
  yield item;
  for (const child of list(item['ContentSequence'])) yield* itemsOf(child);
}

/** The report of the small world as another document. */
export const reportAs = (uid: string, alter: (report: Natural) => void = () => undefined): Uint8Array =>
  altered(reportFile, (report) => {
    Object.assign(report, { SOPInstanceUID: uid, SeriesInstanceUID: `${uid}.1` });
    alter(report);
  });

export const amends = (report: Natural, earlier = REPORT): void => {
  const reference = {
    ReferencedSOPClassUID: '1.2.840.10008.5.1.4.1.1.88.33',
    ReferencedSOPInstanceUID: earlier,
  };
  report['PredecessorDocumentsSequence'] = [
    {
      StudyInstanceUID: STUDY,
      ReferencedSeriesSequence: [{ SeriesInstanceUID: '2.25.1001.4', ReferencedSOPSequence: [reference] }],
    },
  ];
};

/** The first line a little further right, as long as before: another content. */
export const otherMarks = (report: Natural): void => {
  const line = [...itemsOf(report)].find((item) => item['ValueType'] === 'SCOORD')!;
  line['GraphicData'] = (line['GraphicData'] as number[]).map((value, i) => (i % 2 === 0 ? value + 0.25 : value));
};
