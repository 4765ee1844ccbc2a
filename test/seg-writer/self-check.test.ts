import { describe, expect, test } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SOP_CLASS, TAG, tag, type Tag } from '../../src/domain/index.js';
import {
  checkSegmentation,
  SEGMENTATION_PROBLEMS,
  writeSegmentations,
  type SegmentationProblemCode,
} from '../../src/seg-writer/index.js';
import { dcmdump, describeWith } from '../environment/peers.js';
import { fixtures, imagesIn } from './ct-images.js';
import {
  cloned,
  edited,
  items,
  setBytes,
  setLongs,
  setShort,
  setText,
  textOf,
  treeOf,
  valueOf,
  within,
  type Branch,
  type Tree,
} from './editing.js';
import { lesionOn, requestFor } from './lesions.js';
import { OF_DOCUMENTS, ONLY_OF_OTHERS } from './self-check/only-of-others.js';

/** The good object: four lesions on three of four slices, Latin-1 name. */
const images = imagesIn(join(fixtures, 'phantom'));
const slices = images.map((image) => image.slice);
const lesions = [0, 1, 1, 3].map((index, n) => lesionOn(slices[index]!, n + 1));
const good = writeSegmentations(requestFor(lesions)).objects[0]!.bytes;
/** Four frames of 38 x 23: no frame is whole bytes, together they are. */
const smallImages = imagesIn(join(fixtures, 'ct23x38'), /IMG/);
const smallSlices = smallImages.map((image) => image.slice);
const small = writeSegmentations(requestFor([0, 0, 1, 2].map((index, n) => lesionOn(smallSlices[index]!, n + 1))))
  .objects[0]!.bytes;

const FOREIGN_UID = '2.25.111111111111111111111111111111111111111';
const frames = (tree: Tree): Tree[] => items(tree, TAG.PerFrameFunctionalGroupsSequence);
const lastFrame = (tree: Tree): Tree => frames(tree).at(-1)!;
const segments = (tree: Tree): Tree[] => items(tree, TAG.SegmentSequence);
const shared = (tree: Tree): Tree => within(tree, TAG.SharedFunctionalGroupsSequence);
const measures = (tree: Tree): Tree => within(shared(tree), TAG.PixelMeasuresSequence);
const orientation = (tree: Tree): Tree => within(shared(tree), TAG.PlaneOrientationSequence);
const position = (frame: Tree): Tree => within(frame, TAG.PlanePositionSequence);
const reference = (frame: Tree): Tree => within(frame, TAG.DerivationImageSequence, TAG.SourceImageSequence);
const referencedSeries = (tree: Tree): Tree[] => items(tree, TAG.ReferencedSeriesSequence);

const remove =
  (...tags: readonly Tag[]) =>
  (tree: Tree): void =>
    tags.forEach((each) => expect(tree.delete(each)).toBe(true));
const all =
  (...edits: readonly ((tree: Tree) => void)[]) =>
  (tree: Tree): void =>
    edits.forEach((edit) => edit(tree));
const everyFrame =
  (edit: (frame: Tree) => void) =>
  (tree: Tree): void =>
    frames(tree).forEach(edit);
const set =
  (each: Tag, text: string) =>
  (tree: Tree): void =>
    setText(tree, each, text);
const setUs =
  (each: Tag, value: number) =>
  (tree: Tree): void =>
    setShort(tree, each, value);

const moveBy =
  (millimetres: number) =>
  (frame: Tree): void => {
    const [x, y, z] = textOf(position(frame), TAG.ImagePositionPatient).split('\\').map(Number);
    setText(position(frame), TAG.ImagePositionPatient, [x, y, Number((z! + millimetres).toFixed(5))].join('\\'));
  };
const pixels =
  (make: (packed: Uint8Array) => Uint8Array) =>
  (tree: Tree): void =>
    setBytes(tree, TAG.PixelData, make(valueOf(tree, TAG.PixelData)));
const bitOf = (packed: Uint8Array, k: number): number => (packed[k >> 3]! >> (k & 7)) & 1;
const exchanged = (text: string): string => text.split('\\').reverse().join('\\');
const addFrame =
  (make: (frames: readonly Tree[]) => Tree) =>
  (tree: Tree): void => {
    frames(tree).push(make(frames(tree)));
    setText(tree, TAG.NumberOfFrames, String(frames(tree).length));
    const size = valueOf(tree, TAG.PixelData).length / (frames(tree).length - 1);
    pixels((packed) => Uint8Array.from([...packed, ...new Uint8Array(size)]))(tree);
  };
