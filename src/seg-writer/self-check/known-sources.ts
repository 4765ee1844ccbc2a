import { functionalGroup } from '../../dicom/index.js';
import { TAG, type DataSet, type SourceSlice, type Tag } from '../../domain/index.js';
import { isMultiFrame } from '../source/multi-frame.js';
import { AlikeImages } from '../source/alike.js';
import type { SourceImage } from '../source/source-image.js';
import type { ReadSourceReference } from './read-frames.js';

/** An image that is at hand, as references name it. */
export interface KnownInstance {
  readonly sopClassUID: string | undefined;
  readonly seriesInstanceUID: string | undefined;
  readonly multiFrame: boolean;
  readonly header: DataSet;
  /** Header of the first image that says the same of patient, study, series and grid. */
  readonly like: DataSet;
  /** Frames that are at hand; a single-frame image has frame 1. */
  readonly frames: ReadonlySet<number>;
}

/** One slice of an image at hand. */
export interface SourceFrame {
  readonly instance: KnownInstance;
  readonly frame: number;
}

/** The images that an object is compared with; undefined where an object is looked at alone. */
export type KnownSources = ReadonlyMap<string, KnownInstance>;

export function knownSources(slices: readonly Pick<SourceSlice, 'header' | 'reference'>[]): KnownSources {
  const frames = new Map<DataSet, Set<number>>();
  for (const { header, reference } of slices) {
    const known = frames.get(header) ?? new Set();
    known.add(isMultiFrame(header) ? (reference.frame ?? 1) : 1);
    frames.set(header, known);
  }
  return instancesOf(frames);
}

/** The images that an object was just written from. */
export function plannedSources(sources: readonly SourceImage[]): KnownSources {
  const framesOf = new Map<string, Set<number>>();
  const instances = new Map<string, KnownInstance>();
  for (const { slice, sopClassUID, sopInstanceUID, seriesInstanceUID, frame, like } of sources) {
    const known = framesOf.get(sopInstanceUID);
    if (known) {
      known.add(frame ?? 1);
      continue;
    }
    const frames = new Set([frame ?? 1]);
    framesOf.set(sopInstanceUID, frames);
    const multiFrame = frame !== undefined;
    instances.set(sopInstanceUID, { sopClassUID, seriesInstanceUID, multiFrame, header: slice.header, like, frames });
  }
  return instances;
}

/** Whole images, each with all its frames. */
export const knownImages = (headers: readonly DataSet[]): KnownSources =>
  instancesOf(new Map(headers.map((header) => [header, new Set(framesOf(header))])));

function instancesOf(frames: ReadonlyMap<DataSet, ReadonlySet<number>>): KnownSources {
  const instances = new Map<string, KnownInstance>();
  const alike = new AlikeImages();
  for (const [header, known] of frames) {
    const uid = header.text(TAG.SOPInstanceUID) ?? '';
    const already = instances.get(uid);
    instances.set(uid, {
      sopClassUID: header.text(TAG.SOPClassUID),
      seriesInstanceUID: header.text(TAG.SeriesInstanceUID),
      multiFrame: isMultiFrame(header),
      header,
      like: alike.firstLike(header),
      frames: already ? new Set([...already.frames, ...known]) : known,
    });
  }
  return instances;
}

const framesOf = (header: DataSet): readonly number[] =>
  Array.from({ length: isMultiFrame(header) ? (header.number(TAG.NumberOfFrames) ?? 1) : 1 }, (_, index) => index + 1);

/** The slice that a frame's reference names; undefined where it is not at hand. */
export function findSource(known: KnownSources, reference: ReadSourceReference): SourceFrame | undefined {
  const instance = known.get(reference.sopInstanceUID ?? '');
  const frame = reference.frame ?? 1;
  return instance?.frames.has(frame) ? { instance, frame } : undefined;
}

/** What holds a macro's attributes for a slice: the image, or an item of its functional groups. */
export const macroOf = ({ instance, frame }: SourceFrame, macro: Tag): DataSet | undefined =>
  instance.multiFrame ? functionalGroup(instance.header, frame, macro) : instance.header;

export const positionOf = (source: SourceFrame): readonly string[] =>
  macroOf(source, TAG.PlanePositionSequence)?.texts(TAG.ImagePositionPatient) ?? [];
