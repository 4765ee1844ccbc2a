import { REPORT_CLASSES, SOP_CLASS, type SopClassUid } from '../domain/index.js';

/** Whether an instance of this class is worth retrieving: the others (dose, CAD, ECG, procedure logs, key objects) end by their class alone. */
export const isReportClass = (sopClass: SopClassUid): boolean =>
  REPORT_CLASSES.has(sopClass) || sopClass === SOP_CLASS.GrayscaleSoftcopyPresentationState;
