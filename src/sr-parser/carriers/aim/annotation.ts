/**
 * What one ImageAnnotation says, in AIM 3 and in AIM 4, as far as marks go. The two versions name and nest things differently (AIM 3: attributes
 * of `GeometricShape` and `Calculation`; AIM 4: elements with a `value` or `root`), the content is the same.
 */
import { asReadUid, code, type CodedConcept, type ImageReference, type SopClassUid } from '../../../domain/index.js';
import { roleOf, type StatedLength } from '../../axis-number.js';
import { conceptOfWording, recognise } from '../../codes.js';
import type { Line, Point } from '../../graphics.js';
import { lengthUnit, type LengthUnit } from '../../units.js';
import { childNamed, childrenNamed, elementsAt, elementsNamed, type Element } from '../element.js';

/** A shape of two points. */
export interface AimLine {
  readonly uid: string | undefined;
  readonly line: Line;
}

/** A calculation that says it is a length. */
export interface AimLength {
  readonly uid: string | undefined;
  readonly stated: StatedLength;
}

/** `<name value="x"/>`, or in AIM 3 the attribute `name`. */
export const valueOf = (element: Element | undefined, name: string): string | undefined =>
  nonEmpty(childNamed(element, name)?.attributes.get('value') ?? element?.attributes.get(name));

/** `<name root="1.2"/>`, or in AIM 3 the attribute. */
export const rootOf = (element: Element | undefined, name: string): string | undefined =>
  nonEmpty(childNamed(element, name)?.attributes.get('root') ?? element?.attributes.get(name));

const nonEmpty = (text: string | undefined): string | undefined => {
  const trimmed = text?.trim().normalize('NFC');
  return trimmed === '' ? undefined : trimmed;
};

/** `typeCode` of AIM 4, or the code attributes of AIM 3. */
export function codesOf(element: Element): readonly CodedConcept[] {
  const typeCodes = childrenNamed(element, 'typeCode').flatMap((typeCode) => {
    const value = nonEmpty(typeCode.attributes.get('code'));
    const meaning = childNamed(typeCode, 'displayName')?.attributes.get('value') ?? '';
    return value === undefined ? [] : [code(value, typeCode.attributes.get('codeSystemName') ?? '', meaning)];
  });
  const value = nonEmpty(element.attributes.get('codeValue'));
  return value === undefined
    ? typeCodes
    : [
        ...typeCodes,
        code(
          value,
          element.attributes.get('codingSchemeDesignator') ?? '',
          element.attributes.get('codeMeaning') ?? '',
        ),
      ];
}

/** Bounds on what is compared with each other. */
const MOST = 64;

/** Markups of AIM 4 and shapes of AIM 3 that are a straight line. Points, circles, ellipses and closed curves are not. */
export function linesOf(annotation: Element, images: ReadonlyMap<string, string | undefined>): readonly AimLine[] {
  const markups = elementsAt(annotation, 'markupEntityCollection', 'MarkupEntity').map((markup) => ({
    markup,
    coordinates: elementsAt(markup, 'twoDimensionSpatialCoordinateCollection', 'TwoDimensionSpatialCoordinate'),
  }));
  const shapes = elementsAt(annotation, 'geometricShapeCollection', 'GeometricShape').map((markup) => ({
    markup,
    coordinates: elementsAt(markup, 'spatialCoordinateCollection', 'SpatialCoordinate'),
  }));
  return [...markups, ...shapes].slice(0, MOST).flatMap(({ markup, coordinates }) => {
    if (!LINE.test(markup.attributes.get('xsi:type') ?? '') || coordinates.length !== 2) return [];
    const [a, b] = [...coordinates].sort((x, y) => numberAt(x, 'coordinateIndex') - numberAt(y, 'coordinateIndex'));
    const [from, to] = [a && pointOf(a), b && pointOf(b)];
    if (!a || !from || !to) return [];
    const uid = rootOf(markup, 'imageReferenceUid') ?? nonEmpty(a.attributes.get('imageReferenceUID'));
    const frame = Number(valueOf(markup, 'referencedFrameNumber') ?? a.attributes.get('referencedFrameNumber') ?? NaN);
    return [
      {
        uid: rootOf(markup, 'uniqueIdentifier'),
        line: {
          ends: [from, to],
          space: 'image-point',
          images: uid === undefined ? [] : [imageOf(uid, frame, images)],
          frameOfReferenceUID: undefined,
        },
      },
    ];
  });
}

