/** A report's measurements, and in the same value what was not understood. The way of a data set through this room, top to bottom. */
import {
  TAG,
  finding,
  type DataSet,
  type Finding,
  type ReadReport,
  type ReasonCode,
  type ReportKind,
  type Skipped,
} from '../domain/index.js';
import { readPresentationState } from './carriers/presentation-state.js';
import { evidenceOf } from './evidence.js';
import { headerOf } from './header.js';
import { findGroups, type OtherGroup } from './groups.js';
import { measurementsOf } from './measurement-of.js';
import { readGroup } from './read-group.js';
import { recogniseDataSet } from './recognise-data-set.js';
import { readAimAnnotations } from './shapes/aim-annotation.js';
import { pairSingleLengths } from './shapes/single-lengths.js';
import { joinSplitMarks } from './shapes/split-marks.js';
import { contentTree, pathOf } from './tree.js';

/** What is read besides structured reports; only where somebody asked for it. */
export type OtherCarrier = 'gsps';

/** Total: any data set gives a report, if only one that says why it has no measurements. Cost about linear in the content items. */
export function readReport(dataSet: DataSet, carriers: readonly OtherCarrier[] = []): ReadReport {
  const recognition = recogniseDataSet(dataSet);
  if (recognition.kind === 'gsps' && carriers.includes('gsps')) return readPresentationState(dataSet);
  const tree = contentTree(dataSet);
  const header = headerOf(dataSet, tree.root);
  const evidence = evidenceOf(dataSet, tree.imageItems);
  if (recognition.kind !== 'content-tree')
    return { ...header, ...nothingRead(recognition.kind, recognition.reason), evidence };

  const { groups, others, annotations } = findGroups(tree.root);
  const ofGroups = groups.map(readGroup);
  const ofAim = readAimAnnotations(annotations);
  const single = [...ofGroups.flatMap(({ readings }) => readings), ...ofAim.readings];
  const measurements = measurementsOf(pairSingleLengths(joinSplitMarks(single)));
  const skipped = [
    ...tree.skipped,
    ...ofGroups.flatMap((group) => group.skipped),
    ...ofAim.skipped,
    ...others.map(({ item }): Skipped => ({ reason: 'no-measurements', where: pathOf(item) })),
  ];
  return {
    ...header,
    kind: kindOf(tree.root.recognised?.concept === 'aim-report', measurements.length, others),
    measurements,
    skipped: measurements.length === 0 && skipped.length === 0 ? [wholeReport('no-measurements')] : skipped,
    findings: [...tree.findings, ...lifeCycleFindings(dataSet)],
    evidence,
  };
}

const nothingRead = (
  kind: ReportKind,
  reason: ReasonCode,
): Pick<ReadReport, 'kind' | 'measurements' | 'skipped' | 'findings'> => ({
  kind,
  measurements: [],
  skipped: [wholeReport(reason)],
  findings: [],
});

const wholeReport = (reason: ReasonCode): Skipped => ({ reason, where: '1' });

/**
 * A report of regions or segments in measurement groups is a measurement report, though without axes there is nothing for us in it. Everything else
 * without a measurement is not about lesions that were measured.
 */
function kindOf(isAim: boolean, measurements: number, others: readonly OtherGroup[]): ReportKind {
  if (isAim) return 'aim';
  return measurements > 0 || others.some(({ hasRegion }) => hasRegion) ? 'tid1500' : 'negative';
}

/** PS3.3 C.17.2: what policy may want to hold. UNVERIFIED is the normal state of every open-source writer and no finding. */
function lifeCycleFindings(dataSet: DataSet): readonly Finding[] {
  const findings: Finding[] = [];
  if (dataSet.text(TAG.CompletionFlag) === 'PARTIAL') findings.push(finding('report.partial'));
  if (dataSet.text(TAG.PreliminaryFlag) === 'PRELIMINARY') findings.push(finding('report.preliminary'));
  return findings;
}
