import { TAG, tag as tagOfNumber, tagText, type DataSet, type Tag } from '../domain/index.js';
import { keywordOf, readPart10 } from '../dicom/index.js';
import { SEGMENTATION_MODULES } from './object/modules.js';

/** What a destination gives back, against what it was sent. */
export type ReadBack =
  | { readonly kind: 'equal' }
  /** Everything is as it was sent but attributes of the patient and the study. */
  | { readonly kind: 'identity-coerced'; readonly tags: readonly Tag[] }
  /** `where`: keywords and item numbers, no values. */
  | { readonly kind: 'differs'; readonly where: string };

/** The moment of a run, which another run of the same work has otherwise. */
const MOMENTS: ReadonlySet<Tag> = new Set([
  TAG.ContentDate,
  TAG.ContentTime,
  TAG.InstanceCreationDate,
  TAG.InstanceCreationTime,
  TAG.ContributionDateTime,
]);

/** How a data set is written down rather than what it says. Texts are compared as they read. */
const ENCODING: ReadonlySet<Tag> = new Set([TAG.SpecificCharacterSet, TAG.DataSetTrailingPadding]);

/** Where an archive notes what it coerced (PS3.3 C.12.1.1.9). */
const ORIGINAL_ATTRIBUTES = tagOfNumber(0x04000561);

/** Attributes that archives correct: those copied from patient and study. The study's UID is no such: another UID is another study. */
const IDENTITY: ReadonlySet<Tag> = new Set(
  SEGMENTATION_MODULES.filter(({ module }) => ['Patient', 'General Study', 'Patient Study'].includes(module))
    .flatMap(({ attributes }) => attributes.map(({ tag }) => tag))
    .filter((tag) => tag !== TAG.StudyInstanceUID)
    .concat(ORIGINAL_ATTRIBUTES),
);
const isIdentity = (tag: Tag): boolean => IDENTITY.has(tag) || tag >>> 16 === 0x0010;

/**
 * Compares every element but the moment of the run and the file's encoding (group 2, transfer syntax, lengths, padding, character set). Numbers
 * written as text are equal if they are the same number; pixels if every bit of every frame is.
 */
export function compareReadBack(sent: Uint8Array, received: Uint8Array): ReadBack {
  const ours = readPart10(sent);
  const theirs = readPart10(received);
  if (!ours.ok || ours.value.problems.length > 0) throw new Error('what was sent cannot be read');
  if (!theirs.ok || theirs.value.problems.length > 0) return { kind: 'differs', where: 'file' };
  const a = ours.value.dataSet;
  const b = theirs.value.dataSet;
  const coerced: Tag[] = [];
  for (const tag of unionOfTags(a, b)) {
    const where = differenceAt(a, b, tag);
    if (where === undefined) continue;
    if (!isIdentity(tag)) return { kind: 'differs', where };
    coerced.push(tag);
  }
  return coerced.length === 0 ? { kind: 'equal' } : { kind: 'identity-coerced', tags: coerced };
}

/** Where two data sets first differ; undefined where they do not. */
function differenceIn(a: DataSet, b: DataSet): string | undefined {
  for (const tag of unionOfTags(a, b)) {
    const where = differenceAt(a, b, tag);
    if (where !== undefined) return where;
  }
  return undefined;
}

function differenceAt(a: DataSet, b: DataSet, tag: Tag): string | undefined {
  const name = keywordOf(tag) ?? tagText(tag);
  if (a.has(tag) !== b.has(tag)) return name;
  if (a.vr(tag) === 'SQ') {
    const ours = a.items(tag);
    const theirs = b.items(tag);
    if (ours.length !== theirs.length) return name;
    for (const [index, item] of ours.entries()) {
      const inside = differenceIn(item, theirs[index]!);
      if (inside !== undefined) return `${name}[${index + 1}].${inside}`;
    }
    return undefined;
  }
  if (tag === TAG.PixelData) return equalPixels(a, b) ? undefined : name;
  return equalValues(a, b, tag) ? undefined : name;
}

function equalValues(a: DataSet, b: DataSet, tag: Tag): boolean {
  const ours = a.texts(tag);
  const theirs = b.texts(tag);
  if (ours.length === 0 && theirs.length === 0) return equalBytes(a.bytes(tag), b.bytes(tag));
  if (ours.length !== theirs.length) return false;
  const numbers = NUMBER_TEXTS.has(a.vr(tag) ?? '');
  return ours.every((text, i) =>
    numbers ? Number(text) === Number(theirs[i]) : text.normalize('NFC') === theirs[i]!.normalize('NFC'),
  );
}

const NUMBER_TEXTS: ReadonlySet<string> = new Set(['DS', 'IS']);

/** Every bit of every frame; what pads the last byte and an odd length is no pixel. */
function equalPixels(a: DataSet, b: DataSet): boolean {
  const ours = a.bytes(TAG.PixelData);
  const theirs = b.bytes(TAG.PixelData);
  if (!ours || !theirs) return false;
  const factors = [TAG.NumberOfFrames, TAG.Rows, TAG.Columns, TAG.BitsAllocated];
  const bits = factors.reduce((product, tag) => product * (a.number(tag) ?? 0), 1);
  const whole = bits >> 3;
  const rest = (1 << (bits & 7)) - 1;
  if (theirs.length < Math.ceil(bits / 8)) return false;
  return (
    equalBytes(ours.subarray(0, whole), theirs.subarray(0, whole)) &&
    ((ours[whole] ?? 0) & rest) === ((theirs[whole] ?? 0) & rest)
  );
}

function equalBytes(a: Uint8Array | undefined, b: Uint8Array | undefined): boolean {
  if (!a || !b) return a === b;
  return Buffer.compare(a, b) === 0;
}

const unionOfTags = (a: DataSet, b: DataSet): readonly Tag[] =>
  [...new Set([...a.tags(), ...b.tags()])]
    .filter((tag) => !MOMENTS.has(tag) && !ENCODING.has(tag) && (tag & 0xffff) !== 0)
    .sort((x, y) => x - y);
