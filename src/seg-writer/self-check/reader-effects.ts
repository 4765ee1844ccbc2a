import type { SegmentationProblemCode } from './problems.js';

/** Software that reads segmentations, and how it is known: tried on 125 objects with one change each, or by reading its source. */
export const READERS = {
  cornerstone3d: { name: 'Cornerstone3D adapters 5.14', known: 'tried' },
  ohif: { name: 'OHIF 3 (Cornerstone3D)', known: 'its source' },
  dcmqi: { name: '3D Slicer (dcmqi 1.5.7)', known: 'tried' },
  'itk-wasm': { name: 'ITK-Wasm DICOM 7.6', known: 'tried' },
  'highdicom-source': { name: 'highdicom 0.28 by image', known: 'tried' },
  'highdicom-volume': { name: 'highdicom 0.28 volume', known: 'tried' },
  dcmjs: { name: 'dcmjs 0.52', known: 'tried' },
  'pydicom-seg': { name: 'pydicom-seg 0.4.1', known: 'tried' },
  weasis: { name: 'Weasis', known: 'its source' },
  'orthanc-frames': { name: 'Orthanc 1.10 /frames', known: 'tried' },
} as const satisfies Record<string, { readonly name: string; readonly known: 'tried' | 'its source' }>;

export type Reader = keyof typeof READERS;

/**
 * What a reader does with an object: `refuses` with an error, `hangs` (its error is lost and the page waits for ever), shows `nothing` without a word,
 * shows something `wrong` without a word, or gives the stored numbers in place of labels (`raw-values`).
 */
export type Effect = 'refuses' | 'hangs' | 'nothing' | 'wrong' | 'raw-values';

/** From what ends everything to what is least. */
export const EFFECTS: readonly Effect[] = ['refuses', 'hangs', 'nothing', 'wrong', 'raw-values'];

type Effects = Partial<Record<Reader, Effect>>;

const HIGHDICOM: readonly Reader[] = ['highdicom-source', 'highdicom-volume'];
const VIEWERS: readonly Reader[] = ['cornerstone3d', 'dcmjs'];
const BY_DCMQI: readonly Reader[] = ['dcmqi', 'itk-wasm'];
/** Readers that make a volume of positions, orientation and the distance of slices. */
const VOLUMES: readonly Reader[] = ['highdicom-volume', ...BY_DCMQI, 'pydicom-seg'];
const MEASURED: readonly Reader[] = [...HIGHDICOM, ...BY_DCMQI, ...VIEWERS, 'pydicom-seg'];

const each = (effect: Effect, ...readers: readonly Reader[]): Effects =>
  Object.fromEntries(readers.map((reader) => [reader, effect]));
const allBut = (effect: Effect, ...spared: readonly Reader[]): Effects =>
  each(effect, ...MEASURED.filter((reader) => !spared.includes(reader)));

/** Whether a problem concerns every frame (or segment) of the object or only some. */
export type Scope = 'all' | 'some';

interface EffectRow {
  readonly code: SegmentationProblemCode;
  /** Keyword of the attribute where that decides. */
  readonly attribute?: string;
  readonly scope?: Scope;
  readonly effects: Effects;
}

const row = (
  code: SegmentationProblemCode,
  effects: Effects,
  more: Pick<EffectRow, 'attribute' | 'scope'> = {},
): EffectRow => ({
  code,
  ...more,
  effects,
});
const missing = (attribute: string, effects: Effects): EffectRow => row('attribute-missing', effects, { attribute });
const noGroup = (attribute: string, effects: Effects, scope?: Scope): EffectRow =>
  row('group-missing', effects, scope === undefined ? { attribute } : { attribute, scope });

