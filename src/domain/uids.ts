import { fail, ok, type Result } from './result.js';
import type { Branded } from './units.js';

export type Uid = Branded<string, 'UID'>;
export type SopInstanceUid = Uid & Branded<string, 'SOPInstanceUID'>;
export type SeriesInstanceUid = Uid & Branded<string, 'SeriesInstanceUID'>;
export type StudyInstanceUid = Uid & Branded<string, 'StudyInstanceUID'>;
export type FrameOfReferenceUid = Uid & Branded<string, 'FrameOfReferenceUID'>;
export type SopClassUid = Uid & Branded<string, 'SOPClassUID'>;
export type TransferSyntaxUid = Uid & Branded<string, 'TransferSyntaxUID'>;

/** PS3.5 9.1: digits and dots, at most 64 characters, no component with a leading zero. */
const UID = /^(?=.{1,64}$)(0|[1-9]\d*)(\.(0|[1-9]\d*))*$/;

export const isUid = (text: string): boolean => UID.test(text);

/** Outside text becomes a branded UID here, once; inside, nobody checks again. */
export const uidOf = <T extends Uid>(text: string | undefined): Result<T, 'not-a-uid'> =>
  text !== undefined && UID.test(text) ? ok(text as T) : fail('not-a-uid');

/**
 * Some writers number their instances with malformed UIDs (letters, leading zeros, dwv, NCI AIM). Such an identifier can be compared and
 * looked up, but never written by us: this brand-only cast is for reading.
 */
export const asReadUid = <T extends Uid>(text: string): T => text as T;
