import { readPart10 } from '../dicom/index.js';
import { SOP_CLASS, type ReasonCode } from '../domain/index.js';
import type { Delivery, ObjectRecord } from '../ledger/index.js';
import { explainObject } from '../seg-writer/index.js';
import { referencedInstances } from './referenced-instances.js';

/** Whether a delivery may go on: `later` where what it follows is under way, the others where that has ended otherwise. */
export type Turn =
  | { readonly kind: 'now' | 'later' | 'would-store' }
  | { readonly kind: 'held' | 'refused'; readonly reason: ReasonCode };

/**
 * A result report goes after the segmentations that it tells of, a note after what takes the place of what it rejects and after the result report:
 * each only once they are stored at the same destination and were read back there, and as they ended where they ended otherwise.
 *
 * @param before deliveries of the same run, as they stand now
 */
export function turnOf(delivery: Delivery, bytes: Uint8Array | undefined, before: readonly Delivery[]): Turn {
  if (delivery.kind === 'segmentation' || !bytes) return { kind: 'now' };
  const awaited = before.filter(
    (other) => other.destination === delivery.destination && isAwaited(delivery.kind, bytes, other),
  );
  const held = awaited.find(({ state }) => state === 'held');
  if (held) return { kind: 'held', reason: held.reason ?? 'store-refused' };
  const ended = awaited.find(({ state }) => state === 'refused' || state === 'dead');
  if (awaited.some(({ state }) => UNDER_WAY.has(state))) return { kind: 'later' };
  if (ended) return { kind: 'refused', reason: ended.reason ?? 'store-refused' };
  return { kind: awaited.every(({ state }) => CONFIRMED.has(state)) ? 'now' : 'would-store' };
}

const CONFIRMED: ReadonlySet<Delivery['state']> = new Set(['stored', 'already-stored']);
const UNDER_WAY: ReadonlySet<Delivery['state']> = new Set(['due', 'looking', 'storing', 'confirming', 'waiting']);

function isAwaited(kind: ObjectRecord['kind'], bytes: Uint8Array, other: Delivery): boolean {
  if (other.kind === 'segmentation') return namedBy(kind, bytes).has(other.sopInstanceUID);
  return (
    kind === 'rejection-note' && other.kind === 'result-report' && other.state !== 'refused' && other.state !== 'dead'
  );
}

/** What a result report tells of, or what a note says takes the place of what it rejects. */
function namedBy(kind: ObjectRecord['kind'], bytes: Uint8Array): ReadonlySet<string> {
  if (kind === 'result-report')
    return new Set(
      referencedInstances(bytes).flatMap(({ sopClassUID, sopInstanceUID }) =>
        sopClassUID === SOP_CLASS.Segmentation || sopClassUID === SOP_CLASS.LabelMapSegmentation
          ? [sopInstanceUID]
          : [],
      ),
    );
  const file = readPart10(bytes);
  const note = file.ok ? explainObject(file.value.dataSet) : undefined;
  return new Set(note?.kind === 'rejection-note' ? (note.says?.match(/\d+(?:\.\d+)+/g) ?? []) : []);
}
