import type { Finding, FindingCode } from '../findings.js';
import type { Decision, LocatedMeasurement, SegmentedLesion } from '../flow.js';
import type { ReasonCode } from '../reasons.js';
import { agreement } from '../units.js';
import type { Rule } from './rules.js';

/**
 * Under this agreement a contour is held where the rule says `auto`. Read off the calibration in docs/agreement.md: the highest threshold (in
 * steps of 0.05) that holds under 1 % of experts' own masks, whether marks are as drawn or short. Nodules held by it have a mean Dice of 0.75, the
 * others 0.87; half of what agreement measures above it is the reader's own error.
 */
export const AUTO_HOLD_BELOW = agreement(0.2);

/** Findings that hold a measurement whatever its mask looks like, and the reason that is given. */
const HOLDING: Partial<Record<FindingCode, ReasonCode>> = {
  'identity.patient-differs': 'identity-differs',
  'identity.study-differs': 'identity-differs',
  'identity.frame-of-reference-differs': 'identity-differs',
  'length.disagrees': 'marks-not-trusted',
  'length.swapped-spacing': 'marks-not-trusted',
  'points.swapped-spacing-suspected': 'marks-not-trusted',
  'axes.not-perpendicular': 'marks-not-trusted',
  'report.preliminary': 'report-preliminary',
};

const SKIPPING: Partial<Record<FindingCode, ReasonCode>> = {
  'points.outside-image': 'marks-off-slice',
  'axes.zero-length': 'axes-zero-length',
  'slice.localizer': 'localizer-image',
};

/** Whether a located measurement is worth segmenting: `store` here means "go on". */
export function decideBeforeSegmenting(located: LocatedMeasurement, rule: Rule): Decision {
  const skip = firstReason(located.findings, SKIPPING);
  if (skip) return { kind: 'skip', reason: skip };
  // a line that is known to be the short axis only (a node) says how wide the lesion is, not how long
  if (!located.measurement.longAxis?.points && located.marks.shortAxis === undefined)
    return { kind: 'hold', reason: 'only-short-axis' };
  if (!rule.allowNonAxial && located.findings.some((f) => f.code === 'slice.not-axial'))
    return { kind: 'hold', reason: 'slice-not-axial' };
  return { kind: 'store' };
}

/** What policy does with a segmented lesion. */
export function decide(lesion: SegmentedLesion, rule: Rule): Decision {
  const before = decideBeforeSegmenting(lesion.located, rule);
  if (before.kind !== 'store') return before;
  const hold = firstReason([...lesion.located.findings, ...lesion.findings], HOLDING);
  if (hold) return { kind: 'hold', reason: hold };
  const threshold = rule.holdBelowAgreement === 'auto' ? AUTO_HOLD_BELOW : rule.holdBelowAgreement;
  if (lesion.agreement < threshold) return { kind: 'hold', reason: 'low-agreement' };
  return { kind: 'store' };
}

function firstReason(
  findings: readonly Finding[],
  table: Partial<Record<FindingCode, ReasonCode>>,
): ReasonCode | undefined {
  for (const { code } of findings) {
    const reason = table[code];
    if (reason) return reason;
  }
  return undefined;
}
