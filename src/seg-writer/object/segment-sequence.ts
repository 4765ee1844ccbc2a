import { EQUIPMENT, receiptText, TAG, type Measurement, type MeasurementKey } from '../../domain/index.js';
import type { Element, Elements } from '../../dicom/index.js';
import { codeSequence, elementsOf, sequence, type Content } from '../../dicom/index.js';
import { cieLabOf } from '../meaning/colours.js';
import { METHODS } from '../meaning/methods.js';
import type { ReplacedSegment, SegmentationRequest } from '../request.js';
import type { PlannedObject, PlannedSegment } from './planned-object.js';

/** SegmentSequence (PS3.3 C.8.20.4.1). */
export const segmentSequence = ({ segments, request }: PlannedObject): Element =>
  sequence(...segments.map((segment) => segmentItem(segment, request)));

function segmentItem(segment: PlannedSegment, request: SegmentationRequest): Elements {
  const { meaning, tracking, lesion, number, ordinal } = segment;
  const { anatomicRegion, laterality } = meaning;
  const side = laterality && codeSequence(laterality);
  return elementsOf([
    [TAG.SegmentNumber, number],
    [TAG.SegmentLabel, tracking.label],
    [TAG.SegmentDescription, descriptionOf(segment, request)],
    [TAG.SegmentedPropertyCategoryCodeSequence, codeSequence(meaning.category)],
    [
      TAG.SegmentedPropertyTypeCodeSequence,
      codeSequence(meaning.type, [
        TAG.SegmentedPropertyTypeModifierCodeSequence,
        anatomicRegion === undefined ? side : undefined,
      ]),
    ],
    [
      TAG.AnatomicRegionSequence,
      anatomicRegion && codeSequence(anatomicRegion, [TAG.AnatomicRegionModifierSequence, side]),
    ],
    [TAG.SegmentAlgorithmType, 'SEMIAUTOMATIC'],
    [TAG.SegmentAlgorithmName, METHODS[lesion.method].algorithmName],
    [TAG.SegmentationAlgorithmIdentificationSequence, algorithmIdentification(segment, request)],
    [TAG.RecommendedDisplayCIELabValue, cieLabOf(ordinal)],
    [TAG.TrackingID, tracking.id],
    [TAG.TrackingUID, tracking.uid],
  ]);
}

/** Parameters are an LT of 10240 characters, of which a rule leaves room for the rest. */
const LONGEST_RULE = 4096;

/** Whether the rule's name, percent-encoded, can stand in the parameters; a name that was cut would be another. */
export const namesRule = ({ policyName }: SegmentationRequest): boolean =>
  encodeURIComponent(policyName).length <= LONGEST_RULE;

/** Algorithm Identification macro (PS3.3 10.16); its parameters hold the receipt by which the segment is known again, and the rule that asked for it. */
function algorithmIdentification({ lesion, receipt }: PlannedSegment, request: SegmentationRequest): Element {
  const { algorithmName, family } = METHODS[lesion.method];
  const bundle = lesion.method === 'cosegmentation' ? request.bundle : undefined;
  const parameters = [
    `method=${lesion.method}`,
    ...(bundle ? [`sha256=${bundle.sha256}`] : []),
    `agreement=${lesion.agreement.toFixed(3)}`,
    receiptText(receipt),
  ].join(';');
  const rule = `;rule=${encodeURIComponent(request.policyName)}`;
  return sequence(
    elementsOf([
      [TAG.AlgorithmFamilyCodeSequence, codeSequence(family)],
      [TAG.AlgorithmName, algorithmName],
      [TAG.AlgorithmVersion, bundle ? bundle.name.slice(0, 64) : request.equipment.softwareVersion],
      [TAG.AlgorithmParameters, namesRule(request) ? parameters + rule : parameters],
      [TAG.AlgorithmSource, EQUIPMENT.manufacturer],
    ]),
  );
}

/** What the report said and what the mask measures, and codes of the report that stand nowhere else. No text of the report. */
function descriptionOf({ lesion, meaning }: PlannedSegment, request: SegmentationRequest): Content {
  const { report } = request;
  const { located, axes } = lesion;
  const replaced = replacedBy(request, located.measurement.key);
  const reported = axesText(
    reportedMm(located.measurement, 'longAxis') ?? located.longAxisMm,
    reportedMm(located.measurement, 'shortAxis') ?? located.shortAxisMm,
  );
  return [
    `RECIST ${reported}, report ${report.sopInstanceUID}`,
    `contour ${axesText(axes.longAxisMm, axes.shortAxisMm)}`,
    ...(replaced ? [`replaces segment ${replaced.segmentNumber} of ${replaced.sopInstanceUID}`] : []),
    ...meaning.asReported,
  ].join('; ');
}

export const replacedBy = ({ replaces }: SegmentationRequest, key: MeasurementKey): ReplacedSegment | undefined =>
  replaces?.get(key);

const reportedMm = (measurement: Measurement, axis: 'longAxis' | 'shortAxis'): number | undefined =>
  measurement[axis]?.reportedMm;

const axesText = (long: number, short: number | undefined): string =>
  short === undefined ? `${long.toFixed(1)} mm` : `${long.toFixed(1)} x ${short.toFixed(1)} mm`;