const numberSegments =
  (...numbers: readonly number[]) =>
  (tree: Tree): void => {
    segments(tree).forEach((segment, i) => setShort(segment, TAG.SegmentNumber, numbers[i]!));
    frames(tree).forEach((frame, i) => {
      setShort(within(frame, TAG.SegmentIdentificationSequence), TAG.ReferencedSegmentNumber, numbers[i]!);
    });
  };

const noDerivation = everyFrame(remove(TAG.DerivationImageSequence));
const noPositions = everyFrame(remove(TAG.PlanePositionSequence));
const noFrameOfReference = remove(TAG.FrameOfReferenceUID);
const otherFrameOfReference = set(TAG.FrameOfReferenceUID, FOREIGN_UID);
const unknownInstances = everyFrame((frame) => setText(reference(frame), TAG.ReferencedSOPInstanceUID, FOREIGN_UID));
const otherSeries = (tree: Tree): void => setText(referencedSeries(tree)[0]!, TAG.SeriesInstanceUID, FOREIGN_UID);
const noReferencedSeries = remove(TAG.ReferencedSeriesSequence);
const topLevelSources = (tree: Tree): void => {
  const sources = frames(tree).map((frame) => cloned(reference(frame)));
  tree.set(TAG.SourceImageSequence, { vr: 'SQ', items: sources });
};

type Row = readonly [
  row: string,
  what: string,
  codes: SegmentationProblemCode | readonly SegmentationProblemCode[],
  edit: (tree: Tree) => void,
];

/**
 * One change each to a good object, after what readers were seen to do with them: show it elsewhere, show nothing, refuse, hang, or (second part)
 * take it although the standard does not allow it. Row numbers are those of the project's study of readers.
 */
