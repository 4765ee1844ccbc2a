import { KERNEL_REVISION } from '../domain/index.js';
import type { AssembledRow } from './assemble.js';
import type { HarvestPlan } from './settings.js';

/** Where a row comes from, in pseudonyms, and what made its label: one line of provenance.jsonl. */
export function provenanceLine(
  { row, report, read, patient, lesion, shiftedDate }: AssembledRow,
  plan: HarvestPlan,
  file: string,
): string {
  return `${JSON.stringify({
    id: row.id,
    file,
    source: row.source,
    patient: patient.pseudonym,
    study: row.image.study,
    study_date_shifted: shiftedDate === null ? null : isoDate(shiftedDate),
    series: row.image.series,
    image: row.image.image,
    slices: row.image.taken,
    context_ended_by: row.image.ended,
    report,
    report_kind: read.reportKind,
    shape: row.shape,
    lesion,
    finding: row.findingName,
    coarse_type: row.coarseType,
    scanner: `${row.vendor} ${row.scanner}`,
    long_axis_mm: row.longAxisMm,
    short_axis_mm: row.shortAxisMm,
    reported_long_axis_mm: row.reportedLongMm,
    reported_short_axis_mm: row.reportedShortMm,
    method: row.method,
    agreement: row.agreement,
    area_px: row.areaPx,
    reviewed: row.expert?.contour ?? null,
    findings: row.findings,
    caliper: plan.softwareVersion,
    kernel_revision: KERNEL_REVISION,
  })}\n`;
}

const isoDate = (date: string): string => `${date.slice(0, 4)}-${date.slice(4, 6)}-${date.slice(6, 8)}`;
