import { readPart10 } from '../../dicom/index.js';
import { EQUIPMENT, SOP_CLASS, TAG, type DataSet } from '../../domain/index.js';
import { receiptOfSegment } from '../own-segments.js';
import { shownSegments } from './check-frames.js';
import { checkObject } from './check-segmentation.js';
import { knownImages } from './known-sources.js';
import { problem, type SegmentationProblem, type Writer } from './problems.js';
import { readSegmentation, type ReadSegmentation, type SegmentationForm } from './read-segmentation.js';
import { readerVerdicts, type ReaderVerdict } from './reader-verdicts.js';
import { checkForViewer, type ReferenceViewer } from './reference-viewers.js';

/** What is to be said of a segmentation, whoever wrote it. */
export interface VerifiedSegmentation {
  readonly writer: Writer;
  readonly form: SegmentationForm;
  readonly transferSyntaxUID: string;
  /** Manufacturer and model of the software that wrote it. */
  readonly equipment: string;
  readonly frames: number;
  /** Segments that are shown, in their order; `pixels` is undefined where pixels could not be read. */
  readonly segments: readonly { readonly number: number; readonly pixels: number | undefined }[];
  readonly problems: readonly SegmentationProblem[];
  readonly readers: readonly ReaderVerdict[];
  readonly images: 'compared' | 'not-at-hand';
}

export type NotVerified = 'not-dicom' | 'not-a-segmentation';

/**
 * Looks at a segmentation, of ours or of anybody else, and says what each reader would make of it. With `images` (headers of the series it was drawn
 * on) geometry, references and identity are compared too; without, references are believed.
 */
export function verifySegmentation(
  bytes: Uint8Array,
  images: readonly DataSet[] | undefined,
): VerifiedSegmentation | NotVerified {
  const file = readPart10(bytes);
  if (!file.ok) return 'not-dicom';
  const { dataSet, transferSyntaxUID } = file.value;
  if (!isSegmentation(dataSet)) return 'not-a-segmentation';
  const object = readSegmentation(dataSet);
  const relevant = images?.filter((image) => concerns(image, object));
  const known = relevant && relevant.length > 0 ? knownImages(relevant) : undefined;
  const writer = writerOf(dataSet);
  const { problems, voxels } = checkObject(file.value, object, known, writer, { kind: 'receipts' });
  const viewers = new Map<ReferenceViewer, readonly SegmentationProblem[]>(
    (['cornerstone3d', 'dcmjs'] as const).map((viewer) => [
      viewer,
      object.lies === 'in-a-patient' ? checkForViewer(object, known, viewer) : [],
    ]),
  );
  const all = [
    ...problems,
    ...distinct([...viewers.values()].flat()),
    ...(images && !known ? [problem('images-not-at-hand')] : []),
  ];
  return {
    writer,
    form: object.form,
    transferSyntaxUID,
    equipment: [dataSet.text(TAG.Manufacturer), dataSet.text(TAG.ManufacturerModelName)].filter(Boolean).join(' '),
    frames: object.frames.length,
    segments: shownSegments(object).map((number) => ({ number, pixels: voxels?.get(number) ?? (voxels && 0) })),
    problems: all,
    readers: readerVerdicts({
      problems,
      viewers,
      frames: object.frames.length,
      segments: object.segments.length,
    }),
    images: known ? 'compared' : 'not-at-hand',
  };
}

/** A segmentation by its class, or one that says another class but has segments. */
const isSegmentation = (dataSet: DataSet): boolean =>
  dataSet.text(TAG.SOPClassUID) === SOP_CLASS.Segmentation ||
  dataSet.text(TAG.SOPClassUID) === SOP_CLASS.LabelMapSegmentation ||
  dataSet.has(TAG.SegmentSequence);

const writerOf = (dataSet: DataSet): Writer =>
  dataSet.text(TAG.Manufacturer) === EQUIPMENT.manufacturer &&
  dataSet.text(TAG.ManufacturerModelName) === EQUIPMENT.modelName &&
  dataSet.items(TAG.SegmentSequence).some((segment) => receiptOfSegment(segment) !== undefined)
    ? 'ours'
    : 'another';

/** Whether an image is one that a frame names, or of the series or the frame of reference that the object names. */
function concerns(image: DataSet, { dataSet, frames }: ReadSegmentation): boolean {
  const uid = image.text(TAG.SOPInstanceUID);
  const frameOfReference = image.text(TAG.FrameOfReferenceUID);
  const series = image.text(TAG.SeriesInstanceUID);
  return (
    (frameOfReference !== undefined && frameOfReference === dataSet.text(TAG.FrameOfReferenceUID)) ||
    dataSet.items(TAG.ReferencedSeriesSequence).some((item) => item.text(TAG.SeriesInstanceUID) === series) ||
    frames.some(({ sources }) => sources.some(({ sopInstanceUID }) => sopInstanceUID === uid))
  );
}

/** Two viewers may stumble over the same frame. */
const distinct = (problems: readonly SegmentationProblem[]): readonly SegmentationProblem[] => [
  ...new Map(problems.map((each) => [`${each.code} ${each.frame ?? ''}`, each])).values(),
];
