import { TAG, type DataSet, type Tag } from '../../domain/index.js';
import { ENUMERATIONS } from '../source/enumerations.js';
import { IDENTITY } from '../source/identity.js';
import { isControl, textFault } from '../source/legal-text.js';
import { vrOf } from '../../dicom/index.js';
import type { KnownSources } from './known-sources.js';
import { problem, type SegmentationProblem } from './problems.js';
import type { ReadSegmentation } from './read-segmentation.js';

/** Patients have one identifier: it is copied or the image refused. */
const NEVER_REPAIRED: ReadonlySet<Tag> = new Set([TAG.PatientID, TAG.IssuerOfPatientID]);

/** Patient and study equal to those of every image that a frame names, and a series of its own. */
export function checkIdentity(
  { dataSet, frames }: ReadSegmentation,
  known: KnownSources | undefined,
): readonly SegmentationProblem[] {
  if (!known) return [];
  // images of one study agree to the byte: one of them speaks for all that do
  const named = new Set<DataSet>();
  for (const { sources } of frames)
    for (const { sopInstanceUID } of sources) {
      const image = known.get(sopInstanceUID ?? '');
      if (image) named.add(image.like);
    }
  const headers = [...named];
  const found: SegmentationProblem[] = [];
  for (const tag of IDENTITY)
    if (headers.some((header) => differs(dataSet, header, tag))) found.push(problem('identity-differs', { tag }));
  const study = dataSet.text(TAG.StudyInstanceUID);
  if (headers.some((header) => header.text(TAG.StudyInstanceUID) !== study)) found.push(problem('study-differs'));
  const series = dataSet.text(TAG.SeriesInstanceUID);
  if (headers.some((header) => header.text(TAG.SeriesInstanceUID) === series))
    found.push(problem('series-is-a-source'));
  return found;
}

/** An illegal value of the image may have been repaired: cut, put into upper case, or left out. */
function differs(object: DataSet, source: DataSet, tag: Tag): boolean {
  const theirs = source.texts(tag);
  const ours = object.texts(tag);
  if (joined(theirs) === joined(ours)) return false;
  const legal =
    textFault(vrOf(tag) ?? '', theirs) === undefined && (ENUMERATIONS.get(tag)?.includes(theirs[0] ?? '') ?? true);
  return legal || NEVER_REPAIRED.has(tag) || !isRepairOf(joined(ours), joined(theirs));
}

const joined = (texts: readonly string[]): string => texts.join('\\').normalize('NFC');

function isRepairOf(ours: string, theirs: string): boolean {
  const plain = (text: string): string =>
    Array.from(text.toUpperCase())
      .filter((character) => !isControl(character.charCodeAt(0), new Set()))
      .join('');
  return plain(theirs).startsWith(plain(ours));
}
