import { TAG, ok, type DataSet, type Result, type Tag } from '../../domain/index.js';
import type { Element, Elements } from '../../dicom/index.js';
import { elementOf, emptyElement, type Content } from '../../dicom/index.js';
import type { Refusal } from '../request.js';
import { copyAttribute, type Copied } from '../source/copy-attribute.js';
import { ENUMERATIONS } from '../source/enumerations.js';
import { headerInvalid } from '../source/source-image.js';
import { warning } from '../warnings.js';

/** Requirement of an attribute in PS3.3: 1 has a value, 2 may be empty, 3 may be absent; C depends on a condition. */
export type Requirement = 1 | '1C' | 2 | '2C' | 3;

/** An attribute that is copied from the source image byte for byte. */
interface CopiedRow {
  readonly kind: 'copied';
  readonly tag: Tag;
  readonly type: Requirement;
}

/** An attribute that is made here, from what is to be written. */
interface MadeRow<T> {
  readonly kind: 'made';
  readonly tag: Tag;
  readonly type: Requirement;
  readonly from: (subject: T) => Content;
}

export interface ModuleRow<T> {
  readonly module: string;
  /** Section of PS3.3. */
  readonly section: string;
  readonly attributes: readonly (CopiedRow | MadeRow<T>)[];
}

export const copied = (type: Requirement, tag: Tag): CopiedRow => ({ kind: 'copied', tag, type });
export const made = <T>(type: Requirement, tag: Tag, from: (subject: T) => Content): MadeRow<T> => ({
  kind: 'made',
  tag,
  type,
  from,
});
export const fixed = (type: Requirement, tag: Tag, content: Content): MadeRow<unknown> =>
  made(type, tag, () => content);

export interface Assembled {
  readonly elements: Elements;
  readonly warnings: readonly string[];
}

/** Values that say who the patient is: an illegal one refuses the source; all else of types 2 and 3 can be left out. */
const NEVER_LEFT_OUT: ReadonlySet<Tag> = new Set([TAG.PatientName, TAG.PatientID]);

/** A data set from the table of its modules; copies are of `header`. Refused where that breaks an attribute that must be copied. */
export function assemble<T>(modules: readonly ModuleRow<T>[], subject: T, header: DataSet): Result<Assembled, Refusal> {
  const elements = new Map<Tag, Element>();
  const warnings: string[] = [];
  for (const { attributes } of modules) {
    for (const row of attributes) {
      const element = row.kind === 'copied' ? copyRow(header, row, warnings) : makeRow(subject, row);
      if (element === 'refused') return headerInvalid(row.tag);
      if (element !== undefined) elements.set(row.tag, element);
    }
  }
  leaveOutHalfDeidentification(header, elements, warnings);
  return ok({ elements, warnings });
}

function copyRow(header: DataSet, { tag, type }: CopiedRow, warnings: string[]): Element | undefined | 'refused' {
  const result = withinEnumeration(tag, copyAttribute(header, tag));
  if (result.kind === 'copied') {
    warnings.push(...result.warnings);
    return result.element;
  }
  if (type === 1) return 'refused';
  if (result.kind === 'unusable') {
    if (NEVER_LEFT_OUT.has(tag)) return 'refused';
    warnings.push(warning('header.dropped', tag));
  }
  // what stands empty in the image may stand empty here, but for 1C
  const stays = type === 2 || (type !== '1C' && result.kind === 'empty' && result.present);
  return stays ? emptyElement(tag) : undefined;
}

function withinEnumeration(tag: Tag, copy: Copied): Copied {
  const values = ENUMERATIONS.get(tag);
  if (!values || copy.kind !== 'copied') return copy;
  const text = 'bytes' in copy.element ? new TextDecoder().decode(copy.element.bytes) : firstValue(copy.element);
  return values.includes(text) ? copy : { kind: 'unusable' };
}

const firstValue = (element: Element): string => ('values' in element ? String(element.values[0]) : '');

function makeRow<T>(subject: T, row: MadeRow<T>): Element | undefined {
  const content = row.from(subject);
  if (content !== undefined) return elementOf(row.tag, content);
  if (row.type === 1) throw new Error('an attribute of type 1 was not made');
  return row.type === 2 ? emptyElement(row.tag) : undefined;
}

/** PatientIdentityRemoved YES asks for a method (1C); a source that lacks it cannot be followed in this. */
function leaveOutHalfDeidentification(header: DataSet, elements: Map<Tag, Element>, warnings: string[]): void {
  if (header.text(TAG.PatientIdentityRemoved) !== 'YES') return;
  if (elements.has(TAG.DeidentificationMethod) || elements.has(TAG.DeidentificationMethodCodeSequence)) return;
  elements.delete(TAG.PatientIdentityRemoved);
  warnings.push(warning('header.dropped', TAG.PatientIdentityRemoved));
}
