/** Report -> measurements -> marks on a slice. Pure, synchronous, total: nothing here throws, waits or looks anything up. */
export { isOwnObject } from './own-object.js';
export { readReport, type OtherCarrier } from './read-report.js';
export { explainReport } from './explain.js';
export { explainAim } from './carriers/aim/explain-aim.js';
export { readAim } from './carriers/aim/read-aim.js';
export { reportEquipmentOf, type ReportEquipment } from './report-equipment.js';
export { recogniseCarrier } from './recognise-carrier.js';
export { rejectedInstances } from './life-cycle/rejected-instances.js';
export { documentOf, type ReportDocument } from './life-cycle/report-document.js';
export { firstReportOf } from './life-cycle/first-report.js';
export {
  supersededDocuments,
  supersededReports,
  type KnownDocument,
  type Superseded,
} from './life-cycle/superseded-reports.js';
export { chooseSlice } from './locate/choose-slice.js';
export { constantSpacing } from './locate/constant-spacing.js';
export { locateMeasurement } from './locate/locate-measurement.js';
export { lesionsOverTime, type Course, type CoursePoint, type LesionInCourse } from './lesions-over-time/courses.js';
export { lesionNameOf, lesionUidOf, timeKeyOf, type Observation } from './lesions-over-time/observation.js';
export { sameLesions } from './lesions-over-time/same-lesion.js';
