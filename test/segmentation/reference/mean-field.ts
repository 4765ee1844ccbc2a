import type { CrfPicture } from '../../../src/segmentation/crf/crf-layout.js';
import type { CrfSettings } from '../../../src/segmentation/crf/crf-settings.js';

/**
 * The mean field by its definition: every pair of pixels, both classes, no approximation (Krähenbühl and Koltun, NIPS 2011, algorithm 1, with the
 * symmetric normalisation of their later program). Needs pixels^2 steps for every iteration.
 */
export function meanFieldByForce(picture: CrfPicture, settings: CrfSettings): number[] {
  const { rows, columns, spacing, hu, probability } = picture;
  const n = rows * columns;
  const all = Array.from({ length: n }, (_, p) => p);
  const squareMm = (p: number, q: number): number =>
    (((p % columns) - (q % columns)) * spacing.betweenColumns) ** 2 +
    ((Math.floor(p / columns) - Math.floor(q / columns)) * spacing.betweenRows) ** 2;
  const { spatial, bilateral } = settings;
  const affinity = all.map(() => new Float64Array(n));
  for (const [weight, kernel] of [
    [spatial.weight, (p: number, q: number) => Math.exp(-squareMm(p, q) / (2 * spatial.sigmaMm ** 2))],
    [
      bilateral.weight,
      (p: number, q: number) =>
        Math.exp(
          -squareMm(p, q) / (2 * bilateral.sigmaMm ** 2) - (hu[p]! - hu[q]!) ** 2 / (2 * bilateral.sigmaHu ** 2),
        ),
    ],
  ] as const) {
    const k = all.map((p) =>
      Float64Array.from(all, (q) => (p === q && settings.selfTerm === 'left-out' ? 0 : kernel(p, q))),
    );
    const degree = k.map((row) => row.reduce((sum, v) => sum + v, 0));
    for (const p of all)
      for (const q of all) affinity[p]![q]! += (weight * k[p]![q]!) / Math.sqrt(degree[p]! * degree[q]!);
  }

  const energy = [0, 1].map((label) =>
    all.map((p) => -Math.log(Math.max(label === 1 ? probability[p]! : 1 - probability[p]!, 1e-5))),
  );
  const softmax = (background: number, foreground: number): number =>
    Math.exp(foreground) / (Math.exp(foreground) + Math.exp(background));
  let q = all.map((p) => softmax(-energy[0]![p]!, -energy[1]![p]!));
  for (let i = 0; i < settings.iterations; i++) {
    q = all.map((p) => {
      let foreground = 0;
      let background = 0;
      affinity[p]!.forEach((a, r) => {
        foreground += a * q[r]!;
        background += a * (1 - q[r]!);
      });
      return softmax(background - energy[0]![p]!, foreground - energy[1]![p]!);
    });
  }
  return q;
}
