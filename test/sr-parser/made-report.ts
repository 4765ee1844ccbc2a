/** Content trees made by hand, as the DICOM JSON Model has them (PS3.18 F): what no real file shows, or only one. */
import { dataSetFromJson } from '../../src/dicom/index.js';
import type { DataSet } from '../../src/domain/index.js';

export interface JsonElement {
  vr: string;
  Value?: unknown[];
}
export type JsonItem = Record<string, JsonElement>;
type Code = readonly [string, string, string];

export const LONG: Code = ['103339001', 'SCT', 'Long Axis'];
export const SHORT: Code = ['103340004', 'SCT', 'Short Axis'];
export const LENGTH: Code = ['410668003', 'SCT', 'Length'];
const MM: Code = ['mm', 'UCUM', 'mm'];
const CT_IMAGE = '1.2.840.10008.5.1.4.1.1.2';

const coded = ([value, scheme, meaning]: Code): JsonElement => ({
  vr: 'SQ',
  Value: [
    {
      '00080100': { vr: 'SH', Value: [value] },
      '00080102': { vr: 'SH', Value: [scheme] },
      '00080104': { vr: 'LO', Value: [meaning] },
    },
  ],
});

export function item(
  valueType: string,
  relationship: string,
  concept: Code | undefined,
  more: JsonItem = {},
  children: readonly JsonItem[] = [],
): JsonItem {
  return {
    '0040A010': { vr: 'CS', Value: [relationship] },
    '0040A040': { vr: 'CS', Value: [valueType] },
    ...(concept ? { '0040A043': coded(concept) } : {}),
    ...more,
    ...(children.length > 0 ? { '0040A730': { vr: 'SQ', Value: [...children] } } : {}),
  };
}

export const container = (concept: Code, children: readonly JsonItem[]): JsonItem =>
  item('CONTAINER', 'CONTAINS', concept, {}, children);
export const group = (children: readonly JsonItem[]): JsonItem =>
  container(['125007', 'DCM', 'Measurement Group'], children);
export const trackingUID = (uid: string): JsonItem =>
  item('UIDREF', 'HAS OBS CONTEXT', ['112040', 'DCM', 'Tracking Unique Identifier'], {
    '0040A124': { vr: 'UI', Value: [uid] },
  });
export const trackingIdentifier = (text: string): JsonItem =>
  item('TEXT', 'HAS OBS CONTEXT', ['112039', 'DCM', 'Tracking Identifier'], {
    '0040A160': { vr: 'UT', Value: [text] },
  });
export const codeItem = (concept: Code, value: Code): JsonItem =>
  item('CODE', 'CONTAINS', concept, { '0040A168': coded(value) });

export const number = (
  concept: Code,
  value: number | undefined,
  children: readonly JsonItem[] = [],
  unit: Code = MM,
): JsonItem =>
  item(
    'NUM',
    'CONTAINS',
    concept,
    {
      '0040A300': {
        vr: 'SQ',
        Value: value === undefined ? [] : [{ '0040A30A': { vr: 'DS', Value: [value] }, '004008EA': coded(unit) }],
      },
    },
    children,
  );

export const image = (
  sopInstanceUID: string,
  relationship = 'SELECTED FROM',
  frames: readonly number[] = [],
): JsonItem =>
  item('IMAGE', relationship, undefined, {
    '00081199': {
      vr: 'SQ',
      Value: [
        {
          '00081150': { vr: 'UI', Value: [CT_IMAGE] },
          '00081155': { vr: 'UI', Value: [sopInstanceUID] },
          ...(frames.length > 0 ? { '00081160': { vr: 'IS', Value: [...frames] } } : {}),
        },
      ],
    },
  });

export const graphic = (
  type: string,
  points: readonly number[],
  children: readonly JsonItem[],
  concept?: Code,
  relationship = 'INFERRED FROM',
): JsonItem =>
  item(
    'SCOORD',
    relationship,
    concept,
    { '00700022': { vr: 'FL', Value: [...points] }, '00700023': { vr: 'CS', Value: [type] } },
    children,
  );

export const line = (points: readonly number[], onImage = '1.2.3'): JsonItem =>
  graphic('POLYLINE', points, [image(onImage)]);

export const reference = (...positions: readonly number[]): JsonItem => ({
  '0040A010': { vr: 'CS', Value: ['INFERRED FROM'] },
  '0040DB73': { vr: 'UL', Value: [...positions] },
});

export const reportJson = (children: readonly JsonItem[], header: JsonItem = {}): JsonItem => ({
  '00080016': { vr: 'UI', Value: ['1.2.840.10008.5.1.4.1.1.88.33'] },
  '00080018': { vr: 'UI', Value: ['1.2.3.4.5'] },
  '0020000D': { vr: 'UI', Value: ['1.2.3.4'] },
  ...header,
  ...container(['126000', 'DCM', 'Imaging Measurement Report'], children),
});

export function report(children: readonly JsonItem[], header: JsonItem = {}): DataSet {
  return dataSetOfJson(reportJson(children, header));
}

export function dataSetOfJson(json: unknown): DataSet {
  const dataSet = dataSetFromJson(json);
  if (!dataSet.ok) throw new Error(dataSet.error);
  return dataSet.value;
}

export const measurements = (groups: readonly JsonItem[]): JsonItem =>
  container(['126010', 'DCM', 'Imaging Measurements'], groups);
