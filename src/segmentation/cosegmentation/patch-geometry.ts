import type { PixelSpacing } from '../../domain/index.js';
import type { MeasuredMarks, Vector } from '../lesion-frame.js';
import type { PatchScale } from './network.js';

/**
 * Where a patch lies on its slice: a square of whole patch pixels round the marks, not turned. Patch pixel i of an axis has its centre at
 * centre + ((i + 0.5) - size / 2) * pitch / spacing, in pixels of the slice (centres at whole numbers).
 */
export interface PatchGeometry {
  readonly sizePx: number;
  /** In pixels of the slice. */
  readonly centre: Vector;
  /** Side of a patch pixel. */
  readonly pitchMm: number;
  readonly spacing: PixelSpacing;
}

export function patchGeometry(marks: MeasuredMarks, sizePx: number, scale: PatchScale): PatchGeometry {
  const { spacing } = marks;
  const ends = endsOf(marks);
  const box = boxOf(ends);
  const place = { sizePx, spacing };
  switch (scale.scale) {
    case 'marks-relative': {
      const sideMm = Math.max(scale.sideLongAxisMultiple * marks.long.lengthMm, scale.minimumSideMm);
      return { ...place, centre: meanOf(ends), pitchMm: sideMm / sizePx };
    }
    case 'box-relative': {
      const longerMm = Math.max(
        (box.right - box.left) * spacing.betweenColumns,
        (box.bottom - box.top) * spacing.betweenRows,
      );
      const sideMm = Math.max(scale.boxMultiple * longerMm, scale.minimumSideMm);
      const centre = { x: (box.left + box.right) / 2, y: (box.top + box.bottom) / 2 };
      return { ...place, centre, pitchMm: sideMm / sizePx };
    }
  }
}

/** Where on its axis of the slice the centre of patch pixel `i` lies. */
export const onSliceAxis = (
  { sizePx, pitchMm }: PatchGeometry,
  centrePx: number,
  spacingMm: number,
  i: number,
): number => centrePx + ((i + 0.5 - sizePx / 2) * pitchMm) / spacingMm;

/** The way back: where on the patch's axis a pixel of the slice lies. */
export const onPatchAxis = (
  { sizePx, pitchMm }: PatchGeometry,
  centrePx: number,
  spacingMm: number,
  position: number,
): number => ((position - centrePx) * spacingMm) / pitchMm + sizePx / 2 - 0.5;

export const endsOf = ({ long, short }: MeasuredMarks): readonly Vector[] => [
  long.from,
  long.to,
  ...(short ? [short.from, short.to] : []),
];

export interface Box {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

export const boxOf = (points: readonly Vector[]): Box => ({
  left: Math.min(...points.map(({ x }) => x)),
  right: Math.max(...points.map(({ x }) => x)),
  top: Math.min(...points.map(({ y }) => y)),
  bottom: Math.max(...points.map(({ y }) => y)),
});

const meanOf = (points: readonly Vector[]): Vector => ({
  x: points.reduce((sum, { x }) => sum + x, 0) / points.length,
  y: points.reduce((sum, { y }) => sum + y, 0) / points.length,
});
