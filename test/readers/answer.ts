/** Steps of an index in mm, and where index 0 lies. */
export interface Place {
  readonly origin: readonly number[];
  readonly alongRow: readonly number[];
  readonly alongColumn: readonly number[];
}

/**
 * What a reader makes of a segmentation: pixels on the images that the object names, frames each with its place, or a volume with an affine from
 * voxel index to patient coordinates (mm, left-posterior-superior).
 */
export type Answer =
  | { readonly kind: 'refused'; readonly says: string }
  | {
      readonly kind: 'by-source';
      readonly planes: readonly {
        readonly segment: number;
        readonly sop: string;
        readonly frame: number | null;
        /** row * columns + column */
        readonly pixels: readonly number[];
      }[];
    }
  | { readonly kind: 'placed'; readonly frames: readonly (Place & { segment: number; pixels: readonly number[] })[] }
  | {
      readonly kind: 'volume';
      readonly affine: readonly (readonly number[])[];
      readonly shape: readonly number[];
      readonly segments: Readonly<Record<string, readonly (readonly number[])[]>>;
    };
