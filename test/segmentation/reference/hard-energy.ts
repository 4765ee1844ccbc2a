/** GrabCut's hard energy as the paper writes it (Rother et al. 2004), pixel by pixel and pair by pair, on pictures without border. */
export interface Gaussian {
  readonly weight: number;
  readonly mean: number;
  readonly variance: number;
}

export function hardEnergy(
  width: number,
  height: number,
  grey: ArrayLike<number>,
  label: ArrayLike<number>,
  mixtures: { foreground: readonly Gaussian[]; background: readonly Gaussian[] },
  gamma: number,
): number {
  const pairs: [number, number, number][] = [];
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++)
      for (const [dx, dy] of [
        [1, 0],
        [0, 1],
        [1, 1],
        [-1, 1],
      ] as const)
        if (x + dx >= 0 && x + dx < width && y + dy < height)
          pairs.push([y * width + x, (y + dy) * width + x + dx, Math.hypot(dx, dy)]);
  const differences = pairs.map(([p, q]) => (grey[p]! - grey[q]!) ** 2);
  const mean = differences.reduce((a, b) => a + b, 0) / pairs.length;
  const beta = mean === 0 ? 0 : 1 / (2 * mean);

  let energy = 0;
  for (let p = 0; p < width * height; p++) {
    const side = label[p] === 1 ? mixtures.foreground : mixtures.background;
    energy += Math.min(
      ...side.map((g) => -Math.log(g.weight) + Math.log(g.variance) / 2 + (grey[p]! - g.mean) ** 2 / (2 * g.variance)),
    );
  }
  pairs.forEach(([p, q, length], i) => {
    if (label[p] !== label[q]) energy += (gamma / length) * Math.exp(-beta * differences[i]!);
  });
  return energy;
}
