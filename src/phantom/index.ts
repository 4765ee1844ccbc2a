import type { Mask, PixelMarks, SopInstanceUid, StudyInstanceUid, Uid } from '../domain/index.js';
import { ctFile } from './ct-files.js';
import { identityOf } from './identity.js';
import { marksOn } from './marks.js';
import { seededRandom } from './random.js';
import { reportFile } from './report-file.js';
import { renderPhantom } from './slices.js';

export interface PhantomFile {
  readonly name: string;
  readonly bytes: Uint8Array;
}

export interface PhantomTruth {
  readonly name: string;
  readonly trackingUID: Uid;
  readonly imageUID: SopInstanceUid;
  readonly marks: PixelMarks;
  /** The pixels that are lesion on the marked slice. */
  readonly mask: Mask;
  /** The pixels that are lesion on each image, from the feet to the head. */
  readonly volume: () => ReadonlyMap<SopInstanceUid, Mask>;
}

export interface PhantomStudy {
  readonly studyInstanceUID: StudyInstanceUid;
  readonly reportUID: SopInstanceUid;
  /** CT images and the report, as Part 10 files. */
  readonly files: readonly PhantomFile[];
  readonly truths: readonly PhantomTruth[];
}

/** A reader's hand: standard deviation of each mark's end. */
const JITTER_PX = 0.5;

/** The made-up study of the demo and of tests: the same seed gives the same bytes. */
export function makePhantomStudy(seed: number): PhantomStudy {
  const identity = identityOf(seed);
  const { slices, truths } = renderPhantom(seed);
  const random = seededRandom(seed + 77);
  const marked = truths.map(({ mask, ...truth }) => ({
    ...truth,
    mask,
    marks: marksOn(mask, JITTER_PX, random),
  }));
  return {
    studyInstanceUID: identity.studyUID as StudyInstanceUid,
    reportUID: identity.reportUID as SopInstanceUid,
    files: [
      ...slices.map((slice, i) => ({
        name: `ct/${String(i + 1).padStart(3, '0')}.dcm`,
        bytes: ctFile(slice, i, identity),
      })),
      { name: 'report.dcm', bytes: reportFile(marked, slices, identity) },
    ],
    truths: marked.map(({ lesion, slice, mask, maskAt, marks }, i) => ({
      name: lesion.name,
      trackingUID: identity.trackingUID(i),
      imageUID: identity.imageUID(slice) as SopInstanceUid,
      marks,
      mask,
      volume: () => new Map(slices.map(({ zMm }, s) => [identity.imageUID(s) as SopInstanceUid, maskAt(zMm)])),
    })),
  };
}
