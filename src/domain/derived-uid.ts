import { createHash } from 'node:crypto';
import type { Uid } from './uids.js';

export type DerivedUidKind = 'series' | 'sop' | 'dimorg' | 'tracking' | 'report-sop' | 'ko-sop' | 'device';

/**
 * A UID that follows from what went in, so that the same work gives the same UID (PS3.5 B.2: `2.25.` and a UUID in decimal).
 * The UUID is the first 16 bytes of SHA-256 over `caliper-uid-v1`, the kind and the fields, joined by line feeds, with version 8 and the
 * RFC 9562 variant set.
 */
export function derivedUid<T extends Uid>(kind: DerivedUidKind, fields: readonly string[]): T {
  return `2.25.${uuidNumber(['caliper-uid-v1', kind, ...fields].join('\n'))}` as T;
}

function uuidNumber(canonicalText: string): string {
  const uuid = createHash('sha256').update(canonicalText, 'utf8').digest().subarray(0, 16);
  uuid[6] = (uuid[6]! & 0x0f) | 0x80;
  uuid[8] = (uuid[8]! & 0x3f) | 0x80;
  return BigInt(`0x${uuid.toString('hex')}`).toString(10);
}
