import { TAG, type CodedConcept } from '../domain/index.js';
import { codedConcept } from './coded-entry.js';
import type { ContentItem } from './tree.js';
import { lengthUnit, type LengthUnit } from './units.js';

export interface MeasuredValue {
  /** As written; undefined where MeasuredValueSequence is empty or its value no number. */
  readonly value: number | undefined;
  readonly unit: CodedConcept | undefined;
  readonly lengthUnit: LengthUnit;
}

/** The value and unit of a NUM (PS3.3 C.18.1). */
export function measuredValue(item: ContentItem): MeasuredValue {
  const measured = item.dataSet.items(TAG.MeasuredValueSequence)[0];
  const unit = measured && codedConcept(measured, TAG.MeasurementUnitsCodeSequence);
  return {
    value: measured?.number(TAG.NumericValue) ?? measured?.number(TAG.FloatingPointValue),
    unit,
    lengthUnit: lengthUnit(unit),
  };
}
