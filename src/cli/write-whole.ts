import { rename, rm, writeFile } from 'node:fs/promises';

/** Writes a file or nothing: a disk that is full must not leave half an object that looks like a whole one. */
export async function writeWhole(path: string, bytes: Uint8Array): Promise<void> {
  const unfinished = `${path}.part`;
  try {
    await writeFile(unfinished, bytes);
    await rename(unfinished, path);
  } catch (error) {
    await rm(unfinished, { force: true });
    throw error;
  }
}