/** What each problem does to each reader. A problem that is not here, or a reader that is not in its row, was seen to do nothing. */
export const EFFECT_ROWS: readonly EffectRow[] = [
  // the file
  row('file-unreadable', allBut('refuses')),
  row('sop-class', allBut('refuses')),
  row('sop-class-contradicts', {
    ...allBut('refuses', 'cornerstone3d'),
    ...each('wrong', 'cornerstone3d'),
  }),
  row('transfer-syntax-deflated', each('refuses', 'itk-wasm')),
  row('transfer-syntax-big-endian', each('refuses', ...HIGHDICOM)),
  row('transfer-syntax-compressed-bits', allBut('refuses', 'cornerstone3d')),
  row('label-map', each('refuses', 'itk-wasm', 'dcmjs', 'pydicom-seg')),
  // values and attributes
  row('code-incomplete', each('refuses', ...HIGHDICOM)),
  row('value-not-expected', each('refuses', ...BY_DCMQI), { attribute: 'PixelRepresentation' }),
  row('value-not-expected', each('refuses', ...BY_DCMQI), { attribute: 'SegmentAlgorithmType' }),
  row('value-not-expected', each('refuses', 'pydicom-seg'), { attribute: 'Modality' }),
  row('value-not-expected', each('refuses', ...HIGHDICOM, 'pydicom-seg'), { attribute: 'SamplesPerPixel' }),
  row('value-not-expected', each('wrong', ...BY_DCMQI, 'dcmjs'), { attribute: 'BitsAllocated' }),
  missing('FrameOfReferenceUID', each('refuses', 'highdicom-volume')),
  missing('NumberOfFrames', {
    ...each('wrong', ...HIGHDICOM),
    ...each('refuses', ...BY_DCMQI, 'cornerstone3d', 'pydicom-seg'),
  }),
  missing('SegmentSequence', allBut('refuses', 'cornerstone3d')),
  missing('SegmentationType', allBut('refuses', 'cornerstone3d')),
  missing('SharedFunctionalGroupsSequence', allBut('refuses')),
  missing('PerFrameFunctionalGroupsSequence', allBut('refuses')),
  missing('DimensionIndexSequence', each('refuses', ...HIGHDICOM)),
  missing('SegmentedPropertyTypeCodeSequence', each('refuses', ...HIGHDICOM)),
  missing('SegmentedPropertyCategoryCodeSequence', each('refuses', ...HIGHDICOM)),
  missing('MaximumFractionalValue', each('refuses', ...HIGHDICOM, ...VIEWERS, 'pydicom-seg')),
  // segments
  row('segment-numbers', { ...each('refuses', ...BY_DCMQI), ...each('wrong', ...VIEWERS) }),
  row('segment-number-zero', {
    ...each('refuses', ...BY_DCMQI, 'pydicom-seg'),
    ...each('wrong', ...VIEWERS),
  }),
  row('segment-unknown', {
    ...each('refuses', ...BY_DCMQI),
    ...each('wrong', ...HIGHDICOM, ...VIEWERS, 'pydicom-seg'),
  }),
  row('segments-overlap', each('refuses', 'itk-wasm')),
  row('segments-overlap-allowed', each('refuses', 'itk-wasm')),
  row('object-empty', allBut('nothing')),
  // frames and pixels
  row('frames-fewer-than-said', {
    ...each('refuses', 'highdicom-volume', ...BY_DCMQI, 'cornerstone3d', 'pydicom-seg'),
  }),
  row('frames-more-than-said', {
    ...each('wrong', ...HIGHDICOM, 'itk-wasm'),
    ...each('refuses', 'dcmqi', 'cornerstone3d', 'pydicom-seg'),
  }),
  row('frame-not-described', { ...allBut('wrong'), ...each('refuses', 'highdicom-volume') }),
  row('pixel-data-missing', allBut('refuses')),
  row('pixel-data-short', allBut('refuses')),
  row('pixel-data-invalid', allBut('refuses')),
  row('pixel-data-long', each('refuses', 'cornerstone3d')),
  row('pixel-data-bytes', allBut('wrong', 'cornerstone3d')),
  row('pixel-length-ambiguous', each('wrong', 'cornerstone3d')),
  row('pixel-pad-byte', each('refuses', 'cornerstone3d')),
  row('frames-not-whole-bytes', each('wrong', 'itk-wasm')),
  row('columns-not-whole-bytes', each('refuses', 'orthanc-frames')),
  row('bits-look-reversed', allBut('wrong')),
  row('mask-differs', allBut('wrong')),
  row('fractional', each('raw-values', ...BY_DCMQI)),
  row('fractional-values', each('refuses', ...VIEWERS)),
  row('frame-twice', { ...each('refuses', ...HIGHDICOM), ...each('wrong', 'pydicom-seg') }),
  noGroup('PlaneOrientationSequence', allBut('refuses', 'highdicom-source')),
  noGroup('PlanePositionSequence', each('refuses', ...HIGHDICOM, ...BY_DCMQI, 'pydicom-seg')),
  noGroup('PixelMeasuresSequence', each('refuses', ...VOLUMES)),
  noGroup('FrameContentSequence', each('refuses', ...HIGHDICOM)),
  noGroup(
    'SegmentIdentificationSequence',
    { ...each('refuses', ...HIGHDICOM, ...VIEWERS, 'pydicom-seg'), ...each('nothing', ...BY_DCMQI) },
    'all',
  ),
  noGroup(
    'SegmentIdentificationSequence',
    {
      ...each('refuses', ...HIGHDICOM, 'dcmjs', 'pydicom-seg'),
      ...each('wrong', ...BY_DCMQI),
      ...each('hangs', 'cornerstone3d'),
    },
    'some',
  ),
  row('group-per-frame', each('refuses', ...BY_DCMQI, 'pydicom-seg')),
  row('orientations-several', {
    ...each('refuses', ...VOLUMES, 'dcmjs'),
    ...each('hangs', 'cornerstone3d'),
  }),
  row('dimension-index-count', each('refuses', ...HIGHDICOM)),
  // references
  row('derivation-image-missing', { ...each('refuses', 'highdicom-source'), ...each('nothing', 'weasis') }),
  row('source-image-not-one', each('refuses', 'highdicom-source')),
  row('reference-unknown', each('nothing', 'highdicom-source'), { scope: 'all' }),
  row('reference-unknown', each('wrong', 'highdicom-source'), { scope: 'some' }),
  row('spatial-locations', each('refuses', 'highdicom-source')),
  row('referenced-series-missing', each('nothing', 'ohif')),
  row('referenced-instance-twice', each('refuses', ...HIGHDICOM)),
  // geometry
  row('position-differs', each('wrong', 'highdicom-source', ...VOLUMES, 'weasis')),
  row('orientation-differs', each('wrong', ...VOLUMES, ...VIEWERS)),
  row('orientation-oblique', each('refuses', ...VIEWERS)),
  row('pixel-spacing-differs', each('wrong', ...VOLUMES)),
  row('size-differs', { ...each('refuses', ...VIEWERS), ...each('nothing', 'weasis') }),
  row('size-exchanged', { ...allBut('wrong'), ...each('refuses', ...VIEWERS) }),
  row('slice-distance-missing', each('refuses', 'highdicom-source', ...VOLUMES)),
  row('slice-distance-differs', {
    ...each('refuses', 'highdicom-volume', 'pydicom-seg'),
    ...each('wrong', ...BY_DCMQI),
  }),
  row('slice-distance-not-thickness', { ...each('wrong', ...BY_DCMQI), ...each('refuses', 'pydicom-seg') }),
  row('no-volume', { ...each('refuses', 'highdicom-volume'), ...each('wrong', ...BY_DCMQI, 'pydicom-seg') }),
];
