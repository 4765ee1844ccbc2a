/** Do report and image belong together? What either does not say is no disagreement. */
import { TAG, finding, type Finding, type Measurement, type ReadReport, type SourceSlice } from '../../domain/index.js';

export function checkIdentity(measurement: Measurement, report: ReadReport, slice: SourceSlice): readonly Finding[] {
  const findings: Finding[] = [];
  if (differ(report.patientID, slice.header.text(TAG.PatientID))) findings.push(finding('identity.patient-differs'));
  const study = slice.header.text(TAG.StudyInstanceUID);
  if (differ(report.studyInstanceUID, study) && !isInEvidence(report, slice, study))
    findings.push(finding('identity.study-differs'));
  if (differ(measurement.image?.sopClassUID, slice.header.text(TAG.SOPClassUID)))
    findings.push(finding('image.class-differs'));
  return findings;
}

const differ = (a: string | undefined, b: string | undefined): boolean =>
  a !== undefined && b !== undefined && a.normalize('NFC') !== b.normalize('NFC');

/** A report may measure an image of an earlier study, if it says so itself. */
const isInEvidence = (report: ReadReport, slice: SourceSlice, study: string | undefined): boolean =>
  report.evidence.some(
    (instance) => instance.sopInstanceUID === slice.reference.sopInstanceUID && instance.studyInstanceUID === study,
  );
