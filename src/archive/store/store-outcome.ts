import type { InstanceIdentity } from '../catalogue/instance-identity.js';
import type { JsonAttribute, JsonAttributes } from '../search/dicom-json-values.js';
import { keyOf } from '../search/levels.js';
import type { ResourceUrls } from '../resource-urls.js';

/**
 * FailureReason (0008,1197): PS3.18 table I.2-2, and 0111H of PS3.7 C.5.6 for another object under a SOP Instance UID that is taken.
 */
const FAILURE_REASON = {
  'out-of-resources': 0xa700,
  'does-not-match-sop-class': 0xa900,
  'cannot-understand': 0xc000,
  'other-study': 0x0110,
  'processing-failure': 0x0110,
  'duplicate-sop-instance': 0x0111,
} as const;

export type FailureCause = keyof typeof FAILURE_REASON;

/** What became of one part of a store request. */
export type StoreOutcome =
  | { readonly kind: 'stored'; readonly identity: InstanceIdentity }
  | { readonly kind: 'refused'; readonly identity: InstanceIdentity; readonly cause: FailureCause }
  | { readonly kind: 'unidentified'; readonly cause: FailureCause };

/**
 * PS3.18 table 10.5.3-1, by what the parts came to: 200 all stored; 202 some; else none: 400 where no part could be understood, 503 where the
 * archive lacks room, 409 for the rest.
 */
export function storeStatus(outcomes: readonly StoreOutcome[]): 200 | 202 | 400 | 409 | 503 {
  const failures = outcomes.filter((outcome) => outcome.kind !== 'stored');
  if (failures.length === 0) return outcomes.length === 0 ? 400 : 200;
  if (failures.length < outcomes.length) return 202;
  if (failures.every(({ cause }) => cause === 'cannot-understand')) return 400;
  return failures.every(({ cause }) => cause === 'out-of-resources') ? 503 : 409;
}

const K = {
  RetrieveURL: keyOf('RetrieveURL'),
  ReferencedSOPSequence: keyOf('ReferencedSOPSequence'),
  FailedSOPSequence: keyOf('FailedSOPSequence'),
  OtherFailuresSequence: '0008119A',
  ReferencedSOPClassUID: keyOf('ReferencedSOPClassUID'),
  ReferencedSOPInstanceUID: keyOf('ReferencedSOPInstanceUID'),
  FailureReason: keyOf('FailureReason'),
} as const;

/**
 * Store Instances Response Module, PS3.18 table I.2-1: one item a part. What has no readable identity cannot stand in FailedSOPSequence, whose
 * items must name an instance: it is counted in OtherFailuresSequence (0008,119A).
 */
export function storeResponse(outcomes: readonly StoreOutcome[], urls: ResourceUrls): JsonAttributes {
  const stored: JsonAttributes[] = [];
  const refused: JsonAttributes[] = [];
  const unidentified: JsonAttributes[] = [];
  const studies = new Set<string>();
  for (const outcome of outcomes) {
    if (outcome.kind === 'unidentified') {
      unidentified.push({ [K.FailureReason]: { vr: 'US', Value: [FAILURE_REASON[outcome.cause]] } });
      continue;
    }
    const { studyInstanceUID, seriesInstanceUID, sopClassUID, sopInstanceUID } = outcome.identity;
    const reference = {
      [K.ReferencedSOPClassUID]: { vr: 'UI', Value: [sopClassUID] },
      [K.ReferencedSOPInstanceUID]: { vr: 'UI', Value: [sopInstanceUID] },
    };
    if (outcome.kind === 'stored') {
      const url = urls.instance(studyInstanceUID, seriesInstanceUID, sopInstanceUID);
      studies.add(studyInstanceUID);
      stored.push({ ...reference, [K.RetrieveURL]: { vr: 'UR', Value: [url] } });
    } else refused.push({ ...reference, [K.FailureReason]: { vr: 'US', Value: [FAILURE_REASON[outcome.cause]] } });
  }
  const [study, ...more] = studies;
  return {
    ...(study !== undefined && more.length === 0 ? { [K.RetrieveURL]: { vr: 'UR', Value: [urls.study(study)] } } : {}),
    [K.FailedSOPSequence]: sequence(refused),
    [K.ReferencedSOPSequence]: sequence(stored),
    ...(unidentified.length > 0 ? { [K.OtherFailuresSequence]: sequence(unidentified) } : {}),
  };
}

const sequence = (items: readonly JsonAttributes[]): JsonAttribute =>
  items.length === 0 ? { vr: 'SQ' } : { vr: 'SQ', Value: [...items] };
