import {
  derivedUid,
  KERNEL_REVISION,
  WRITER_LAYOUT,
  type SegmentedLesion,
  type SeriesInstanceUid,
  type SopInstanceUid,
  type Uid,
} from '../../domain/index.js';
import { marksSha256 } from '../marks-digest.js';
import type { Bundle, SegmentationType } from '../request.js';

export interface ObjectUids {
  readonly sopInstanceUID: SopInstanceUid;
  readonly seriesInstanceUID: SeriesInstanceUid;
  readonly dimensionOrganizationUID: Uid;
}

/** What an object's UIDs follow from: never time, host, destination, order of work or the version of the software. */
export interface ObjectInput {
  readonly report: SopInstanceUid;
  readonly images: readonly SopInstanceUid[];
  readonly lesions: readonly SegmentedLesion[];
  readonly bundle: Bundle | undefined;
  readonly policyName: string;
  readonly type: SegmentationType;
}

export function objectUidsOf(input: ObjectInput): ObjectUids {
  const fields = [
    input.report,
    ...[...new Set(input.images)].sort().map((uid) => `image=${uid}`),
    ...input.lesions
      .map(
        ({ located: { measurement }, method }) =>
          `measurement=${measurement.key} method=${method} marks=${marksSha256(measurement)}`,
      )
      .sort(),
    input.bundle ? `bundle=${input.bundle.name}@${input.bundle.sha256}` : 'bundle=none',
    `kernel=${KERNEL_REVISION}`,
    `policy=${input.policyName}`,
    `layout=${WRITER_LAYOUT}`,
    // the same lesions in another form are another object
    ...(input.type === 'binary' ? [] : [`type=${input.type}`]),
  ];
  return {
    sopInstanceUID: derivedUid('sop', fields),
    seriesInstanceUID: derivedUid('series', fields),
    dimensionOrganizationUID: derivedUid('dimorg', fields),
  };
}
