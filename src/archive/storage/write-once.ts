import { mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** Unfinished files lie here, beside what is finished and on the same file system; a name with a dot is not scanned. */
export const INCOMING = '.incoming';

/**
 * Writes a file that is not there yet, so that a crash at any moment leaves all of it or nothing: temporary file, fsync, rename, fsync of the
 * directories. Throws the system's error (ENOSPC, EEXIST where something else lies in the place, ...). Two calls for one path must not overlap.
 */
export async function writeOnce(
  folder: string,
  path: string,
  bytes: Uint8Array,
  temporaryName: string,
): Promise<{ readonly size: number; readonly modified: number }> {
  const target = join(folder, path);
  const temporary = join(folder, INCOMING, temporaryName);
  await makeDirectories(folder, dirname(path));
  await refuseExisting(target);
  await mkdir(join(folder, INCOMING), { recursive: true });
  try {
    const file = await open(temporary, 'wx');
    try {
      await file.writeFile(bytes);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, target);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  await syncDirectory(dirname(target));
  const { size, mtimeMs } = await stat(target);
  return { size, modified: mtimeMs };
}

async function refuseExisting(target: string): Promise<void> {
  const found = await stat(target).catch((error: unknown) => {
    if (isSystemError(error, 'ENOENT')) return undefined;
    throw error;
  });
  if (found) throw Object.assign(new Error('something else lies in the place of the instance'), { code: 'EEXIST' });
}

/** A new directory is durable only when its parent is synchronised. */
async function makeDirectories(folder: string, relative: string): Promise<void> {
  const first = await mkdir(join(folder, relative), { recursive: true });
  if (first === undefined) return;
  for (let at = join(folder, relative); at.length >= dirname(first).length; at = dirname(at)) await syncDirectory(at);
}

async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

export const isSystemError = (error: unknown, ...codes: readonly string[]): boolean =>
  typeof error === 'object' &&
  error !== null &&
  'code' in error &&
  typeof error.code === 'string' &&
  codes.includes(error.code);
