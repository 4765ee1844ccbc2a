/** What is drawn in a report, and on which image? Graphics as the file has them: points and image references, no meaning yet. */
import {
  TAG,
  asReadUid,
  imagePoint,
  patientPoint,
  type FrameOfReferenceUid,
  type ImageReference,
  type MarkPoints,
} from '../domain/index.js';
import type { ContentItem } from './tree.js';

/** A point in either space, so that lines of both can be measured the same way; z is 0 on an image. */
export type Point = readonly [number, number, number];

/** One SCOORD (PS3.3 C.18.6) or SCOORD3D (C.18.9) item. */
export interface Graphic {
  readonly item: ContentItem;
  readonly space: MarkPoints['space'];
  /** POINT, MULTIPOINT, POLYLINE, POLYGON, CIRCLE, ELLIPSE ... as written. */
  readonly type: string;
  /** Complete and finite; empty where the file's numbers are neither. */
  readonly points: readonly Point[];
  readonly images: readonly ImageReference[];
  readonly frameOfReferenceUID: FrameOfReferenceUid | undefined;
}

/** A straight line with its two ends, and the images it was drawn on; none for patient coordinates. */
export interface Line {
  readonly ends: readonly [Point, Point];
  readonly space: MarkPoints['space'];
  readonly images: readonly ImageReference[];
  readonly frameOfReferenceUID: FrameOfReferenceUid | undefined;
}

export const isGraphic = (item: ContentItem): boolean => item.valueType === 'SCOORD' || item.valueType === 'SCOORD3D';

/** How many points of one graphic are looked at: a contour may have thousands, no rule of ours looks beyond four. */
const POINTS_READ = 5;

/** Read once an item: thousands of numbers may refer to one graphic, and a contour may be long. */
const known = new WeakMap<ContentItem, Graphic>();

export function graphicOf(item: ContentItem): Graphic {
  const before = known.get(item);
  if (before) return before;
  const graphic = readGraphic(item);
  known.set(item, graphic);
  return graphic;
}

function readGraphic(item: ContentItem): Graphic {
  const space = item.valueType === 'SCOORD3D' ? 'patient' : 'image-point';
  const frameOfReference = item.dataSet.text(TAG.ReferencedFrameOfReferenceUID);
  return {
    item,
    space,
    type: item.dataSet.text(TAG.GraphicType)?.toUpperCase() ?? '',
    points: pointsOf(item.dataSet.numbers(TAG.GraphicData), space),
    images: imagesUnder(item),
    frameOfReferenceUID: frameOfReference === undefined ? undefined : asReadUid(frameOfReference),
  };
}

function pointsOf(numbers: readonly number[], space: MarkPoints['space']): readonly Point[] {
  const dimensions = space === 'patient' ? 3 : 2;
  if (numbers.length % dimensions !== 0) return [];
  const points: Point[] = [];
  for (let i = 0; i < numbers.length && points.length < POINTS_READ; i += dimensions) {
    const point: Point = [numbers[i]!, numbers[i + 1]!, space === 'patient' ? numbers[i + 2]! : 0];
    if (!point.every(Number.isFinite)) return [];
    points.push(point);
  }
  return points;
}

export const lineBetween = (graphic: Graphic, from: Point, to: Point): Line => ({
  ends: [from, to],
  space: graphic.space,
  images: graphic.images,
  frameOfReferenceUID: graphic.frameOfReferenceUID,
});

export function markPoints(line: Line): MarkPoints {
  const [a, b] = line.ends;
  return line.space === 'patient'
    ? {
        space: 'patient',
        ends: [patientPoint(...a), patientPoint(...b)],
        frameOfReferenceUID: line.frameOfReferenceUID,
      }
    : { space: 'image-point', ends: [imagePoint(a[0], a[1]), imagePoint(b[0], b[1])] };
}

/** Images directly under an item, by value or by reference, whatever the relationship is called (shape B). */
export function imagesUnder(item: ContentItem): readonly ImageReference[] {
  const [first] = item.children;
  if (first && item.children.length === 1 && item.referenced.length === 0) return first.images;
  return [...item.children, ...item.referenced].flatMap(({ images }) => images);
}
