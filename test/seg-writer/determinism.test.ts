import { describe, expect, test } from '@jest/globals';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { readPart10 } from '../../src/dicom/index.js';
import {
  asReadUid,
  KERNEL_REVISION,
  TAG,
  type DataSet,
  type SopInstanceUid,
  type Tag,
} from '../../src/domain/index.js';
import { ownSegments, writeSegmentations, type SegmentationRequest } from '../../src/seg-writer/index.js';
import { fixtures, imagesIn } from './ct-images.js';
import { lesionOn, reportOf, requestFor } from './lesions.js';

const slices = imagesIn(join(fixtures, 'phantom')).map(({ slice }) => slice);
const lesions = [0, 2, 2, 3].map((index, n) => lesionOn(slices[index]!, n + 1));
const bytesFor = (overrides: Partial<SegmentationRequest> = {}): readonly string[] =>
  writeSegmentations(requestFor(lesions, overrides)).objects.map((object) => digest(object.bytes));
const uidsFor = (overrides: Partial<SegmentationRequest> = {}, of = lesions): readonly string[] =>
  writeSegmentations(requestFor(of, overrides)).objects.map((object) => object.sopInstanceUID);
const digest = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
const dataSetOf = (bytes: Uint8Array): DataSet => {
  const file = readPart10(bytes);
  if (!file.ok) throw new Error(file.error.code);
  return file.value.dataSet;
};

describe('the same lesions', () => {
  test('give the same bytes', () => {
    expect(bytesFor()).toEqual(bytesFor());
  });
  test('give the same bytes in whatever order they come', () => {
    const shuffled = [lesions[2]!, lesions[0]!, lesions[3]!, lesions[1]!];
    expect(bytesFor({ lesions: shuffled })).toEqual(bytesFor());
  });
  /** A changed digest is a changed layout: raise WRITER_LAYOUT (src/domain/equipment.ts) and put the new one here. */
  test('give the bytes of the golden digest', () => {
    expect(bytesFor()).toEqual(['f35f4d96d38ebbc97d8ffeea707b366623bce60440e778a816c083470753825f']);
  });
});

describe('the moment of writing', () => {
  const at = (time: string, overrides: Partial<SegmentationRequest> = {}): Uint8Array =>
    writeSegmentations(requestFor(lesions, { createdAt: new Date(time), ...overrides })).objects[0]!.bytes;

  test('reaches dates and times and nothing else', () => {
    const a = dataSetOf(at('2026-01-01T00:00:00Z'));
    const b = dataSetOf(at('2027-12-31T23:59:58Z'));
    expect(differences(a, b)).toEqual([
      'InstanceCreationDate',
      'InstanceCreationTime',
      'ContentDate',
      'ContentTime',
      'ContributionDateTime',
    ]);
  });
  test('is written in UTC unless told otherwise', () => {
    const dataSet = dataSetOf(at('2026-03-04T23:30:07Z', { utcOffsetMinutes: 60 }));
    expect(dataSet.text(TAG.ContentDate)).toBe('20260305');
    expect(dataSet.text(TAG.ContentTime)).toBe('003007');
    expect(dataSet.items(TAG.ContributingEquipmentSequence).at(-1)!.text(TAG.ContributionDateTime)).toBe(
      '20260305003007+0100',
    );
    const utc = dataSetOf(at('2026-03-04T23:30:07Z'));
    expect([utc.text(TAG.ContentDate), utc.text(TAG.ContentTime)]).toEqual(['20260304', '233007']);
  });
});

