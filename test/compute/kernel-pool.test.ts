import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { startKernelPool, type KernelPool, type KernelPoolOptions } from '../../src/compute/index.js';
import { huSliceOf, initialiseCodecs, readPart10 } from '../../src/dicom/index.js';
import { mm, pixelIndex, type HuSlice } from '../../src/domain/index.js';
import { segmentLesion, type SegmentationTask } from '../../src/segmentation/index.js';
import { demandCompiled } from './compiled.js';

const SLICE = 'test/fixtures/ct/phantom/0004.dcm';
const MULTI_FRAME = 'test/fixtures/ct/ct23x38/mf.dcm';

/** A bright disc of so many pixels on a slice of `size` squared. */
function disc(radius: number, size = 64): SegmentationTask {
  const middle = size / 2;
  const hu = Float32Array.from({ length: size * size }, (_, p) =>
    Math.hypot((p % size) - middle, Math.floor(p / size) - middle) <= radius ? 90 + (p % 7) : 20 + (p % 5),
  );
  const end = (x: number, y: number) => pixelIndex(middle + x, middle + y);
  return {
    hu,
    rows: size,
    columns: size,
    spacing: { betweenRows: mm(0.7), betweenColumns: mm(0.7) },
    marks: { longAxis: [end(-radius, 0), end(radius, 0)], shortAxis: [end(0, -radius), end(0, radius)] },
    method: 'grabcut',
  };
}

/** What no caller can make: it breaks the worker that gets it. */
const breaking = (): SegmentationTask => ({ ...disc(8), marks: JSON.parse('{}') as SegmentationTask['marks'] });

async function withPool<T>(options: KernelPoolOptions, use: (pool: KernelPool) => Promise<T>): Promise<T> {
  const pool = startKernelPool(options);
  try {
    return await use(pool);
  } finally {
    await pool.close();
  }
}

beforeAll(async () => {
  demandCompiled();
  await initialiseCodecs();
});

function decodedHere(path: string, frame: number | undefined): HuSlice {
  const file = readPart10(readFileSync(path));
  const slice = file.ok ? huSliceOf(file.value, frame) : file;
  if (!slice.ok) throw new Error('the fixture cannot be read');
  return slice.value;
}

describe('a pool of kernel workers', () => {
  let pool: KernelPool;
  beforeAll(() => {
    pool = startKernelPool({ threads: 2 });
  });
  afterAll(() => pool.close());

  it('decodes as the main thread would, and leaves the bytes to the caller', async () => {
    const bytes = readFileSync(SLICE);
    const before = Buffer.from(bytes);
    const slice = await pool.decode(bytes, undefined);
    expect(slice).toEqual({ ok: true, value: decodedHere(SLICE, undefined) });
    expect(bytes.equals(before)).toBe(true);
  });

  it('decodes the frame that is asked for, from a view into a larger buffer', async () => {
    const file = readFileSync(MULTI_FRAME);
    const larger = new Uint8Array(file.length + 999);
    larger.set(file, 333);
    const view = larger.subarray(333, 333 + file.length);
    for (const frame of [1, 2])
      expect(await pool.decode(view, frame)).toEqual({ ok: true, value: decodedHere(MULTI_FRAME, frame) });
  });

  it('answers what is no image with the reason', async () => {
    expect(await pool.decode(Buffer.from('GIF89a, and not DICOM'.repeat(20)), undefined)).toMatchObject({ ok: false });
    expect(await pool.decode(readFileSync(MULTI_FRAME), 99)).toEqual({ ok: false, error: 'frame-not-in-image' });
  });

  it('segments as the main thread would, and leaves the slice to the caller', async () => {
    const task = disc(9);
    expect(await pool.segment(task)).toEqual(segmentLesion(task));
    expect(task.hu).toHaveLength(64 * 64);
    expect(await pool.segment({ ...task, method: 'cosegmentation' })).toEqual({
      ok: false,
      error: 'bundle-unavailable',
    });
  });

  it('gives every task its own answer, however many there are', async () => {
    const radii = Array.from({ length: 60 }, (_, i) => 3 + (i % 20));
    const areas = await Promise.all(
      radii.map(async (radius) => {
        const lesion = await pool.segment(disc(radius));
        return lesion.ok ? lesion.value.areaPx : undefined;
      }),
    );
    const expected = radii.map((radius) => {
      const lesion = segmentLesion(disc(radius));
      return lesion.ok ? lesion.value.areaPx : undefined;
    });
    expect(areas).toEqual(expected);
  });
});

describe('a worker that ends in the middle of a task', () => {
  it('costs that task alone, says why, and is replaced', async () => {
    const crashes: (string | undefined)[] = [];
    await withPool({ threads: 1, onCrash: (error) => crashes.push(error?.name) }, async (pool) => {
      const answers = await Promise.all([
        pool.segment(disc(6)),
        pool.segment(breaking()),
        pool.segment(disc(7)),
        pool.segment(breaking()),
        pool.decode(readFileSync(SLICE), undefined),
      ]);
      expect(answers.map((a) => (a.ok ? 'ok' : a.error))).toEqual([
        'ok',
        'worker-crashed',
        'ok',
        'worker-crashed',
        'ok',
      ]);
    });
    expect(crashes).toEqual(['TypeError', 'TypeError']);
  });

  it('does not hold up the others', async () => {
    await withPool({ threads: 2 }, async (pool) => {
      const tasks = Array.from({ length: 15 }, (_, i) => pool.segment(i % 3 === 1 ? breaking() : disc(5 + i)));
      const answers = await Promise.all(tasks);
      answers.forEach((answer, i) =>
        expect(answer.ok ? 'ok' : answer.error).toBe(i % 3 === 1 ? 'worker-crashed' : 'ok'),
      );
    });
  });

  it('is ended by us when it takes too long', async () => {
    await withPool({ threads: 1, deadlineMs: 1 }, async (pool) => {
      expect(await pool.segment(disc(200, 512))).toEqual({ ok: false, error: 'worker-crashed' });
    });
  });
});

describe('closing a pool', () => {
  it('waits for the tasks in hand and refuses new ones', async () => {
    const pool = startKernelPool({ threads: 2 });
    const inHand = Array.from({ length: 9 }, (_, i) => pool.segment(disc(4 + i)));
    let settled = 0;
    for (const task of inHand) void task.then(() => settled++);
    await pool.close();
    expect(settled).toBe(9);
    expect((await Promise.all(inHand)).every((answer) => answer.ok)).toBe(true);
    expect(await pool.segment(disc(5))).toEqual({ ok: false, error: 'worker-crashed' });
    await pool.close();
  });

  it('ends also when the last task breaks its worker', async () => {
    const pool = startKernelPool({ threads: 1 });
    const broken = pool.segment(breaking());
    await pool.close();
    expect(await broken).toEqual({ ok: false, error: 'worker-crashed' });
  });
});

describe('a pool that is given more than it may hold', () => {
  it('refuses what is over, and does the rest', async () => {
    await withPool({ threads: 1, mostWaiting: 2 }, async (pool) => {
      const answers = await Promise.all(Array.from({ length: 5 }, () => pool.segment(disc(6))));
      expect(answers.map((a) => (a.ok ? 'ok' : a.error))).toEqual([
        'ok',
        'ok',
        'ok',
        'unexpected-error',
        'unexpected-error',
      ]);
    });
  });
});
