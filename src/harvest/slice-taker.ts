import {
  TAG,
  asReadUid,
  ok,
  type ImagePlane,
  type ReasonCode,
  type Result,
  type SeriesInstanceUid,
  type SourceSlice,
  type StudyInstanceUid,
} from '../domain/index.js';
import { fetchInstance, sliceKey } from '../pipeline/index.js';
import type { ImageEntry, TakenPlane } from './entries.js';
import { heldBack } from './header-facts.js';
import type { Patience } from './patience.js';
import type { Pseudonyms } from './pseudonyms.js';
import { around, seriesPlaces, type NumberedSlice, type SeriesPlaces } from './series-places.js';
import { imagePath, type SetFiles } from './set-files.js';
import type { HarvestSource, HarvestWorld } from './settings.js';

interface TakerContext {
  readonly source: HarvestSource;
  readonly patience: Patience;
  readonly names: Pseudonyms;
  readonly files: SetFiles;
  readonly world: HarvestWorld;
}

export type TakenSlices = Pick<ImageEntry, 'folder' | 'number' | 'range' | 'taken' | 'planes' | 'intervalMm'>;

/** Series whose places are remembered: reports of one study come one after the other. */
const REMEMBERED = 64;

/** Writes the pictures of marked slices and of their neighbours. */
export class SliceTaker {
  readonly #contextMm: number;
  readonly #series = new Map<string, Promise<Result<SeriesPlaces, ReasonCode>>>();

  constructor(contextMm: number) {
    this.#contextMm = contextMm;
  }

  /** The marked slice must be had; neighbours that cannot be, or must not leave, end the range on their side. */
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
    const taken = [centre];
    for (const neighbour of near.slice(0, at).reverse()) {
      if (!(await this.#neighbour(neighbour, series, folder, slice, context))) break;
      taken.unshift(neighbour);
    }
    for (const neighbour of near.slice(at + 1)) {
      if (!(await this.#neighbour(neighbour, series, folder, slice, context))) break;
      taken.push(neighbour);
    }
    return {
      folder,
      number: centre.number,
      range: [taken[0]!.number, taken.at(-1)!.number],
      taken: taken.map((one) => one.number),
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
      planes: [takenPlane(slice.plane)],
      intervalMm: null,
    };
  }

  async #neighbour(
    { instance, number }: NumberedSlice,
    series: { readonly study: StudyInstanceUid; readonly series: SeriesInstanceUid },
    folder: string,
    beside: SourceSlice,
    { files, patience, source, world }: TakerContext,
  ): Promise<boolean> {
    const written = await files.once(imagePath(folder, number), async () => {
      for (const archive of source.images) {
        const fetched = await patience.ask(() => fetchInstance(archive, { ...series, instance }));
        if (!fetched.ok) continue;
        const { file, bytes } = fetched.value;
        if (heldBack(file.dataSet)) return undefined;
        const neighbour = await world.kernels.slicePicture(bytes, undefined);
        if (!neighbour.ok) return undefined;
        const { plane, png } = neighbour.value;
        return plane.rows === beside.plane.rows && plane.columns === beside.plane.columns ? png : undefined;
      }
      return undefined;
    });
    return written === 'written';
  }

  async #placesOf(
    series: { readonly study: StudyInstanceUid; readonly series: SeriesInstanceUid },
    { source, patience }: TakerContext,
  ): Promise<SeriesPlaces | undefined> {
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
    series: { readonly study: StudyInstanceUid; readonly series: SeriesInstanceUid },
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

/** False where the kernels gave no picture. */
async function writeSlice(path: string, slice: SourceSlice, { files, world }: TakerContext): Promise<boolean> {
  const written = await files.once(path, async () => {
    const png = await world.kernels.huPicture(slice);
    return png.ok ? png.value : undefined;
  });
  return written === 'written';
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
