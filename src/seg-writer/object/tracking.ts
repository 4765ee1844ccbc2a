import { derivedUid, uidOf, type Measurement, type SopInstanceUid, type Uid } from '../../domain/index.js';
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

/**
 * Viewers write the name of the drawing tool where the lesion's name belongs (`cornerstoneTools@^4.0.0:Bidirectional`, `web annotation`), and
 * those give a new UID at every save: neither says which lesion it is.
 */
const TOOL_NAME =
  /^(?:cornerstone\w*@|web annotation$|measurements? group\b|(?:bidirectional|length|line|distance|annotation|measurement|roi|ellipse|polyline)$|-\d+$|$)/i;

const LONGEST_LABEL = 64;

/**
 * The report's tracking identifier and UID where they name a lesion; else `Lesion n` by the place in the report, and a UID that follows from the
 * report that first had the lesion and the measurement's key in it.
 */
export function trackingOf(measurement: Measurement, ordinal: number, firstReport: SopInstanceUid): Tracking {
  const given = measurement.trackingIdentifier?.trim();
  const isTool = given !== undefined && given !== '' && TOOL_NAME.test(given);
  const named = given !== undefined && given !== '' && !isTool;
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
