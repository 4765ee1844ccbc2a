import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { execFileSync, spawnSync } from 'node:child_process';
import { appendFileSync, mkdtempSync, readFileSync, rmSync, unlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { evaluate, type EvaluateOptions } from '../../src/cli/evaluate.js';
import { evaluatedMethod, KERNEL_METHODS } from '../../src/evaluation/index.js';
import { startInference } from '../../src/compute/index.js';
import type { Mask } from '../../src/domain/index.js';
import { contourOn, patchOf, scoreOf, WorkspaceShelf, type SegmentationTask } from '../../src/segmentation/index.js';
import { bundleAt, copyOf } from '../compute/bundles.js';
import { demandCompiled } from '../compute/compiled.js';
import { madeRows, madeSet, type MadeSetOptions } from '../dataset/made-set.js';
import { describeWith, python, shared } from '../environment/peers.js';
import { spacingOf } from '../segmentation/marks.js';
import { recordingTerminal } from './terminal.js';

interface JsonRow {
  readonly method: string;
  readonly source: string;
  readonly n: number;
  readonly dice: { readonly mean: number; readonly sd: number | null };
  readonly avdPx: { readonly mean: number };
  readonly empties: number;
  readonly msPerLesion: number;
}

const folders: string[] = [];
beforeAll(demandCompiled);
afterAll(() => folders.forEach((folder) => rmSync(folder, { recursive: true })));

function made(options?: MadeSetOptions): string {
  const folder = madeSet(options);
  folders.push(folder);
  return folder;
}

async function ran(data: string, options: Partial<EvaluateOptions> = {}) {
  const terminal = recordingTerminal();
  const exit = await evaluate(
    {
      data,
      split: 'all',
      source: undefined,
      rows: 'all',
      marks: 'observer',
      scaleMarks: 1,
      methods: KERNEL_METHODS,
      bundles: 'test/fixtures',
      threads: 1,
      json: true,
      html: undefined,
      csv: undefined,
      ...options,
    },
    terminal,
  );
  const rows = terminal.results[0]?.startsWith('{')
    ? (JSON.parse(terminal.results[0]) as { rows: readonly JsonRow[] }).rows
    : [];
  const row = (method: string, source: string): JsonRow =>
    rows.find((r) => r.method === method && r.source === source)!;
  return { exit, rows, row, ...terminal };
}

describe('caliper evaluate on made-up lesions', () => {
  it('prints a row for each method and source as one object', async () => {
    const { exit, rows, row, results, notes } = await ran(made({ withoutMask: ['made_2'] }));
    expect(exit).toBe(0);
    expect(results).toHaveLength(1);
    expect(rows.map((r) => `${r.method} ${r.source} ${r.n}`)).toEqual(
      KERNEL_METHODS.flatMap((m) => [`${m} beta 2`, `${m} alpha 3`, `${m} all 5`, `${m} macro 2`]),
    );
    expect(row('grabcut', 'all').dice.mean).toBeGreaterThan(0.9);
    expect(row('grabcut', 'all')).toMatchObject({ empties: 0 });
    for (const measure of ['dice', 'recall', 'precision', 'vs', 'avdPx', 'avdMm'])
      expect(row('ellipse', 'all')).toHaveProperty([measure, 'sd']);
    expect(row('ellipse', 'alpha').msPerLesion).toBeGreaterThan(0);
    expect(notes).toContain('1 rows without an expert mask left out');
  });

  it('keeps to a split, a source and the key rows', async () => {
    const folder = made();
    const counts = async (options: Partial<EvaluateOptions>) =>
      (await ran(folder, { methods: ['ellipse'], ...options })).row('ellipse', 'all').n;
    expect(await counts({})).toBe(6);
    expect(await counts({ split: 'train' })).toBe(2);
    expect(await counts({ split: 'val', rows: 'key' })).toBe(2);
    expect(await counts({ source: 'beta' })).toBe(2);
  });

  it('shrinks the shape between the marks with them', async () => {
    const whole = await ran(made(), { methods: ['ellipse'] });
    const short = await ran(made(), { methods: ['ellipse'], scaleMarks: 0.85 });
    const exact = await ran(made(), { methods: ['ellipse'], marks: 'exact' });
    expect(short.row('ellipse', 'all').dice.mean).toBeLessThan(whole.row('ellipse', 'all').dice.mean - 0.05);
    expect(exact.row('ellipse', 'all').dice).toEqual(whole.row('ellipse', 'all').dice);
  });

  it('scores a refused mask as an empty one and says so', async () => {
    const rows = madeRows().map((row, i) =>
      i === 0 ? { ...row, cells: { ...row.cells, Measurement_coordinates: '9,9,9,9,8,9,10,9' } } : row,
    );
    const { exit, row, notes } = await ran(made({ rows }), { methods: ['ellipse'], source: 'alpha' });
    expect(exit).toBe(0);
    expect(row('ellipse', 'alpha')).toMatchObject({ n: 4, empties: 1 });
    expect(notes.join('\n')).toMatch(/1 masks refused \(axes-zero-length\), scored as empty/);
  });

  it('leaves out a row whose image is gone, and is not done then', async () => {
    const folder = made();
    unlinkSync(join(folder, 'images', madeRows()[1]!.cells['File_name']!));
    const { exit, row, notes } = await ran(folder, { methods: ['ellipse'] });
    expect(exit).toBe(1);
    expect(row('ellipse', 'all').n).toBe(5);
    expect(notes.join('\n')).toMatch(/1 rows left out \(image-missing\)/);
  });

  it.each([
    ['no expert mask', { withoutMask: madeRows().map((r) => r.id) }, {}, /has an expert mask/],
    ['no row of the source', {}, { source: 'gamma' }, /no such row: its sources are alpha, beta/],
    ['no table', { files: { 'lesions.csv': '' } }, {}, /^lesions.csv: is empty/m],
  ] as const)('refuses a set with %s', async (_, set, options, says) => {
    const { exit, results, notes } = await ran(made(set), options);
    expect(exit).toBe(2);
    expect(results).toEqual([]);
    expect(notes.join('\n')).toMatch(says);
  });

  it('writes scores and a page that needs nothing else', async () => {
    const out = mkdtempSync(join(tmpdir(), 'caliper-report-'));
    folders.push(out);
    const csv = join(out, 'scores.csv');
    const html = join(out, 'html');
    const { results } = await ran(made(), { methods: ['ellipse', 'grabcut'], json: false, html, csv });
    expect(results[0]).toMatch(/^made 7, split all, all rows: 6 rows, 5 lesions, 4 patients/);
    expect(results[0]).toMatch(/alpha: made up too; CC BY-NC, not for commercial use/);
    const lines = readFileSync(csv, 'utf8').trimEnd().split('\n');
    expect(lines).toHaveLength(1 + 12);
    expect(readFileSync(join(html, 'lesions.csv'), 'utf8')).toBe(readFileSync(csv, 'utf8'));
    const page = readFileSync(join(html, 'index.html'), 'utf8');
    expect(page.match(/<figure>/g)).toHaveLength(2 * (3 + 2));
    expect(page.match(/class="contour"/g)).toHaveLength(2 * 2 * (3 + 2));
    // whatever it names is inside
    expect(page.match(/(?:src|href)="(?!data:)[^"]*"|url\(/g)).toBeNull();
  });
});

describe('caliper evaluate with bundles', () => {
  const methods = ['ellipse', 'bundle-tiny', 'bundle-tiny+crf'].map(evaluatedMethod);

  it("prints a bundle's rows beside the kernels', made by the gateway's own chain, and says what it was trained on", async () => {
    const csv = join(made(), 'scores.csv');
    const { exit, rows, row, results } = await ran(made(), { methods, csv });
    expect(exit).toBe(0);
    expect(rows.map((r) => `${r.method} ${r.source} ${r.n}`)).toEqual(
      methods.flatMap((m) => [`${m} beta 2`, `${m} alpha 4`, `${m} all 6`, `${m} macro 2`]),
    );
    expect(row('bundle-tiny', 'all').msPerLesion).toBeGreaterThan(0);
    const { facts } = JSON.parse(results[0]!) as { facts: readonly string[] };
    expect(facts).toContainEqual(
      expect.stringMatching(
        /^bundle-tiny 1 \([0-9a-f]{12}\): track image\+recist, labels weak, trained on none \(0 lesions, 0 patients\); rows of the training split are among these; Apache-2.0, commercial use$/,
      ),
    );
    const own = madeRows().map(async ({ hu, rows: height, columns, marks, truth }) => {
      const task = { hu, rows: height, columns, spacing: spacingOf(0.75), marks, method: 'cosegmentation' } as const;
      return scoreOf(truth, await maskOf(task), task.spacing).dice.toFixed(6);
    });
    const lines = readFileSync(csv, 'utf8').trimEnd().split('\n');
    const dices = lines.map((line) => line.split(',')).filter((cells) => cells[6] === 'bundle-tiny');
    expect(dices.map((cells) => cells[8])).toEqual(await Promise.all(own));
    expect(dices.map((cells) => cells[7])).toContain('cosegmentation');
  });

  it('ends where a bundle is damaged, and says which file', async () => {
    const folder = copyOf('test/fixtures/bundle-tiny');
    folders.push(folder);
    appendFileSync(join(folder, 'decoder.onnx'), ' ');
    const name = evaluatedMethod(basename(folder));
    const { exit, notes, results } = await ran(made(), { methods: [name], bundles: dirname(folder) });
    expect([exit, results]).toEqual([3, []]);
    expect(notes.join('\n')).toMatch(/decoder.onnx has 3079 bytes instead of 3078/);
  });

  /** Without workers and child process of evaluate: the pieces one after the other. */
  async function maskOf(task: SegmentationTask): Promise<Mask> {
    const bundle = await bundleAt('test/fixtures/bundle-tiny');
    const inference = startInference(bundle, { device: 'cpu' });
    const patch = patchOf(task, bundle.manifest);
    if (!patch.ok) throw new Error(patch.error);
    const answer = await inference.run(patch.value, 1);
    await inference.close();
    if (!answer.ok) throw new Error(answer.error);
    const lesion = contourOn(new WorkspaceShelf(), task, bundle.manifest, answer.value[0]!.probability);
    if (!lesion.ok) throw new Error(lesion.error);
    return lesion.value.mask;
  }
});

describe('caliper as a command', () => {
  const caliper = (...args: string[]) =>
    spawnSync(process.execPath, ['dist/cli/main.js', ...args], { encoding: 'utf8' });

  it('evaluates, and makes the seeds of a data set', () => {
    const folder = made();
    const table = caliper('evaluate', '--data', folder, '--split', 'train', '--method', 'ellipse,superellipse');
    expect(table.status).toBe(0);
    expect(table.stdout).toMatch(/^superellipse {2}macro /m);
    const out = mkdtempSync(join(tmpdir(), 'caliper-seeds-'));
    folders.push(out);
    expect(caliper('seeds', '--data', folder, '--out', out)).toMatchObject({
      status: 0,
      stdout: `6 seed masks in ${out}\n`,
    });
    expect(caliper('seeds', '--data', folder, '--out', out).status).toBe(2);
    const rows = readFileSync(join(out, 'lesions.csv'), 'utf8').trimEnd().split('\n');
    for (const line of rows.slice(1)) expect(line).toMatch(/,[01]\.\d{4},grabcut$/);
  });

  it.each([
    ['a method that there is not', ['--method', 'ellipse,magic'], /no method magic; there are ellipse/],
    ['what no method can be called', ['--method', 'ellipse,../magic'], /\.\.\/magic cannot be the name/],
    ['a factor of nothing', ['--scale-marks', '0'], /above 0/],
    ['a split that there is not', ['--split', 'valid'], /train, val, test, all/],
  ])('refuses %s', (_, args, says) => {
    const done = caliper('evaluate', '--data', 'anywhere', ...args);
    expect(done.status).toBe(2);
    expect(done.stderr).toMatch(says);
  });
});

const ofAll = process.env['CALIPER_LONG'] === '1';

describeWith({ shared: shared() }, 'caliper evaluate on lesions with expert masks', ({ shared: folder }) => {
  const data = join(folder, 'data/lesions');

  // what the data set's own page gives, measured by other code; grabcut-paper with OpenCV and a slightly different region
  it.each([
    ['sts', 'ellipse', 60, 0.887, 0.052],
    ['lits', 'ellipse', 16, 0.905, 0.023],
    ['dl', 'ellipse', 7, 0.923, 0.019],
    ...(ofAll ? ([['lidc', 'ellipse', 356, 0.811, 0.095]] as const) : []),
  ] as const)('%s, %s: as others measured it', async (source, method, n, mean, sd) => {
    const { row } = await ran(data, { split: 'val', source, methods: [method] });
    expect(row(method, source).n).toBe(n);
    expect(row(method, source).dice.mean).toBeCloseTo(mean, 2);
    expect(Math.abs(row(method, source).dice.sd! - sd)).toBeLessThan(0.005);
  });

  it('with marks as short as radiologists draw them: as others measured it', async () => {
    const { row } = await ran(data, { split: 'val', source: 'sts', methods: ['ellipse'], scaleMarks: 0.85 });
    expect(Math.abs(row('ellipse', 'sts').dice.mean - 0.834)).toBeLessThan(0.006);
  });

  it('the test split has no expert masks to measure against', async () => {
    const { exit, notes } = await ran(data, { split: 'test' });
    expect(exit).toBe(2);
    expect(notes).toContain('411 rows without an expert mask left out');
  });
});

describeWith({ shared: shared(), python: python() }, 'scores of real lesions', (peers) => {
  it('equal those of SciPy on masks that SciPy makes itself', async () => {
    const data = join(peers.shared, 'data/lesions');
    const source = ofAll ? 'lidc' : 'lits';
    const out = mkdtempSync(join(tmpdir(), 'caliper-scores-'));
    folders.push(out);
    const csv = join(out, 'scores.csv');
    await ran(data, { split: 'val', source, methods: ['ellipse'], csv });
    const said = execFileSync(
      peers.python,
      [join(import.meta.dirname, '../evaluation/ellipse_scores.py'), data, source],
      { encoding: 'utf8' },
    );
    const twins = JSON.parse(said) as Record<string, readonly number[] | null>;
    const lines = readFileSync(csv, 'utf8').trimEnd().split('\n').slice(1);
    expect(lines).toHaveLength(Object.keys(twins).length);
    expect(Object.values(twins).filter((twin) => twin === null).length).toBeLessThan(0.01 * lines.length);
    for (const line of lines) {
      const [id, , , , , , , , ...cells] = line.split(',');
      twins[id!]?.forEach((value, i) => expect(Math.abs(value - Number(cells[i]))).toBeLessThan(2e-6));
    }
  });
});
