/** Is the image a slice that lesions are measured on? */
import { isAxial, isLocalizer } from '../../dicom/index.js';
import { finding, type Finding, type SourceSlice } from '../../domain/index.js';

export function checkSlice(slice: SourceSlice): readonly Finding[] {
  const findings: Finding[] = [];
  if (!isAxial(slice.plane)) findings.push(finding('slice.not-axial'));
  if (isLocalizer(slice.header, slice.reference.frame)) findings.push(finding('slice.localizer'));
  if (slice.lossy) findings.push(finding('slice.lossy'));
  return findings;
}
