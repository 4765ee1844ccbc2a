import { describe, expect, it } from '@jest/globals';
import { join } from 'node:path';
import type { MethodName } from '../../src/domain/index.js';
import { dice, segmentLesionOn, WorkspaceShelf } from '../../src/segmentation/index.js';
import { describeWith, shared } from '../environment/peers.js';
import { validationRows, type LesionRow } from './reference/lesion-rows.js';

const shelf = new WorkspaceShelf();

function meanDice(rows: readonly LesionRow[], method: MethodName): number {
  const scores = rows.map((row) => {
    const result = segmentLesionOn(shelf, row.task(method));
    if (!result.ok) throw new Error(result.error);
    return dice(row.truth, result.value.mask);
  });
  return scores.reduce((sum, v) => sum + v, 0) / scores.length;
}

describeWith({ shared: shared() }, "experts' masks of lesions nothing was tuned on", ({ shared: folder }) => {
  // ellipse: what the data set's own page gives for it, measured by other code
  describe.each([
    ['lidc', 356, 0.811, 0.85],
    ['sts', 60, 0.887, 0.902],
  ])('%s', (source, count, ellipse, atLeast) => {
    const rows = validationRows(join(folder, 'data/lesions'), [source]);

    it('are all there', () => expect(rows).toHaveLength(count));

    it('are met by the ellipse as well as others measured it', () =>
      expect(meanDice(rows, 'ellipse')).toBeCloseTo(ellipse, 2));

    it('are met better by GrabCut than by the shapes between the marks', () => {
      const found = meanDice(rows, 'grabcut');
      expect(found).toBeGreaterThan(meanDice(rows, 'superellipse'));
      expect(found).toBeGreaterThan(ellipse);
      expect(found).toBeGreaterThan(atLeast);
    });
  });
});
