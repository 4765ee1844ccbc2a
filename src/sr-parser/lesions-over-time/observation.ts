/** What is compared over time: one measurement in one report, with what is known of its moment and its size. */
import { identifiesLesion, type Measurement, type Mm, type ReadReport } from '../../domain/index.js';

export interface Observation {
  readonly report: ReadReport;
  readonly measurement: Measurement;
  /** StudyDate of the image that the marks lie on (`20200302`). */
  readonly studyDate: string | undefined;
  /** Lengths on the slice where the marks were placed, else as reported. */
  readonly longAxisMm: Mm | undefined;
  readonly shortAxisMm: Mm | undefined;
}

/** Observations of one patient; without an identifier nothing can be the same patient's. */
export const patientOf = ({ report }: Observation): string | undefined => report.patientID?.normalize('NFC');

/** Who measured; reports that do not say are taken as one reader's. */
export const observerOf = ({ report }: Observation): string => report.observer ?? '';

/**
 * The time point as its own key: its place in the sequence, what the study calls it, its name, or the date of the study. Undefined where nothing
 * is known. An activity session is no time point.
 */
export function timeKeyOf({ measurement: { timePoint }, studyDate }: Observation): string | undefined {
  if (timePoint?.order !== undefined) return `order ${timePoint.order}`;
  if (timePoint?.identifier !== undefined) return `identifier ${timePoint.identifier}`;
  if (timePoint?.label !== undefined) return `label ${timePoint.label.toLowerCase()}`;
  return studyDate === undefined ? undefined : `date ${studyDate}`;
}

/** The tracking UID where it can be the lesion's. Writers that put their tool's name into the identifier make a new UID at every save. */
export function lesionUidOf({ trackingUID, trackingIdentifier }: Measurement): string | undefined {
  const isMinted = trackingIdentifier !== undefined && !identifiesLesion(trackingIdentifier);
  return isMinted ? undefined : trackingUID;
}

/** Identifier and place: `1` of the liver is not `1` of the lung. */
export function lesionNameOf({ trackingIdentifier, findingSite, laterality }: Measurement): string | undefined {
  if (trackingIdentifier === undefined || !identifiesLesion(trackingIdentifier)) return undefined;
  const place = [findingSite, laterality].map((coded) => coded && [coded.value, coded.scheme]);
  return JSON.stringify([trackingIdentifier.trim().normalize('NFC'), place]);
}
