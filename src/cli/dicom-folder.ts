import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readPart10, type DicomFile } from '../dicom/index.js';
import { fail, ok, type ReasonCode, type Result } from '../domain/index.js';

/** Every file below a folder, in the order of their names. */
export async function filesBelow(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  const files: string[] = [];
  for (const entry of entries) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) files.push(...(await filesBelow(path)));
    else if (entry.isFile()) files.push(path);
  }
  return files;
}

export interface DicomFileOnDisk {
  readonly path: string;
  readonly bytes: Uint8Array;
  readonly file: DicomFile;
}

/** A file that is no DICOM may be another carrier. */
export interface OtherFile {
  readonly code: ReasonCode;
  readonly bytes: Uint8Array;
}

/** Reads one file; what is no DICOM is a reason, what cannot be opened throws. */
export async function readDicomFile(path: string): Promise<Result<DicomFileOnDisk, OtherFile>> {
  const bytes = await readFile(path);
  const file = readPart10(bytes);
  return file.ok ? ok({ path, bytes, file: file.value }) : fail({ code: file.error.code, bytes });
}
