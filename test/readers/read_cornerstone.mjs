/**
 * Segmentations as Cornerstone3D's adapter (OHIF's loader) reads them; bundled for node before it runs. stdin: [{"seg", "images": [as in
 * truth.json]}]; stdout: one answer each, as test/readers/answer.ts has it.
 */
import { readFileSync } from 'node:fs';
import { adaptersSEG } from '@cornerstonejs/adapters';
import { cache, metaData } from '@cornerstonejs/core';

console.log = console.info = console.warn = console.error;
/** The adapter works in timers: what throws there rejects nothing. */
const PATIENCE_MS = 20_000;

const split = (vector) => {
  const length = Math.hypot(...vector);
  return { direction: vector.map((v) => v / length), length };
};

function modulesOf(image) {
  const row = split(image.alongRow);
  const column = split(image.alongColumn);
  return {
    instance: {
      SOPInstanceUID: image.sop,
      SeriesInstanceUID: image.series,
      FrameOfReferenceUID: image.frameOfReference,
      Rows: image.rows,
      Columns: image.columns,
      ImagePositionPatient: image.origin,
      ImageOrientationPatient: [...row.direction, ...column.direction],
      NumberOfFrames: image.frame === null ? undefined : image.frames,
    },
    imagePlaneModule: {
      rows: image.rows,
      columns: image.columns,
      rowCosines: row.direction,
      columnCosines: column.direction,
      imagePositionPatient: image.origin,
      imageOrientationPatient: [...row.direction, ...column.direction],
      rowPixelSpacing: column.length,
      columnPixelSpacing: row.length,
      frameOfReferenceUID: image.frameOfReference,
    },
    generalSeriesModule: { seriesInstanceUID: image.series, modality: 'CT' },
    generalImageModule: { sopInstanceUID: image.sop },
    imagePixelModule: {
      bitsAllocated: 16,
      bitsStored: 16,
      highBit: 15,
      samplesPerPixel: 1,
      pixelRepresentation: 1,
      photometricInterpretation: 'MONOCHROME2',
    },
  };
}

async function read({ seg, images }) {
  cache.purgeCache();
  const modules = new Map(
    images.map((image) => [`wadors:made/instances/${image.sop}/frames/${image.frame ?? 1}`, modulesOf(image)]),
  );
  const provider = (type, id) => modules.get(id)?.[type];
  metaData.addProvider(provider, 10_000);
  const bytes = new Uint8Array(readFileSync(seg));
  const late = new Promise((_, failed) => setTimeout(() => failed(new Error('no answer')), PATIENCE_MS).unref());
  try {
    const { labelMapImages } = await Promise.race([
      adaptersSEG.Cornerstone3D.Segmentation.generateToolState([...modules.keys()], bytes.buffer, metaData),
      late,
    ]);
    const planes = [];
    for (const layer of labelMapImages)
      layer.forEach((labels, k) => {
        const pixels = new Map();
        const { sop, frame } = images[k];
        labels.voxelManager.getScalarData().forEach((label, pixel) => {
          if (label !== 0) pixels.set(label, [...(pixels.get(label) ?? []), pixel]);
        });
        for (const [segment, list] of pixels) planes.push({ segment, sop, frame, pixels: list });
      });
    return { kind: 'by-source', planes };
  } catch (error) {
    return { kind: 'refused', says: String(error).split('\n')[0] };
  } finally {
    metaData.removeProvider(provider);
  }
}

process.on('uncaughtException', (error) => console.error(String(error)));
const answers = [];
for (const request of JSON.parse(readFileSync(0, 'utf8'))) answers.push(await read(request));
process.stdout.write(JSON.stringify(answers), () => process.exit(0));
