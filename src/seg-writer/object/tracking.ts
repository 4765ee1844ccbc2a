import {
  derivedUid,
  identifiesLesion,
  uidOf,
  type Measurement,
  type SopInstanceUid,
  type Uid,
} from '../../domain/index.js';
import { isPlain } from '../meaning/concepts.js';
import { warning } from '../warnings.js';

/** What identifies a lesion over time, and what people call it. */
export interface Tracking {
  readonly id: string;
  readonly uid: Uid;
  /** SegmentLabel. */
  readonly label: string;
  readonly warnings: readonly string[];
}

const LONGEST_LABEL = 64;

/**
 * The report's tracking identifier and UID where they name a lesion; else `Lesion n` by the place in the report, and a UID that follows from the
 * report that first had the lesion and the measurement's key in it.
 */
export function trackingOf(measurement: Measurement, ordinal: number, firstReport: SopInstanceUid): Tracking {
  const given = measurement.trackingIdentifier?.trim();
  const named = given !== undefined && identifiesLesion(given);
  const isTool = given !== undefined && given !== '' && !named;
  const usable = named && isPlain(given);
  const id = usable ? given : `Lesion ${ordinal}`;
  const reported = uidOf<Uid>(measurement.trackingUID);
  return {
    id,
    uid: reported.ok && !isTool ? reported.value : derivedUid<Uid>('tracking', [firstReport, measurement.key]),
    label: id.slice(0, LONGEST_LABEL).trim(),
    warnings: named && !usable ? [warning('meaning.identifier-replaced')] : [],
  };
}
