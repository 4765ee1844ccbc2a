import type { Region, Window } from '../pictures/index.js';
import { contourPath, lesionRegion, overlaySvg, slicePng, windowFor } from '../pictures/index.js';
import type { CandidateContour, LesionView } from '../pipeline/index.js';

/** What the page shows of a measurement. */
export interface MeasurementPicture {
  /** How the report calls the lesion, where that is no tool's name. */
  readonly label: string | undefined;
  readonly region: Region;
  readonly window: Window;
  readonly size: { readonly rows: number; readonly columns: number };
  /** Marks, contour, and the contours to choose from, each a path of its own. */
  readonly overlaySvg: string;
  readonly reportedMm: { readonly long: number; readonly short: number | undefined };
  readonly measuredMm: { readonly long: number; readonly short: number } | undefined;
  readonly areaMm2: number | undefined;
  readonly place: LesionView['place'];
  readonly candidates: readonly PicturedCandidate[];
  readonly view: LesionView;
  readonly png: () => Uint8Array;
}

export interface PicturedCandidate {
  readonly name: CandidateContour['name'];
  readonly maskSha256: string;
  readonly longMm: number;
  readonly shortMm: number;
  readonly agreement: number;
}

export function measurementPicture(view: LesionView): MeasurementPicture {
  const region = lesionRegion(view.slice, view.marks, view.mask);
  const window = windowFor(view.slice, region);
  const candidates = view.candidates.map(
    ({ lesion }, i) => `<path class="candidate candidate-${i + 1}" d="${contourPath(lesion.mask)}"/>`,
  );
  const { spacing } = view.slice.plane;
  const pixels = view.mask?.bits.reduce((sum, bit) => sum + bit, 0);
  return {
    label: view.label,
    region,
    window,
    size: { rows: view.slice.plane.rows, columns: view.slice.plane.columns },
    overlaySvg: overlaySvg(region, view.marks, view.mask, candidates.join('')),
    reportedMm: { long: view.longAxisMm, short: view.shortAxisMm },
    measuredMm: view.measuredMm,
    areaMm2: pixels === undefined ? undefined : pixels * spacing.betweenRows * spacing.betweenColumns,
    place: view.place,
    candidates: view.candidates.map(({ name, maskSha256, lesion }) => ({
      name,
      maskSha256,
      longMm: lesion.axes.longAxisMm,
      shortMm: lesion.axes.shortAxisMm,
      agreement: lesion.agreement,
    })),
    view,
    png: () => slicePng(view.slice, region, window),
  };
}
