/** How do the lesions of a patient change, as one reader saw them? Two readers are two courses (RECIST 1.1 sums are never mixed between readers). */
import { mm, type LesionRole, type Mm, type TimePoint } from '../../domain/index.js';
import { isLymphNode } from '../codes.js';
import { observerOf, patientOf, timeKeyOf, type Observation } from './observation.js';
import { sameLesions, type Lesion } from './same-lesion.js';

export interface Course {
  readonly patientID: string;
  /** Undefined where reports do not say who measured. */
  readonly observer: string | undefined;
  /** From the first to the last. */
  readonly timePoints: readonly CoursePoint[];
  readonly lesions: readonly LesionInCourse[];
}

export interface CoursePoint {
  readonly kind: 'baseline' | 'follow-up';
  readonly timePoint: TimePoint | undefined;
  /** Of the earliest image; undefined where no image was dated. */
  readonly studyDate: string | undefined;
  /**
   * Target lesions only: the long axis, of lymph nodes the short one. Undefined unless every target lesion of the course has one value here.
   */
  readonly sumOfDiametersMm: Mm | undefined;
}

export interface LesionInCourse {
  readonly rule: Lesion['rule'];
  readonly role: LesionRole | undefined;
  /** Absent at every earlier time point, of which there is at least one. */
  readonly isNew: boolean;
  /** Its observations by time point, as many lists as the course has time points. */
  readonly at: readonly (readonly Observation[])[];
}

/** Observations without patient or time are in no course. */
export function lesionsOverTime(observations: readonly Observation[]): readonly Course[] {
  const lesions = sameLesions(observations);
  const courses = new Map<string, { patientID: string; observer: string }>();
  for (const observation of observations) {
    const patientID = patientOf(observation);
    const observer = observerOf(observation);
    if (patientID !== undefined && timeKeyOf(observation) !== undefined)
      courses.set(JSON.stringify([patientID, observer]), { patientID, observer });
  }
  return [...courses.values()].map(({ patientID, observer }) => {
    const isOfCourse = (o: Observation): boolean =>
      patientOf(o) === patientID && observerOf(o) === observer && timeKeyOf(o) !== undefined;
    return courseOf(
      patientID,
      observer === '' ? undefined : observer,
      lesions
        .map(({ rule, observations: all }) => ({ rule, observations: all.filter(isOfCourse) }))
        .filter((lesion) => lesion.observations.length > 0),
    );
  });
}

function courseOf(patientID: string, observer: string | undefined, lesions: readonly Lesion[]): Course {
  const points = pointsInOrder(lesions.flatMap(({ observations }) => observations));
  const inCourse = lesions.map((lesion): LesionInCourse => {
    const at = points.map(({ key }) => lesion.observations.filter((o) => timeKeyOf(o) === key));
    const roles = lesion.observations.map(({ measurement }) => measurement.lesionRole);
    return {
      rule: lesion.rule,
      role: roles.find((role) => role !== undefined),
      isNew: at[0]?.length === 0,
      at,
    };
  });
  const baseline = Math.max(
    0,
    points.findIndex(({ observations }) => observations.some(saysBaseline)),
  );
  const timePoints = points.map(({ observations }, i): CoursePoint => {
    const dates = observations.flatMap(({ studyDate }) => studyDate ?? []).sort();
    return {
      kind: i <= baseline ? 'baseline' : 'follow-up',
      timePoint: observations.find(({ measurement }) => measurement.timePoint)?.measurement.timePoint,
      studyDate: dates[0],
      sumOfDiametersMm: sumAt(i, inCourse),
    };
  });
  return { patientID, observer, timePoints, lesions: inCourse };
}

interface Point {
  readonly key: string;
  readonly observations: readonly Observation[];
}

/** By their numbers where all are numbered, else by the dates of their images. */
function pointsInOrder(observations: readonly Observation[]): readonly Point[] {
  const byKey = new Map<string, Observation[]>();
  for (const observation of observations) {
    const key = timeKeyOf(observation) ?? '';
    const others = byKey.get(key);
    if (others) others.push(observation);
    else byKey.set(key, [observation]);
  }
  const points = [...byKey].map(([key, of]) => ({ key, observations: of, order: orderOf(of), date: dateOf(of) }));
  const areNumbered = points.every(({ order }) => order !== undefined);
  return points.sort((a, b) =>
    areNumbered ? a.order! - b.order! : a.date < b.date ? -1 : a.date > b.date ? 1 : a.key < b.key ? -1 : 1,
  );
}

const orderOf = (observations: readonly Observation[]): number | undefined =>
  observations.find(({ measurement }) => measurement.timePoint?.order !== undefined)?.measurement.timePoint?.order;

/** Without any date a time point comes last. */
const dateOf = (observations: readonly Observation[]): string =>
  observations.flatMap(({ studyDate }) => studyDate ?? []).sort()[0] ?? '99999999';

const saysBaseline = ({ measurement: { timePoint } }: Observation): boolean =>
  /^baseline\b/i.test(timePoint?.type?.meaning ?? '') || /^baseline\b/i.test(timePoint?.label ?? '');

function sumAt(point: number, lesions: readonly LesionInCourse[]): Mm | undefined {
  const targets = lesions.filter(({ role }) => role === 'target');
  let sum = 0;
  for (const { at } of targets) {
    const diameters = new Set(at[point]?.map(diameterOf));
    const [diameter] = diameters;
    if (diameter === undefined || diameters.size !== 1) return undefined;
    sum += diameter;
  }
  return targets.length === 0 ? undefined : mm(sum);
}

const diameterOf = ({ measurement, longAxisMm, shortAxisMm }: Observation): Mm | undefined =>
  isLymphNode(measurement.findingSite) || isLymphNode(measurement.finding) ? shortAxisMm : longAxisMm;
