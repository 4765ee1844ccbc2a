import { decode } from 'fast-png';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { bitsOf, csvRows, lesionRows, marksOf, numbers, sharedFolder, taskOf } from '../bench/harness/lesion-rows.mjs';
import { ensureBuild, ensureNodePackages, root, run } from './node-packages.mjs';

/**
 * Measures how well agreement predicts Dice, on the training split of the data set of lesions, and what thresholds hold. Writes
 * docs/agreement-curve.json, of which `npm run docs` makes docs/agreement.md. To be run again when masks or agreement change; needs the data
 * (CALIPER_SHARED names its folder).
 */
ensureNodePackages();
ensureBuild();
const { KERNEL_REVISION } = await import('../dist/domain/index.js');
const { dice, segmentLesionOn, WorkspaceShelf } = await import('../dist/segmentation/index.js');
const { agreementOf } = await import('../dist/segmentation/agreement.js');
const { measureAxes } = await import('../dist/segmentation/axes.js');
const { gridPlan } = await import('../dist/segmentation/grabcut/grid.js');
const { measureMarks, obliqueFrame } = await import('../dist/segmentation/lesion-frame.js');
const { pixelsOnMarks } = await import('../dist/segmentation/mark-pixels.js');

const SCALES = [1, 0.85];
const THRESHOLDS = [0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.5, 0.6, 0.7, 0.8];

const data = `${sharedFolder()}/data`;
if (!existsSync(`${data}/lesions`)) {
  console.error(`the data set of lesions is not at ${data}/lesions (CALIPER_SHARED names another folder)`);
  process.exit(3);
}
const rows = [
  ...lesionRows(`${data}/lesions`, (row) => row.Train_Val_Test === '1' && ['lidc', 'sts'].includes(row.source)),
];

// what we make, and how good it is
const shelf = new WorkspaceShelf();
const made = SCALES.map((scale) =>
  rows.map((row) => {
    const result = segmentLesionOn(shelf, taskOf(row, 'grabcut', scale));
    if (!result.ok) throw new Error(`${row.id}: ${result.error}`);
    const truth = { rows: row.rows, columns: row.columns, bits: row.truth };
    return { source: row.source, agreement: result.value.agreement, dice: dice(truth, result.value.mask) };
  }),
);

// what experts made, against the same marks and against radiologists' own
const expert = SCALES.map((scale) =>
  rows.map((row) => ({ source: row.source, agreement: agreementOfMask(row.truth, row, marksOf(row.ends, scale)) })),
);
const radiologists = deepLesionRows(`${data}/deeplesion-sample`);

const curveFile = `${root}docs/agreement-curve.json`;
writeFileSync(
  curveFile,
  `${JSON.stringify(
    {
      kernelRevision: KERNEL_REVISION,
      rows: {
        lidc: rows.filter((r) => r.source === 'lidc').length,
        sts: rows.filter((r) => r.source === 'sts').length,
      },
      curves: SCALES.map((marks, i) => ({ marks, steps: isotonic(made[i]) })),
      rankCorrelation: SCALES.map((marks, i) => ({
        marks,
        ...Object.fromEntries(
          ['lidc', 'sts'].map((s) => [s, round(rankCorrelation(made[i].filter((m) => m.source === s)))]),
        ),
      })),
      thresholds: THRESHOLDS.map((below) => ({
        below,
        made: SCALES.map((marks, i) => ({ marks, ...heldAndKept(made[i], below) })),
        expert: SCALES.map((marks, i) => ({
          marks,
          lidc: round(
            share(
              expert[i].filter((m) => m.source === 'lidc'),
              below,
            ),
          ),
          sts: round(
            share(
              expert[i].filter((m) => m.source === 'sts'),
              below,
            ),
          ),
        })),
        radiologists: round(share(radiologists, below)),
      })),
      radiologists: radiologists.length,
    },
    null,
    2,
  )}\n`,
);
run(process.execPath, ['node_modules/prettier/bin/prettier.cjs', '--write', '--log-level=warn', curveFile]);
console.log('wrote docs/agreement-curve.json; npm run docs makes the page');