const MUTATIONS: readonly Row[] = [
  ['01', 'FrameOfReferenceUID removed', 'attribute-missing', noFrameOfReference],
  ['02', 'FrameOfReferenceUID another', 'frame-of-reference-differs', otherFrameOfReference],
  [
    '03',
    'row cosines negated',
    'orientation-differs',
    (t) => setText(orientation(t), TAG.ImageOrientationPatient, '-1\\0\\0\\0\\1\\0'),
  ],
  [
    '04',
    'orientation tilted',
    ['orientation-differs', 'orientation-oblique', 'no-volume'],
    (t) => setText(orientation(t), TAG.ImageOrientationPatient, '1\\0\\0\\0\\0.984808\\0.173648'),
  ],
  ['05', 'PlaneOrientationSequence removed', 'group-missing', (t) => remove(TAG.PlaneOrientationSequence)(shared(t))],
  ['06', 'PlanePositionSequence removed in all frames', 'group-missing', noPositions],
  [
    '07',
    'PlanePositionSequence removed in the last frame',
    'group-missing',
    (t) => remove(TAG.PlanePositionSequence)(lastFrame(t)),
  ],
  ['08', 'positions one slice off', 'position-differs', everyFrame(moveBy(2.5))],
  ['09', 'positions 0.004 mm off', 'position-inexact', everyFrame(moveBy(0.004))],
  ['10', 'DerivationImageSequence removed', 'derivation-image-missing', noDerivation],
  [
    '10t',
    '10 with a top-level SourceImageSequence',
    ['derivation-image-missing', 'top-level-source-images'],
    all(topLevelSources, noDerivation),
  ],
  [
    '11',
    'references name the neighbour',
    'position-differs',
    (t) => {
      const uid = textOf(reference(frames(t)[1]!), TAG.ReferencedSOPInstanceUID);
      setText(reference(frames(t)[0]!), TAG.ReferencedSOPInstanceUID, uid);
    },
  ],
  ['12', 'references name unknown instances', 'reference-unknown', unknownInstances],
  [
    '12x',
    '12 without FrameOfReferenceUID',
    ['reference-unknown', 'attribute-missing'],
    all(unknownInstances, noFrameOfReference),
  ],
  ['12y', '12 and positions 0.004 mm off', 'reference-unknown', all(unknownInstances, everyFrame(moveBy(0.004)))],
  [
    '13',
    'ReferencedFrameNumber 2 on a single-frame source',
    'frame-number',
    everyFrame((frame) => {
      reference(frame).set(TAG.ReferencedFrameNumber, { vr: 'IS', bytes: Buffer.from('2 ') });
    }),
  ],
  [
    '13x',
    'ReferencedFrameNumber 1 on a single-frame source',
    'frame-number',
    everyFrame((frame) => {
      reference(frame).set(TAG.ReferencedFrameNumber, { vr: 'IS', bytes: Buffer.from('1 ') });
    }),
  ],
  [
    '14',
    'DerivationImageSequence without items',
    'derivation-image-missing',
    everyFrame((frame) => {
      frame.set(TAG.DerivationImageSequence, { vr: 'SQ', items: [] });
    }),
  ],
  ['15', '10 and 01', ['derivation-image-missing', 'attribute-missing'], all(noDerivation, noFrameOfReference)],
  ['15y', '10 and 02', 'derivation-image-missing', all(noDerivation, otherFrameOfReference)],
  ['16', '10 and 06', ['derivation-image-missing', 'group-missing'], all(noDerivation, noPositions)],
  ['17', '10 and 09', 'derivation-image-missing', all(noDerivation, everyFrame(moveBy(0.004)))],
  ['18', 'ReferencedSeriesSequence removed', 'referenced-series-missing', noReferencedSeries],
  ['19', '10 and 18', ['derivation-image-missing', 'referenced-series-missing'], all(noDerivation, noReferencedSeries)],
  ['20', 'ReferencedSeriesSequence names another series', 'referenced-series-differs', otherSeries],
  ['21', '10 and 20', 'derivation-image-missing', all(noDerivation, otherSeries)],
  ['22', 'NumberOfFrames one too many', 'frames-fewer-than-said', set(TAG.NumberOfFrames, '5')],
  ['23', 'NumberOfFrames one too few', 'frames-more-than-said', set(TAG.NumberOfFrames, '3')],
  ['24', 'NumberOfFrames removed', 'attribute-missing', remove(TAG.NumberOfFrames)],
  ['25', 'last per-frame item removed', 'frame-not-described', (t) => void frames(t).pop()],
  ['26', 'PixelData one frame short', 'pixel-data-short', pixels((p) => p.slice(0, (p.length * 3) / 4))],
  [
    '27',
    'PixelData 16 bytes too long',
    'pixel-data-long',
    pixels((p) => Uint8Array.from([...p, ...new Uint8Array(16)])),
  ],
  [
    '28',
    'most significant bit first',
    'mask-differs',
    pixels((p) =>
      p.map((byte) => {
        let turned = 0;
        for (let k = 0; k < 8; k++) turned |= ((byte >> k) & 1) << (7 - k);
        return turned;
      }),
    ),
  ],
  [
    '29',
    '8-bit pixels under a 1-bit header',
    'pixel-data-bytes',
    pixels((p) => Uint8Array.from({ length: p.length * 8 }, (_, k) => bitOf(p, k))),
  ],
  [
    '30',
    '8-bit pixels and header',
    'value-not-expected',
    all(
      setUs(TAG.BitsAllocated, 8),
      setUs(TAG.BitsStored, 8),
      setUs(TAG.HighBit, 7),
      pixels((p) => Uint8Array.from({ length: p.length * 8 }, (_, k) => bitOf(p, k))),
    ),
  ],
  ['31', 'PixelRepresentation 1', 'value-not-expected', setUs(TAG.PixelRepresentation, 1)],
  ['32', 'MONOCHROME1', 'value-not-expected', set(TAG.PhotometricInterpretation, 'MONOCHROME1')],
  ['33', 'FRACTIONAL', 'value-not-expected', set(TAG.SegmentationType, 'FRACTIONAL')],
  ['36', 'segment numbers with a gap', 'segment-numbers', numberSegments(1, 3, 4, 5)],
  ['37', 'segment numbers from 0', 'segment-numbers', numberSegments(0, 1, 2, 3)],
  [
    '38',
    'frames of a segment that is not described',
    ['segment-unknown', 'segment-without-frame'],
    (t) => {
      setShort(within(frames(t)[1]!, TAG.SegmentIdentificationSequence), TAG.ReferencedSegmentNumber, 9);
    },
  ],
  ['39', 'SegmentSequence in another order', 'segment-order', (t) => void segments(t).reverse()],
  [
    '40',
    'a segment without frames',
    'segment-without-frame',
    (t) => {
      const more = cloned(segments(t)[0]!);
      setShort(more, TAG.SegmentNumber, 5);
      segments(t).push(more);
    },
  ],
  [
    '41',
    'an empty frame at a free place',
    'frame-empty',
    all(
      // a receipt counts every frame of its segment
      (t) => segments(t).forEach(remove(TAG.SegmentationAlgorithmIdentificationSequence)),
      addFrame(([, second]) => {
        const frame = cloned(second!);
        setShort(within(frame, TAG.SegmentIdentificationSequence), TAG.ReferencedSegmentNumber, 1);
        setLongs(within(frame, TAG.FrameContentSequence), TAG.DimensionIndexValues, 1, 2);
        return frame;
      }),
    ),
  ],
  [
    '42',
    'SegmentIdentificationSequence removed',
    'group-missing',
    everyFrame(remove(TAG.SegmentIdentificationSequence)),
  ],
  ['43', 'SegmentSequence removed', 'attribute-missing', remove(TAG.SegmentSequence)],
  ['44', 'SegmentationType removed', 'attribute-missing', remove(TAG.SegmentationType)],
  [
    '45',
    'SegmentationType LABELMAP',
    ['sop-class-contradicts', 'value-not-expected'],
    set(TAG.SegmentationType, 'LABELMAP'),
  ],
  ['46', 'Label Map Segmentation', 'sop-class-contradicts', set(TAG.SOPClassUID, SOP_CLASS.LabelMapSegmentation)],
  [
    '51',
    'half resolution',
    'size-differs',
    (t) => {
      setShort(t, TAG.Rows, 32);
      setShort(t, TAG.Columns, 36);
      setText(measures(t), TAG.PixelSpacing, '1.6\\1.4');
      pixels((p) => p.slice(0, p.length / 4))(t);
    },
  ],
  ['52', 'Rows and Columns exchanged', 'size-exchanged', all(setUs(TAG.Rows, 72), setUs(TAG.Columns, 64))],
  ['53', 'Multi-frame Single Bit Secondary Capture', 'sop-class', set(TAG.SOPClassUID, '1.2.840.10008.5.1.4.1.1.7.1')],
  ['55', 'PixelMeasuresSequence removed', 'group-missing', (t) => remove(TAG.PixelMeasuresSequence)(shared(t))],
  [
    '56',
    'SliceThickness and SpacingBetweenSlices removed',
    ['slice-thickness', 'slice-distance-missing', 'spacing-between-slices-missing'],
    (t) => remove(TAG.SliceThickness, TAG.SpacingBetweenSlices)(measures(t)),
  ],
  [
    '57',
    'PixelSpacing exchanged',
    'pixel-spacing-differs',
    (t) => setText(measures(t), TAG.PixelSpacing, exchanged(textOf(measures(t), TAG.PixelSpacing))),
  ],
  [
    '58',
    'slices said to be 1 mm apart',
    'slice-distance-differs',
    (t) => {
      setText(measures(t), TAG.SliceThickness, '1.0');
      setText(measures(t), TAG.SpacingBetweenSlices, '1.0');
    },
  ],
  [
    '59',
    'groups both shared and per frame',
    'group-twice',
    everyFrame((frame) => {
      frame.set(TAG.PlaneOrientationSequence, { vr: 'SQ', items: [new Map<Tag, Branch>()] });
    }),
  ],
  [
    '60',
    'groups per frame only',
    'group-per-frame',
    (t) => {
      for (const each of [TAG.PixelMeasuresSequence, TAG.PlaneOrientationSequence]) {
        frames(t).forEach((frame) => frame.set(each, { vr: 'SQ', items: [cloned(items(shared(t), each)[0]!)] }));
        shared(t).delete(each);
      }
    },
  ],
  ['61', 'SharedFunctionalGroupsSequence removed', 'attribute-missing', remove(TAG.SharedFunctionalGroupsSequence)],
  [
    '63',
    'per-frame items shuffled against the pixels',
    'mask-differs',
    (t) => {
      const [first, second] = frames(t);
      frames(t).splice(0, 2, second!, first!);
    },
  ],
  [
    '64',
    'DimensionIndexValues one too high',
    'dimension-index',
    everyFrame((frame) => {
      setLongs(within(frame, TAG.FrameContentSequence), TAG.DimensionIndexValues, 2, 2);
    }),
  ],
  [
    '65',
    'all DimensionIndexValues 1, 1',
    'dimension-index',
    everyFrame((frame) => {
      setLongs(within(frame, TAG.FrameContentSequence), TAG.DimensionIndexValues, 1, 1);
    }),
  ],
  [
    '66',
    'DimensionIndexValues with one value',
    ['dimension-index-count', 'dimension-index'],
    everyFrame((frame) => {
      setLongs(within(frame, TAG.FrameContentSequence), TAG.DimensionIndexValues, 1);
    }),
  ],
  [
    '67',
    'FrameContentSequence removed',
    ['group-missing', 'dimension-index'],
    everyFrame(remove(TAG.FrameContentSequence)),
  ],
  [
    '68',
    'dimensions removed',
    ['attribute-missing', 'dimension-organization'],
    remove(TAG.DimensionOrganizationSequence, TAG.DimensionIndexSequence),
  ],
  [
    '69',
    'dimensions of another organization',
    'dimension-organization',
    (t) => {
      items(t, TAG.DimensionIndexSequence).forEach((item) => setText(item, TAG.DimensionOrganizationUID, FOREIGN_UID));
    },
  ],
  ['70', 'ContentLabel removed', 'attribute-missing', remove(TAG.ContentLabel)],
  ['71', 'ContentLabel with illegal characters', 'value-illegal', set(TAG.ContentLabel, 'lesion #1')],
  ['72', 'ContentLabel of 24 characters', 'value-too-long', set(TAG.ContentLabel, 'LESIONS OF THE LIVER AND')],
  [
    '73',
    'SegmentLabel of 90 characters',
    'value-too-long',
    (t) => setText(segments(t)[1]!, TAG.SegmentLabel, 'x'.repeat(90)),
  ],
  [
    '74',
    'a code without scheme',
    'code-incomplete',
    (t) => remove(TAG.CodingSchemeDesignator)(within(segments(t)[0]!, TAG.SegmentedPropertyTypeCodeSequence)),
  ],
  [
    '75',
    'SegmentedPropertyTypeCodeSequence removed',
    'attribute-missing',
    (t) => remove(TAG.SegmentedPropertyTypeCodeSequence)(segments(t)[0]!),
  ],
  [
    '76',
    'SegmentedPropertyCategoryCodeSequence removed',
    'attribute-missing',
    (t) => remove(TAG.SegmentedPropertyCategoryCodeSequence)(segments(t)[0]!),
  ],
  ['77', 'SegmentAlgorithmName removed', 'attribute-missing', (t) => remove(TAG.SegmentAlgorithmName)(segments(t)[0]!)],
  [
    '78',
    'SegmentAlgorithmType that is no term',
    'value-not-expected',
    (t) => setText(segments(t)[0]!, TAG.SegmentAlgorithmType, 'SEMI-AUTOMATIC'),
  ],
  ['79', 'TrackingID removed', 'tracking-incomplete', (t) => remove(TAG.TrackingID)(segments(t)[0]!)],
  [
    '80',
    'RecommendedDisplayCIELabValue removed',
    'attribute-advised',
    (t) => remove(TAG.RecommendedDisplayCIELabValue)(segments(t)[0]!),
  ],
  ['81', 'another PatientID', 'identity-differs', set(TAG.PatientID, 'SOMEBODY ELSE')],
  ['', 'another PatientSex', 'identity-differs', set(TAG.PatientSex, 'O')],
  ['82', 'another study', 'study-differs', set(TAG.StudyInstanceUID, FOREIGN_UID)],
  [
    '83',
    'the series of the CT',
    'series-is-a-source',
    (t) => setText(t, TAG.SeriesInstanceUID, slices[0]!.header.text(TAG.SeriesInstanceUID)!),
  ],
  ['84', 'Modality CT', 'value-not-expected', set(TAG.Modality, 'CT')],
  ['85', 'SpecificCharacterSet removed', 'text-outside-character-set', remove(TAG.SpecificCharacterSet)],
  [
    '86',
    'PixelData OW',
    'pixel-data-words',
    (t) => void t.set(TAG.PixelData, { vr: 'OW', bytes: valueOf(t, TAG.PixelData) }),
  ],
  [
    '87',
    'SamplesPerPixel of 4 bytes',
    'value-not-expected',
    (t) => setBytes(t, TAG.SamplesPerPixel, Uint8Array.of(1, 0, 0, 0)),
  ],
  [
    '88',
    'a UID of 70 characters',
    'value-too-long',
    (t) => setText(segments(t)[0]!, TAG.TrackingUID, `2.25.${'1'.repeat(65)}`),
  ],
  [
    '90',
    'positions of more than 16 characters',
    'value-too-long',
    everyFrame((frame) => {
      const [x, ...rest] = textOf(position(frame), TAG.ImagePositionPatient).split('\\');
      setText(position(frame), TAG.ImagePositionPatient, [Number(x).toFixed(17), ...rest].join('\\'));
    }),
  ],
  [
    '91',
    'equipment removed',
    'attribute-missing',
    remove(TAG.Manufacturer, TAG.ManufacturerModelName, TAG.DeviceSerialNumber, TAG.SoftwareVersions),
  ],
  [
    '92',
    'two segments share pixels',
    ['segments-overlap', 'mask-differs'],
    pixels((p) => {
      // frames 2 and 3 lie on one slice
      const size = p.length / 4;
      const both = p.slice();
      for (let i = size; i < 2 * size; i++) both[i]! |= both[i + size]!;
      return both;
    }),
  ],
  ['94', 'LossyImageCompression removed', 'attribute-missing', remove(TAG.LossyImageCompression)],
  ['95', 'ImageType ORIGINAL', 'value-not-expected', set(TAG.ImageType, 'ORIGINAL\\PRIMARY')],
  ['97', 'a second frame for a segment and position', 'frame-twice', addFrame(([first]) => cloned(first!))],
  [
    '98',
    'orientation per frame beside the shared one',
    'group-twice',
    (t) => {
      lastFrame(t).set(TAG.PlaneOrientationSequence, { vr: 'SQ', items: [cloned(orientation(t))] });
    },
  ],
  [
    '99',
    'SegmentIdentificationSequence removed in the last frame',
    'group-missing',
    (t) => remove(TAG.SegmentIdentificationSequence)(lastFrame(t)),
  ],
  ['9a', 'all pixels zero', ['segment-empty', 'object-empty', 'mask-differs'], pixels((p) => new Uint8Array(p.length))],
  [
    '9b',
    'two source images in a frame',
    'source-image-not-one',
    (t) => {
      const [first, second] = frames(t);
      items(within(first!, TAG.DerivationImageSequence), TAG.SourceImageSequence).unshift(cloned(reference(second!)));
    },
  ],
  ['9c', 'another series first', 'referenced-series-order', (t) => void referencedSeries(t).reverse()],
  ['9d', 'PixelData removed', 'pixel-data-missing', remove(TAG.PixelData)],
  [
    '9g',
    'SpatialLocationsPreserved absent',
    'spatial-locations',
    everyFrame((frame) => remove(TAG.SpatialLocationsPreserved)(reference(frame))),
  ],
  [
    '9i',
    'SpacingBetweenSlices absent, thickness equal to the step',
    'spacing-between-slices-missing',
    (t) => remove(TAG.SpacingBetweenSlices)(measures(t)),
  ],
  [
    '9k',
    'SpacingBetweenSlices absent, thickness twice the step',
    'slice-distance-not-thickness',
    (t) => {
      remove(TAG.SpacingBetweenSlices)(measures(t));
      setText(measures(t), TAG.SliceThickness, '5');
    },
  ],
  ['9l', 'SliceThickness 0', 'slice-thickness', (t) => setText(measures(t), TAG.SliceThickness, '0')],
  ['9m', 'PatientName and PatientID empty', 'identity-differs', all(set(TAG.PatientName, ''), set(TAG.PatientID, ''))],
  ['9n', 'SegmentsOverlap absent', 'attribute-advised', remove(TAG.SegmentsOverlap)],
  [
    '',
    'a reference of another SOP class',
    'reference-class-differs',
    everyFrame((frame) => setText(reference(frame), TAG.ReferencedSOPClassUID, SOP_CLASS.EnhancedCTImage)),
  ],
  [
    '',
    'an instance listed that no frame names',
    'referenced-instances-differ',
    (t) => {
      const list = items(referencedSeries(t)[0]!, TAG.ReferencedInstanceSequence);
      const more = cloned(list[0]!);
      setText(more, TAG.ReferencedSOPInstanceUID, FOREIGN_UID);
      list.push(more);
    },
  ],
  [
    '',
    'an element of another VR',
    'vr-differs',
    (t) => void t.set(TAG.SegmentsOverlap, { vr: 'SH', bytes: Buffer.from('NO') }),
  ],
];

