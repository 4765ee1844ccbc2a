import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { readPart10 } from '../dicom/index.js';
import { explainObject, type ExplainedObject, type ExplainedSegment, type ExplainedWork } from '../seg-writer/index.js';
import { EXIT, type ExitCode } from './exit-codes.js';
import { explainFromLedger } from './explain-from-ledger.js';
import type { Terminal } from './terminal.js';
import { textTable } from './text-table.js';

export interface ExplainOptions {
  /** A file; or a number of the ledger (`r-12`, `o-7`) or a UID, which need a configuration. */
  readonly what: string;
  readonly config: string | undefined;
  readonly json: boolean;
}

/** `caliper explain`: how an object of ours came to be, from the object alone; of a report, from the ledger. */
export async function explain(options: ExplainOptions, terminal: Terminal): Promise<ExitCode> {
  const { what, config, json } = options;
  if (existsSync(what)) return explainFile(what, json, terminal);
  if (config !== undefined) return explainFromLedger(what, config, json, terminal);
  terminal.err(`${what}: there is no such file; numbers and UIDs need the ledger: give --config`);
  return EXIT.usage;
}

async function explainFile(path: string, json: boolean, terminal: Terminal): Promise<ExitCode> {
  const file = readPart10(await readFile(path));
  const explained = file.ok ? explainObject(file.value.dataSet) : undefined;
  if (!explained) {
    terminal.err(file.ok ? `${path}: was not written by Caliper` : `${path}: the file is not DICOM`);
    return EXIT.someFailed;
  }
  if (json) terminal.out(JSON.stringify({ file: path, ...explained }));
  else for (const line of linesOf(path, explained)) terminal.out(line);
  const changed = explained.kind === 'segmentation' && explained.segments.some(({ pixels }) => pixels === 'changed');
  return changed ? EXIT.someFailed : EXIT.done;
}

const KINDS: Readonly<Record<ExplainedObject['kind'], string>> = {
  segmentation: 'segmentation',
  'result-report': 'result report',
  'rejection-note': 'rejection note',
};

function linesOf(path: string, object: ExplainedObject): readonly string[] {
  return [
    `${path}: ${KINDS[object.kind]} by Caliper ${object.softwareVersion ?? '(version unknown)'}`,
    ...factLines(2, [
      ['written', momentText(object.writtenAt)],
      ['installation', object.installationId],
      ['object', object.sopInstanceUID],
      ['series', object.seriesInstanceUID],
      ['study', object.studyInstanceUID],
      ...ofKind(object),
    ]),
    ...partsOf(object),
  ];
}

type Fact = readonly [string, string | undefined];

function ofKind(object: ExplainedObject): readonly Fact[] {
  switch (object.kind) {
    case 'segmentation':
      return [
        ['form', object.type],
        ['report', reportsOf(object.segments.map(({ work }) => work))],
      ];
    case 'result-report':
      return [
        ['report', object.sourceReport],
        ['replaces', object.predecessors.join(', ') || undefined],
      ];
    case 'rejection-note':
      return [['title', object.title], ['says', object.says], ...object.rejected.map((uid): Fact => ['rejects', uid])];
  }
}

function partsOf(object: ExplainedObject): readonly string[] {
  if (object.kind === 'segmentation') return object.segments.flatMap(segmentLines);
  if (object.kind === 'rejection-note') return [];
  return object.groups.flatMap(({ trackingIdentifier, trackingUID, segmentation, measurements, work }) => [
    `  ${trackingIdentifier ?? 'a lesion'}`,
    ...factLines(4, [
      ['tracking UID', trackingUID],
      [
        'segment',
        segmentation.segmentNumber === undefined
          ? `frame ${segmentation.frame ?? '?'} of ${segmentation.sopInstanceUID}`
          : `${segmentation.segmentNumber} of ${segmentation.sopInstanceUID}`,
      ],
      ...workFacts(work),
    ]),
    ...textTable(
      ['    measured', 'value', 'unit'],
      measurements.map(({ name, value, unit }) => [`    ${name}`, String(value ?? ''), unit ?? '']),
    ).split('\n'),
  ]);
}

function segmentLines(segment: ExplainedSegment): readonly string[] {
  const { replaces, images } = segment;
  return [
    `  segment ${segment.number}: ${segment.label ?? 'without a label'}`,
    ...factLines(4, [
      ['tracking UID', segment.trackingUID],
      ['finding', [segment.type, segment.region].filter(Boolean).join(', ') || undefined],
      ['lines', segment.reportedAxes && `${segment.reportedAxes} in the report`],
      ['contour', segment.contourAxes],
      ...workFacts(segment.work),
      ...images.map((image): Fact => ['image', imageText(image)]),
      ['replaces', replaces && `segment ${replaces.segmentNumber} of ${replaces.sopInstanceUID}`],
      ['pixels', segment.pixels === 'as-written' ? 'as they were written' : 'CHANGED since they were written'],
    ]),
  ];
}

const imageText = ({ sopInstanceUID, frame }: ExplainedSegment['images'][number]): string =>
  frame === undefined ? sopInstanceUID : `${sopInstanceUID}, frame ${frame}`;

function workFacts(work: ExplainedWork | undefined): readonly Fact[] {
  if (!work) return [];
  return [
    ['measurement', `${work.measurementKey} of ${work.report}`],
    ['rule', work.rule ?? 'not named in the object'],
    ['method', [work.method, work.algorithm && `(${work.algorithm})`].filter(Boolean).join(' ')],
    ['bundle', work.bundle ? `${work.bundle.name}, SHA-256 ${work.bundle.sha256}` : 'none'],
    ['kernel', `revision ${work.kernelRevision}`],
    ['agreement', work.agreement?.toFixed(3)],
  ];
}

const reportsOf = (works: readonly ExplainedWork[]): string | undefined =>
  [...new Set(works.map(({ report }) => report))].join(', ') || undefined;

/** Facts that are known, their names as wide as the widest. */
function factLines(indent: number, facts: readonly Fact[]): readonly string[] {
  const known = facts.filter((fact): fact is readonly [string, string] => fact[1] !== undefined);
  const width = Math.max(0, ...known.map(([name]) => name.length));
  return known.map(([name, value]) => `${' '.repeat(indent)}${name.padEnd(width)}  ${value}`);
}

/** `20260304050607` as people read it. */
function momentText(digits: string | undefined): string | undefined {
  const found = /^(\d{4})(\d\d)(\d\d)(?:(\d\d)(\d\d)(\d\d))?/.exec(digits ?? '');
  if (!found) return digits;
  const [, year, month, day, hours, minutes, seconds] = found;
  return `${year}-${month}-${day}${hours === undefined ? '' : ` ${hours}:${minutes}:${seconds}`}`;
}
