import dcmjs from 'dcmjs';
import { makePhantomStudy, type PhantomStudy } from '../../src/phantom/index.js';

const { DicomMessage, DicomMetaDictionary } = dcmjs.data;

/** A data set by keywords, as dcmjs has it. */
export type Natural = Record<string, unknown>;

/** Reads a file with dcmjs, lets it be altered, and writes it again: what is wrong with it is then not of our making. */
export function altered(bytes: Uint8Array, alter: (dataSet: Natural, meta: Natural) => void): Uint8Array {
  const file = DicomMessage.readFile(
    bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length) as ArrayBuffer,
  );
  const dataSet = DicomMetaDictionary.naturalizeDataset(file.dict);
  const meta = DicomMetaDictionary.naturalizeDataset(file.meta);
  dataSet['_vrMap'] = { PixelData: 'OW' };
  alter(dataSet, meta);
  meta['MediaStorageSOPInstanceUID'] = dataSet['SOPInstanceUID'];
  meta['MediaStorageSOPClassUID'] = dataSet['SOPClassUID'];
  file.meta = DicomMetaDictionary.denaturalizeDataset(meta);
  file.dict = DicomMetaDictionary.denaturalizeDataset(dataSet);
  return new Uint8Array(file.write());
}

/** A report on one image of the phantom, and that image, altered into a bad case. */
export interface BadCase {
  readonly name: string;
  /** The reason that its measurement, or its report, must end with. */
  readonly reason: string;
  readonly image?: (image: Natural, meta: Natural) => void;
  readonly report?: (report: Natural) => void;
  readonly withoutImage?: true;
}

const point = (report: Natural, to: readonly number[]) => {
  const walk = (item: Natural): boolean => {
    if (item['ValueType'] === 'SCOORD') {
      item['GraphicData'] = to;
      return true;
    }
    return list(item['ContentSequence']).some(walk);
  };
  walk(report);
};
const list = (value: unknown): Natural[] =>
  value === undefined ? [] : Array.isArray(value) ? (value as Natural[]) : [value as Natural];

export const BAD_CASES: readonly BadCase[] = [
  {
    name: 'an image that is not CT',
    reason: 'wrong-modality',
    image: (i) => Object.assign(i, { Modality: 'MR', SOPClassUID: '1.2.840.10008.5.1.4.1.1.4' }),
  },
  { name: 'an image that is not there', reason: 'image-gone', withoutImage: true },
  { name: 'marks outside the image', reason: 'marks-off-slice', report: (r) => point(r, [500, 500, 900, 900]) },
  {
    name: 'a coronal image',
    reason: 'slice-not-axial',
    image: (i) => Object.assign(i, { ImageOrientationPatient: [1, 0, 0, 0, 0, -1] }),
  },
  {
    name: 'a localizer',
    reason: 'localizer-image',
    image: (i) => Object.assign(i, { ImageType: ['ORIGINAL', 'PRIMARY', 'LOCALIZER'] }),
  },
  {
    name: 'pixel data of another length than its header says',
    reason: 'pixel-length-mismatch',
    image: (i) => Object.assign(i, { Rows: 400 }),
  },
  {
    name: 'a transfer syntax that is not read',
    reason: 'unsupported-transfer-syntax',
    image: (_i, meta) => Object.assign(meta, { TransferSyntaxUID: '1.2.840.10008.1.2.4.100' }),
  },
  { name: 'an image without position', reason: 'no-plane', image: (i) => void delete i['ImagePositionPatient'] },
  {
    name: 'an image without frame of reference',
    reason: 'no-frame-of-reference',
    image: (i) => void delete i['FrameOfReferenceUID'],
  },
  {
    name: 'a report of another patient',
    reason: 'identity-differs',
    report: (r) => Object.assign(r, { PatientID: 'SOMEBODY-ELSE' }),
  },
  {
    name: 'a report without measurements',
    reason: 'no-measurements',
    report: (r) => Object.assign(r, { ContentSequence: list(r['ContentSequence']).slice(0, 4) }),
  },
  {
    name: 'a preliminary report',
    reason: 'report-preliminary',
    report: (r) => Object.assign(r, { PreliminaryFlag: 'PRELIMINARY' }),
  },
];

let study: PhantomStudy | undefined;
const phantom = (): PhantomStudy => (study ??= makePhantomStudy(1));

/** The files of a bad case: a study of its own with the first lesion's slice and a report on that lesion alone. */
export function filesOf(
  bad: BadCase | undefined,
  number: number,
): { readonly name: string; readonly bytes: Uint8Array }[] {
  const { files, truths } = phantom();
  const root = `2.25.${1000 + number}`;
  const original = truths[0]!.imageUID;
  const image = files.find((f) => f.name.startsWith('ct/') && Buffer.from(f.bytes).includes(original))!;
  const report = files.find((f) => f.name === 'report.dcm')!;
  const own = (dataSet: Natural) => Object.assign(dataSet, { StudyInstanceUID: `${root}.1`, PatientID: `P${number}` });
  const imageBytes = altered(image.bytes, (dataSet, meta) => {
    own(dataSet);
    Object.assign(dataSet, { SeriesInstanceUID: `${root}.2`, SOPInstanceUID: `${root}.3` });
    bad?.image?.(dataSet, meta);
  });
  const reportBytes = altered(report.bytes, (dataSet) => {
    own(dataSet);
    Object.assign(dataSet, { SeriesInstanceUID: `${root}.4`, SOPInstanceUID: `${root}.5` });
    keepFirstLesion(dataSet, original, `${root}.3`, `${root}.1`, `${root}.2`);
    bad?.report?.(dataSet);
  });
  return [
    ...(bad?.withoutImage ? [] : [{ name: `${number}-image.dcm`, bytes: imageBytes }]),
    { name: `${number}-report.dcm`, bytes: reportBytes },
  ];
}

function keepFirstLesion(report: Natural, from: string, to: string, study: string, series: string): void {
  const rename = (item: Natural): void => {
    for (const sop of list(item['ReferencedSOPSequence']))
      if (sop['ReferencedSOPInstanceUID'] === from) sop['ReferencedSOPInstanceUID'] = to;
    list(item['ContentSequence']).forEach(rename);
  };
  const content = list(report['ContentSequence']);
  for (const container of content.slice(4)) {
    const inner = list(container['ContentSequence']);
    const images = list(inner[0]?.['ContentSequence']);
    if (images.some((i) => i['ValueType'] === 'IMAGE'))
      inner[0]!['ContentSequence'] = images.filter(
        (i) => list(i['ReferencedSOPSequence'])[0]!['ReferencedSOPInstanceUID'] === from,
      );
    container['ContentSequence'] = inner.slice(0, 1);
  }
  const reference = { ReferencedSOPClassUID: '1.2.840.10008.5.1.4.1.1.2', ReferencedSOPInstanceUID: from };
  report['CurrentRequestedProcedureEvidenceSequence'] = [
    {
      StudyInstanceUID: study,
      ReferencedSeriesSequence: [
        { SeriesInstanceUID: series, ReferencedSOPSequence: [{ ...reference, ReferencedSOPInstanceUID: to }] },
      ],
    },
  ];
  rename(report);
}