describe('UIDs', () => {
  test('of the object follow from report, images, measurements, methods, marks, kernel, policy and layout', () => {
    const [object] = writeSegmentations(requestFor(lesions)).objects;
    const images = [0, 2, 3].map((index) => slices[index]!.reference.sopInstanceUID).sort();
    // what the digest is taken over: receipts.test.ts
    const marks = ownSegments(dataSetOf(object!.bytes)).map(({ receipt }) => receipt.marksSha256);
    expect(marks).not.toContain(undefined);
    const text = (kind: string): string =>
      [
        'caliper-uid-v1',
        kind,
        '2.25.330186224412934519712342105567390412101',
        ...images.map((uid) => `image=${uid}`),
        ...[1, 2, 3, 4].map((n) => `measurement=1.6.${n} method=grabcut marks=${marks[n - 1]}`),
        'bundle=none',
        `kernel=${KERNEL_REVISION}`,
        'policy=default',
        'layout=3',
      ].join('\n');
    expect(object!.sopInstanceUID).toBe(uidOfText(text('sop')));
    expect(object!.seriesInstanceUID).toBe(uidOfText(text('series')));
    const [organization] = dataSetOf(object!.bytes).items(TAG.DimensionOrganizationSequence);
    expect(organization!.text(TAG.DimensionOrganizationUID)).toBe(uidOfText(text('dimorg')));
    expect(object!.segments[0]!.trackingUID).toBe(
      uidOfText('caliper-uid-v1\ntracking\n2.25.330186224412934519712342105567390412101\n1.6.1'),
    );
  });
  test('change with what the object was made from', () => {
    const network = lesions.map((lesion) => ({ ...lesion, method: 'cosegmentation' as const }));
    const bundle = { name: 'default', sha256: 'a'.repeat(64) };
    const other = { name: 'default', sha256: 'b'.repeat(64) };
    const all = [
      uidsFor(),
      uidsFor({ policyName: 'another' }),
      uidsFor({}, lesions.slice(0, 3)),
      uidsFor({ report: reportOf(lesions, { sopInstanceUID: asReadUid<SopInstanceUid>('2.25.7') }) }),
      uidsFor({ bundle }, network),
      uidsFor({ bundle: other }, network),
    ];
    expect(new Set(all.map(String)).size).toBe(all.length);
  });
  test('do not change with time, installation, version, or a bundle that drew nothing', () => {
    const same = [
      uidsFor({ createdAt: new Date(0) }),
      uidsFor({ equipment: { installationId: 'elsewhere', softwareVersion: '9.9' } }),
      uidsFor({ bundle: { name: 'default', sha256: 'a'.repeat(64) } }),
    ];
    for (const uids of same) expect(uids).toEqual(uidsFor());
  });
  test('of a lesion stay those of the first report', () => {
    const amended = requestFor(lesions, {
      report: reportOf(lesions, { sopInstanceUID: asReadUid<SopInstanceUid>('2.25.8') }),
      firstReport: asReadUid<SopInstanceUid>('2.25.330186224412934519712342105567390412101'),
    });
    const trackingUIDs = (request: SegmentationRequest): readonly string[] =>
      writeSegmentations(request).objects[0]!.segments.map(({ trackingUID }) => trackingUID);
    expect(trackingUIDs(amended)).toEqual(trackingUIDs(requestFor(lesions)));
  });
});

describe('a request that contradicts itself is a bug', () => {
  test('a lesion of another report', () => {
    expect(() => writeSegmentations(requestFor(lesions, { report: reportOf(lesions.slice(1)) }))).toThrow(
      'another report',
    );
  });
  test('two lesions of one measurement', () => {
    expect(() => writeSegmentations({ ...requestFor(lesions), lesions: [lesions[0]!, lesions[0]!] })).toThrow(
      'one measurement',
    );
  });
  test('a mask of another size', () => {
    const [lesion] = lesions;
    const mask = { rows: 2, columns: 2, bits: Uint8Array.of(1, 0, 0, 0) };
    expect(() => writeSegmentations(requestFor([{ ...lesion!, mask }]))).toThrow('another size');
  });
});

/** PS3.5 B.2 by hand: a UUID of version 8 from SHA-256, in decimal. */
function uidOfText(text: string): string {
  const hex = digest(Buffer.from(text)).slice(0, 32).split('');
  hex[12] = '8';
  hex[16] = ((parseInt(hex[16]!, 16) & 0x3) | 0x8).toString(16);
  return `2.25.${BigInt(`0x${hex.join('')}`)}`;
}

function differences(a: DataSet, b: DataSet): readonly string[] {
  const named = Object.entries(TAG);
  const nameOf = (tag: Tag): string => named.find(([, each]) => each === tag)?.[0] ?? String(tag);
  return a.tags().flatMap((tag) => {
    if (a.vr(tag) === 'SQ') return a.items(tag).flatMap((item, i) => differences(item, b.items(tag)[i]!));
    return Buffer.compare(a.bytes(tag)!, b.bytes(tag)!) === 0 ? [] : [nameOf(tag)];
  });
}
