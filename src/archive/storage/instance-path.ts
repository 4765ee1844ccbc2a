import { createHash } from 'node:crypto';
import { isUid } from '../../domain/index.js';

/** Where an instance of these UIDs is written, relative to the archive's folder: `<study>/<series>` and `<instance>.dcm`. */
export function instancePath(uids: {
  readonly studyInstanceUID: string;
  readonly seriesInstanceUID: string;
  readonly sopInstanceUID: string;
}): { readonly directory: string; readonly name: string } {
  return {
    directory: `${nameOf(uids.studyInstanceUID)}/${nameOf(uids.seriesInstanceUID)}`,
    name: `${nameOf(uids.sopInstanceUID)}.dcm`,
  };
}

/**
 * A UID is digits and dots (PS3.5 9.1) and no more than a name. What writers put in its place may be anything, also a path: such an identifier
 * is kept in the file but named by its digest on disk.
 */
const nameOf = (uid: string): string =>
  isUid(uid) ? uid : `x${createHash('sha256').update(uid, 'utf8').digest('hex').slice(0, 40)}`;
