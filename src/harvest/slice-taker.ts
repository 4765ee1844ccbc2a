import {
  TAG,
  asReadUid,
  ok,
  type ReasonCode,
  type Result,
  type SeriesInstanceUid,
  type SourceSlice,
  type StudyInstanceUid,
} from '../domain/index.js';
import { fetchInstance, sourceSlice, sliceKey } from '../pipeline/index.js';
import { huPng } from '../dataset/index.js';
import type { ImageEntry } from './entries.js';
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

export type TakenSlices = Pick<ImageEntry, 'folder' | 'number' | 'range' | 'taken' | 'intervalMm'>;

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
    await context.files.once(imagePath(folder, centre.number), () => huPng(slice.plane, slice.hu));
    const near = around(places, centre, this.#contextMm);
    const at = near.indexOf(centre);
    const taken = [centre.number];
    for (const neighbour of near.slice(0, at).reverse()) {
      if (!(await this.#neighbour(neighbour, series, folder, slice, context))) break;
      taken.unshift(neighbour.number);
    }
    for (const neighbour of near.slice(at + 1)) {
      if (!(await this.#neighbour(neighbour, series, folder, slice, context))) break;
      taken.push(neighbour.number);
    }
    return {
      folder,
      number: centre.number,
      range: [taken[0]!, taken.at(-1)!],
      taken,
      intervalMm: places.intervalMm === undefined ? null : Number(places.intervalMm.toFixed(4)),
    };
  }

  async #alone(folder: string, number: number, slice: SourceSlice, { files }: TakerContext): Promise<TakenSlices> {
    await files.once(imagePath(folder, number), () => huPng(slice.plane, slice.hu));
    return { folder, number, range: [number, number], taken: [number], intervalMm: null };
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
        const image = { sopClassUID: undefined, sopInstanceUID: instance, frame: undefined };
        const neighbour = await sourceSlice(fetched.value, image, world.kernels);
        if (!neighbour.ok || heldBack(neighbour.value.header)) return undefined;
        const { plane } = neighbour.value;
        const isSameGrid = plane.rows === beside.plane.rows && plane.columns === beside.plane.columns;
        return isSameGrid ? huPng(plane, neighbour.value.hu) : undefined;
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
