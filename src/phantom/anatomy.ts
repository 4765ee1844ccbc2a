import type { Random } from './random.js';
import { ellipsoid, type LesionShape, type Solid } from './shapes.js';

/** Something that is painted over what was there: its solid and its tissue. */
export interface Organ {
  readonly solid: Solid;
  readonly hu: number;
  /** Standard deviation of the tissue's own texture, on top of the scanner's noise. */
  readonly textureHu: number;
}

export interface PhantomLesion {
  /** Tracking identifier, such as `Lesion 3 liver`. */
  readonly name: string;
  readonly shape: LesionShape;
  readonly hu: number;
  readonly finding: 'nodule' | 'mass' | 'lesion' | 'lymph-node';
  readonly site: 'lung' | 'liver' | 'mediastinum';
}

const deg = (degrees: number) => (degrees * Math.PI) / 180;

/**
 * A trunk from the carina (z = 60) to the liver (z = -60): body with fat and muscle, lungs with vessels, heart, aorta, spine, ribs, liver,
 * spleen, stomach. Painted in this order; later organs cover earlier ones.
 */
export function trunk(random: Random): Organ[] {
  const organs: Organ[] = [];
  const paint = (solid: Solid, hu: number, textureHu = 0) => organs.push({ solid, hu, textureHu });
  const column = Infinity;

  paint(ellipsoid({ x: 0, y: 0, z: 0 }, { x: 168, y: 118, z: column }, 2.4), -105, 6); // skin and fat
  paint(ellipsoid({ x: 0, y: 2, z: 0 }, { x: 154, y: 104, z: column }, 2.4), 52, 5); // chest wall muscle
  paint(ellipsoid({ x: 0, y: 0, z: 0 }, { x: 144, y: 94, z: column }, 2.4), -95, 6); // fat inside
  for (const side of [-1, 1]) paint(ellipsoid({ x: side * 76, y: 4, z: 58 }, { x: 62, y: 82, z: 92 }, 2.3), -855, 18);
  for (const organ of lungVessels(random)) organs.push(organ);
  paint(ellipsoid({ x: 4, y: 8, z: 60 }, { x: 34, y: 60, z: 84 }, 2.2), -88, 8); // mediastinal fat
  paint(ellipsoid({ x: 22, y: -26, z: 30 }, { x: 54, y: 42, z: 42 }), 118, 5); // heart
  paint(ellipsoid({ x: -26, y: -18, z: 58 }, { x: 12, y: 11, z: column }), 148, 4); // superior vena cava
  paint(ellipsoid({ x: -66, y: -6, z: -52 }, { x: 84, y: 78, z: 62 }, 2.3), 108, 7); // liver
  paint(ellipsoid({ x: -30, y: -24, z: -52 }, { x: 9, y: 30, z: 30 }), 150, 3); // hepatic vein
  paint(ellipsoid({ x: 96, y: 38, z: -52 }, { x: 32, y: 44, z: 44 }), 116, 6); // spleen
  paint(ellipsoid({ x: 62, y: -34, z: -54 }, { x: 44, y: 32, z: 40 }), 28, 8); // stomach
  paint(ellipsoid({ x: 62, y: -46, z: -54 }, { x: 26, y: 14, z: 24 }), -940, 4); // air in it
  paint(ellipsoid({ x: 18, y: 46, z: 0 }, { x: 13, y: 13, z: column }), 162, 4); // aorta
  paint(ellipsoid({ x: 0, y: 66, z: 0 }, { x: 23, y: 19, z: column }), 420, 30); // vertebral body, cortex
  paint(ellipsoid({ x: 0, y: 66, z: 0 }, { x: 20, y: 16, z: column }), 190, 40); // and marrow
  paint(ellipsoid({ x: 0, y: 90, z: 0 }, { x: 10, y: 8, z: column }), 30, 4); // spinal canal
  paint(ellipsoid({ x: 0, y: 104, z: 0 }, { x: 6, y: 12, z: column }), 380, 30); // spinous process
  for (let i = 0; i < 22; i++) {
    const angle = deg(-168 + (i * 336) / 21 - 90 + 8);
    const x = 148 * Math.cos(angle);
    const y = 99 * Math.sin(angle);
    paint(ellipsoid({ x, y, z: (i % 3) * 40 - 40 }, { x: 9, y: 5, z: 34 }), 480, 40); // ribs
  }
  return organs;
}

