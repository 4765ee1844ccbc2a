import { EQUIPMENT, TAG, type Tag } from '../../domain/index.js';
import type { Content } from '../../dicom/index.js';
import { METHODS } from '../meaning/methods.js';
import { copyAttribute } from '../source/copy-attribute.js';
import { dimensionIndices, dimensionOrganization } from './dimensions.js';
import { perFrameFunctionalGroups, sharedFunctionalGroups } from './functional-groups.js';
import { EQUIPMENT_MODULE, IDENTITY_MODULES, seriesNumberOf, SOP_COMMON_MODULE } from './identity-modules.js';
import { copied, fixed, made, type ModuleRow } from './module-table.js';
import { pixelDataOf } from './pixel-data.js';
import { BACKGROUND, CERTAIN, PIXEL_FORMATS } from './pixel-format.js';
import type { PlannedFrame, PlannedObject } from './planned-object.js';
import { otherStudies, referencedSeries, sourceReportReference } from './references.js';
import { replacedBy, segmentSequence } from './segment-sequence.js';
import { momentOf } from './written.js';

/** The Segmentation IOD (PS3.3 A.51) as it is written here. What is not in the table is not written. */
export const SEGMENTATION_MODULES: readonly ModuleRow<PlannedObject>[] = [
  ...IDENTITY_MODULES,
  {
    module: 'General Series, Segmentation Series',
    section: 'C.7.3.1, C.8.20.1',
    attributes: [
      fixed(1, TAG.Modality, 'SEG'),
      made(1, TAG.SeriesInstanceUID, ({ uids }) => uids.seriesInstanceUID),
      made(1, TAG.SeriesNumber, ({ request }) => seriesNumberOf(request.report.seriesNumber)),
      fixed(3, TAG.SeriesDescription, 'Lesion contours from RECIST marks (Caliper)'),
      copied(3, TAG.BodyPartExamined),
    ],
  },
  {
    module: 'Frame of Reference',
    section: 'C.7.4.1',
    attributes: [copied(1, TAG.FrameOfReferenceUID), copied(2, TAG.PositionReferenceIndicator)],
  },
  EQUIPMENT_MODULE,
  {
    module: 'Segmentation Image',
    section: 'C.8.20.2',
    attributes: [
      fixed(1, TAG.ImageType, ['DERIVED', 'PRIMARY']),
      fixed(1, TAG.SamplesPerPixel, 1),
      fixed(1, TAG.PhotometricInterpretation, 'MONOCHROME2'),
      fixed(1, TAG.PixelRepresentation, 0),
      made(1, TAG.BitsAllocated, bitsOf),
      made(1, TAG.BitsStored, bitsOf),
      made(1, TAG.HighBit, (object) => bitsOf(object) - 1),
      made(1, TAG.LossyImageCompression, (object) => (lossySource(object) ? '01' : '00')),
      made('1C', TAG.LossyImageCompressionRatio, (object) => ofLossySource(object, TAG.LossyImageCompressionRatio)),
      made('1C', TAG.LossyImageCompressionMethod, (object) => ofLossySource(object, TAG.LossyImageCompressionMethod)),
      made(1, TAG.SegmentationType, ({ type }) => PIXEL_FORMATS[type].term),
      made('1C', TAG.SegmentationFractionalType, ({ type }) => (type === 'fractional' ? 'PROBABILITY' : undefined)),
      made('1C', TAG.MaximumFractionalValue, ({ type }) => (type === 'fractional' ? CERTAIN : undefined)),
      made(3, TAG.SegmentsOverlap, (object) => (probabilitiesOverlap(object) ? 'YES' : 'NO')),
      fixed(3, TAG.BurnedInAnnotation, 'NO'),
      made(1, TAG.SegmentSequence, segmentSequence),
    ],
  },
  {
    module: 'Content Identification',
    section: '10.9',
    attributes: [
      fixed(1, TAG.ContentLabel, 'LESIONS'),
      made(2, TAG.ContentDescription, contentDescription),
      fixed(2, TAG.ContentCreatorName, EQUIPMENT.manufacturer),
    ],
  },
  {
    module: 'Image Pixel',
    section: 'C.7.6.3',
    attributes: [
      made(1, TAG.Rows, ({ sources }) => sources[0]!.slice.plane.rows),
      made(1, TAG.Columns, ({ sources }) => sources[0]!.slice.plane.columns),
      made('1C', TAG.PixelPaddingValue, ({ type }) => (type === 'labelmap' ? BACKGROUND : undefined)),
      made(1, TAG.PixelData, ({ type, frames, sources }) => pixelDataOf(type, frames, sources[0]!.slice.plane)),
    ],
  },
  {
    module: 'Multi-frame Functional Groups',
    section: 'C.7.6.16',
    attributes: [
      fixed(1, TAG.InstanceNumber, 1),
      made(1, TAG.ContentDate, (object) => momentOf(object).date),
      made(1, TAG.ContentTime, (object) => momentOf(object).time),
      made(1, TAG.NumberOfFrames, ({ frames }) => frames.length),
      made(1, TAG.SharedFunctionalGroupsSequence, sharedFunctionalGroups),
      made(1, TAG.PerFrameFunctionalGroupsSequence, perFrameFunctionalGroups),
    ],
  },
  {
    module: 'Multi-frame Dimension',
    section: 'C.7.6.17',
    attributes: [
      made(1, TAG.DimensionOrganizationSequence, dimensionOrganization),
      made(1, TAG.DimensionIndexSequence, dimensionIndices),
    ],
  },
  {
    module: 'General Reference',
    section: 'C.12.4',
    attributes: [made(3, TAG.ReferencedInstanceSequence, sourceReportReference)],
  },
  {
    module: 'Common Instance Reference',
    section: 'C.12.2',
    attributes: [
      made('1C', TAG.ReferencedSeriesSequence, referencedSeries),
      made('1C', TAG.StudiesContainingOtherReferencedInstancesSequence, otherStudies),
    ],
  },
  {
    module: 'SOP class',
    section: 'C.12.1',
    attributes: [made(1, TAG.SOPClassUID, ({ type }) => PIXEL_FORMATS[type].sopClassUID)],
  },
  SOP_COMMON_MODULE,
];