/** Problems that leave an object usable; every other row must be an error. */
const WARNED: ReadonlySet<string> = new Set(['09', '40', '41', '80', '86', '9i', '9n']);

const codesOf = (bytes: Uint8Array, sources = slices): readonly SegmentationProblemCode[] => [
  ...new Set(checkSegmentation(bytes, sources).map(({ code }) => code)),
];

describe('the self-check', () => {
  test('finds nothing in good objects', () => {
    expect(checkSegmentation(good, slices)).toEqual([]);
    // sizes that the images have, and some readers do not
    expect(checkSegmentation(small, smallSlices).map(({ code, severity }) => [code, severity])).toEqual([
      ['frames-not-whole-bytes', 'warning'],
      ['columns-not-whole-bytes', 'warning'],
    ]);
  });

  test.each(MUTATIONS)('%s %s', (row, _, expected, edit) => {
    const problems = checkSegmentation(edited(good, edit), slices);
    const codes = problems.map(({ code }) => code);
    for (const code of [expected].flat()) expect(codes).toContain(code);
    const severities = new Set(problems.map(({ severity }) => severity));
    expect(severities.has('error')).toBe(!WARNED.has(row));
  });

  test('every problem is provoked by a row here, below, or in the tests beside', () => {
    const below = [
      'file-unreadable',
      'file-meta-differs',
      'transfer-syntax',
      'transfer-syntax-implicit',
      'pixel-length-ambiguous',
      'frames-not-whole-bytes',
      'columns-not-whole-bytes',
    ];
    const provoked = new Set([
      ...MUTATIONS.flatMap(([, , codes]) => codes),
      ...below,
      ...ONLY_OF_OTHERS,
      ...OF_DOCUMENTS,
    ]);
    expect(Object.keys(SEGMENTATION_PROBLEMS).filter((code) => !provoked.has(code as SegmentationProblemCode))).toEqual(
      [],
    );
  });

  test('names frame, segment and attribute', () => {
    const noPosition = checkSegmentation(
      edited(good, (t) => remove(TAG.PlanePositionSequence)(lastFrame(t))),
      slices,
    );
    expect(noPosition).toContainEqual(
      expect.objectContaining({ code: 'group-missing', frame: 4, attribute: 'PlanePositionSequence' }),
    );
    const noName = checkSegmentation(
      edited(good, (t) => remove(TAG.SegmentAlgorithmName)(segments(t)[2]!)),
      slices,
    );
    expect(noName).toEqual([
      expect.objectContaining({ code: 'attribute-missing', segment: 3, attribute: 'SegmentAlgorithmName' }),
    ]);
  });
});