/** Vessels of the lung: cylinders of falling size, seen as dots and short strands. */
function lungVessels(random: Random): Organ[] {
  const vessels: Organ[] = [];
  for (let i = 0; i < 150; i++) {
    const side = i % 2 === 0 ? -1 : 1;
    const out = Math.sqrt(random.uniform());
    const angle = 2 * Math.PI * random.uniform();
    const radius = 0.9 + 2.6 * (1 - out) * random.uniform();
    const long = radius * (1 + 2 * random.uniform());
    const upright = random.uniform() < 0.5;
    vessels.push({
      solid: ellipsoid(
        {
          x: side * 76 + out * 56 * Math.cos(angle),
          y: 4 + out * 76 * Math.sin(angle),
          z: -30 + 150 * random.uniform(),
        },
        { x: upright ? radius : long, y: upright ? long : radius, z: 8 + 22 * random.uniform() },
      ),
      hu: 35,
      textureHu: 0,
    });
  }
  return vessels;
}

/** Seven lesions of varied size, contrast and shape; each lies around the slice its centre is on. */
export const LESIONS: readonly PhantomLesion[] = [
  {
    name: 'Lesion 1 lung',
    finding: 'nodule',
    site: 'lung',
    hu: 38,
    shape: {
      centre: { x: -92, y: -18, z: 60 },
      longHalfMm: 12.5,
      shortHalfMm: 10.5,
      heightHalfMm: 13,
      turn: deg(25),
      waves: [{ amplitude: 0.04, count: 3, phase: 0.4 }],
    },
  },
  {
    name: 'Lesion 2 lung',
    finding: 'nodule',
    site: 'lung',
    hu: 22,
    shape: {
      centre: { x: 88, y: 22, z: 50 },
      longHalfMm: 8.6,
      shortHalfMm: 6.4,
      heightHalfMm: 9,
      turn: deg(-40),
      waves: [
        { amplitude: 0.07, count: 5, phase: 0 },
        { amplitude: 0.03, count: 8, phase: 1 },
      ],
    },
  },
  {
    name: 'Lesion 3 lung',
    finding: 'mass',
    site: 'lung',
    hu: 44,
    shape: {
      centre: { x: -58, y: 48, z: 30 },
      longHalfMm: 21,
      shortHalfMm: 15,
      heightHalfMm: 18,
      turn: deg(70),
      waves: [{ amplitude: 0.08, count: 3, phase: 2 }],
    },
  },
  {
    name: 'Lesion 4 liver',
    finding: 'lesion',
    site: 'liver',
    hu: 52,
    shape: {
      centre: { x: -88, y: 14, z: -40 },
      longHalfMm: 19,
      shortHalfMm: 14.5,
      heightHalfMm: 17,
      turn: deg(10),
      waves: [
        { amplitude: 0.05, count: 2, phase: 1.1 },
        { amplitude: 0.04, count: 5, phase: 0.2 },
      ],
    },
  },
  {
    name: 'Lesion 5 liver',
    finding: 'lesion',
    site: 'liver',
    hu: 46,
    shape: {
      centre: { x: -50, y: 30, z: -55 },
      longHalfMm: 9.5,
      shortHalfMm: 7.5,
      heightHalfMm: 10,
      turn: deg(120),
      waves: [],
    },
  },
  {
    name: 'Lesion 6 liver',
    finding: 'mass',
    site: 'liver',
    hu: 60,
    shape: {
      centre: { x: -92, y: -30, z: -55 },
      longHalfMm: 26,
      shortHalfMm: 18,
      heightHalfMm: 22,
      turn: deg(150),
      waves: [
        { amplitude: 0.09, count: 3, phase: 0.5 },
        { amplitude: 0.04, count: 4, phase: 2 },
      ],
    },
  },
  {
    name: 'Lesion 7 mediastinum',
    finding: 'lymph-node',
    site: 'mediastinum',
    hu: 46,
    shape: {
      centre: { x: -8, y: 22, z: 60 },
      longHalfMm: 12.5,
      shortHalfMm: 8,
      heightHalfMm: 12,
      turn: deg(35),
      waves: [{ amplitude: 0.04, count: 4, phase: 0 }],
    },
  },
];
