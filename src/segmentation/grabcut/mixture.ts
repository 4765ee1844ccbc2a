/**
 * One-dimensional Gaussian mixtures over a histogram: the work grows with the number of distinct grey levels, not with the number of pixels.
 * Two ways of counting a pixel's cost: `hard` is that of its best component (Rother, Kolmogorov, Blake, SIGGRAPH 2004), so that assigning,
 * refitting and cutting all lower one energy; `soft` is that of the whole mixture, as OpenCV's grabcut.cpp has it.
 */
export interface Mixture {
  /** Components in use; the arrays may be longer. */
  size: number;
  readonly weight: Float64Array;
  readonly mean: Float64Array;
  readonly variance: Float64Array;
  /** Cost in nats of a pixel that lies on the mean, the weight counted: -log weight + log(variance) / 2. */
  readonly least: Float64Array;
  /** A number a component, for one level at a time. */
  readonly scratch: Float64Array;
}

/** The grey levels that occur, ascending, and how many pixels of one side have each. */
export interface Histogram {
  readonly levels: number;
  readonly value: Float64Array;
  readonly count: Int32Array;
}

export type MixtureEnergy = 'hard' | 'soft';

export const MOST_COMPONENTS = 8;

const LLOYD_ROUNDS = 10;

export const createMixture = (): Mixture => ({
  size: 0,
  weight: new Float64Array(MOST_COMPONENTS),
  mean: new Float64Array(MOST_COMPONENTS),
  variance: new Float64Array(MOST_COMPONENTS),
  least: new Float64Array(MOST_COMPONENTS),
  scratch: new Float64Array(MOST_COMPONENTS),
});

/**
 * First mixture of a side: k-means++ and at most ten rounds of Lloyd's algorithm, fewer components where there are fewer levels. `component` is
 * scratch of at least `levels` entries. A side without pixels gets no components.
 */
export function startMixture(
  mixture: Mixture,
  histogram: Histogram,
  component: Uint8Array,
  components: number,
  spread: VarianceRule,
  random: () => number,
): void {
  chooseCentres(mixture, histogram, components, random);
  for (let round = 0; round < LLOYD_ROUNDS; round++) {
    assignToCentres(mixture, histogram, component);
    if (!moveCentres(mixture, histogram, component)) break;
  }
  refitMixture(mixture, histogram, component, spread);
}

/** How a component's variance is kept from collapsing: never below a floor (hard), or always a little more (OpenCV). */
export type VarianceRule =
  { readonly kind: 'floor'; readonly least: number } | { readonly kind: 'add'; readonly more: number };

/** Weight, mean and variance of the levels assigned to each component; a component that got none is dropped. */
export function refitMixture(
  mixture: Mixture,
  histogram: Histogram,
  component: Uint8Array,
  spread: VarianceRule,
): void {
  const { weight, mean, variance, least } = mixture;
  const { levels, value, count } = histogram;
  const before = mixture.size;
  weight.fill(0);
  mean.fill(0);
  variance.fill(0);
  let total = 0;
  for (let i = 0; i < levels; i++) {
    const n = count[i]!;
    if (n === 0) continue;
    const k = component[i]!;
    weight[k] = weight[k]! + n;
    mean[k] = mean[k]! + n * value[i]!;
    total += n;
  }
  for (let k = 0; k < before; k++) if (weight[k]! > 0) mean[k] = mean[k]! / weight[k]!;
  for (let i = 0; i < levels; i++) {
    const n = count[i]!;
    if (n === 0) continue;
    const k = component[i]!;
    const off = value[i]! - mean[k]!;
    variance[k] = variance[k]! + n * off * off;
  }

  let kept = 0;
  for (let k = 0; k < before; k++) {
    const n = weight[k]!;
    if (n === 0) continue;
    const measured = variance[k]! / n;
    weight[kept] = n / total;
    mean[kept] = mean[k]!;
    variance[kept] = spread.kind === 'floor' ? Math.max(measured, spread.least) : measured + spread.more;
    least[kept] = -Math.log(weight[kept]!) + 0.5 * Math.log(variance[kept]!);
    kept++;
  }
  mixture.size = kept;
}

