import { KERNEL_REVISION } from '../domain/index.js';
import type { AssembledRow, AssembledSet } from './assemble.js';
import { COARSE_TYPE_NAMES } from './header-facts.js';
import type { HarvestPlan } from './settings.js';

/** The set's paper (Gebru et al. 2021, Datasheets for Datasets): what it is, how it came about, what is in it, what is known to be wrong with it. */
export function datasheet(set: AssembledSet, plan: HarvestPlan): string {
  const { description: said, scope } = plan;
  const rows = set.rows;
  const patients = new Map(rows.map(({ patient }) => [patient.pseudonym, patient]));
  const notSaid = 'not stated in the configuration';
  const window =
    scope.from === undefined && scope.to === undefined
      ? 'every StudyDate'
      : `StudyDate ${scope.from ?? 'from the beginning'} to ${scope.to ?? 'the end'}`;
  return `# ${said.name} ${said.version}

Made by \`caliper harvest\` ${plan.softwareVersion}, kernel revision ${KERNEL_REVISION}. Every number below is counted from the rows.

## Purpose and terms

- Purpose: ${said.purpose ?? notSaid}
- Licence: ${said.licence ?? notSaid}
- Commercial use: ${said.commercial === undefined ? notSaid : said.commercial ? 'allowed' : 'not allowed'}
- Ethics approval: ${said.approval ?? notSaid}
- Citation: ${said.citation ?? notSaid}
- Contact: ${said.contact ?? notSaid}

## Composition

${rows.length} rows (one measurement on one slice each), ${new Set(rows.map((r) => r.lesion)).size} lesions, ${patients.size} patients, ${new Set(rows.map(({ row }) => row.image.study)).size} studies.
Labels in seeds/ are weak: GrabCut's mask of the reader's two lines, uncertain where the shape between the lines says otherwise. ${
    plan.scope.labels === 'reviewed'
      ? 'Masks in masks/ were chosen by a person among contours that programs drew; measurements for which none was chosen are left out.'
      : 'There is no expert mask.'
  }

${table(
  'split',
  ['patients', 'rows'],
  ['train', 'val', 'test'].map((split) => [
    split,
    [...patients.values()].filter((p) => p.split === split).length,
    rows.filter((r) => r.patient.split === split).length,
  ]),
)}

## Collection

Structured reports of ${plan.sources.map((s) => s.name).join(', ')}, ${window}${scope.limit === undefined ? '' : `, the first ${scope.limit} reports`}. Slices beyond the marked one: ${scope.contextMm} mm.
Reports in studies without a StudyDate are not found by a search by dates. Where each report and measurement ended:

${table(
  'stage',
  ['in', 'lost', 'out'],
  set.stages.map((s) => [`${s.stage} (${s.counts})`, s.in, s.in - s.out, s.out]),
)}

${table('lost by', ['count'], losses(set))}

## De-identification

Pixels, numbers and words of fixed tables only; no text of a header or report is copied. Patients, studies, series, images, reports, lesions and scanners are pseudonyms by a keyed
hash; the key is not here. Dates are moved by a number of days that is the same within a patient; ages from 90 are 90. Images that say that annotation is burned in or that a person can be
recognised, and captures of screens, are left out. Pixels were not searched for text.

## Distributions

${histogram('long axis, mm', rows, ({ row }) => row.longAxisMm, [0, 5, 10, 15, 20, 30, 50, 100])}

${histogram('short axis, mm', rows, ({ row }) => row.shortAxisMm, [0, 5, 10, 15, 20, 30, 50, 100])}

${histogram('pixel spacing, mm', rows, ({ row }) => row.image.betweenColumns, [0, 0.5, 0.6, 0.7, 0.8, 0.9, 1])}

${histogram('slice interval, mm', rows, ({ row }) => row.image.intervalMm, [0, 1, 1.5, 2.5, 3.5, 5, 7.5])}

${table(
  'place',
  ['rows'],
  counted(rows, ({ row }) => COARSE_TYPE_NAMES[row.coarseType] ?? 'not told'),
)}

${table(
  'finding',
  ['rows'],
  counted(rows, ({ row }) => row.findingName ?? 'other or not told'),
)}

${table(
  'source',
  ['rows'],
  counted(rows, ({ row }) => row.source),
)}

${table(
  'scanner maker',
  ['rows'],
  counted(rows, ({ row }) => row.vendor),
)}

${table('scanner', ['rows'], counted(rows, ({ row }) => `${row.vendor} ${row.scanner}`).slice(0, 20))}

${table(
  'year, shifted',
  ['rows'],
  counted(rows, ({ shiftedDate }) => shiftedDate?.slice(0, 4) ?? 'not told', 'by name'),
)}

${table(
  'report',
  ['rows'],
  counted(rows, ({ read }) => read.reportKind),
)}

## Label quality

Agreement says how well a label re-measures as the reader measured, 0 to 1.

${histogram('agreement', rows, ({ row }) => row.agreement, [0, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9])}

${table(
  'method',
  ['rows'],
  counted(rows, ({ row }) => row.method),
)}

${table('finding of the reader', ['rows'], findings(rows))}

## Known biases

Readers measure the largest lesions and those that can be measured well; one slice stands for a lesion; patients under treatment come back and are over-represented; other
lesions of a slice are not marked, so that background far from the marks is not certain; sets of weak and of expert labels are not to be mixed in one table.
Leakage: no patient is in two splits. The same lesion over time has one \`lesion\` and stays in one split: ${rows.length - new Set(rows.map((r) => r.lesion)).size} rows are of a lesion that has another row. Rows on a slice that other rows share: ${sharedSlices(rows)}.
`;
}

