import { EQUIPMENT, receiptOf, SOP_CLASS, TAG, type DataSet, type Tag } from '../../domain/index.js';
import { ownSegments } from '../own-segments.js';
import {
  childrenNamed,
  childrenOf,
  conceptOf,
  evidenceOf,
  itemsBelow,
  referenceOf,
  textNamed,
} from '../content-tree/read-content.js';
import type {
  ExplainedGroup,
  ExplainedInstance,
  ExplainedMeasurement,
  ExplainedObject,
  ExplainedSegment,
  ExplainedWork,
} from './explained-object.js';

/**
 * What an object of ours says of itself: from which report, by what, and whether its pixels are still those that were written. Undefined for an object
 * of anybody else. Nothing but the object is asked.
 */
export function explainObject(dataSet: DataSet): ExplainedObject | undefined {
  const sopClassUID = dataSet.text(TAG.SOPClassUID);
  const sopInstanceUID = dataSet.text(TAG.SOPInstanceUID);
  if (!isOurs(dataSet) || sopClassUID === undefined || sopInstanceUID === undefined) return undefined;
  const instance = instanceOf(dataSet, sopClassUID, sopInstanceUID);
  switch (sopClassUID) {
    case SOP_CLASS.Segmentation:
    case SOP_CLASS.LabelMapSegmentation:
      return explainSegmentation(dataSet, instance);
    case SOP_CLASS.Comprehensive3DSR:
      return explainReport(dataSet, instance);
    case SOP_CLASS.KeyObjectSelection:
      return explainNote(dataSet, instance);
    default:
      return undefined;
  }
}

const isOurs = (dataSet: DataSet): boolean =>
  dataSet.text(TAG.Manufacturer) === EQUIPMENT.manufacturer &&
  dataSet.text(TAG.ManufacturerModelName) === EQUIPMENT.modelName;

function instanceOf(dataSet: DataSet, sopClassUID: string, sopInstanceUID: string): ExplainedInstance {
  const date = dataSet.text(TAG.ContentDate);
  return {
    sopClassUID,
    sopInstanceUID,
    seriesInstanceUID: dataSet.text(TAG.SeriesInstanceUID),
    studyInstanceUID: dataSet.text(TAG.StudyInstanceUID),
    writtenAt: date === undefined ? undefined : `${date}${dataSet.text(TAG.ContentTime) ?? ''}`,
    softwareVersion: dataSet.text(TAG.SoftwareVersions),
    installationId: dataSet.text(TAG.DeviceSerialNumber),
  };
}

function explainSegmentation(dataSet: DataSet, instance: ExplainedInstance): ExplainedObject | undefined {
  const own = new Map(ownSegments(dataSet).map((segment) => [segment.segmentNumber, segment]));
  if (own.size === 0) return undefined;
  const groups = dataSet.items(TAG.PerFrameFunctionalGroupsSequence);
  const segments = dataSet.items(TAG.SegmentSequence).flatMap((segment): ExplainedSegment[] => {
    const number = segment.number(TAG.SegmentNumber);
    const found = number === undefined ? undefined : own.get(number);
    const parameters = segment.items(TAG.SegmentationAlgorithmIdentificationSequence)[0];
    const work = found && workOf(parameters?.text(TAG.AlgorithmParameters), algorithmOf(parameters));
    if (!found || !work) return [];
    const description = segment.text(TAG.SegmentDescription) ?? '';
    return [
      {
        number: found.segmentNumber,
        label: segment.text(TAG.SegmentLabel),
        trackingUID: segment.text(TAG.TrackingUID),
        type: meaningIn(segment, TAG.SegmentedPropertyTypeCodeSequence),
        region: meaningIn(segment, TAG.AnatomicRegionSequence),
        reportedAxes: /RECIST ([\d.]+(?: x [\d.]+)? mm)/.exec(description)?.[1],
        contourAxes: /contour ([\d.]+(?: x [\d.]+)? mm)/.exec(description)?.[1],
        replaces: replacedIn(description),
        work,
        images: imagesOf(groups, found.segmentNumber),
        pixels: found.maskMatches ? 'as-written' : 'changed',
      },
    ];
  });
  return {
    kind: 'segmentation',
    ...instance,
    type: dataSet.text(TAG.SegmentationType),
    sourceReport: dataSet.items(TAG.ReferencedInstanceSequence)[0]?.text(TAG.ReferencedSOPInstanceUID),
    segments,
  };
}

function replacedIn(description: string): ExplainedSegment['replaces'] {
  const found = /replaces segment (\d+) of ([\d.]+)/.exec(description);
  return found ? { segmentNumber: Number(found[1]), sopInstanceUID: found[2]! } : undefined;
}

/** Images of the frames that are of a segment; of a label map, of all frames, which hold any segment. */
function imagesOf(groups: readonly DataSet[], segmentNumber: number): ExplainedSegment['images'] {
  const images = groups.flatMap((group) => {
    const of = group.items(TAG.SegmentIdentificationSequence)[0]?.number(TAG.ReferencedSegmentNumber);
    const source = group.items(TAG.DerivationImageSequence)[0]?.items(TAG.SourceImageSequence)[0];
    const sopInstanceUID = source?.text(TAG.ReferencedSOPInstanceUID);
    if (sopInstanceUID === undefined || (of !== undefined && of !== segmentNumber)) return [];
    return [{ sopInstanceUID, frame: source?.number(TAG.ReferencedFrameNumber) }];
  });
  return [...new Map(images.map((image) => [`${image.sopInstanceUID} ${image.frame ?? ''}`, image])).values()];
}

