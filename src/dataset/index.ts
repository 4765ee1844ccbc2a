export { csvText } from './csv.js';
export { ifThere } from './if-there.js';
export { SPLITS, type LesionRow, type Split } from './lesion-row.js';
export type { LesionSet, LesionSetProblem, SourceNote } from './lesion-set.js';
export { ROW_PROBLEMS, type RowProblem, type RowProblemCode } from './problems.js';
export { readLesionSet } from './read-lesion-set.js';
export { huOfPng, maskPng, readExpertMask, readRowHu, readSeed } from './row-pictures.js';
export { createLesionSet, type LesionSetWriter, type RowSeed } from './write-lesion-set.js';
export {
  deepLesionPlaces,
  deepLesionTable,
  harvestedTable,
  namedRows,
  splitsTable,
  type DeepLesionPlace,
  type HarvestedRow,
} from './harvested-tables.js';
export { differenceOf, digestsOf, type ComparedSet, type SetDifference } from './set-difference.js';
