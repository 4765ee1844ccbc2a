import { readdirSync, statSync, type Dirent } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { fail, ok, type Result } from '../../domain/index.js';
import { INCOMING, isSystemError } from '../storage/write-once.js';
import { Catalogue } from './catalogue.js';
import { pathOfRecord, SharedAttributes, type InstanceRecord } from './instance-record.js';
import { openJournal, type Journal } from './journal.js';
import { readHeader } from './read-header.js';
import { recordOfFile, type FilePlace, type NotServed } from './record-of-file.js';

interface ScannedFolder {
  readonly catalogue: Catalogue;
  readonly journal: Journal;
  readonly shared: SharedAttributes;
}

/** A file of the folder that the archive does not serve. Its path may tell whose it is: it is not for logs. */
export interface FileNotServed {
  readonly path: string;
  readonly reason: NotServed | 'unreadable' | 'sop-instance-twice';
}

/** Files whose headers are read side by side. */
const BATCH = 32;

/**
 * Finds every Part 10 file of a folder, at any depth and of any name, those with a leading dot excepted. A file that the index file knows with the
 * same size and modification time is not opened. Where two files hold the same SOP Instance UID the first by path is served, whatever the index
 * file says. Leftovers of interrupted writes are removed.
 */
export async function scanFolder(
  folder: string,
  notice: { notServed(file: FileNotServed): void; indexUnusable(error: unknown): void },
): Promise<ScannedFolder> {
  await rm(join(folder, INCOMING), { recursive: true, force: true });
  const shared = new SharedAttributes();
  const known = await openJournal(folder, shared, (error) => notice.indexUnusable(error));
  const catalogue = new Catalogue();
  const served: InstanceRecord[] = [];
  let fresh = 0;

  const take = async (batch: readonly FilePlace[]): Promise<void> => {
    const read = await Promise.all(
      batch.map(async (place) => {
        const record = known.records.get(pathOfRecord(place));
        const unchanged = record?.size === place.size && record.modified === place.modified;
        return record && unchanged ? ok(record) : readRecord(folder, place, shared);
      }),
    );
    for (const [index, result] of read.entries()) {
      const path = pathOfRecord(batch[index]!);
      if (!result.ok) notice.notServed({ path, reason: result.error });
      else if (catalogue.add(result.value)) {
        served.push(result.value);
        if (known.records.get(path) !== result.value) fresh++;
      } else notice.notServed({ path, reason: 'sop-instance-twice' });
    }
  };

  for await (const places of directoriesOf(folder, '', (path) => notice.notServed({ path, reason: 'unreadable' })))
    for (let at = 0; at < places.length; at += BATCH) await take(places.slice(at, at + BATCH));

  if (known.state === 'incomplete' || fresh > 0 || served.length !== known.records.size)
    await known.journal.rewrite(served);
  return { catalogue, journal: known.journal, shared };
}

async function readRecord(
  folder: string,
  place: FilePlace,
  shared: SharedAttributes,
): Promise<Result<InstanceRecord, FileNotServed['reason']>> {
  try {
    const header = await readHeader(join(folder, pathOfRecord(place)));
    return header.ok ? recordOfFile(header.value, place, shared) : header;
  } catch (error) {
    if (isSystemError(error, 'ENOENT', 'EACCES', 'EPERM', 'EIO', 'EISDIR')) return fail('unreadable');
    throw error;
  }
}

/**
 * The files of one directory after the other, all in ascending order of their names. Synchronous calls a directory: with hundreds of thousands of
 * files they take a tenth of the time of their asynchronous sisters, and between directories others have their turn.
 */
async function* directoriesOf(
  folder: string,
  directory: string,
  unreadable: (path: string) => void,
): AsyncGenerator<readonly FilePlace[]> {
  const entries = entriesOf(join(folder, directory));
  if (!entries) return unreadable(directory);
  const files: FilePlace[] = [];
  const below: string[] = [];
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    if (entry.name.startsWith('.')) continue;
    const path = directory === '' ? entry.name : `${directory}/${entry.name}`;
    if (entry.isDirectory()) below.push(path);
    else if (entry.isFile()) {
      const place = placeOf(folder, directory, entry.name);
      if (place) files.push(place);
      else unreadable(path);
    }
  }
  await nextTurn();
  yield files;
  for (const path of below) yield* directoriesOf(folder, path, unreadable);
}

function entriesOf(path: string): Dirent[] | undefined {
  try {
    return readdirSync(path, { withFileTypes: true });
  } catch (error) {
    if (isSystemError(error, 'ENOENT', 'EACCES', 'EPERM', 'EIO')) return undefined;
    throw error;
  }
}

function placeOf(folder: string, directory: string, name: string): FilePlace | undefined {
  try {
    const { size, mtimeMs } = statSync(`${folder}/${directory}/${name}`);
    return { directory, name, size, modified: mtimeMs };
  } catch (error) {
    if (isSystemError(error, 'ENOENT', 'EACCES', 'EPERM', 'EIO')) return undefined;
    throw error;
  }
}