/** Gives each level that occurs the component in which it costs least; the first of equals. */
export function assignLevels(
  mixture: Mixture,
  histogram: Histogram,
  component: Uint8Array,
  energy: MixtureEnergy,
): void {
  const { size, weight, mean, variance, least, scratch: base } = mixture;
  const { levels, value, count } = histogram;
  // OpenCV assigns by the density without the weight
  for (let k = 0; k < size; k++) base[k] = least[k]! + (energy === 'hard' ? 0 : Math.log(weight[k]!));
  for (let i = 0; i < levels; i++) {
    if (count[i] === 0) continue;
    let best = 0;
    let lowest = Infinity;
    for (let k = 0; k < size; k++) {
      const off = value[i]! - mean[k]!;
      const cost = base[k]! + (0.5 * off * off) / variance[k]!;
      if (cost < lowest) {
        lowest = cost;
        best = k;
      }
    }
    component[i] = best;
  }
}

/** Cost in nats of every level on a side with this mixture, up to a constant that is the same for every mixture. */
export function levelCostsInto(out: Float64Array, mixture: Mixture, histogram: Histogram, energy: MixtureEnergy): void {
  const { size, mean, variance, least, scratch: spread } = mixture;
  const { levels, value } = histogram;
  for (let i = 0; i < levels; i++) {
    let lowest = Infinity;
    for (let k = 0; k < size; k++) {
      const off = value[i]! - mean[k]!;
      const squares = (0.5 * off * off) / variance[k]!;
      spread[k] = squares;
      const cost = least[k]! + squares;
      if (cost < lowest) lowest = cost;
    }
    out[i] = energy === 'hard' ? lowest : lowest - Math.log(shareOfAll(mixture, lowest));
  }
}

/** exp of this is lost beside 1. */
const NOTHING_BESIDE_ONE = -40;

/**
 * How many times the density of the best component that of the whole mixture is, at the level whose squares stand in `scratch`: from the cost of the
 * best out of the exponent, since OpenCV's own form underflows to log 0.
 */
function shareOfAll({ size, least, scratch: spread }: Mixture, lowest: number): number {
  let sum = 0;
  for (let k = 0; k < size; k++) {
    const exponent = lowest - least[k]! - spread[k]!;
    if (exponent > NOTHING_BESIDE_ONE) sum += Math.exp(exponent);
  }
  return sum;
}

/** k-means++ (Arthur and Vassilvitskii 2007): each next centre is drawn with a chance that grows with the squared distance to the nearest one. */
function chooseCentres(
  mixture: Mixture,
  { levels, value, count }: Histogram,
  components: number,
  random: () => number,
): void {
  const { mean } = mixture;
  mixture.size = 0;
  while (mixture.size < components) {
    let total = 0;
    for (let i = 0; i < levels; i++) total += count[i]! * distanceToCentre(value[i]!, mixture);
    if (total === 0) return;
    const drawn = random() * total;
    let chosen = 0;
    let passed = 0;
    for (let i = 0; i < levels && passed <= drawn; i++) {
      const share = count[i]! * distanceToCentre(value[i]!, mixture);
      if (share > 0) chosen = i;
      passed += share;
    }
    mean[mixture.size++] = value[chosen]!;
  }
}

/** Squared; 1 for every level while there is no centre. */
function distanceToCentre(v: number, { size, mean }: Mixture): number {
  let least = size === 0 ? 1 : Infinity;
  for (let k = 0; k < size; k++) {
    const off = v - mean[k]!;
    if (off * off < least) least = off * off;
  }
  return least;
}

function assignToCentres({ size, mean }: Mixture, { levels, value, count }: Histogram, component: Uint8Array): void {
  for (let i = 0; i < levels; i++) {
    if (count[i] === 0) continue;
    let best = 0;
    let least = Infinity;
    for (let k = 0; k < size; k++) {
      const off = Math.abs(value[i]! - mean[k]!);
      if (off < least) {
        least = off;
        best = k;
      }
    }
    component[i] = best;
  }
}

/** Centres of a side may all stay where they are: then Lloyd's algorithm is done. */
function moveCentres(mixture: Mixture, { levels, value, count }: Histogram, component: Uint8Array): boolean {
  let moved = false;
  for (let k = 0; k < mixture.size; k++) {
    let n = 0;
    let sum = 0;
    for (let i = 0; i < levels; i++) {
      if (count[i] === 0 || component[i] !== k) continue;
      n += count[i]!;
      sum += count[i]! * value[i]!;
    }
    if (n === 0) continue;
    const centre = sum / n;
    if (centre !== mixture.mean[k]) moved = true;
    mixture.mean[k] = centre;
  }
  return moved;
}
