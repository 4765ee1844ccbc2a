import { ok, TAG, type Result, type Tag } from '../../domain/index.js';
import type { Element, Elements } from '../../dicom/index.js';
import { elementOf, emptyElement } from '../elements.js';
import type { Refusal } from '../request.js';
import { copyAttribute, type Copied } from '../source/copy-attribute.js';
import { ENUMERATIONS } from '../source/enumerations.js';
import { headerInvalid } from '../source/source-image.js';
import { warning } from '../warnings.js';
import { SEGMENTATION_MODULES, type CopiedRow, type MadeRow } from './modules.js';
import type { PlannedObject } from './planned-object.js';

export interface AssembledObject {
  readonly elements: Elements;
  readonly warnings: readonly string[];
}

/** Values that say who the patient is: an illegal one refuses the source; all else of types 2 and 3 can be left out. */
const NEVER_LEFT_OUT: ReadonlySet<Tag> = new Set([TAG.PatientName, TAG.PatientID]);

/** An object from the table of its modules. Refused where the source breaks an attribute that must be copied. */
export function assemble(object: PlannedObject): Result<AssembledObject, Refusal> {
  const elements = new Map<Tag, Element>();
  const warnings: string[] = [];
  for (const { attributes } of SEGMENTATION_MODULES) {
    for (const row of attributes) {
      const element = row.kind === 'copied' ? copyRow(object, row, warnings) : makeRow(object, row);
      if (element === 'refused') return headerInvalid(row.tag);
      if (element !== undefined) elements.set(row.tag, element);
    }
  }
  leaveOutHalfDeidentification(object, elements, warnings);
  return ok({ elements, warnings });
}

function copyRow(object: PlannedObject, row: CopiedRow, warnings: string[]): Element | undefined | 'refused' {
  const { tag, type } = row;
  const result = withinEnumeration(tag, copyAttribute(object.sources[0]!.slice.header, tag));
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

function makeRow(object: PlannedObject, row: MadeRow): Element | undefined {
  const content = row.from(object);
  if (content !== undefined) return elementOf(row.tag, content);
  if (row.type === 1) throw new Error('an attribute of type 1 was not made');
  return row.type === 2 ? emptyElement(row.tag) : undefined;
}

/** PatientIdentityRemoved YES asks for a method (1C); a source that lacks it cannot be followed in this. */
function leaveOutHalfDeidentification(object: PlannedObject, elements: Map<Tag, Element>, warnings: string[]): void {
  if (object.sources[0]!.slice.header.text(TAG.PatientIdentityRemoved) !== 'YES') return;
  if (elements.has(TAG.DeidentificationMethod) || elements.has(TAG.DeidentificationMethodCodeSequence)) return;
  elements.delete(TAG.PatientIdentityRemoved);
  warnings.push(warning('header.dropped', TAG.PatientIdentityRemoved));
}
