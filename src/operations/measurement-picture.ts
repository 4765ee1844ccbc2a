import type { Region, Window } from '../pictures/index.js';
import { lesionRegion, overlaySvg, slicePng, windowFor } from '../pictures/index.js';
import type { LesionView } from '../pipeline/index.js';

/** What the page shows of a measurement. */
export interface MeasurementPicture {
  /** How the report calls the lesion, where that is no tool's name. */
  readonly label: string | undefined;
  readonly region: Region;
  readonly window: Window;
  readonly overlaySvg: string;
  readonly reportedMm: { readonly long: number; readonly short: number | undefined };
  readonly measuredMm: { readonly long: number; readonly short: number } | undefined;
  readonly png: () => Uint8Array;
}

export function measurementPicture(view: LesionView): MeasurementPicture {
  const region = lesionRegion(view.slice, view.marks, view.mask);
  const window = windowFor(view.slice, region);
  return {
    label: view.label,
    region,
    window,
    overlaySvg: overlaySvg(region, view.marks, view.mask),
    reportedMm: { long: view.longAxisMm, short: view.shortAxisMm },
    measuredMm: view.measuredMm,
    png: () => slicePng(view.slice, region, window),
  };
}