type Line = readonly [name: string, ...counts: number[]];

const table = (first: string, columns: readonly string[], lines: readonly Line[]): string =>
  [
    `| ${[first, ...columns].join(' | ')} |`,
    `| ${[first, ...columns].map(() => '---').join(' | ')} |`,
    ...lines.map(([name, ...counts]) => `| ${[name, ...counts].join(' | ')} |`),
  ].join('\n');

function losses(set: AssembledSet): readonly Line[] {
  return set.stages.flatMap((stage) =>
    Object.entries(stage.lost).map(([reason, count]): Line => [`${stage.stage}: ${reason}`, count]),
  );
}

function counted(
  rows: readonly AssembledRow[],
  nameOf: (row: AssembledRow) => string,
  order: 'by count' | 'by name' = 'by count',
): readonly Line[] {
  const counts = new Map<string, number>();
  for (const row of rows) counts.set(nameOf(row), (counts.get(nameOf(row)) ?? 0) + 1);
  return [...counts].sort(([a, n], [b, m]) => (order === 'by count' ? m - n : 0) || (a < b ? -1 : 1));
}

const findings = (rows: readonly AssembledRow[]): readonly Line[] => {
  const counts = new Map<string, number>();
  for (const { row } of rows) for (const code of row.findings) counts.set(code, (counts.get(code) ?? 0) + 1);
  return [...counts].sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1));
};

function histogram(
  name: string,
  rows: readonly AssembledRow[],
  valueOf: (row: AssembledRow) => number | null,
  from: readonly number[],
): string {
  const counts = from.map(() => 0);
  let unknown = 0;
  for (const row of rows) {
    const value = valueOf(row);
    if (value === null) unknown++;
    else {
      const bin = from.findLastIndex((lower) => value >= lower);
      counts[Math.max(0, bin)]!++;
    }
  }
  const label = (i: number) => (i === from.length - 1 ? `${from[i]!} and more` : `${from[i]!} to ${from[i + 1]!}`);
  return table(
    name,
    ['rows'],
    [...counts.map((count, i): Line => [label(i), count]), ...(unknown > 0 ? [['not told', unknown] as const] : [])],
  );
}

function sharedSlices(rows: readonly AssembledRow[]): number {
  const counts = new Map<string, number>();
  for (const { row } of rows) counts.set(row.image.image, (counts.get(row.image.image) ?? 0) + 1);
  return rows.filter(({ row }) => counts.get(row.image.image)! > 1).length;
}
