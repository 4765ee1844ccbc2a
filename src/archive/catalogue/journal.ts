import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { appendFile, open, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { textsOf, type JsonAttributes } from '../search/dicom-json-values.js';
import { INDEXED, keyOf } from '../search/levels.js';
import { isSystemError } from '../storage/write-once.js';
import { OWN, pathOfRecord, type InstanceRecord, type SharedAttributes } from './instance-record.js';

/** The index file, in the archive's folder. It may be deleted at any time: it is made again from the files at the next start. */
const INDEX_FILE = '.caliper-index.jsonl';

const FIRST_LINE = JSON.stringify({
  caliperArchiveIndex: 1,
  attributes: createHash('sha256')
    .update(JSON.stringify([[...INDEXED.study], [...INDEXED.series], [...INDEXED.instance], [...OWN]]))
    .digest('hex'),
});

interface OpenedJournal {
  readonly journal: Journal;
  /** By path relative to the folder. */
  readonly records: ReadonlyMap<string, InstanceRecord>;
  /** `incomplete`: there was no index file, it is of another format, or some of its lines say nothing (any more). */
  readonly state: 'complete' | 'incomplete';
}

/**
 * Reads the index file: a line a file of the folder, and a line for each directory and each set of attributes that files share. A line that a
 * crash cut short is passed over; its file is then read again. `failed` hears of an index
 * that cannot be read or written: it costs time at a start and nothing else.
 */
export async function openJournal(
  folder: string,
  shared: SharedAttributes,
  failed: (error: unknown) => void,
): Promise<OpenedJournal> {
  const records = new Map<string, InstanceRecord>();
  const numbered = new Map<number, Shared>();
  let [lines, useless] = [0, 0];
  for await (const line of linesOf(join(folder, INDEX_FILE), failed)) {
    if (lines++ === 0) {
      if (line !== FIRST_LINE)
        return { journal: new Journal(folder, failed, []), records: new Map(), state: 'incomplete' };
      continue;
    }
    const row = rowOf(line);
    if (row?.kind === 'shared') {
      numbered.set(row.number, typeof row.value === 'string' ? row.value : shared.share(row.value));
      continue;
    }
    const record = row && recordOf(row.fields, numbered);
    if (!record || records.has(pathOfRecord(record))) useless++;
    if (record) records.set(pathOfRecord(record), record);
  }
  const journal = new Journal(folder, failed, numbered);
  return { journal, records, state: lines === 0 || useless > 0 ? 'incomplete' : 'complete' };
}

/** What many lines refer to by its number: a directory, or attributes. */
type Shared = string | JsonAttributes;

/** Writes the index file: appends in the order of the calls, many lines at a time where many wait. */
export class Journal {
  readonly #folder: string;
  readonly #path: string;
  readonly #failed: (error: unknown) => void;
  #numbers: Map<Shared, number>;
  #waiting: InstanceRecord[] = [];
  #work: Promise<void> = Promise.resolve();
  #state: 'sound' | 'given-up' = 'sound';

  constructor(folder: string, failed: (error: unknown) => void, numbered: Iterable<readonly [number, Shared]>) {
    this.#folder = folder;
    this.#path = join(folder, INDEX_FILE);
    this.#failed = failed;
    this.#numbers = new Map([...numbered].map(([number, shared]) => [shared, number]));
  }

  append(record: InstanceRecord): void {
    if (this.#state === 'given-up') return;
    this.#waiting.push(record);
    if (this.#waiting.length === 1) this.#then(() => this.#flush());
  }

  /** Replaces the whole file. */
  rewrite(records: readonly InstanceRecord[]): Promise<void> {
    this.#then(() => this.#replace(records));
    return this.#work;
  }

  /** Resolves when all that was given has been written, or has failed. */
  settled(): Promise<void> {
    return this.#work;
  }

  /** After a failure nothing more is written: what follows a broken line, or uses a number that was lost with it, could be read wrongly. */
  #then(task: () => Promise<void>): void {
    this.#work = this.#work
      .then(() => (this.#state === 'sound' ? task() : undefined))
      .catch((error: unknown) => {
        this.#state = 'given-up';
        this.#failed(error);
      });
  }

  async #flush(): Promise<void> {
    const lines = this.#waiting.flatMap((record) => this.#linesOf(record));
    this.#waiting = [];
    await appendFile(this.#path, `${lines.join('\n')}\n`);
  }

  async #replace(records: readonly InstanceRecord[]): Promise<void> {
    this.#numbers = new Map();
    const fresh = join(this.#folder, `${INDEX_FILE}.new`);
    const file = await open(fresh, 'w');
    try {
      await file.write(`${FIRST_LINE}\n`);
      for (let at = 0; at < records.length; at += 1000) {
        const lines = records.slice(at, at + 1000).flatMap((record) => this.#linesOf(record));
        await file.write(`${lines.join('\n')}\n`);
      }
    } finally {
      await file.close();
    }
    await rename(fresh, this.#path);
  }

  #linesOf(record: InstanceRecord): readonly string[] {
    const lines: string[] = [];
    const numberOf = (shared: Shared): number => {
      const known = this.#numbers.get(shared);
      if (known !== undefined) return known;
      const number = this.#numbers.size;
      this.#numbers.set(shared, number);
      lines.push(JSON.stringify([number, shared]));
      return number;
    };
    const { directory, name, size, modified, sopInstanceUID, transferSyntaxUID } = record;
    const usualName = name === usualNameOf(sopInstanceUID) ? '' : name;
    const numbers = [directory, record.study, record.series, record.common, transferSyntaxUID].map(numberOf);
    lines.push(JSON.stringify([usualName, size, modified, ...numbers, sopInstanceUID, record.own]));
    return lines;
  }
}

const usualNameOf = (sopInstanceUID: string): string => `${sopInstanceUID}.dcm`;

/** Name (empty where it is the usual one), size, modified; numbers of directory, study, series, common, transfer syntax; SOP instance, own. */
type RecordFields = readonly [string, number, number, number, number, number, number, number, string, string];
const FIELD_TYPES = [
  'string',
  'number',
  'number',
  'number',
  'number',
  'number',
  'number',
  'number',
  'string',
  'string',
];

type Row =
  | { readonly kind: 'shared'; readonly number: number; readonly value: Shared }
  | { readonly kind: 'record'; readonly fields: RecordFields };

function rowOf(line: string): Row | undefined {
  const value = parsed(line);
  if (isRecordFields(value)) return { kind: 'record', fields: value };
  const [number, shared, ...more] = isList(value) ? value : [];
  if (more.length > 0 || typeof number !== 'number' || !isShared(shared)) return undefined;
  return { kind: 'shared', number, value: shared };
}

const isList = (value: unknown): value is readonly unknown[] => Array.isArray(value);

const isRecordFields = (value: unknown): value is RecordFields =>
  isList(value) &&
  value.length === FIELD_TYPES.length &&
  FIELD_TYPES.every((type, index) => typeof value[index] === type);

/** What this class itself wrote; the first line told that. */
const isShared = (value: unknown): value is Shared =>
  typeof value === 'string' || (typeof value === 'object' && value !== null);

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

const STUDY = keyOf('StudyInstanceUID');
const SERIES = keyOf('SeriesInstanceUID');
const SOP_CLASS = keyOf('SOPClassUID');

function recordOf(fields: RecordFields, numbered: ReadonlyMap<number, Shared>): InstanceRecord | undefined {
  const [name, size, modified, ...rest] = fields;
  const [directory, study, series, common, transferSyntaxUID] = rest.slice(0, 5).map((n) => numbered.get(Number(n)));
  const [sopInstanceUID, own] = [rest[5], rest[6]];
  if (typeof directory !== 'string' || typeof transferSyntaxUID !== 'string') return undefined;
  if (typeof study !== 'object' || typeof series !== 'object' || typeof common !== 'object') return undefined;
  const [studyInstanceUID] = textsOf(study[STUDY]);
  const [seriesInstanceUID] = textsOf(series[SERIES]);
  const [sopClassUID] = textsOf(common[SOP_CLASS]);
  if (studyInstanceUID === undefined || seriesInstanceUID === undefined || sopClassUID === undefined) return undefined;
  return {
    studyInstanceUID,
    seriesInstanceUID,
    sopInstanceUID,
    sopClassUID,
    transferSyntaxUID,
    directory,
    name: name === '' ? usualNameOf(sopInstanceUID) : name,
    size,
    modified,
    study,
    series,
    common,
    own,
  };
}

async function* linesOf(path: string, failed: (error: unknown) => void): AsyncGenerator<string> {
  let rest = '';
  try {
    for await (const chunk of createReadStream(path, { encoding: 'utf8', highWaterMark: 1 << 20 })) {
      const lines = (rest + String(chunk)).split('\n');
      rest = lines.pop() ?? '';
      yield* lines;
    }
  } catch (error) {
    if (!isSystemError(error, 'ENOENT')) failed(error);
    return;
  }
  if (rest !== '') yield rest;
}