const LONGEST_DESCRIPTION = 64;

/** What the object takes the place of, where it does: no attribute is made for that. Otherwise by what it was drawn. */
function contentDescription({ segments, request }: PlannedObject): string {
  const replaced = segments.flatMap(({ lesion }) => replacedBy(request, lesion.located.measurement.key) ?? []);
  const objects = [...new Set(replaced.map(({ sopInstanceUID }) => sopInstanceUID))].sort();
  if (objects.length > 0) {
    const more = objects.length > 1 ? ` +${objects.length - 1}` : '';
    return `Replaces ${objects[0]!}`.slice(0, LONGEST_DESCRIPTION - more.length) + more;
  }
  const methods = [...new Set(segments.map(({ lesion }) => METHODS[lesion.method].words))].sort();
  return `Unverified, by ${methods.join(', ')}`.slice(0, LONGEST_DESCRIPTION);
}

function bitsOf({ type }: PlannedObject): number {
  return PIXEL_FORMATS[type].bits;
}

/** Masks of one object share no pixel; probabilities beside them may. */
function probabilitiesOverlap({ type, frames }: PlannedObject): boolean {
  if (type !== 'fractional') return false;
  const at = new Map<number, PlannedFrame[]>();
  for (const frame of frames) at.set(frame.positionRank, [...(at.get(frame.positionRank) ?? []), frame]);
  return [...at.values()].some((together) => {
    const taken = together.flatMap(({ parts }) => parts.map(({ values }) => values));
    return taken.some((values, i) =>
      taken.slice(i + 1).some((others) => values.some((v, k) => v > 0 && others[k]! > 0)),
    );
  });
}

/** Segmenting is no lossy compression itself, but what it stands on may have gone through one (C.8.20.2.2). */
const lossySource = ({ sources }: PlannedObject): PlannedObject['sources'][number] | undefined =>
  sources.find(({ slice }) => slice.lossy);

function ofLossySource(object: PlannedObject, tag: Tag): Content {
  const source = lossySource(object);
  const copy = source && copyAttribute(source.slice.header, tag);
  return copy?.kind === 'copied' ? copy.element : undefined;
}