const LINE = /^(?:\w+:)?(?:TwoDimensionMultiPoint|TwoDimensionPolyline|MultiPoint|Polyline)$/;

const numberAt = (element: Element, name: string): number => Number(valueOf(element, name) ?? NaN);

function pointOf(coordinate: Element): Point | undefined {
  const [x, y] = [numberAt(coordinate, 'x'), numberAt(coordinate, 'y')];
  return Number.isFinite(x) && Number.isFinite(y) ? [x, y, 0] : undefined;
}

/** Frame 0 is NCI AIM's, frame 1 ePAD's way to say that an image has no frames; a mark on a later frame says so. */
const imageOf = (uid: string, frame: number, images: ReadonlyMap<string, string | undefined>): ImageReference => {
  const sopClass = images.get(uid);
  return {
    sopClassUID: sopClass === undefined ? undefined : asReadUid<SopClassUid>(sopClass),
    sopInstanceUID: asReadUid(uid),
    frame: Number.isInteger(frame) && frame > 1 ? frame : undefined,
  };
};

/** Calculations whose code, description or dimension label is an axis, a length or a diameter. */
export function lengthsOf(annotation: Element): readonly AimLength[] {
  const calculations = [
    ...elementsAt(annotation, 'calculationEntityCollection', 'CalculationEntity'),
    ...elementsAt(annotation, 'calculationCollection', 'Calculation'),
  ];
  return calculations.slice(0, MOST).flatMap((calculation) => {
    const codes = codesOf(calculation);
    const label = elementsNamed(calculation, 'Dimension').map((dimension) => valueOf(dimension, 'label'))[0];
    const named = codes.map((concept) => ({ concept, recognised: recognise(concept) })).find((c) => c.recognised);
    const role =
      roleOf(named?.recognised?.concept) ??
      (named ? undefined : roleOf(conceptOfWording(valueOf(calculation, 'description')))) ??
      (named ? undefined : roleOf(conceptOfWording(label)));
    if (role === undefined) return [];
    const result = elementsAt(calculation, 'calculationResultCollection', 'CalculationResult')[0];
    const data = result && elementsAt(result, 'calculationDataCollection', 'CalculationData')[0];
    const value = Number(valueOf(data, 'value') ?? valueOf(result, 'value') ?? NaN);
    const unit = valueOf(result, 'unitOfMeasure');
    const stated: StatedLength = {
      role,
      match: named?.recognised?.match ?? 'meaning',
      concept: named?.concept ?? codes[0],
      value: Number.isFinite(value) ? value : undefined,
      unit: unit === undefined ? undefined : code(unit, '', unit),
      lengthUnit: unitOf(unit),
    };
    if (stated.lengthUnit.kind === 'not-a-length') return [];
    return [{ uid: rootOf(calculation, 'uniqueIdentifier') ?? nonEmpty(calculation.attributes.get('uid')), stated }];
  });
}

/** ePAD writes `linear` as the unit of lengths in centimetres. */
const unitOf = (unit: string | undefined): LengthUnit =>
  unit === 'linear'
    ? { kind: 'length', millimetres: 10 }
    : lengthUnit(unit === undefined ? undefined : code(unit, '', ''));

/** Which calculation was made on which markup, where the file says so (AIM 4). */
export const statementsOf = (annotation: Element): readonly { readonly subject: string; readonly object: string }[] =>
  elementsAt(annotation, 'imageAnnotationStatementCollection', 'ImageAnnotationStatement').flatMap((statement) => {
    const type = statement.attributes.get('xsi:type') ?? '';
    const subject = rootOf(statement, 'subjectUniqueIdentifier');
    const object = rootOf(statement, 'objectUniqueIdentifier');
    return type.endsWith('CalculationEntityReferencesMarkupEntityStatement') && subject && object
      ? [{ subject, object }]
      : [];
  });
