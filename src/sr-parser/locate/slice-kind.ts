/** Is the image a slice that lesions are measured on? */
import { TAG, finding, normalOf, type Finding, type SourceSlice } from '../../domain/index.js';

/** A gantry tilts by up to 30 degrees; beyond 45 another orientation is nearer than the axial one. */
const LEAST_ALONG_PATIENT = Math.SQRT1_2;

export function checkSlice(slice: SourceSlice): readonly Finding[] {
  const findings: Finding[] = [];
  if (!(Math.abs(normalOf(slice.plane)[2]) >= LEAST_ALONG_PATIENT)) findings.push(finding('slice.not-axial'));
  if (slice.header.texts(TAG.ImageType).some((value) => value.toUpperCase() === 'LOCALIZER'))
    findings.push(finding('slice.localizer'));
  if (slice.lossy) findings.push(finding('slice.lossy'));
  return findings;
}
