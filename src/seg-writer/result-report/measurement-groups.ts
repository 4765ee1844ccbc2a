import { SOP_CLASS, toImagePoint, type CodedConcept, type SegmentedLesion } from '../../domain/index.js';
import { contentItem, type ContentItem } from '../../dicom/index.js';
import { isLymphNode, isPlain } from '../meaning/concepts.js';
import { BIDIRECTIONAL, CONCEPT, ROLES, UNIT } from './concepts.js';
import { outlineOf } from './outline.js';
import type { WrittenSegment } from './written-segment.js';

const { code, container, image, number, line: lineItem, region, text, uidReference } = contentItem;

/**
 * What the report says of one segment: the measurements with references to segment and image (TID 1410 for one slice, TID 1411 for several), and
 * once more the outline and the two axes as lines under the same tracking UID. Viewers that draw no segments draw those, and a report without a
 * region is one that some fail to load.
 */
export const measurementGroups = (
  segment: WrittenSegment,
  lesion: SegmentedLesion,
  template: RegionTemplate,
): readonly ContentItem[] => [
  template === PLANAR ? planarGroup(segment, lesion) : volumetricGroup(segment, lesion),
  ...linesGroup(segment, lesion, template),
];

/** Of regions on one slice, or on several. */
export type RegionTemplate = typeof PLANAR | typeof VOLUMETRIC;
const PLANAR = '1410';
const VOLUMETRIC = '1411';

/** One template for all groups of a report: a validator holds all of them against both where they are mixed. */
export const regionTemplateOf = (segments: readonly WrittenSegment[]): RegionTemplate =>
  segments.every(isPlanar) ? PLANAR : VOLUMETRIC;

/** A frame of a label map may hold several segments: then only the segment's number names it. */
const isPlanar = ({ frames, object }: WrittenSegment): boolean =>
  frames.length === 1 && object.sopClassUID !== SOP_CLASS.LabelMapSegmentation;

function planarGroup(segment: WrittenSegment, lesion: SegmentedLesion): ContentItem {
  const [frame] = segment.frames;
  return container('CONTAINS', CONCEPT.measurementGroup, PLANAR, [
    ...identity(segment, segment.trackingIdentifier),
    ...timePoint(lesion),
    ...findingAndSite(segment),
    image('CONTAINS', CONCEPT.segmentationFrame, { ...segment.object, frame: frame!.number }),
    image('CONTAINS', CONCEPT.sourceImage, frame!.image),
    ...measurements(segment, lesion),
    ...responseInputs(lesion),
  ]);
}

function volumetricGroup(segment: WrittenSegment, lesion: SegmentedLesion): ContentItem {
  const { frames, voxelMm3 } = segment;
  const pixels = frames.reduce((sum, frame) => sum + frame.pixels, 0);
  return container('CONTAINS', CONCEPT.measurementGroup, VOLUMETRIC, [
    ...identity(segment, segment.trackingIdentifier),
    ...timePoint(lesion),
    ...findingAndSite(segment),
    image('CONTAINS', CONCEPT.segment, { ...segment.object, segment: segment.number }),
    ...frames.map((frame) => image('CONTAINS', CONCEPT.sourceImage, frame.image)),
    ...(voxelMm3 === undefined || frames.length === 1
      ? []
      : [number('CONTAINS', CONCEPT.volume, rounded(pixels * voxelMm3), UNIT.mm3, algorithm(segment))]),
    ...measurements(segment, lesion),
    ...responseInputs(lesion),
  ]);
}