describe('the file', () => {
  test('54 file meta names another instance', () => {
    const bytes = Buffer.from(good);
    const at = bytes.indexOf('2.25.');
    bytes[at + 10] = bytes[at + 10] === 0x31 ? 0x32 : 0x31;
    expect(codesOf(bytes)).toEqual(['file-meta-differs']);
  });

  test('89 SOPInstanceUID with a leading zero', () => {
    const uid = textOf(treeOf(good), TAG.SOPInstanceUID).replace('\0', '');
    const wrong = uid.replace(/^2\.25\../, '2.25.0');
    const bytes = Buffer.from(Buffer.from(good).toString('latin1').replaceAll(uid, wrong), 'latin1');
    expect(codesOf(bytes)).toEqual(['value-illegal']);
  });

  test('cut anywhere, or no DICOM at all', () => {
    for (const length of [0, 7, 131, 140, 700, good.length - 3])
      expect(codesOf(good.subarray(0, length))).toContain('file-unreadable');
    expect(codesOf(Buffer.from('<html>login</html>'.repeat(20)))).toEqual(['file-unreadable']);
  });

  test('9f every frame padded to whole bytes', () => {
    const padded = edited(small, (t) => {
      const p = valueOf(t, TAG.PixelData);
      const out = new Uint8Array(4 * 110);
      for (let frame = 0; frame < 4; frame++)
        for (let k = 0; k < 874; k++) if (bitOf(p, frame * 874 + k)) out[frame * 110 + (k >> 3)]! |= 1 << (k & 7);
      setBytes(t, TAG.PixelData, out);
    });
    expect(codesOf(padded, smallSlices)).toContain('pixel-data-short');
  });

  test('two frames whose length fits frames of whole bytes too', () => {
    const shortened = edited(good, (t) => {
      setShort(t, TAG.Rows, 61);
      setShort(t, TAG.Columns, 67);
      setText(t, TAG.NumberOfFrames, '2');
      pixels((p) => p.slice(0, 1022))(t);
      frames(t).splice(2);
    });
    expect(codesOf(shortened)).toContain('pixel-length-ambiguous');
  });

  test('bytes that are changed at random never make it throw', () => {
    let state = 12345;
    const random = (below: number): number => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return state % below;
    };
    for (let run = 0; run < 300; run++) {
      const bytes = Buffer.from(good);
      for (let change = 0; change < 8; change++) bytes[132 + random(bytes.length - 132)] = random(256);
      expect(Array.isArray(checkSegmentation(bytes, slices))).toBe(true);
    }
  });
});

