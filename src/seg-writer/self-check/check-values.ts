import { TAG, type DataSet, type Tag } from '../../domain/index.js';
import { changedElements, vrOf } from '../../dicom/index.js';
import { CHARACTER_SET_VRS } from '../source/character-set.js';
import { isTextVr, textFault } from '../source/legal-text.js';
import { problem, type Place, type SegmentationProblem } from './problems.js';

/** Whether text outside ASCII must be declared. A source that does not declare its own is copied as it is. */
export type UndeclaredText = 'a-problem' | 'as-in-the-source';

/**
 * Every element of the object, in whatever depth: its VR, the length and the characters of its values, and the parts of codes. Of items that
 * repeat one without a fault (a thousand frames do), what differs.
 */
export function checkValues(dataSet: DataSet, undeclared: UndeclaredText): readonly SegmentationProblem[] {
  const declared = dataSet.texts(TAG.SpecificCharacterSet).some((term) => term !== '');
  const found: SegmentationProblem[] = [];
  /** Whether the elements are those of a code, whole or not. */
  const walk = (elements: DataSet, place: Place): boolean => {
    let ofCode = false;
    for (const tag of elements.tags()) {
      const vr = elements.vr(tag) ?? 'UN';
      if (differsFromDictionary(vr, tag)) found.push(problem('vr-differs', { ...place, tag }));
      if (vr === 'SQ') {
        let blameless: DataSet | undefined;
        for (const [index, item] of elements.items(tag).entries()) {
          const inside = placeOf(tag, index, place);
          const changed = blameless && changedElements(item, blameless);
          if (changed && !changed.some(isOfCode)) {
            for (const element of changed) walk(element, inside);
            continue;
          }
          const before = found.length;
          const named = walk(item, inside) && tag !== TAG.CodingSchemeIdentificationSequence;
          if (named && !isWholeCode(item)) found.push(problem('code-incomplete', inside));
          if (found.length === before) blameless = item;
        }
        continue;
      }
      ofCode ||= OF_CODES.has(tag);
      if (!isTextVr(vr)) continue;
      const unreadable = !declared && CHARACTER_SET_VRS.has(vr) && !isAscii(elements.bytes(tag));
      if (unreadable && undeclared === 'a-problem')
        found.push(problem('text-outside-character-set', { ...place, tag }));
      const fault = unreadable ? undefined : textFault(vr, elements.texts(tag));
      if (fault) found.push(problem(fault === 'too-long' ? 'value-too-long' : 'value-illegal', { ...place, tag }));
    }
    return ofCode;
  };
  walk(dataSet, {});
  return found;
}

const placeOf = (tag: Tag, index: number, outside: Place): Place => {
  if (tag === TAG.PerFrameFunctionalGroupsSequence) return { frame: index + 1 };
  return tag === TAG.SegmentSequence ? { segment: index + 1 } : outside;
};

function differsFromDictionary(vr: string, tag: Tag): boolean {
  const known = vrOf(tag);
  // whether pixel data is bytes or words is looked at with the pixels
  return known !== undefined && known !== vr && tag !== TAG.PixelData;
}

const isAscii = (bytes: Uint8Array | undefined): boolean => bytes === undefined || bytes.every((byte) => byte < 0x80);

const CODE_VALUES = [TAG.CodeValue, TAG.LongCodeValue, TAG.URNCodeValue] as const;
const OF_CODES: ReadonlySet<Tag> = new Set<Tag>([TAG.CodeMeaning, TAG.CodingSchemeDesignator, ...CODE_VALUES]);

const isOfCode = (element: DataSet): boolean => element.tags().some((tag) => OF_CODES.has(tag));

const isWholeCode = (item: DataSet): boolean =>
  item.text(TAG.CodeMeaning) !== undefined &&
  CODE_VALUES.some((tag) => item.text(tag) !== undefined) &&
  (item.text(TAG.CodingSchemeDesignator) !== undefined || item.has(TAG.URNCodeValue));
