import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readPart10 } from '../../src/dicom/index.js';
import {
  asReadUid,
  patientPoint,
  SOP_CLASS,
  TAG,
  type DataSet,
  type ImagePlane,
  type SegmentationObject,
  type SeriesInstanceUid,
} from '../../src/domain/index.js';
import { writeSegmentations } from '../../src/seg-writer/index.js';
import { dciodvfy, describeWith, python } from '../environment/peers.js';
import { fixtures, imagesIn, imagesOf, madeImages, type CtImage } from './ct-images.js';
import { items, setShort, setText, within, type Tree } from './editing.js';
import { errorsOfDciodvfy, readWithHighdicom, type Verdict } from './judges.js';
import { lesionOn, requestFor } from './lesions.js';

const folder = mkdtempSync(join(tmpdir(), 'seg-writer-'));
afterAll(() => rmSync(folder, { recursive: true }));

const phantom = imagesIn(join(fixtures, 'phantom'));
const multiFrame = imagesOf(join(fixtures, 'ct24x38/mf.dcm'));
let count = 0;
/** The four slices of the phantom (2.5 mm apart, 64 x 72, 0.8 x 0.7 mm), changed. */
const phantomWith = (edit: (tree: Tree, index: number) => void): readonly CtImage[] =>
  madeImages(phantom, join(folder, String(count++)), edit);
const at =
  (...positions: readonly string[]) =>
  (tree: Tree, index: number): void =>
    setText(tree, TAG.ImagePositionPatient, positions[index]!);
const along =
  (...z: readonly number[]) =>
  (tree: Tree, index: number): void =>
    setText(tree, TAG.ImagePositionPatient, `-20\\-25\\${z[index]!}`);
const oriented =
  (orientation: string, positions: readonly string[]) =>
  (tree: Tree, index: number): void => {
    setText(tree, TAG.ImageOrientationPatient, orientation);
    at(...positions)(tree, index);
  };
const sized =
  (rows: number, columns: number) =>
  (tree: Tree): void => {
    setShort(tree, TAG.Rows, rows);
    setShort(tree, TAG.Columns, columns);
    tree.delete(TAG.PixelData);
  };

interface Expected {
  readonly objects: number;
  readonly step?: number | undefined;
  readonly warnings?: readonly string[];
}
type Geometry = readonly [name: string, images: readonly CtImage[], Expected];

const SPLIT = ['geometry.one-object-a-slice'];

