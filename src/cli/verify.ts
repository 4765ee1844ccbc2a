import { readFile } from 'node:fs/promises';
import { initialiseCodecs, readPart10, TRANSFER_SYNTAXES } from '../dicom/index.js';
import { TAG, type DataSet } from '../domain/index.js';
import {
  checkDocument,
  documentKindOf,
  READERS,
  verifySegmentation,
  type DocumentKind,
  type NotVerified,
  type SegmentationProblem,
  type VerifiedSegmentation,
} from '../seg-writer/index.js';
import { filesBelow } from './dicom-folder.js';
import { EXIT, type ExitCode } from './exit-codes.js';
import { rangesText } from './ranges-text.js';
import type { Terminal } from './terminal.js';
import { textTable } from './text-table.js';

export interface VerifyOptions {
  readonly files: readonly string[];
  /** Folder of the images that the objects were drawn on; undefined: objects are looked at alone. */
  readonly sources: string | undefined;
  readonly form: 'table' | 'json';
}

/** `caliper verify`: what readers would make of segmentations, whoever wrote them. */
export async function verify({ files, sources, form }: VerifyOptions, terminal: Terminal): Promise<ExitCode> {
  await initialiseCodecs();
  const images = sources === undefined ? undefined : await imagesBelow(sources);
  if (images?.length === 0) {
    terminal.err(`${sources ?? ''}: there is no image below it`);
    return EXIT.usage;
  }
  const read: { readonly file: string; readonly bytes: Uint8Array; readonly dataSet: DataSet | undefined }[] = [];
  for (const file of files) {
    const bytes = await readFile(file);
    const parsed = readPart10(bytes);
    read.push({ file, bytes, dataSet: parsed.ok ? parsed.value.dataSet : undefined });
  }
  const segmentations = read.flatMap(({ dataSet }) => (dataSet?.has(TAG.SegmentSequence) ? [dataSet] : []));
  let faulty = 0;
  for (const { file, bytes, dataSet } of read) {
    const kind = dataSet && documentKindOf(dataSet);
    const verified: Verified = kind
      ? { kind, problems: checkDocument(bytes, segmentations.length > 0 ? segmentations : undefined) }
      : verifySegmentation(bytes, images);
    if (isFaulty(verified)) faulty++;
    if (form === 'json') terminal.out(JSON.stringify({ file, ...jsonOf(verified) }));
    else for (const line of linesOf(file, verified)) terminal.out(line);
  }
  if (files.length > 1) terminal.err(`${files.length} files, ${faulty} with errors`);
  return faulty > 0 ? EXIT.someFailed : EXIT.done;
}

/** A result report or a rejection note: what is wrong with it. */
interface VerifiedDocument {
  readonly kind: DocumentKind;
  readonly problems: readonly SegmentationProblem[];
}

type Verified = VerifiedSegmentation | VerifiedDocument | NotVerified;

const isFaulty = (verified: Verified): boolean =>
  typeof verified === 'string' || verified.problems.some(({ severity }) => severity === 'error');

/** Headers of every image below a folder. Views into the files: pixel data is not looked at. */
async function imagesBelow(folder: string): Promise<readonly DataSet[]> {
  const images: DataSet[] = [];
  for (const path of await filesBelow(folder)) {
    const file = readPart10(await readFile(path));
    if (!file.ok) continue;
    const { dataSet } = file.value;
    if (dataSet.has(TAG.Rows) && !dataSet.has(TAG.SegmentSequence)) images.push(dataSet);
  }
  return images;
}

const NOT_VERIFIED: Readonly<Record<NotVerified, string>> = {
  'not-dicom': 'the file is not DICOM',
  'not-a-segmentation': 'the object is no segmentation, measurement report or rejection note',
};

/** The same problem at several frames or segments. */
interface ProblemGroup {
  readonly problem: SegmentationProblem;
  readonly frames: readonly number[];
  readonly segments: readonly number[];
  readonly items: readonly string[];
}

/** Errors first, each group in the order in which it was found. */
function groupsOf(problems: readonly SegmentationProblem[]): readonly ProblemGroup[] {
  const groups = new Map<string, SegmentationProblem[]>();
  for (const each of problems) {
    const key = `${each.code} ${each.attribute ?? ''}`;
    const group = groups.get(key);
    if (group) group.push(each);
    else groups.set(key, [each]);
  }
  const distinct = (numbers: readonly (number | undefined)[]): readonly number[] =>
    [...new Set(numbers.flatMap((n) => n ?? []))].sort((a, b) => a - b);
  return [...groups.values()]
    .map((group) => ({
      problem: group[0]!,
      frames: distinct(group.map(({ frame }) => frame)),
      segments: distinct(group.map(({ segment }) => segment)),
      items: group.flatMap(({ item }) => item ?? []),
    }))
    .sort((a, b) => weightOf(b) - weightOf(a));
}

