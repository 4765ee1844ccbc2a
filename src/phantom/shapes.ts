/**
 * Solid shapes of the phantom in patient millimetres (LPS: x to the left, y to the back, z to the head). Each gives, for a plane z, the signed
 * distance of a point from its outline in that plane (negative inside), roughly: exact enough to blend an edge over one pixel.
 */
export interface Solid {
  /** Largest distance from the centre in x and y at any z: nothing lies outside. */
  readonly reachMm: { readonly x: number; readonly y: number };
  readonly centre: { readonly x: number; readonly y: number };
  /** Whether every plane cuts it alike. */
  readonly sameAtEveryZ: boolean;
  /**
   * Half-width in x, around the centre, of what lies within `distanceMm` <= `marginMm` on a line of constant y; 0 where there is nothing. Lets a
   * painter skip what is all inside or all outside; undefined where the shape is not that simple.
   */
  readonly halfWidthMm: ((y: number, z: number, marginMm: number) => number) | undefined;
  /** Signed distance in the plane; Infinity where the plane misses the solid. */
  distanceMm(x: number, y: number, z: number): number;
}

/** An ellipsoid with its axes along the patient's; `halfZ` may be Infinity for a cylinder. `power` 2 is an ellipse, larger is boxier. */
export function ellipsoid(
  centre: { x: number; y: number; z: number },
  half: { x: number; y: number; z: number },
  power = 2,
): Solid {
  return {
    reachMm: { x: half.x, y: half.y },
    centre,
    sameAtEveryZ: half.z === Infinity,
    halfWidthMm(y, z, marginMm) {
      const height = (z - centre.z) / half.z;
      if (height * height >= 1) return 0;
      const shrink = Math.sqrt(1 - height * height);
      const limit = 1 + marginMm / (Math.sqrt(half.x * half.y) * shrink);
      const v = Math.abs(y - centre.y) / (half.y * shrink);
      return v >= limit ? 0 : half.x * shrink * Math.pow(Math.pow(limit, power) - Math.pow(v, power), 1 / power);
    },
    distanceMm(x, y, z) {
      const height = (z - centre.z) / half.z;
      const scale = 1 - height * height;
      if (scale <= 0) return Infinity;
      const shrink = Math.sqrt(scale);
      const u = Math.abs(x - centre.x) / (half.x * shrink);
      const v = Math.abs(y - centre.y) / (half.y * shrink);
      const rho = power === 2 ? Math.hypot(u, v) : Math.pow(Math.pow(u, power) + Math.pow(v, power), 1 / power);
      return (rho - 1) * Math.sqrt(half.x * half.y) * shrink;
    },
  };
}

/**
 * A lesion: an outline r(angle) around its centre that shrinks towards its poles, as a turned ellipse with waves (lobes) on it.
 */
export interface LesionShape {
  readonly centre: { readonly x: number; readonly y: number; readonly z: number };
  readonly longHalfMm: number;
  readonly shortHalfMm: number;
  readonly heightHalfMm: number;
  /** Direction of the long axis, radians from x towards y. */
  readonly turn: number;
  /** Amplitude relative to the radius, waves a turn, and phase of each wave. */
  readonly waves: readonly { readonly amplitude: number; readonly count: number; readonly phase: number }[];
}

/** Distance from the centre to the outline in the lesion's own plane, in the direction `angle` (radians from x towards y). */
export function outlineRadiusMm(lesion: LesionShape, angle: number): number {
  const t = angle - lesion.turn;
  const ellipse =
    (lesion.longHalfMm * lesion.shortHalfMm) /
    Math.hypot(lesion.shortHalfMm * Math.cos(t), lesion.longHalfMm * Math.sin(t));
  let waves = 1;
  for (const w of lesion.waves) waves += w.amplitude * Math.cos(w.count * t + w.phase);
  return ellipse * waves;
}

export function lesionSolid(lesion: LesionShape): Solid {
  const reach = lesion.longHalfMm * (1 + lesion.waves.reduce((sum, w) => sum + Math.abs(w.amplitude), 0));
  return {
    reachMm: { x: reach, y: reach },
    centre: lesion.centre,
    sameAtEveryZ: false,
    halfWidthMm: undefined,
    distanceMm(x, y, z) {
      const height = (z - lesion.centre.z) / lesion.heightHalfMm;
      const scale = 1 - height * height;
      if (scale <= 0) return Infinity;
      const dx = x - lesion.centre.x;
      const dy = y - lesion.centre.y;
      return Math.hypot(dx, dy) - outlineRadiusMm(lesion, Math.atan2(dy, dx)) * Math.sqrt(scale);
    },
  };
}
