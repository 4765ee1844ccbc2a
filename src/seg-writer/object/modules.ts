import { EQUIPMENT, SOP_CLASS, TAG, type Tag } from '../../domain/index.js';
import type { Content } from '../elements.js';
import { METHODS } from '../meaning/methods.js';
import { characterSetOf } from '../source/character-set.js';
import { copyAttribute } from '../source/copy-attribute.js';
import { contributingEquipment } from './contributing-equipment.js';
import { dicomMomentOf } from './date-time.js';
import { dimensionIndices, dimensionOrganization } from './dimensions.js';
import { perFrameFunctionalGroups, sharedFunctionalGroups } from './functional-groups.js';
import { packFrames } from './pack-bits.js';
import type { PlannedObject } from './planned-object.js';
import { otherStudies, referencedSeries, sourceReportReference } from './references.js';
import { segmentSequence } from './segment-sequence.js';

/** Requirement of an attribute in PS3.3: 1 has a value, 2 may be empty, 3 may be absent; C depends on a condition. */
export type Requirement = 1 | '1C' | 2 | '2C' | 3;

/** An attribute that is copied from the source image byte for byte. */
export interface CopiedRow {
  readonly kind: 'copied';
  readonly tag: Tag;
  readonly type: Requirement;
}

/** An attribute that is made here. */
export interface MadeRow {
  readonly kind: 'made';
  readonly tag: Tag;
  readonly type: Requirement;
  readonly from: (object: PlannedObject) => Content;
}

export type AttributeRow = CopiedRow | MadeRow;

export interface ModuleRow {
  readonly module: string;
  /** Section of PS3.3. */
  readonly section: string;
  readonly attributes: readonly AttributeRow[];
}

const copied = (type: Requirement, tag: Tag): AttributeRow => ({ kind: 'copied', tag, type });
const made = (type: Requirement, tag: Tag, from: MadeRow['from']): AttributeRow => ({ kind: 'made', tag, type, from });
const fixed = (type: Requirement, tag: Tag, content: Content): AttributeRow => made(type, tag, () => content);

/** A series number that no scanner uses, with the report's in its last four digits. */
const FIRST_SERIES_NUMBER = 30000;