const weightOf = ({ problem }: ProblemGroup): number => (problem.severity === 'error' ? 1 : 0);

function jsonOf(verified: Verified): object {
  if (typeof verified === 'string') return { kind: verified, says: NOT_VERIFIED[verified] };
  if ('kind' in verified) return { kind: verified.kind, problems: problemsJson(verified.problems) };
  return {
    kind: 'segmentation',
    type: verified.form,
    writtenBy: verified.writer === 'ours' ? 'caliper' : 'another',
    equipment: verified.equipment,
    transferSyntaxUID: verified.transferSyntaxUID,
    frames: verified.frames,
    segments: verified.segments.map(({ number, pixels }) => ({ number, pixels: pixels ?? null })),
    images: verified.images,
    problems: problemsJson(verified.problems),
    readers: verified.readers.map(({ reader, name, does, because }) => ({
      reader,
      name,
      known: READERS[reader].known,
      does,
      because: because.map(({ code }) => code),
    })),
  };
}

const problemsJson = (problems: readonly SegmentationProblem[]): readonly object[] =>
  groupsOf(problems).map(({ problem, frames, segments, items }) => ({
    code: problem.code,
    severity: problem.severity,
    attribute: problem.attribute ?? null,
    frames,
    segments,
    items,
    says: problem.says,
    do: problem.do,
  }));

const DOCUMENTS: Readonly<Record<DocumentKind, string>> = {
  'result-report': 'measurement report',
  'rejection-note': 'key object document',
};

function linesOf(file: string, verified: Verified): readonly string[] {
  if (typeof verified === 'string') return [`${file}: ${NOT_VERIFIED[verified]}`];
  if ('kind' in verified) {
    const groups = groupsOf(verified.problems);
    return [
      `${file}: ${DOCUMENTS[verified.kind]}`,
      ...(groups.length === 0 ? ['  nothing found'] : groups.flatMap(problemLines)),
    ];
  }
  const { form, frames, segments, equipment, transferSyntaxUID, images } = verified;
  const syntax = TRANSFER_SYNTAXES.find(({ uid }) => uid === transferSyntaxUID)?.name ?? transferSyntaxUID;
  const pixels = segments.map((segment) => `${segment.number}: ${segment.pixels ?? '?'}`).join(', ');
  const groups = groupsOf(verified.problems);
  return [
    `${file}: ${form}, ${count(frames, 'frame')}, ${count(segments.length, 'segment')} (pixels ${pixels || 'none'})`,
    `  ${syntax}; written by ${equipment || 'software that does not say so'}; ${IMAGES[images]}`,
    ...(groups.length === 0 ? ['  nothing found'] : groups.flatMap(problemLines)),
    ...textTable(
      ['  reader', 'known by', 'does', 'because'],
      verified.readers.map(({ reader, name, does, because }) => [
        `  ${name}`,
        READERS[reader].known,
        DOES[does],
        because.map(nameOf).join(', '),
      ]),
    ).split('\n'),
  ];
}

const IMAGES: Readonly<Record<VerifiedSegmentation['images'], string>> = {
  compared: 'compared with its images',
  'not-at-hand': 'its images are not at hand: references are believed',
};

const DOES: Readonly<Record<VerifiedSegmentation['readers'][number]['does'], string>> = {
  shows: 'shows it',
  refuses: 'REFUSES it',
  hangs: 'HANGS',
  nothing: 'shows NOTHING',
  wrong: 'shows it WRONG',
  'raw-values': 'values for labels',
  'not-judged': 'not judged',
};

function problemLines({ problem, frames, segments, items }: ProblemGroup): readonly string[] {
  const places = [
    ...(segments.length > 0 ? [`segment ${rangesText(segments)}`] : []),
    ...(frames.length > 0 ? [`frame ${rangesText(frames)}`] : []),
    ...(items.length > 0 ? [`item ${items.join(', ')}`] : []),
  ];
  const where = places.length > 0 ? ` (${places.join(', ')})` : '';
  return [`  ${problem.severity.padEnd(7)} ${nameOf(problem)}${where}: ${problem.says}`, `          ${problem.do}`];
}

const nameOf = ({ code, attribute }: SegmentationProblem): string =>
  attribute === undefined ? code : `${code} ${attribute}`;

const count = (n: number, what: string): string => `${n} ${what}${n === 1 ? '' : 's'}`;
