/** Report -> measurements -> marks on a slice. Pure, synchronous, total: nothing here throws, waits or looks anything up. */
export { isOwnObject } from './own-object.js';
export { readReport, type OtherCarrier } from './read-report.js';
export { explainReport } from './explain.js';
export { readAim } from './carriers/aim/read-aim.js';
export { recogniseCarrier } from './recognise-carrier.js';
export { rejectedInstances } from './life-cycle/rejected-instances.js';
export { supersededReports, type Superseded } from './life-cycle/superseded-reports.js';
export { chooseSlice } from './locate/choose-slice.js';
export { constantSpacing } from './locate/constant-spacing.js';
export { locateMeasurement } from './locate/locate-measurement.js';
export { lesionsOverTime, type Course, type CoursePoint, type LesionInCourse } from './lesions-over-time/courses.js';
export type { Observation } from './lesions-over-time/observation.js';
