import { csvText } from '../dataset/index.js';
import type { LesionScore } from './evaluate.js';

const HEADER = [
  'id',
  'source',
  'split',
  'patient',
  'lesion',
  'key',
  'method',
  'method_used',
  'dice',
  'recall',
  'precision',
  'vs',
  'avd_px',
  'avd_mm',
  'agreement',
  'truth_px',
  'mask_px',
  'reason',
] as const;

/** A line for every row and method. Without times: the same masks give the same bytes. */
export const lesionCsv = (scores: readonly LesionScore[]): string =>
  csvText([
    HEADER,
    ...scores.map(({ row, method, outcome, score, truthPx }) => [
      row.id,
      row.source,
      row.split,
      row.patient,
      row.lesion,
      row.key ? '1' : '0',
      method,
      outcome.kind === 'mask' ? outcome.used : '',
      ...[
        score.dice,
        score.recall,
        score.precision,
        score.volumeSimilarity,
        score.averageDistancePx,
        score.averageDistanceMm,
      ].map((value) => value.toFixed(6)),
      outcome.kind === 'mask' ? outcome.agreement.toFixed(4) : '',
      String(truthPx),
      outcome.kind === 'mask' ? String(outcome.areaPx) : '0',
      outcome.kind === 'refused' ? outcome.reason : '',
    ]),
  ]);