function algorithmOf(item: DataSet | undefined): string | undefined {
  const name = item?.text(TAG.AlgorithmName);
  return name === undefined ? undefined : [name, item?.text(TAG.AlgorithmVersion)].filter(Boolean).join(' ');
}

/** The receipt, and what stands beside it in the algorithm parameters; undefined where there is none. */
function workOf(parameters: string | undefined, algorithm: string | undefined): ExplainedWork | undefined {
  const receipt = receiptOf(parameters);
  const fields = receipt?.workKey.split('|').map(decoded);
  if (!receipt || fields?.length !== 5) return undefined;
  const [report, measurementKey, method, , bundle] = fields as [string, string, string, string, string];
  const at = bundle.lastIndexOf('@');
  const agreement = Number(/(?:^|;)agreement=([\d.]+)/.exec(parameters ?? '')?.[1] ?? NaN);
  return {
    report,
    measurementKey,
    method,
    kernelRevision: receipt.kernelRevision,
    bundle: at < 0 ? undefined : { name: bundle.slice(0, at), sha256: bundle.slice(at + 1) },
    rule: decoded(/(?:^|;)rule=([^;]+)/.exec(parameters ?? '')?.[1] ?? '') || undefined,
    agreement: Number.isFinite(agreement) ? agreement : undefined,
    algorithm,
  };
}

/** Percent-encoding of a field; a field that somebody broke is given as it is. */
function decoded(field: string): string {
  try {
    return decodeURIComponent(field);
  } catch (error) {
    if (error instanceof URIError) return field;
    throw error;
  }
}

const meaningIn = (item: DataSet, tag: Tag): string | undefined => item.items(tag)[0]?.text(TAG.CodeMeaning);

const CODES = {
  imagingMeasurements: '126010',
  trackingIdentifier: '112039',
  trackingUID: '112040',
  segment: '121191',
  segmentationFrame: '121214',
  sourceReport: '128225',
  algorithmName: '111001',
  algorithmVersion: '111003',
  algorithmParameters: '111002',
  description: '113012',
} as const;

function explainReport(dataSet: DataSet, instance: ExplainedInstance): ExplainedObject {
  const [report] = childrenNamed(dataSet, CODES.sourceReport);
  return {
    kind: 'result-report',
    ...instance,
    sourceReport: report && referenceOf(report)?.sopInstanceUID,
    predecessors: dataSet
      .items(TAG.PredecessorDocumentsSequence)
      .flatMap((study) => study.items(TAG.ReferencedSeriesSequence))
      .flatMap((series) => series.items(TAG.ReferencedSOPSequence))
      .flatMap((each) => each.text(TAG.ReferencedSOPInstanceUID) ?? []),
    groups: childrenNamed(dataSet, CODES.imagingMeasurements).flatMap(childrenOf).flatMap(explainGroup),
  };
}

/** A group that names a segment; the groups with lines for viewers repeat another one. */
function explainGroup(group: DataSet): readonly ExplainedGroup[] {
  const [named] = [CODES.segment, CODES.segmentationFrame].flatMap((code) => childrenNamed(group, code));
  const reference = named && referenceOf(named);
  if (!reference) return [];
  const numbers = childrenOf(group).filter((item) => item.text(TAG.ValueType) === 'NUM');
  const [parameters] = numbers.flatMap((item) => textNamed(item, CODES.algorithmParameters) ?? []);
  const [algorithm] = numbers.flatMap((item) => {
    const name = textNamed(item, CODES.algorithmName);
    return name === undefined ? [] : [`${name} ${textNamed(item, CODES.algorithmVersion) ?? ''}`.trim()];
  });
  return [
    {
      trackingUID: childrenNamed(group, CODES.trackingUID)[0]?.text(TAG.UID),
      trackingIdentifier: textNamed(group, CODES.trackingIdentifier),
      segmentation: {
        sopInstanceUID: reference.sopInstanceUID,
        segmentNumber: reference.segment,
        frame: reference.frames[0],
      },
      measurements: numbers.map(measurementOf),
      work: workOf(parameters, algorithm),
    },
  ];
}

function measurementOf(item: DataSet): ExplainedMeasurement {
  const measured = item.items(TAG.MeasuredValueSequence)[0];
  return {
    name: item.items(TAG.ConceptNameCodeSequence)[0]?.text(TAG.CodeMeaning) ?? conceptOf(item) ?? '',
    value: measured?.number(TAG.NumericValue),
    unit: measured?.items(TAG.MeasurementUnitsCodeSequence)[0]?.text(TAG.CodeValue),
  };
}

function explainNote(dataSet: DataSet, instance: ExplainedInstance): ExplainedObject {
  const named = [...itemsBelow(dataSet)].flatMap(({ item }) => referenceOf(item)?.sopInstanceUID ?? []);
  return {
    kind: 'rejection-note',
    ...instance,
    title: dataSet.items(TAG.ConceptNameCodeSequence)[0]?.text(TAG.CodeMeaning),
    says: textNamed(dataSet, CODES.description),
    rejected: [...new Set(named.length > 0 ? named : evidenceOf(dataSet))],
  };
}
