import { expect, it } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import type { Mask } from '../../src/domain/index.js';
import { scoreOf } from '../../src/segmentation/index.js';
import { describeWith, python } from '../environment/peers.js';
import { spacingOf } from './marks.js';
import { numbersFrom } from './reference/picture.js';

const PAIRS = 1000;

describeWith({ python: python() }, 'scores of masks', (peers) => {
  const numbers = numbersFrom(12);
  /** Discs, single pixels and nothing at all, sometimes ragged: what methods and experts draw, and what they should not. */
  const randomMask = (rows: number, columns: number, empty: 'possible' | 'never'): Mask => {
    const [x0, y0, radius, ragged] = [numbers(columns), numbers(rows), numbers(14), numbers(3)];
    const bits = Uint8Array.from({ length: rows * columns }, (_, p) =>
      Math.hypot((p % columns) - x0, Math.floor(p / columns) - y0) <= radius && (ragged > 0 || numbers(4) > 0) ? 1 : 0,
    );
    if (empty === 'possible' && numbers(20) === 0) bits.fill(0);
    else bits[y0 * columns + x0] = 1;
    return { rows, columns, bits };
  };
  const cases = Array.from({ length: PAIRS }, () => {
    const [rows, columns] = [1 + numbers(40), 1 + numbers(40)];
    const spacing = spacingOf(0.3 + numbers(100) / 100, 0.3 + numbers(100) / 100);
    return { truth: randomMask(rows, columns, 'never'), mask: randomMask(rows, columns, 'possible'), spacing };
  });

  it(`equal those of NumPy and SciPy on ${PAIRS} random pairs`, () => {
    const lines = cases.map(({ truth, mask, spacing }) =>
      JSON.stringify({
        rows: truth.rows,
        columns: truth.columns,
        ...spacing,
        truth: truth.bits.join(''),
        mask: mask.bits.join(''),
      }),
    );
    const said = execFileSync(peers.python, [join(import.meta.dirname, 'metrics_twin.py')], {
      input: lines.join('\n'),
      encoding: 'utf8',
      maxBuffer: 1 << 26,
    });
    const twins = said
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, number>);
    expect(twins).toHaveLength(PAIRS);
    let furthest = 0;
    let empties = 0;
    cases.forEach(({ truth, mask, spacing }, i) => {
      const score = scoreOf(truth, mask, spacing);
      const twin = twins[i]!;
      const off = [
        score.recall - twin['recall']!,
        score.precision - twin['precision']!,
        score.dice - twin['dice']!,
        score.volumeSimilarity - twin['volumeSimilarity']!,
        score.averageDistancePx - twin['px']!,
        score.averageDistanceMm - twin['mm']!,
      ].map(Math.abs);
      furthest = Math.max(furthest, ...off);
      if (score.empty === 'mask') empties++;
    });
    expect(empties).toBeGreaterThan(10);
    expect(furthest).toBeLessThan(1e-6);
  });
});