/** Agreement of any mask with marks, by the product's own functions. */
function agreementOfMask(bits, { rows, columns, spacing }, marks) {
  const measured = measureMarks(marks, spacing);
  if (!measured.ok) throw new Error(measured.error);
  const window = { left: 0, top: 0, width: columns, height: rows };
  const plan = gridPlan(columns, rows, spacing.betweenColumns, spacing.betweenRows);
  const padded = new Uint8Array(plan.pixels);
  for (let row = 0; row < rows; row++)
    padded.set(bits.subarray(row * columns, (row + 1) * columns), (row + 1) * plan.stride + 1);
  const onMarks = pixelsOnMarks(measured.value, window, plan);
  const inside = onMarks.reduce((sum, p) => sum + padded[p], 0) / onMarks.length;
  return agreementOf(
    measureAxes(padded, window, plan, spacing),
    measured.value,
    inside,
    obliqueFrame(measured.value).kind,
  );
}

/** Radiologists' marks of DeepLesion, counted from 1, with masks by other people. */
function deepLesionRows(folder) {
  const marked = new Map(csvRows(`${folder}/DL_info.csv`).map((row) => [row.File_name, row]));
  return csvRows(`${folder}/expert_masks.csv`).map(({ File_name }) => {
    const row = marked.get(File_name);
    const mask = decode(readFileSync(`${folder}/expert_masks/${File_name}`));
    const [betweenColumns, betweenRows] = numbers(row.Spacing_mm_px_);
    const slice = { rows: mask.height, columns: mask.width, spacing: { betweenColumns, betweenRows } };
    const ends = numbers(row.Measurement_coordinates).map((v) => v - 1);
    return { agreement: agreementOfMask(bitsOf(mask), slice, marksOf(ends)) };
  });
}

/**
 * Isotonic regression of Dice on agreement (pool adjacent violators): the best curve that never falls. Both sources weigh the same. Steps
 * `[from agreement, expected Dice, rows]`.
 */
function isotonic(results) {
  const sources = [...new Set(results.map((r) => r.source))];
  const weightOf = Object.fromEntries(
    sources.map((s) => [s, results.length / (sources.length * results.filter((r) => r.source === s).length)]),
  );
  const blocks = [];
  for (const { agreement, dice: value, source } of results.toSorted((a, b) => a.agreement - b.agreement)) {
    const weight = weightOf[source];
    blocks.push({ from: agreement, sum: weight * value, weight, rows: 1 });
    for (;;) {
      const [before, last] = blocks.slice(-2);
      if (!last || before.sum / before.weight < last.sum / last.weight) break;
      blocks.splice(-2, 2, {
        from: before.from,
        sum: before.sum + last.sum,
        weight: before.weight + last.weight,
        rows: before.rows + last.rows,
      });
    }
  }
  return blocks.map(({ from, sum, weight, rows: n }) => [round(from), round(sum / weight), n]);
}

function heldAndKept(results, below) {
  const of = (source) => {
    const all = results.filter((r) => r.source === source);
    const held = all.filter((r) => r.agreement < below);
    const kept = all.filter((r) => r.agreement >= below);
    return { held: round(held.length / all.length), diceOfHeld: mean(held), diceOfKept: mean(kept) };
  };
  return { lidc: of('lidc'), sts: of('sts') };
}

function mean(results) {
  return results.length === 0 ? null : round(results.reduce((sum, r) => sum + r.dice, 0) / results.length);
}

function share(results, below) {
  return results.filter((r) => r.agreement < below).length / results.length;
}

/** Spearman's, ties by their mean rank. */
function rankCorrelation(results) {
  const ranks = (values) => {
    const sorted = values.toSorted((a, b) => a - b);
    return values.map((v) => (sorted.indexOf(v) + sorted.lastIndexOf(v)) / 2);
  };
  const x = ranks(results.map((r) => r.agreement));
  const y = ranks(results.map((r) => r.dice));
  const middle = (results.length - 1) / 2;
  const dot = (a, b) => a.reduce((sum, v, i) => sum + (v - middle) * (b[i] - middle), 0);
  return dot(x, y) / Math.sqrt(dot(x, x) * dot(y, y));
}

function round(value) {
  return Number(value.toFixed(4));
}