/** The axes as a viewer's annotation: only where the slice they were measured on is the segment's. */
function linesGroup(
  segment: WrittenSegment,
  lesion: SegmentedLesion,
  template: RegionTemplate,
): readonly ContentItem[] {
  const { sopInstanceUID, frame } = lesion.located.slice.reference;
  const on = segment.frames.find(
    (each) => each.image.sopInstanceUID === sopInstanceUID && (each.image.frame ?? 1) === (frame ?? 1),
  );
  if (!on) return [];
  const { axes } = lesion;
  const line = (name: CodedConcept, ends: typeof axes.longAxis, lengthMm: number): ContentItem =>
    number('CONTAINS', name, rounded(lengthMm), UNIT.mm, [
      lineItem(ends.map(toImagePoint), image('SELECTED FROM', undefined, on.image)),
    ]);
  return [
    container('CONTAINS', CONCEPT.measurementGroup, template, [
      ...identity(segment, BIDIRECTIONAL),
      ...findingAndSite(segment),
      region(CONCEPT.imageRegion, outlineOf(lesion.mask), image('SELECTED FROM', undefined, on.image)),
      line(CONCEPT.longAxis, axes.longAxis, axes.longAxisMm),
      line(CONCEPT.shortAxis, axes.shortAxis, axes.shortAxisMm),
    ]),
  ];
}

const identity = ({ trackingUID }: WrittenSegment, identifier: string): readonly ContentItem[] => [
  text('HAS OBS CONTEXT', CONCEPT.trackingIdentifier, identifier),
  uidReference('HAS OBS CONTEXT', CONCEPT.trackingUniqueIdentifier, trackingUID),
];

function findingAndSite({ type, region, laterality }: WrittenSegment): readonly ContentItem[] {
  const side = laterality ? [code('HAS CONCEPT MOD', CONCEPT.laterality, laterality)] : [];
  return [
    code('CONTAINS', CONCEPT.finding, type),
    ...(region ? [code('HAS CONCEPT MOD', CONCEPT.findingSite, region, side)] : []),
  ];
}

/** TID 1419: what the mask measures, each with the algorithm that drew the mask and its receipt (TID 4019). */
function measurements(segment: WrittenSegment, lesion: SegmentedLesion): readonly ContentItem[] {
  const { axes, areaMm2, agreement } = lesion;
  const measured = (name: CodedConcept, value: number, unit: CodedConcept): ContentItem =>
    number('CONTAINS', name, rounded(value), unit, algorithm(segment));
  return [
    measured(CONCEPT.area, areaMm2, UNIT.mm2),
    measured(CONCEPT.longAxis, axes.longAxisMm, UNIT.mm),
    measured(CONCEPT.shortAxis, axes.shortAxisMm, UNIT.mm),
    measured(CONCEPT.agreement, agreement, UNIT.none),
  ];
}

/**
 * What a response category would be computed from: the criteria, the lesion's role where the report gives it, and the diameter that counts, of lymph
 * nodes the short one. Never a category: that is the patient's, over all lesions and time points, and a person's to say.
 */
function responseInputs(lesion: SegmentedLesion): readonly ContentItem[] {
  const { finding, findingSite, lesionRole } = lesion.located.measurement;
  const { longAxisMm, shortAxisMm } = lesion.axes;
  const node = [finding, findingSite].some((concept) => concept !== undefined && isLymphNode(concept));
  return [
    code('CONTAINS', CONCEPT.evaluationMethod, CONCEPT.recist11),
    ...(lesionRole ? [code('CONTAINS', CONCEPT.lesionRole, ROLES[lesionRole])] : []),
    number('CONTAINS', CONCEPT.countedDiameter, rounded(node ? shortAxisMm : longAxisMm), UNIT.mm),
  ];
}

/** TID 1502, as far as it can be said in ASCII. The order is left out: a validator takes any number in the group for a measurement. */
function timePoint({ located }: SegmentedLesion): readonly ContentItem[] {
  const point = located.measurement.timePoint;
  const label = point?.label ?? point?.identifier;
  if (point === undefined || label === undefined || label.trim() === '' || !isPlain(label)) return [];
  return [text('HAS OBS CONTEXT', CONCEPT.timePoint, label)];
}

const algorithm = ({ algorithm: { name, version, parameters } }: WrittenSegment): readonly ContentItem[] => [
  text('HAS CONCEPT MOD', CONCEPT.algorithmName, name),
  text('HAS CONCEPT MOD', CONCEPT.algorithmVersion, version),
  text('HAS CONCEPT MOD', CONCEPT.algorithmParameters, parameters),
];

/** To a thousandth of a unit: more digits than a mask of pixels has, fewer than make two processors differ. */
const rounded = (value: number): number => Math.round(value * 1000) / 1000;
