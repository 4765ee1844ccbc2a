import { gridPlan } from '../../dist/segmentation/grabcut/grid.js';
import { createGrabCutWorkspace } from '../../dist/segmentation/grabcut/grab-cut.js';
import { byteGreyInto, surroundingsWindow } from '../../dist/segmentation/grey-window.js';
import { measureMarks } from '../../dist/segmentation/lesion-frame.js';
import { paperRegion, seedAsThePaper } from '../../dist/segmentation/paper-seeds.js';
import { csvRows, lesionRows, marksOf } from './lesion-rows.mjs';

/**
 * Real patches as OpenCV's GrabCut gets them: 8-bit grey and a trimap by the paper's seeding, `count` a source, spread evenly over the rows of
 * training and validation. `{ id, source, width, height, grey, seeds }`.
 */
export function paperPatches(folder, counts) {
  const chosen = new Set();
  for (const [source, count] of Object.entries(counts)) {
    const rows = csvRows(`${folder}/lesions.csv`).filter((row) => row.source === source && row.Train_Val_Test !== '3');
    for (let i = 0; i < count; i++) chosen.add(rows[Math.floor((i * rows.length) / count)].id);
  }
  return [...lesionRows(folder, (row) => chosen.has(row.id))].map((row) => paperPatch(row));
}

/** The same of one row; `scale` as `taskOf` has it. `left` and `top` say where the patch lies. */
export function paperPatch(row, scale = 1) {
  const marks = measureMarks(marksOf(row.ends, scale), row.spacing);
  if (!marks.ok) throw new Error(`${row.id}: ${marks.error}`);
  const region = paperRegion(marks.value, row);
  const { left, top, width, height } = region.window;
  const plan = gridPlan(width, height);
  const ws = createGrabCutWorkspace(plan.pixels);
  const part = { hu: row.hu, columns: row.columns, window: region.window, plan };
  byteGreyInto(ws.grey, part, surroundingsWindow(part));
  seedAsThePaper(ws, plan, marks.value, region);
  return {
    id: row.id,
    source: row.source,
    left,
    top,
    width,
    height,
    grey: Uint8Array.from(unpadded(ws.grey, plan)),
    seeds: Uint8Array.from(unpadded(ws.seeds, plan)),
  };
}

/** The window's pixels of a padded array, row by row. */
export function unpadded(values, { width, height, stride }) {
  const out = [];
  for (let row = 1; row <= height; row++) out.push(...values.subarray(row * stride + 1, row * stride + 1 + width));
  return out;
}
