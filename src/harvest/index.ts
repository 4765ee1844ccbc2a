/** Archive -> data set: finds reports by date, takes their slices and labels, and nothing that names somebody. */
export { harvest, type HarvestOutcome } from './harvest.js';
export { surveyArchive, type SurveyedWindow } from './survey-archive.js';
export { dicomDate } from './partitions.js';
export type { HarvestPlan, HarvestProgress, HarvestSource, SetDescription, SetForm } from './settings.js';