const GEOMETRIES: readonly Geometry[] = [
  ['as it is', phantom, { objects: 1, step: 2.5 }],
  ['descending', phantomWith(along(30, 27.5, 25, 22.5)), { objects: 1, step: 2.5 }],
  [
    'coronal',
    phantomWith(oriented('1\\0\\0\\0\\0\\-1', ['0\\0\\9', '0\\3\\9', '0\\6\\9', '0\\9\\9'])),
    { objects: 1, step: 3 },
  ],
  [
    'sagittal',
    phantomWith(oriented('0\\1\\0\\0\\0\\-1', ['0\\0\\9', '1\\0\\9', '2\\0\\9', '3\\0\\9'])),
    { objects: 1, step: 1 },
  ],
  [
    'rows flipped',
    phantomWith(oriented('1\\0\\0\\0\\-1\\0', ['0\\0\\9', '0\\0\\6.5', '0\\0\\4', '0\\0\\1.5'])),
    { objects: 1, step: 2.5 },
  ],
  [
    'columns flipped',
    phantomWith(oriented('-1\\0\\0\\0\\1\\0', ['0\\0\\9', '0\\0\\6.5', '0\\0\\4', '0\\0\\1.5'])),
    { objects: 1, step: 2.5 },
  ],
  [
    'oblique',
    phantomWith(oriented('0.8\\0.6\\0\\0\\0\\-1', ['0\\0\\0', '-1.2\\1.6\\0', '-2.4\\3.2\\0', '-3.6\\4.8\\0'])),
    { objects: 1, step: 2 },
  ],
  ['positions printed with two decimals', phantomWith(along(0, 0.63, 1.25, 1.88)), { objects: 1, step: 0.626667 }],
  ['a gap', phantomWith(along(0, 2.5, 5, 12.5)), { objects: 1, step: 2.5 }],
  ['a sample of an unknown series', phantomWith(along(0, 5, 12.5, 22.5)), { objects: 1, step: 2.5 }],
  ['irregular steps', phantomWith(along(0, 2.9, 5, 7.9)), { objects: 4, warnings: SPLIT }],
  ['two slices at one position', phantomWith(along(0, 2.5, 2.5, 5)), { objects: 4, warnings: SPLIT }],
  [
    'tilted gantry',
    phantomWith(at('0\\0\\0', '0\\0.65\\2.5', '0\\1.3\\5', '0\\1.95\\7.5')),
    { objects: 4, warnings: SPLIT },
  ],
  [
    'no thickness',
    phantomWith((tree) => void tree.delete(TAG.SliceThickness)),
    { objects: 1, step: 2.5, warnings: ['geometry.thickness-from-step'] },
  ],
  [
    'thickness 0',
    phantomWith((tree) => setText(tree, TAG.SliceThickness, '0')),
    { objects: 1, step: 2.5, warnings: ['geometry.thickness-from-step'] },
  ],
  ['slices that overlap', phantomWith((tree) => setText(tree, TAG.SliceThickness, '5')), { objects: 1, step: 2.5 }],
  [
    'two orientations in one series',
    phantomWith((tree, index) => {
      if (index > 1) oriented('1\\0\\0\\0\\0\\-1', ['', '', '0\\0\\9', '0\\2.5\\9'])(tree, index);
    }),
    { objects: 2, step: 2.5 },
  ],
  [
    'two series of one study',
    phantomWith((tree, index) => {
      if (index > 1) setText(tree, TAG.SeriesInstanceUID, '2.25.12');
    }),
    { objects: 2, step: 2.5 },
  ],
  ['legacy converted multi-frame CT', multiFrame, { objects: 1, step: 2.5 }],
  [
    'true enhanced multi-frame CT',
    madeImages(multiFrame.slice(0, 1), join(folder, 'enhanced'), (tree) =>
      setText(tree, TAG.SOPClassUID, SOP_CLASS.EnhancedCTImage),
    ),
    { objects: 1, step: 2.5 },
  ],
  [
    'enhanced multi-frame CT, frames on a tilted gantry',
    madeImages(multiFrame.slice(0, 1), join(folder, 'sheared'), (tree) => {
      setText(tree, TAG.SOPClassUID, SOP_CLASS.EnhancedCTImage);
      items(tree, TAG.PerFrameFunctionalGroupsSequence).forEach((frame, index) =>
        setText(within(frame, TAG.PlanePositionSequence), TAG.ImagePositionPatient, `0\\${index}\\${2.5 * index}`),
      );
    }),
    { objects: 3, warnings: SPLIT },
  ],
  ['61 x 72: filled up to whole words', phantomWith(sized(61, 72)), { objects: 1, step: 2.5 }],
  [
    '61 x 67: frames are not whole bytes',
    phantomWith(sized(61, 67)),
    {
      objects: 1,
      step: 2.5,
      warnings: ['reader.itk-frames-not-whole-bytes', 'reader.orthanc-columns-not-whole-bytes'],
    },
  ],
];

const written = GEOMETRIES.map(([name, images, expected]) => {
  const lesions = images.map(({ slice }, n) => lesionOn(slice, n + 1));
  return { name, images, lesions, expected, ...writeSegmentations(requestFor(lesions)) };
});

describe('which lesions share an object, and how far apart its slices are said to be', () => {
  test.each(written)('$name', ({ objects, refused, expected }) => {
    expect(refused).toEqual([]);
    expect(objects).toHaveLength(expected.objects);
    for (const object of objects) {
      expect(object.warnings).toEqual(expected.warnings ?? []);
      expect(measuresOf(object).number(TAG.SpacingBetweenSlices)).toBe(expected.step);
      expect(measuresOf(object).number(TAG.SliceThickness)).toBeGreaterThan(0);
    }
  });
});

describeWith({ python: python(), dciodvfy: dciodvfy() }, 'independent readers', (peers) => {
  const cases = written.flatMap(({ name, images, lesions, objects }) =>
    objects.map((object) => ({ name, object, images, lesions })),
  );
  let verdicts: readonly Verdict[] = [];
  beforeAll(() => {
    verdicts = readWithHighdicom(peers.python, cases);
  });
  test.each(cases.map(({ name, object }, index) => ({ name, object, index })))(
    '$name ($index)',
    ({ object, index }) => {
      expect(verdicts[index]!.faults).toEqual([]);
      expect(errorsOfDciodvfy(peers.dciodvfy, object.bytes)).toEqual([]);
    },
  );
});

