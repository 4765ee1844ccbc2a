import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { huOfPng } from '../../dataset/index.js';
import type { AssembledRow, AssembledSet } from '../assemble.js';
import { writeDurably } from '../durable-files.js';
import type { TakenPlane } from '../entries.js';
import type { Pseudonyms } from '../pseudonyms.js';
import { imagePath, sliceName } from '../set-files.js';
import { cleanedImage } from './cleaned-image.js';
import { cleanedReport, type RowsOfReport } from './cleaned-report.js';

export const DICOM_FOLDER = 'dicom';

/**
 * Writes the set's slices and measurements once more as DICOM below `dicom/`: patient, study, series, all by pseudonyms. Everything is made of what the
 * set holds already, so that nothing can leave this way that has not left in the pictures and tables. Gives the paths that were written.
 */
export async function exportDicom(set: AssembledSet, out: string, names: Pseudonyms): Promise<ReadonlySet<string>> {
  const written = new Set<string>();
  for (const [path, { of, number, plane }] of slicesOf(set)) {
    const picture = imagePath(of.row.image.folder, number);
    const hu = huOfPng(await readFile(join(out, picture)), of.row.image);
    if (!hu.ok) throw new Error(`${picture} was written and cannot be read: ${hu.error}`);
    await writeDurably(join(out, path), cleanedImage(of, number, plane, hu.value, names));
    written.add(path);
  }
  for (const [path, rows] of reportsOf(set)) {
    await writeDurably(join(out, path), cleanedReport(rows, names));
    written.add(path);
  }
  return written;
}

interface SliceOfSet {
  readonly of: AssembledRow;
  readonly number: number;
  readonly plane: TakenPlane;
}

const studyFolder = ({ patient, row }: AssembledRow): string =>
  `${DICOM_FOLDER}/${patient.pseudonym}/${row.image.study}`;

/** Every slice once, by its path; of the rows that share it the first one stands for it. */
function slicesOf({ rows }: AssembledSet): ReadonlyMap<string, SliceOfSet> {
  const slices = new Map<string, SliceOfSet>();
  for (const of of rows) {
    const { image } = of.row;
    image.taken.forEach((number, i) => {
      const path = `${studyFolder(of)}/${image.series}/${sliceName(number, 'dcm')}`;
      if (!slices.has(path)) slices.set(path, { of, number, plane: image.planes[i]! });
    });
  }
  return slices;
}

/** A report that measures in several studies becomes one in each. */
function reportsOf({ rows }: AssembledSet): ReadonlyMap<string, RowsOfReport> {
  const reports = new Map<string, RowsOfReport>();
  for (const row of rows) {
    const path = `${studyFolder(row)}/reports/${row.report}.dcm`;
    const known = reports.get(path);
    reports.set(path, known ? [...known, row] : [row]);
  }
  return reports;
}
