import { open } from 'node:fs/promises';
import { fail, ok, TAG, type Result } from '../../domain/index.js';
import { readPart10, type DicomFile } from '../../dicom/index.js';

/** Most headers of images fit; what does not is read whole. */
const FIRST_BYTES = 64 * 1024;
const PIXELS = [TAG.PixelData, TAG.FloatPixelData, TAG.DoubleFloatPixelData];

/**
 * A file's data set without its pixels: the beginning of the file is enough where it reaches the pixel data, which stand at the end. Only Part 10
 * is taken (PS3.10 7.1: preamble and prefix): another file could not be sent as `application/dicom`. Throws the system's errors.
 */
export async function readHeader(path: string): Promise<Result<DicomFile, 'not-dicom'>> {
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    const beginning = Buffer.alloc(Math.min(size, FIRST_BYTES));
    await file.read(beginning, 0, beginning.length, 0);
    if (!isPart10(beginning)) return fail('not-dicom');
    const header = readPart10(beginning);
    if (header.ok && (size === beginning.length || PIXELS.some((tag) => header.value.dataSet.has(tag))))
      return ok(header.value);
    const whole = readPart10(await file.readFile());
    return whole.ok ? ok(whole.value) : fail('not-dicom');
  } finally {
    await file.close();
  }
}

export const isPart10 = (bytes: Uint8Array): boolean =>
  bytes.length >= 132 && Buffer.from(bytes.buffer, bytes.byteOffset + 128, 4).toString('latin1') === 'DICM';
