import type { Mask } from '../domain/index.js';
import { lesionRegion, overlaySvg, slicePng, windowFor } from '../pictures/index.js';
import { picturesOf, segmentRow, type EvaluationPlan, type LesionScore, type Workers } from './evaluate.js';
import { inLanes } from './lanes.js';
import { marksOfRow } from './marks-of-row.js';
import type { EvaluatedMethod } from './methods.js';

export type Rank = 'best' | 'median' | 'worst';

/** A lesion that a report shows, and why it is there. */
export interface ChosenCase {
  readonly rank: Rank;
  readonly scored: LesionScore;
}

export interface DrawnCase extends ChosenCase {
  /** The slice round the lesion, 8-bit grey PNG at its own resolution, and what lies over it. */
  readonly png: Uint8Array;
  readonly columns: number;
  readonly rows: number;
  readonly maskSvg: string;
  readonly expertSvg: string;
}

export interface CaseGroup<C> {
  readonly method: EvaluatedMethod;
  readonly source: string;
  readonly cases: readonly C[];
}

/** By Dice, for each method and source: so many of each rank, none twice where there are few. Equal ones in the order of the set. */
export function chooseCases(
  scores: readonly LesionScore[],
  methods: readonly EvaluatedMethod[],
  sources: readonly string[],
  ofEach: number,
): readonly CaseGroup<ChosenCase>[] {
  return methods.flatMap((method) =>
    sources.flatMap((source) => {
      const sorted = scores
        .filter((s) => s.method === method && s.row.source === source)
        .sort((a, b) => b.score.dice - a.score.dice);
      const n = sorted.length;
      if (n === 0) return [];
      const each = Math.min(ofEach, Math.max(1, Math.floor(n / 3)));
      const middle = Math.max(0, Math.floor((n - each) / 2));
      const ranks: readonly (readonly [Rank, number])[] = [
        ['best', 0],
        ['median', middle],
        ['worst', n - each],
      ];
      const taken = new Set<LesionScore>();
      const cases = ranks.flatMap(([rank, from]) =>
        sorted.slice(from, from + each).flatMap((scored) => {
          if (taken.has(scored)) return [];
          taken.add(scored);
          return [{ rank, scored }];
        }),
      );
      return [{ method, source, cases }];
    }),
  );
}

/** Masks are made again for the pictures: the same row and method give the same mask. */
export async function drawCases(
  plan: EvaluationPlan,
  groups: readonly CaseGroup<ChosenCase>[],
  workers: Workers,
  lanes: number,
): Promise<readonly CaseGroup<DrawnCase>[]> {
  const drawn = new Map<ChosenCase, DrawnCase>();
  await inLanes(
    groups.flatMap((group) => group.cases),
    lanes,
    async (chosen) => {
      drawn.set(chosen, await drawCase(plan, chosen, workers));
    },
  );
  return groups.map((group) => ({ ...group, cases: group.cases.map((chosen) => drawn.get(chosen)!) }));
}

async function drawCase(plan: EvaluationPlan, chosen: ChosenCase, workers: Workers): Promise<DrawnCase> {
  const { row, method } = chosen.scored;
  const pictures = await picturesOf(plan, row);
  if ('code' in pictures) throw new Error('a row that was scored cannot be read again');
  const { hu, truth } = pictures;
  const result = await segmentRow(plan, row, method, hu, workers);
  const mask = result.ok ? result.value.mask : undefined;
  const marks = marksOfRow(row, plan)!;
  const slice = { plane: { rows: row.rows, columns: row.columns }, hu };
  const region = lesionRegion(slice, marks, mask ? eitherOf(truth, mask) : truth);
  return {
    ...chosen,
    png: slicePng(slice, region, windowFor(slice, region)),
    columns: region.columns,
    rows: region.rows,
    maskSvg: overlaySvg(region, marks, mask),
    expertSvg: overlaySvg(region, marks, truth),
  };
}

const eitherOf = (a: Mask, b: Mask): Mask => ({ ...a, bits: a.bits.map((bit, p) => bit | b.bits[p]!) });
