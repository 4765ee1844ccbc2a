import type { LesionScore } from './evaluate.js';
import type { EvaluatedMethod } from './methods.js';

/** Over lesion rows, or over sources in `macro`. `sd` with n - 1; null where there is one value only. */
export interface Statistic {
  readonly mean: number;
  readonly sd: number | null;
  readonly median: number;
}

export interface TableRow {
  readonly method: EvaluatedMethod;
  /** A source of the set, `all` (over lesion rows) or `macro` (over the sources' means). */
  readonly source: string;
  /** Lesion rows; in `macro` sources. */
  readonly n: number;
  readonly dice: Statistic;
  readonly recall: Statistic;
  readonly precision: Statistic;
  readonly vs: Statistic;
  readonly avdPx: Statistic;
  readonly avdMm: Statistic;
  /** Rows without any pixel, refused ones among them. */
  readonly empties: number;
  readonly msPerLesion: number | null;
}

const MEASURES = {
  dice: (s: LesionScore) => s.score.dice,
  recall: (s: LesionScore) => s.score.recall,
  precision: (s: LesionScore) => s.score.precision,
  vs: (s: LesionScore) => s.score.volumeSimilarity,
  avdPx: (s: LesionScore) => s.score.averageDistancePx,
  avdMm: (s: LesionScore) => s.score.averageDistanceMm,
} as const;
type Measure = keyof typeof MEASURES;

/** For each method a row for each source, then `all` and `macro`. */
export function tableOf(
  scores: readonly LesionScore[],
  methods: readonly EvaluatedMethod[],
  sources: readonly string[],
): readonly TableRow[] {
  return methods.flatMap((method) => {
    const own = scores.filter((s) => s.method === method);
    if (own.length === 0) return [];
    const bySource = sources
      .map((source) => ({ source, scores: own.filter((s) => s.row.source === source) }))
      .filter((group) => group.scores.length > 0)
      .map((group) => overRows(method, group.source, group.scores));
    return [...bySource, overRows(method, 'all', own), overSources(method, bySource)];
  });
}

const overRows = (method: EvaluatedMethod, source: string, scores: readonly LesionScore[]): TableRow => ({
  method,
  source,
  n: scores.length,
  ...statistics((measure) => scores.map(MEASURES[measure])),
  empties: scores.filter((s) => s.score.empty === 'mask').length,
  msPerLesion: meanOf(scores.map((s) => s.tookMs).filter((t) => t !== undefined)),
});

const overSources = (method: EvaluatedMethod, bySource: readonly TableRow[]): TableRow => ({
  method,
  source: 'macro',
  n: bySource.length,
  ...statistics((measure) => bySource.map((row) => row[measure].mean)),
  empties: bySource.reduce((sum, row) => sum + row.empties, 0),
  msPerLesion: meanOf(bySource.map((row) => row.msPerLesion).filter((t) => t !== null)),
});

const statistics = (valuesOf: (measure: Measure) => readonly number[]): Record<Measure, Statistic> => ({
  dice: statisticOf(valuesOf('dice')),
  recall: statisticOf(valuesOf('recall')),
  precision: statisticOf(valuesOf('precision')),
  vs: statisticOf(valuesOf('vs')),
  avdPx: statisticOf(valuesOf('avdPx')),
  avdMm: statisticOf(valuesOf('avdMm')),
});

/** Of at least one value. */
export function statisticOf(values: readonly number[]): Statistic {
  const mean = meanOf(values);
  if (mean === null) throw new RangeError('no values have no mean');
  const squares = values.reduce((sum, v) => sum + (v - mean) ** 2, 0);
  const sorted = [...values].sort((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  return {
    mean,
    sd: values.length > 1 ? Math.sqrt(squares / (values.length - 1)) : null,
    median: (sorted[Math.floor(middle)]! + sorted[Math.ceil(middle)]!) / 2,
  };
}

const meanOf = (values: readonly number[]): number | null =>
  values.length === 0 ? null : values.reduce((sum, v) => sum + v, 0) / values.length;
