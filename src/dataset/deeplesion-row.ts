import { fail, type Result } from '../domain/index.js';
import { lesionRowOf, numbersOf, splitOfNumber, type LesionRow, type RowValueProblem } from './lesion-row.js';

/**
 * A row of DeepLesion as distributed (NIH Clinical Center, DL_info.csv) in our terms. Its coordinates count the first pixel as 1, NIH's own
 * readers subtract 1 (CADLab, lesion_detector_3DCE/rcnn/dataset/DeepLesion.py): done here and nowhere else. `PPPPPP_SS_RR_NNN.png` lies on disk
 * as `PPPPPP_SS_RR/NNN.png`. A file may have several rows: `ordinal` counts them from 1. Nothing tells which rows are the same lesion at
 * another time, so each is a lesion of its own.
 */
export function deepLesionRowOf(
  columns: ReadonlyMap<string, string>,
  ordinal: number,
): Result<LesionRow, RowValueProblem> {
  const name = /^(\d+_\d+_\d+)_(\d+)\.png$/.exec(columns.get('File_name') ?? '');
  if (!name) return fail({ column: 'File_name', code: 'value-unreadable' });
  const id = `${name[1]}_${name[2]}_${ordinal}`;
  const record = new Map(columns);
  record.set('File_name', `${name[1]}/${name[2]}.png`);
  for (const column of ['Measurement_coordinates', 'Bounding_boxes']) {
    const numbers = numbersOf(columns.get(column) ?? '');
    if (!numbers) return fail({ column, code: 'value-unreadable' });
    record.set(column, numbers.map(oneLess).join(','));
  }
  record.set('id', id);
  record.set('source', 'deeplesion');
  record.set('lesion', id);
  record.set('key', '1');
  record.set('origin', `DeepLesion ${columns.get('File_name')!}`);
  const row = lesionRowOf(record, () => splitOfNumber(columns.get('Train_Val_Test') ?? ''));
  if (!row.ok) return row;
  return { ok: true, value: { ...row.value, imagePath: `Images_png/${name[1]}/${name[2]}.png` } };
}

/** DeepLesion writes six significant digits: no more come out than went in. */
const oneLess = (value: number): number => Math.round((value - 1) * 1e6) / 1e6;
