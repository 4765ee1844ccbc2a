import { createReadStream } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { readPart10, type DicomFile } from '../../dicom/index.js';
import { pathOfRecord, type InstanceRecord } from '../catalogue/instance-record.js';
import { isSystemError } from '../storage/write-once.js';
import type { Part } from '../answer.js';

/** Each instance with the bytes that its file has now; undefined when one has been taken out of the folder. */
export async function filesOf(
  records: readonly InstanceRecord[],
  folder: string,
): Promise<readonly { readonly record: InstanceRecord; readonly size: number }[] | undefined> {
  const files = [];
  for (const record of records) {
    const found = await stat(join(folder, pathOfRecord(record))).catch(ifGone);
    if (!found) return undefined;
    files.push({ record, size: found.size });
  }
  return files;
}

/** A slice of 512 x 512 in one read. */
const READ_BYTES = 1 << 20;

/** A whole file as it lies on disk. */
export const filePart = (
  file: { readonly record: InstanceRecord; readonly size: number },
  folder: string,
  contentLocation: string,
): Part => ({
  contentType: `application/dicom; transfer-syntax=${file.record.transferSyntaxUID}`,
  contentLocation,
  length: file.size,
  open: () => createReadStream(join(folder, pathOfRecord(file.record)), { highWaterMark: READ_BYTES }),
});

/** The file of an instance, read whole; undefined when it has been taken out of the folder or replaced by something else. */
export async function readFileOf(record: InstanceRecord, folder: string): Promise<DicomFile | undefined> {
  const bytes = await readFile(join(folder, pathOfRecord(record))).catch(ifGone);
  const file = bytes && readPart10(bytes);
  return file?.ok ? file.value : undefined;
}

function ifGone(error: unknown): undefined {
  if (isSystemError(error, 'ENOENT', 'ENOTDIR', 'EACCES', 'EPERM', 'EISDIR')) return undefined;
  throw error;
}