/** The Segmentation IOD (PS3.3 A.51) as it is written here. What is not in the table is not written. */
export const SEGMENTATION_MODULES: readonly ModuleRow[] = [
  {
    module: 'Patient',
    section: 'C.7.1.1',
    attributes: [
      copied(2, TAG.PatientName),
      copied(2, TAG.PatientID),
      copied(3, TAG.IssuerOfPatientID),
      copied(3, TAG.IssuerOfPatientIDQualifiersSequence),
      copied(2, TAG.PatientBirthDate),
      copied(3, TAG.PatientBirthTime),
      copied(2, TAG.PatientSex),
      copied(3, TAG.OtherPatientIDs),
      copied(3, TAG.OtherPatientIDsSequence),
      copied('1C', TAG.PatientSpeciesDescription),
      copied('1C', TAG.PatientSpeciesCodeSequence),
      copied('2C', TAG.PatientBreedDescription),
      copied('2C', TAG.PatientBreedCodeSequence),
      copied('2C', TAG.BreedRegistrationSequence),
      copied('2C', TAG.ResponsiblePerson),
      copied('1C', TAG.ResponsiblePersonRole),
      copied('2C', TAG.ResponsibleOrganization),
      copied(3, TAG.PatientIdentityRemoved),
      copied('1C', TAG.DeidentificationMethod),
      copied('1C', TAG.DeidentificationMethodCodeSequence),
    ],
  },
  {
    module: 'General Study',
    section: 'C.7.2.1',
    attributes: [
      copied(1, TAG.StudyInstanceUID),
      copied(2, TAG.StudyDate),
      copied(2, TAG.StudyTime),
      copied(2, TAG.AccessionNumber),
      copied(3, TAG.IssuerOfAccessionNumberSequence),
      copied(2, TAG.ReferringPhysicianName),
      copied(2, TAG.StudyID),
      copied(3, TAG.StudyDescription),
    ],
  },
  {
    module: 'Patient Study',
    section: 'C.7.2.2',
    attributes: [copied(3, TAG.PatientAge), copied(3, TAG.PatientSize), copied(3, TAG.PatientWeight)],
  },
  {
    module: 'General Series, Segmentation Series',
    section: 'C.7.3.1, C.8.20.1',
    attributes: [
      fixed(1, TAG.Modality, 'SEG'),
      made(1, TAG.SeriesInstanceUID, ({ uids }) => uids.seriesInstanceUID),
      made(1, TAG.SeriesNumber, seriesNumber),
      fixed(3, TAG.SeriesDescription, 'Lesion contours from RECIST marks (Caliper)'),
      copied(3, TAG.BodyPartExamined),
    ],
  },
  {
    module: 'Frame of Reference',
    section: 'C.7.4.1',
    attributes: [copied(1, TAG.FrameOfReferenceUID), copied(2, TAG.PositionReferenceIndicator)],
  },
  {
    module: 'General Equipment, Enhanced General Equipment',
    section: 'C.7.5.1, C.7.5.2',
    attributes: [
      fixed(1, TAG.Manufacturer, EQUIPMENT.manufacturer),
      fixed(1, TAG.ManufacturerModelName, EQUIPMENT.modelName),
      made(1, TAG.DeviceSerialNumber, ({ request }) => request.equipment.installationId),
      made(1, TAG.SoftwareVersions, ({ request }) => request.equipment.softwareVersion),
    ],
  },
  {
    module: 'Segmentation Image',
    section: 'C.8.20.2',
    attributes: [
      fixed(1, TAG.ImageType, ['DERIVED', 'PRIMARY']),
      fixed(1, TAG.SamplesPerPixel, 1),
      fixed(1, TAG.PhotometricInterpretation, 'MONOCHROME2'),
      fixed(1, TAG.PixelRepresentation, 0),
      fixed(1, TAG.BitsAllocated, 1),
      fixed(1, TAG.BitsStored, 1),
      fixed(1, TAG.HighBit, 0),
      made(1, TAG.LossyImageCompression, (object) => (lossySource(object) ? '01' : '00')),
      made('1C', TAG.LossyImageCompressionRatio, (object) => ofLossySource(object, TAG.LossyImageCompressionRatio)),
      made('1C', TAG.LossyImageCompressionMethod, (object) => ofLossySource(object, TAG.LossyImageCompressionMethod)),
      fixed(1, TAG.SegmentationType, 'BINARY'),
      fixed(3, TAG.SegmentsOverlap, 'NO'),
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
      made(1, TAG.PixelData, pixelData),
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
    module: 'SOP Common',
    section: 'C.12.1',
    attributes: [
      fixed(1, TAG.SOPClassUID, SOP_CLASS.Segmentation),
      made(1, TAG.SOPInstanceUID, ({ uids }) => uids.sopInstanceUID),
      made('1C', TAG.SpecificCharacterSet, ({ sources }) => characterSetOf(sources[0]!.slice.header)),
      made(3, TAG.InstanceCreationDate, (object) => momentOf(object).date),
      made(3, TAG.InstanceCreationTime, (object) => momentOf(object).time),
      copied(3, TAG.TimezoneOffsetFromUTC),
      made(3, TAG.ContributingEquipmentSequence, contributingEquipment),
    ],
  },
];

const momentOf = ({ request, sources }: PlannedObject): ReturnType<typeof dicomMomentOf> =>
  dicomMomentOf(request.createdAt, sources[0]!.slice.header, request.utcOffsetMinutes ?? 0);

function seriesNumber({ request }: PlannedObject): number {
  const last = (request.report.seriesNumber ?? 0) % 10000;
  return FIRST_SERIES_NUMBER + (last < 0 ? last + 10000 : last);
}

const LONGEST_DESCRIPTION = 64;

function contentDescription({ segments }: PlannedObject): string {
  const methods = [...new Set(segments.map(({ lesion }) => METHODS[lesion.method].words))].sort();
  return `Unverified, by ${methods.join(', ')}`.slice(0, LONGEST_DESCRIPTION);
}

/** Segmenting is no lossy compression itself, but what it stands on may have gone through one (C.8.20.2.2). */
const lossySource = ({ sources }: PlannedObject): PlannedObject['sources'][number] | undefined =>
  sources.find(({ slice }) => slice.lossy);

function ofLossySource(object: PlannedObject, tag: Tag): Content {
  const source = lossySource(object);
  const copy = source && copyAttribute(source.slice.header, tag);
  return copy?.kind === 'copied' ? copy.element : undefined;
}

function pixelData({ frames, sources }: PlannedObject): Content {
  const { rows, columns } = sources[0]!.slice.plane;
  const bytes = packFrames(
    frames.map(({ bits }) => bits),
    rows * columns,
  );
  return { vr: 'OB', bytes };
}
