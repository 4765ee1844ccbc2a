import {
  TAG,
  asReadUid,
  fail,
  ok,
  type ImagePlane,
  type ReasonCode,
  type Result,
  type SeriesInstanceUid,
  type SourceSlice,
  type StudyInstanceUid,
} from '../domain/index.js';
import type { InstanceReference, SeriesReference } from '../dicomweb/index.js';
import { fetchInstance, sliceKey } from '../pipeline/index.js';
import { together } from './at-once.js';
import type { ImageEntry, NoPicture, TakenPlane } from './entries.js';
import { heldBack } from './header-facts.js';
import type { Patience } from './patience.js';
import type { Pseudonyms } from './pseudonyms.js';
import { around, seriesPlaces, type NumberedSlice, type SeriesPlaces } from './series-places.js';
import { imagePath, type FilesOfReport } from './set-files.js';
import type { HarvestSource, HarvestWorld } from './settings.js';

interface TakerContext {
  readonly source: HarvestSource;
  readonly patience: Patience;
  readonly names: Pseudonyms;
  readonly files: FilesOfReport;
  readonly world: HarvestWorld;
}

export type TakenSlices = Pick<ImageEntry, 'folder' | 'number' | 'range' | 'taken' | 'ended' | 'planes' | 'intervalMm'>;

/** Series whose places are remembered: reports of one study come one after the other. */
const REMEMBERED = 64;

/** Writes the pictures of marked slices and of their neighbours. */
export class SliceTaker {
  readonly #contextMm: number;
  readonly #series = new Map<string, Promise<Result<SeriesPlaces, ReasonCode>>>();

  constructor(contextMm: number) {
    this.#contextMm = contextMm;
  }

  /** The marked slice must be had; neighbours that cannot be, or must not leave, end the range on their side, which the answer says. */
  async take(slice: SourceSlice, context: TakerContext): Promise<TakenSlices | ReasonCode> {
    const { header, reference } = slice;
    const frames = header.number(TAG.NumberOfFrames);
    const series = {
      study: asReadUid<StudyInstanceUid>(header.text(TAG.StudyInstanceUID) ?? ''),
      series: asReadUid<SeriesInstanceUid>(header.text(TAG.SeriesInstanceUID) ?? ''),
    };
    if (frames !== undefined && reference.frame !== undefined)
      return this.#alone(context.names.of('image', reference.sopInstanceUID), reference.frame, slice, context);
    const places = await this.#placesOf(series, context);
    const centre = places?.slices.find((s) => s.instance === reference.sopInstanceUID);
    // an archive that does not tell where slices lie gives no numbers: the image is a series of its own
    if (!places || !centre) return this.#alone(context.names.of('image', sliceKey(reference)), 1, slice, context);

    const folder = context.names.of('series', series.series);
    if (!(await writeSlice(imagePath(folder, centre.number), slice, context))) return 'worker-crashed';
    const near = around(places, centre, this.#contextMm);
    const at = near.indexOf(centre);
    const side = (neighbours: readonly NumberedSlice[]) => this.#side(neighbours, series, folder, slice, context);
    const [before, after] = await together([side(near.slice(0, at).reverse()), side(near.slice(at + 1))]);
    const taken = [...[...before!.taken].reverse(), centre, ...after!.taken];
    return {
      folder,
      number: centre.number,
      range: [taken[0]!.number, taken.at(-1)!.number],
      taken: taken.map((one) => one.number),
      ended: [before!.ended, after!.ended],
      planes: taken.map((one) => takenPlane(one.plane)),
      intervalMm: places.intervalMm === undefined ? null : Number(places.intervalMm.toFixed(4)),
    };
  }

  async #alone(
    folder: string,
    number: number,
    slice: SourceSlice,
    context: TakerContext,
  ): Promise<TakenSlices | ReasonCode> {
    if (!(await writeSlice(imagePath(folder, number), slice, context))) return 'worker-crashed';
    return {
      folder,
      number,
      range: [number, number],
      taken: [number],
      ended: [null, null],
      planes: [takenPlane(slice.plane)],
      intervalMm: null,
    };
  }

  /** Neighbours on one side, the nearest first, up to the first that cannot be had: a range has no holes. */
  async #side(
    neighbours: readonly NumberedSlice[],
    series: SeriesReference,
    folder: string,
    beside: SourceSlice,
    context: TakerContext,
  ): Promise<{ readonly taken: readonly NumberedSlice[]; readonly ended: NoPicture | null }> {
    const taken: NumberedSlice[] = [];
    for (const { number, ...neighbour } of neighbours) {
      const made = await context.files.once(imagePath(folder, number), () =>
        pictureOf({ ...series, instance: neighbour.instance }, beside, context),
      );
      if (!made.ok) return { taken, ended: made.error };
      taken.push({ number, ...neighbour });
    }
    return { taken, ended: null };
  }

  async #placesOf(series: SeriesReference, { source, patience }: TakerContext): Promise<SeriesPlaces | undefined> {
    const known = this.#series.get(series.series);
    const asking = known ?? this.#ask(series, source, patience);
    if (!known) {
      this.#series.set(series.series, asking);
      if (this.#series.size > REMEMBERED) this.#series.delete(this.#series.keys().next().value!);
    }
    const places = await asking;
    return places.ok ? places.value : undefined;
  }

  async #ask(
    series: SeriesReference,
    source: HarvestSource,
    patience: Patience,
  ): Promise<Result<SeriesPlaces, ReasonCode>> {
    let last: Result<SeriesPlaces, ReasonCode> = ok({ slices: [], intervalMm: undefined });
    for (const archive of source.images) {
      last = await patience.ask(() => seriesPlaces(archive, series));
      if (last.ok && last.value.slices.length > 0) return last;
    }
    return last;
  }
}

/** A slice beside a marked one. */
async function pictureOf(
  reference: InstanceReference,
  beside: SourceSlice,
  { patience, source, world }: TakerContext,
): Promise<Result<Uint8Array, NoPicture>> {
  let reason: ReasonCode = 'image-gone';
  for (const archive of source.images) {
    const fetched = await patience.ask(() => fetchInstance(archive, reference));
    if (!fetched.ok) {
      reason = fetched.error;
      continue;
    }
    const { file, bytes } = fetched.value;
    const held = heldBack(file.dataSet);
    if (held) return fail(held);
    const picture = await world.kernels.slicePicture(bytes, undefined);
    if (!picture.ok) return picture;
    const { plane, png } = picture.value;
    const isAlike = plane.rows === beside.plane.rows && plane.columns === beside.plane.columns;
    return isAlike ? ok(png) : fail('slice-size-differs');
  }
  return fail(reason);
}

/** False where the kernels gave no picture. */
async function writeSlice(path: string, slice: SourceSlice, { files, world }: TakerContext): Promise<boolean> {
  const make = () => world.kernels.huPicture(slice);
  // the first may have been somebody else's try, as a neighbour of another marked slice
  return (await files.once(path, make)).ok || (await files.once(path, make)).ok;
}

function takenPlane({ position, rowDirection, columnDirection }: ImagePlane): TakenPlane {
  const [r, c] = [rowDirection, columnDirection];
  return [
    rounded(position.x, 4),
    rounded(position.y, 4),
    rounded(position.z, 4),
    rounded(r[0], 6),
    rounded(r[1], 6),
    rounded(r[2], 6),
    rounded(c[0], 6),
    rounded(c[1], 6),
    rounded(c[2], 6),
  ];
}

/** Short numbers are the same on every machine. */
const rounded = (value: number, digits: number): number => Number(value.toFixed(digits));
