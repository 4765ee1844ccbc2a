import { mkdir, open, rename, rm, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { ifThere } from '../dataset/index.js';

/** Names of unfinished files end so; whatever is found with such a name was being written when a process ended. */
export const UNFINISHED = '.part';

/** Writes a file or nothing: under another name first, to the disk, then renamed. Folders above it are made. */
export async function writeDurably(path: string, content: string | Uint8Array): Promise<void> {
  const unfinished = `${path}.${process.pid}${UNFINISHED}`;
  try {
    const file = await opened(unfinished);
    try {
      await file.writeFile(content);
      await file.datasync();
    } finally {
      await file.close();
    }
    await rename(unfinished, path);
  } catch (error) {
    await rm(unfinished, { force: true });
    throw error;
  }
}

/** Folders are made when one is missing: most are there. */
async function opened(path: string): Promise<FileHandle> {
  const first = await ifThere(open(path, 'w'));
  if (first) return first;
  await mkdir(dirname(path), { recursive: true });
  return open(path, 'w');
}

/** Makes renames in a folder last. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