describe('the positions of the whole series, where they are known', () => {
  const lesion = lesionOn(phantom[1]!.slice, 1);
  const { plane, header } = phantom[1]!.slice;
  const series = asReadUid<SeriesInstanceUid>(header.text(TAG.SeriesInstanceUID)!);
  const writtenAmong = (planes: readonly ImagePlane[], lesions = [lesion]): readonly SegmentationObject[] => {
    const seriesPlanes = new Map([[series, planes]]);
    return writeSegmentations(requestFor(lesions, { seriesPlanes })).objects;
  };
  const shifted = (z: number, y = 0): ImagePlane => ({
    ...plane,
    position: patientPoint(plane.position.x, plane.position.y + y, plane.position.z + z),
  });

  test('one slice and nothing known: no distance is claimed', () => {
    const [object] = writeSegmentations(requestFor([lesion])).objects;
    expect(measuresOf(object!).has(TAG.SpacingBetweenSlices)).toBe(false);
  });
  test('one slice of a regular series', () => {
    const [object] = writtenAmong([-1.25, 0, 1.25, 2.5].map((z) => shifted(z)));
    expect(measuresOf(object!).number(TAG.SpacingBetweenSlices)).toBe(1.25);
  });
  test('positions that an archive rounded are still those of the slice', () => {
    const [object] = writtenAmong([-1.25, 0.0004, 1.25].map((z) => shifted(z)));
    expect(measuresOf(object!).number(TAG.SpacingBetweenSlices)).toBe(1.25);
  });
  test('an archive that does not answer the frame of reference', () => {
    const planes = [-1.25, 0, 1.25].map((z) => ({ ...shifted(z), frameOfReferenceUID: undefined }));
    expect(measuresOf(writtenAmong(planes)[0]!).number(TAG.SpacingBetweenSlices)).toBe(1.25);
  });
  test('a localizer of the series does not count', () => {
    const localizer: ImagePlane = { ...shifted(100), rowDirection: [0, 1, 0], columnDirection: [0, 0, -1] };
    const [object] = writtenAmong([...[-1.25, 0, 1.25].map((z) => shifted(z)), localizer]);
    expect(measuresOf(object!).number(TAG.SpacingBetweenSlices)).toBe(1.25);
  });
  test('two slices of an irregular or tilted series are two objects, though two are always regular', () => {
    const lesions = [lesion, lesionOn(phantom[2]!.slice, 2)];
    expect(writeSegmentations(requestFor(lesions)).objects).toHaveLength(1);
    expect(
      writtenAmong(
        [-2.1, 0, 2.5, 7].map((z) => shifted(z)),
        lesions,
      ),
    ).toHaveLength(2);
    expect(
      writtenAmong(
        [-2.5, 0, 2.5].map((z, n) => shifted(z, n === 0 ? 0.6 : 0)),
        lesions,
      ),
    ).toHaveLength(2);
  });
  test('a multi-frame image tells the distance of its frames by itself', () => {
    const [, second] = imagesIn(join(fixtures, 'ct24x38'), /mf/);
    const [object] = writeSegmentations(requestFor([lesionOn(second!.slice, 1)])).objects;
    expect(measuresOf(object!).number(TAG.SpacingBetweenSlices)).toBe(2.5);
  });
});

describe('lesions that share pixels', () => {
  const { slice } = phantom[0]!;
  const overlapping = [1, 2, 3, 4].map((n) => lesionOn(slice, n, { at: n === 4 ? [0.6, 0.6] : [0.2 + 0.05 * n, 0.2] }));
  test('each goes to the first object that has room', () => {
    const { objects } = writeSegmentations(requestFor(overlapping));
    expect(objects.map((object) => object.segments.map(({ measurementKey }) => measurementKey))).toEqual([
      ['1.6.1', '1.6.4'],
      ['1.6.2'],
      ['1.6.3'],
    ]);
  });
});

describe('frames of no whole bytes', () => {
  const [first, second] = phantomWith(sized(61, 67));
  test('two frames on one slice would be taken for byte-aligned ones: two objects', () => {
    const { objects } = writeSegmentations(requestFor([lesionOn(first!.slice, 1), lesionOn(first!.slice, 2)]));
    expect(objects).toHaveLength(2);
    for (const object of objects) expect(object.warnings).toContain('reader.cornerstone-pad-byte');
  });
  test('three on three slices of 61 x 72 get one frame without pixels, at a free place', () => {
    const three = phantomWith(sized(61, 72))
      .slice(0, 3)
      .map(({ slice }, n) => lesionOn(slice, n + 1));
    const [object] = writeSegmentations(requestFor(three)).objects;
    const file = readPart10(object!.bytes);
    if (!file.ok) throw new Error(file.error.code);
    const { dataSet } = file.value;
    expect(dataSet.number(TAG.NumberOfFrames)).toBe(4);
    expect(dataSet.bytes(TAG.PixelData)!.length).toBe((4 * 61 * 72) / 8);
    expect(object!.warnings).toEqual([]);
  });
  test('too few places to fill up: named, not hidden', () => {
    const { objects } = writeSegmentations(
      requestFor([lesionOn(first!.slice, 1), lesionOn(second!.slice, 2), lesionOn(second!.slice, 3)]),
    );
    expect(objects).toHaveLength(1);
    expect(objects[0]!.warnings).toContain('reader.itk-frames-not-whole-bytes');
  });
});

function measuresOf(object: SegmentationObject): DataSet {
  const file = readPart10(object.bytes);
  if (!file.ok) throw new Error(file.error.code);
  return file.value.dataSet.items(TAG.SharedFunctionalGroupsSequence)[0]!.items(TAG.PixelMeasuresSequence)[0]!;
}
