import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readPart10 } from '../../src/dicom/index.js';
import { TAG, type SegmentationObject } from '../../src/domain/index.js';
import { keptByOrthanc, type Sent } from './archives.js';
import { faultOf, type TrueSegment } from './judge.js';
import { readWithCornerstone, readWithDcmqi, readWithItkWasm, readWithPython, type Written } from './readers.js';
import { dciodvfy, dcmdump, dcmftest, dcmqi, orthanc, pixelmed, python, readerPackages } from '../environment/peers.js';
import type { SegmentationType } from '../../src/seg-writer/index.js';
import { requestOf, write, type Request, type Truth } from './series.js';
import { errorsOfDciodvfy, errorsOfDcmtk, errorsOfPixelmed } from './validators.js';

/** In the order of the table's columns. */
export const READERS = [
  'dciodvfy',
  'PixelMed',
  'DCMTK',
  'pydicom',
  'highdicom, by source',
  'highdicom, volume',
  'dcmqi',
  'itk-wasm',
  'Cornerstone3D',
  'Orthanc, file',
  'Orthanc, frames',
] as const;
export type Reader = (typeof READERS)[number];

/** Readers that an object may say of itself that they do not read it, and the warnings that say so. */
const WARNED: Readonly<Partial<Record<Reader, readonly string[]>>> = {
  'itk-wasm': ['reader.itk-frames-not-whole-bytes'],
  Cornerstone3D: ['reader.cornerstone-pad-byte', 'reader.cornerstone-character-sets'],
  'Orthanc, frames': ['reader.orthanc-columns-not-whole-bytes'],
};

/** What is wrong with an object in each reader; undefined where nothing is. */
export type Faults = Readonly<Record<Reader, string | undefined>>;

export type Programs = { readonly [name in keyof typeof programs]: string };

/** The readers that are on this machine. */
export const programs = {
  python: python(),
  dciodvfy: dciodvfy(),
  dcmdump: dcmdump(),
  dcmftest: dcmftest(),
  dcmqi: dcmqi(),
  pixelmed: pixelmed(),
  orthanc: orthanc(),
  readerPackages: readerPackages(),
} as const;

/** An object that was written, as a file, with what should be in it. */
export interface Case extends Written {
  readonly object: SegmentationObject;
  readonly segments: readonly TrueSegment[];
}

/** The objects of one series, and the lesions that could not be written. */
export interface WrittenSeries {
  readonly truth: Truth;
  readonly request: Request;
  readonly cases: readonly Case[];
  readonly refused: readonly string[];
}

/** Writes the lesions of a series into segmentations, as files of a folder. */
export function writtenSeries(truth: Truth, folder: string, type: SegmentationType = 'binary'): WrittenSeries {
  mkdirSync(folder, { recursive: true });
  const request = requestOf(truth);
  const { objects, refused } = write(request, type);
  const lesionOf = new Map(
    [...request.lesions].map(([lesion, { located }]) => [located.measurement.key, lesion] as const),
  );
  const cases = objects.map((object, n) => {
    const path = join(folder, `${n}.dcm`);
    writeFileSync(path, object.bytes);
    const named = namedImages(object.bytes);
    const segments = object.segments.flatMap(({ measurementKey, segmentNumber }) =>
      lesionOf
        .get(measurementKey)!
        .map((part) => ({ number: segmentNumber, image: truth.images[part.image]!, pixels: part.pixels }))
        .filter(({ image }) => named.has(`${image.sop} ${image.frame}`)),
    );
    const images = truth.images.filter((image) => image.origin && image.series === segments[0]!.image.series);
    return { path, images, object, segments };
  });
  return {
    truth,
    request,
    cases,
    refused: refused.map(({ reason, detail }) => (detail ? `${reason}: ${detail}` : reason)),
  };
}

/** A lesion may be in several objects, on other images in each: the images and frames that an object says it is about. */
function namedImages(bytes: Uint8Array): ReadonlySet<string> {
  const file = readPart10(bytes);
  if (!file.ok) throw new Error(file.error.code);
  const sources = file.value.dataSet
    .items(TAG.PerFrameFunctionalGroupsSequence)
    .flatMap((group) => group.items(TAG.DerivationImageSequence))
    .flatMap((derivation) => derivation.items(TAG.SourceImageSequence));
  return new Set(
    sources.map(
      (source) => `${source.text(TAG.ReferencedSOPInstanceUID)} ${source.number(TAG.ReferencedFrameNumber) ?? null}`,
    ),
  );
}

/** Every object in every reader. */
export async function faultsOf(
  cases: readonly Case[],
  peers: Programs,
  folder: string,
): Promise<ReadonlyMap<Case, Faults>> {
  const fromPython = readWithPython(peers.python, cases);
  const wasm = readWithItkWasm(peers.readerPackages, cases);
  const cornerstone = readWithCornerstone(peers.readerPackages, folder, cases);
  const ofPixelmed = errorsOfPixelmed(
    peers.pixelmed,
    cases.map(({ path }) => path),
  );
  const kept = await keptByOrthanc(cases.map(sentOf));
  const all = cases.map((one, n): readonly [Case, Faults] => {
    const { path, images, segments } = one;
    const ofPython = (reader: string): string | undefined => faultOf(fromPython[n]![reader]!, segments);
    const faults = {
      dciodvfy: first(errorsOfDciodvfy(peers.dciodvfy, path)),
      PixelMed: first(ofPixelmed[n]!),
      DCMTK: first(errorsOfDcmtk(peers.dcmftest, peers.dcmdump, path)),
      pydicom: ofPython('pydicom'),
      'highdicom, by source': ofPython('highdicom, by source'),
      'highdicom, volume': ofPython('highdicom, volume'),
      dcmqi: faultOf(readWithDcmqi(peers.dcmqi, { path, images }), segments),
      'itk-wasm': faultOf(wasm[n]!, segments),
      Cornerstone3D: faultOf(cornerstone[n]!, segments),
      'Orthanc, file': kept[n]!.file,
      'Orthanc, frames': kept[n]!.frames,
    };
    return [one, faults];
  });
  return new Map(all);
}

/** Faults that an object does not warn of. */
export const surprises = (
  cases: readonly Case[],
  faults: ReadonlyMap<Case, Faults>,
  reader: Reader,
): readonly string[] =>
  cases.flatMap((one) => {
    const fault = faults.get(one)![reader];
    const warned = WARNED[reader]?.some((warning) => one.object.warnings.includes(warning));
    return fault === undefined || warned ? [] : [fault];
  });

const first = (errors: readonly string[]): string | undefined => errors[0];

function sentOf({ object }: Case): Sent {
  const file = readPart10(object.bytes);
  if (!file.ok) throw new Error(file.error.code);
  const { dataSet } = file.value;
  return {
    study: object.studyInstanceUID,
    series: object.seriesInstanceUID,
    instance: object.sopInstanceUID,
    bytes: object.bytes,
    frames: dataSet.number(TAG.NumberOfFrames)!,
    pixels: dataSet.number(TAG.Rows)! * dataSet.number(TAG.Columns)!,
    bitsAllocated: dataSet.number(TAG.BitsAllocated)!,
    pixelData: dataSet.bytes(TAG.PixelData)!,
  };
}