/** DCMTK's converter lies beside its dump. */
const dcmconv = dcmdump()?.replace(/dcmdump$/, 'dcmconv');

describeWith({ dcmconv }, 'the same object in other encodings of DCMTK', (peers) => {
  const converted = (...options: readonly string[]): Uint8Array => {
    const folder = mkdtempSync(join(tmpdir(), 'seg-writer-'));
    try {
      writeFileSync(join(folder, 'in.dcm'), good);
      const run = spawnSync(peers.dcmconv, [...options, join(folder, 'in.dcm'), join(folder, 'out.dcm')]);
      if (run.status !== 0) throw new Error(run.stderr.toString());
      return readFileSync(join(folder, 'out.dcm'));
    } finally {
      rmSync(folder, { recursive: true });
    }
  };
  test('93 sequences of undefined length are as good', () => {
    expect(codesOf(converted('-e'))).toEqual([]);
  });
  test('49 implicit VR is warned of', () => {
    expect(codesOf(converted('+ti'))).toEqual(['transfer-syntax-implicit']);
  });
  test('50 big endian and 48 deflated are not stored', () => {
    expect(codesOf(converted('+tb'))).toContain('transfer-syntax');
    expect(codesOf(converted('+td'))).toContain('transfer-syntax');
  });
});

describe('conformant forms that are not ours', () => {
  test('62 frames in another order, everything with them', () => {
    const shuffled = edited(good, (t) => {
      const order = [2, 0, 3, 1];
      const before = [...frames(t)];
      frames(t).splice(0, 4, ...order.map((n) => before[n]!));
      pixels((p) => Buffer.concat(order.map((n) => p.subarray((n * p.length) / 4, ((n + 1) * p.length) / 4))))(t);
    });
    expect(codesOf(shuffled)).toEqual([]);
  });
  test('9e one segment identified in the shared group', () => {
    const one = writeSegmentations(requestFor([lesionOn(slices[0]!, 1)])).objects[0]!.bytes;
    const moved = edited(one, (t) => {
      const [frame] = frames(t);
      shared(t).set(TAG.SegmentIdentificationSequence, frame!.get(TAG.SegmentIdentificationSequence)!);
      frame!.delete(TAG.SegmentIdentificationSequence);
    });
    expect(codesOf(moved)).toEqual([]);
  });
  test('9j slices that overlap', () => {
    expect(codesOf(edited(good, (t) => setText(measures(t), TAG.SliceThickness, '5')))).toEqual([]);
  });
  test('a private element', () => {
    const more = edited(good, (t) => {
      t.set(tag(0x00091001), { vr: 'LO', bytes: Buffer.from('abcd') });
    });
    expect(codesOf(more)).toEqual([]);
  });
});
