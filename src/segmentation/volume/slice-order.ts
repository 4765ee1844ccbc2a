/** A slice of the marked slice's grid and orientation, by its place in the stack. */
export interface StackedSlice {
  /** Along the normal, in mm; the zero is anywhere. */
  readonly positionMm: number;
  /** Which of two slices at one place is taken: the one whose name comes first. */
  readonly name: string;
}

/** A slice that the lesion may be carried to. */
export interface Stop {
  readonly index: number;
  /** From the slice before it. */
  readonly stepMm: number;
  /** From the marked slice. */
  readonly offKeyMm: number;
}

/** The slices on one side of the marked one, nearest first, and why there are no more. */
export interface Run {
  readonly stops: readonly Stop[];
  readonly end: 'end-of-series' | 'gap';
}

export interface SliceOrder {
  /** Towards larger positions, and towards smaller ones. */
  readonly up: Run;
  readonly down: Run;
  /** Median distance of neighbours; undefined where there are none. */
  readonly spacingMm: number | undefined;
}

/** Closer slices are at one place. */
const SAME_PLACE_MM = 0.01;
/** Slices farther apart than so many times the median leave a gap. */
const GAP = 1.5;

/** Both ways from the marked slice, by position alone: the order in which the slices are given does not matter. */
export function orderSlices(slices: readonly StackedSlice[], key: number): SliceOrder {
  const distinct = distinctPlaces(slices, key);
  const place = (i: number): number => slices[distinct[i]!]!.positionMm;
  const steps = distinct.slice(1).map((_, i) => place(i + 1) - place(i));
  const spacingMm = steps.length === 0 ? undefined : steps.toSorted((a, b) => a - b)[(steps.length - 1) >> 1]!;
  const at = distinct.indexOf(key);

  const run = (towards: 1 | -1): Run => {
    const stops: Stop[] = [];
    for (let i = at + towards; i >= 0 && i < distinct.length; i += towards) {
      const stepMm = Math.abs(place(i) - place(i - towards));
      if (stepMm > GAP * spacingMm!) return { stops, end: 'gap' };
      stops.push({ index: distinct[i]!, stepMm, offKeyMm: Math.abs(place(i) - place(at)) });
    }
    return { stops, end: 'end-of-series' };
  };
  return { up: run(1), down: run(-1), spacingMm };
}

/** Indices by ascending position, one a place; the marked slice is always there. */
function distinctPlaces(slices: readonly StackedSlice[], key: number): readonly number[] {
  const byPlace = [...slices.keys()].sort((a, b) => {
    const [one, other] = [slices[a]!, slices[b]!];
    if (one.positionMm !== other.positionMm) return one.positionMm - other.positionMm;
    return a === key ? -1 : b === key ? 1 : one.name < other.name ? -1 : 1;
  });
  const keyMm = slices[key]!.positionMm;
  const distinct: number[] = [];
  for (const i of byPlace) {
    const mm = slices[i]!.positionMm;
    if (i !== key && Math.abs(mm - keyMm) <= SAME_PLACE_MM) continue;
    if (i !== key && distinct.length > 0 && mm - slices[distinct.at(-1)!]!.positionMm <= SAME_PLACE_MM) continue;
    distinct.push(i);
  }
  return distinct;
}
