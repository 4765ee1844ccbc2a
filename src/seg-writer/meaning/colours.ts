/** The Okabe-Ito colours, told apart by colour-blind readers, as 16-bit CIELab (PS3.3 C.10.7.1.1): orange, sky blue, green, yellow, blue, vermilion, purple. */
const OKABE_ITO: readonly (readonly [l: number, a: number, b: number])[] = [
  [46272, 37133, 52089],
  [45761, 29808, 23958],
  [37841, 21141, 36173],
  [58400, 29473, 52287],
  [30128, 32193, 22262],
  [35511, 44019, 49160],
  [40007, 42801, 30169],
];

/** L of one round after the other: as it is, lighter by 12, darker by 12 (of 100). */
const LIGHTNESS: readonly number[] = [0, 12, -12];

/** RecommendedDisplayCIELabValue of the n-th measurement of a report, counted from 1. */
export function cieLabOf(ordinal: number): readonly [number, number, number] {
  const index = ordinal - 1;
  const [l, a, b] = OKABE_ITO[index % OKABE_ITO.length]!;
  const step = LIGHTNESS[Math.floor(index / OKABE_ITO.length) % LIGHTNESS.length]!;
  return [Math.min(65535, Math.max(0, l + Math.round((step / 100) * 65535))), a, b];
}
