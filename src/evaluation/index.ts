export { chooseCases, drawCases } from './cases.js';
export { evaluate, type Evaluation, type EvaluationPlan, type Workers } from './evaluate.js';
export { htmlReport } from './html-report.js';
export { lesionCsv } from './lesion-csv.js';
export { makeSeeds } from './make-seeds.js';
export { marksOfRow } from './marks-of-row.js';
export { askedOf, evaluatedMethod, isKernelMethod, KERNEL_METHODS, type EvaluatedMethod } from './methods.js';
export { tableOf, type Statistic, type TableRow } from './table.js';
