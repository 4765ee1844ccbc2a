import { describe, expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { dataSetFromJson, imagePlaneOf, isAxial, isLocalizer } from '../../../src/dicom/index.js';
import { dot, pixelIndex, pixelIndexToPatient, TAG, type ImagePlane, type Tag } from '../../../src/domain/index.js';
import { fixtureBytes, read } from '../pixels/fixtures.js';
import { fileOf, slice, type Value, type Values } from '../pixels/hand-made-image.js';

type Change = readonly [Tag, Value | undefined];

const headerOf = (...changed: Change[]) => read(fileOf(slice([1, 2, 3, 4, 5, 6], changed))).dataSet;

function planeOf(...changed: Change[]): ImagePlane {
  const plane = imagePlaneOf(headerOf(...changed), undefined);
  if (!plane.ok) throw new Error(plane.error);
  return plane.value;
}

describe('an image of one frame', () => {
  test('has what its header says, rows first', () =>
    expect(planeOf()).toEqual({
      rows: 2,
      columns: 3,
      spacing: { betweenRows: 0.8, betweenColumns: 0.7 },
      position: { space: 'patient', x: -10, y: -20, z: 30.5 },
      rowDirection: [1, 0, 0],
      columnDirection: [0, 1, 0],
      frameOfReferenceUID: '2.25.2',
    }));

  test('may lack a frame of reference', () =>
    expect(planeOf([TAG.FrameOfReferenceUID, undefined]).frameOfReferenceUID).toBeUndefined());

  test('places its pixels as equation C.7.6.2.1-1 does: columns along the first direction, rows along the second', () => {
    const coronal = planeOf([TAG.ImageOrientationPatient, ['DS', '1\\0\\0\\0\\0\\-1']]);
    const { x, y, z } = pixelIndexToPatient(coronal, pixelIndex(10, 100));
    expect([x, y, z]).toEqual([-10 + 7, -20, 30.5 - 80]);
  });

  test.each<[string, Change]>([
    ['no rows', [TAG.Rows, undefined]],
    ['zero columns', [TAG.Columns, ['US', 0]]],
    ['no position', [TAG.ImagePositionPatient, undefined]],
    ['an empty position', [TAG.ImagePositionPatient, ['DS', '']]],
    ['a position of two values', [TAG.ImagePositionPatient, ['DS', '1\\2']]],
    ['a position that is no number', [TAG.ImagePositionPatient, ['DS', '1\\2\\three']]],
    ['no orientation', [TAG.ImageOrientationPatient, undefined]],
    ['an orientation of five values', [TAG.ImageOrientationPatient, ['DS', '1\\0\\0\\0\\1']]],
    ['an orientation of nothing', [TAG.ImageOrientationPatient, ['DS', '0\\0\\0\\0\\0\\0']]],
    ['directions that are not perpendicular', [TAG.ImageOrientationPatient, ['DS', '1\\0\\0\\0.01\\0.99995\\0']]],
    ['directions that are parallel', [TAG.ImageOrientationPatient, ['DS', '1\\0\\0\\1\\0\\0']]],
    ['a direction that is too long', [TAG.ImageOrientationPatient, ['DS', '1.01\\0\\0\\0\\1\\0']]],
    ['an orientation that is no number', [TAG.ImageOrientationPatient, ['DS', '1\\0\\0\\0\\NaN\\0']]],
    ['no spacing', [TAG.PixelSpacing, undefined]],
    ['one spacing', [TAG.PixelSpacing, ['DS', '0.7']]],
    ['no space between columns', [TAG.PixelSpacing, ['DS', '0.7\\0']]],
    ['a negative spacing', [TAG.PixelSpacing, ['DS', '-0.7\\0.7']]],
    ['a spacing that is no number', [TAG.PixelSpacing, ['DS', '0.7\\x']]],
  ])('with %s has no plane', (_, change) =>
    expect(imagePlaneOf(headerOf(change), undefined)).toEqual({ ok: false, error: 'no-plane' }),
  );

  test('a projection has the spacing of its detector only, which is none in the patient', () => {
    const detector: Change = [TAG.ImagerPixelSpacing, ['DS', '0.2\\0.2']];
    expect(imagePlaneOf(headerOf([TAG.PixelSpacing, undefined], detector), undefined)).toEqual({
      ok: false,
      error: 'no-plane',
    });
  });

  test.each([
    '0.966\\0\\-0.259\\0\\1\\0',
    '1\\0\\0\\0\\0.9272\\-0.3746',
    '0.999918\\-0.012787\\0\\0\\0\\-1',
    '0.577\\0.577\\0.577\\0.707\\-0.707\\0',
  ])('an orientation of few decimals gives unit vectors: %s', (orientation) => {
    const { rowDirection, columnDirection } = planeOf([TAG.ImageOrientationPatient, ['DS', orientation]]);
    expect(dot(rowDirection, rowDirection)).toBeCloseTo(1, 12);
    expect(dot(columnDirection, columnDirection)).toBeCloseTo(1, 12);
    expect(dot(rowDirection, columnDirection)).toBeCloseTo(0, 12);
    const written = orientation.split('\\').map(Number);
    [...rowDirection, ...columnDirection].forEach((value, i) =>
      expect(Math.abs(value - written[i]!)).toBeLessThan(2e-3),
    );
  });

  test('is read from DICOM JSON as well', () => {
    const json = dataSetFromJson({
      '00200032': { vr: 'DS', Value: [-10, -20, 30.5] },
      '00200037': { vr: 'DS', Value: [1, 0, 0, 0, 1, 0] },
      '00200052': { vr: 'UI', Value: ['2.25.2'] },
      '00280010': { vr: 'US', Value: [2] },
      '00280011': { vr: 'US', Value: [3] },
      '00280030': { vr: 'DS', Value: [0.8, 0.7] },
    });
    if (!json.ok) throw new Error(json.error);
    expect(imagePlaneOf(json.value, 1)).toEqual({ ok: true, value: planeOf() });
  });
});

describe('an image of several frames', () => {
  const item = (...values: (readonly [Tag, Value])[]): Values => new Map(values);
  const sequence = (...items: Values[]): Value => ['SQ', items];
  const group = (macro: Tag, ...values: (readonly [Tag, Value])[]): readonly [Tag, Value] => [
    macro,
    sequence(item(...values)),
  ];

  const position = (z: number) =>
    group(TAG.PlanePositionSequence, [TAG.ImagePositionPatient, ['DS', `-10\\-20\\${z}`]]);
  const orientation = (text: string) =>
    group(TAG.PlaneOrientationSequence, [TAG.ImageOrientationPatient, ['DS', text]]);
  const measures = (text: string) => group(TAG.PixelMeasuresSequence, [TAG.PixelSpacing, ['DS', text]]);

  /** Three frames; nothing of the plane stands outside the functional groups. */
  const several = (shared: Values, frames: readonly Values[]) =>
    headerOf(
      [TAG.NumberOfFrames, ['IS', String(frames.length)]],
      [TAG.ImagePositionPatient, undefined],
      [TAG.ImageOrientationPatient, undefined],
      [TAG.PixelSpacing, undefined],
      [TAG.SharedFunctionalGroupsSequence, sequence(shared)],
      [TAG.PerFrameFunctionalGroupsSequence, sequence(...frames)],
    );

  const shared = item(orientation('1\\0\\0\\0\\1\\0'), measures('0.8\\0.7'));

  test('has a plane a frame', () => {
    const header = several(shared, [item(position(1)), item(position(2.5)), item(position(4))]);
    for (const [frame, z] of [
      [1, 1],
      [2, 2.5],
      [3, 4],
    ] as const)
      expect(imagePlaneOf(header, frame)).toEqual({
        ok: true,
        value: { ...planeOf(), position: { space: 'patient', x: -10, y: -20, z } },
      });
  });

  test('a frame may differ from what the others share', () => {
    const header = several(shared, [
      item(position(1)),
      item(position(2), orientation('0\\1\\0\\0\\0\\-1'), measures('2\\3')),
    ]);
    expect(imagePlaneOf(header, 2)).toMatchObject({
      ok: true,
      value: { rowDirection: [0, 1, 0], columnDirection: [0, 0, -1], spacing: { betweenRows: 2, betweenColumns: 3 } },
    });
  });

  test('a frame without a position has no plane', () => {
    const header = several(shared, [item(position(1)), item()]);
    expect(imagePlaneOf(header, 1).ok).toBe(true);
    expect(imagePlaneOf(header, 2)).toEqual({ ok: false, error: 'no-plane' });
  });

  test.each([undefined, 0, 4, 1.5, -1])('frame %p is not among three', (frame) => {
    const header = several(shared, [item(position(1)), item(position(2)), item(position(3))]);
    expect(imagePlaneOf(header, frame)).toEqual({ ok: false, error: 'frame-not-in-image' });
  });

  test('an enhanced image of one frame needs no frame number', () => {
    const header = several(item(orientation('1\\0\\0\\0\\1\\0'), measures('0.8\\0.7'), position(7)), [item()]);
    expect(imagePlaneOf(header, undefined)).toMatchObject({ ok: true, value: { position: { z: 7 } } });
  });

  test('frames without functional groups have one position for all, hence none', () =>
    expect(imagePlaneOf(headerOf([TAG.NumberOfFrames, ['IS', '2']]), 1)).toEqual({ ok: false, error: 'no-plane' }));

  test('a legacy converted image has the planes of the images that it was made of', () => {
    const folder = join(process.cwd(), 'test/fixtures/ct/ct23x38');
    const header = (name: string) => read(readFileSync(join(folder, name))).dataSet;
    const singles = [1, 2, 3].map((n) => imagePlaneOf(header(`IMG000${n}.dcm`), undefined));
    const frames = [1, 2, 3].map((n) => imagePlaneOf(header('mf.dcm'), n));
    const byHeight = (planes: typeof frames) =>
      planes.map((plane) => (plane.ok ? plane.value : undefined)).sort((a, b) => a!.position.z - b!.position.z);
    expect(byHeight(frames)).toEqual(
      byHeight(singles).map((plane) => ({ ...plane, frameOfReferenceUID: expect.any(String) })),
    );
  });
});

describe('what kind of slice it is', () => {
  test.each([
    ['1\\0\\0\\0\\1\\0', true],
    ['-1\\0\\0\\0\\-1\\0', true],
    ['1\\0\\0\\0\\-1\\0', true],
    ['1\\0\\0\\0\\0.8660254\\-0.5', true],
    ['1\\0\\0\\0\\0.7071068\\-0.7071068', false],
    ['1\\0\\0\\0\\0\\-1', false],
    ['0\\1\\0\\0\\0\\-1', false],
  ])('orientation %s: axial %p', (orientation, axial) =>
    expect(isAxial(planeOf([TAG.ImageOrientationPatient, ['DS', orientation]]))).toBe(axial),
  );

  test.each([
    ['ORIGINAL\\PRIMARY\\LOCALIZER', true],
    ['ORIGINAL\\PRIMARY\\LOCALIZER\\CT_SOM5 TOP', true],
    ['ORIGINAL\\PRIMARY\\AXIAL', false],
  ])('image type %s: localizer %p', (type, localizer) =>
    expect(isLocalizer(headerOf([TAG.ImageType, ['CS', type]]))).toBe(localizer),
  );

  test('a frame has a type of its own', () => {
    const types = ['ORIGINAL\\PRIMARY\\LOCALIZER\\NONE', 'ORIGINAL\\PRIMARY\\VOLUME\\NONE'].map(
      (type): Values =>
        new Map([[TAG.CTImageFrameTypeSequence, ['SQ', [new Map([[TAG.FrameType, ['CS', type] as const]])]] as const]]),
    );
    const header = headerOf(
      [TAG.ImageType, ['CS', 'ORIGINAL\\PRIMARY\\MIXED\\NONE']],
      [TAG.NumberOfFrames, ['IS', '2']],
      [TAG.PerFrameFunctionalGroupsSequence, ['SQ', types]],
    );
    expect([isLocalizer(header), isLocalizer(header, 1), isLocalizer(header, 2)]).toEqual([false, true, false]);
  });
});

test('the plane of a decoded slice is the plane of its header', () => {
  const { dataSet } = read(fixtureBytes('unsigned12-jpeg-ls.dcm'));
  expect(imagePlaneOf(dataSet, undefined)).toMatchObject({
    ok: true,
    value: { rows: 80, columns: 96, position: { x: -33.6, y: -28, z: 12.5 } },
  });
});
