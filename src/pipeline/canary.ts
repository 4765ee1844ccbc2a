import { createHash } from 'node:crypto';
import type { SopInstanceUid } from '../domain/index.js';

/**
 * Whether a report belongs to the share (0 to 1) of reports that a destination stores: by the report's own UID, so that every process and every
 * try says the same, and a greater share holds every report of a smaller one.
 */
export const isInCanary = (report: SopInstanceUid, share: number): boolean =>
  createHash('sha256').update(report, 'latin1').digest().readUIntBE(0, 6) / 2 ** 48 < share;
