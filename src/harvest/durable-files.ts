import { randomUUID } from 'node:crypto';
import { mkdir, open, rename, rm, type FileHandle } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { ifThere } from '../dataset/index.js';

/** Names of unfinished files end so; whatever is found with such a name was being written when a process ended. */
const UNFINISHED = '.part';
/** Processes on several machines, whose numbers may be the same, write into one folder. */
const WRITER = randomUUID().slice(0, 8);

/** Writes a file or nothing: under another name first, to the disk, then renamed. Folders above it are made. */
export async function writeDurably(path: string, content: string | Uint8Array): Promise<void> {
  const unfinished = `${path}.${WRITER}${UNFINISHED}`;
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

/** Renames what is there, folders above it made; what was renamed before is not there. */
export async function moved(from: string, to: string): Promise<void> {
  await mkdir(dirname(to), { recursive: true });
  await ifThere(rename(from, to));
}

/** Gives files and folders below a folder the names back that they had. */
export async function moveBack(folder: string, moves: readonly (readonly [from: string, to: string])[]): Promise<void> {
  for (const [from, to] of moves) await moved(join(folder, to), join(folder, from));
}
