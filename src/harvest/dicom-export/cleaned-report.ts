import {
  code,
  lengthMm,
  mm,
  pixelIndex,
  SOP_CLASS,
  toImagePoint,
  type CodedConcept,
  type Pair,
  type PixelIndex,
} from '../../domain/index.js';
import {
  codeSequence,
  contentItem,
  encodePart10,
  sequence,
  type ContentItem,
  type Element,
} from '../../dicom/index.js';
import type { AssembledRow } from '../assemble.js';
import type { PointPair } from '../entries.js';
import { findingConceptOf, siteConceptOf } from '../header-facts.js';
import type { Pseudonyms } from '../pseudonyms.js';
import { attributes, cleanedIdentity, cleanedUid } from './cleaned-identity.js';
import { cleanedImageUid } from './cleaned-image.js';

/** Rows of one report and one study. */
export type RowsOfReport = readonly [AssembledRow, ...AssembledRow[]];

/** ContentDate must have a value: for studies without a date, one that nobody takes for theirs. */
const NO_DATE = '19000101';

/**
 * The measurements of one report as an Enhanced SR (PS3.16 TID 1500 with a TID 1501 group each: lines of long and short axis), written anew: points and
 * lengths are the set's, finding and site are words of fixed tables, and no other content of the source is carried over.
 */
export function cleanedReport(rows: RowsOfReport, names: Pseudonyms): Uint8Array {
  const [first] = rows;
  const place = `${first.report}/${first.row.image.study}`;
  return encodePart10(
    attributes({
      ...cleanedIdentity(first, names),
      SOPClassUID: SOP_CLASS.EnhancedSR,
      SOPInstanceUID: cleanedUid(names, 'report', place),
      Modality: 'SR',
      SeriesInstanceUID: cleanedUid(names, 'report-series', place),
      SeriesNumber: 2,
      InstanceNumber: 1,
      Manufacturer: 'Caliper',
      ManufacturerModelName: 'harvest',
      ContentDate: first.shiftedDate ?? NO_DATE,
      ContentTime: '000000',
      ReferencedPerformedProcedureStepSequence: sequence(),
      PerformedProcedureCodeSequence: sequence(),
      CurrentRequestedProcedureEvidenceSequence: evidence(rows, names),
      CompletionFlag: 'COMPLETE',
      VerificationFlag: 'UNVERIFIED',
      ValueType: 'CONTAINER',
      ConceptNameCodeSequence: codeSequence(code('126000', 'DCM', 'Imaging Measurement Report')),
      ContinuityOfContent: 'SEPARATE',
      ContentTemplateSequence: sequence(attributes({ MappingResource: 'DCMR', TemplateIdentifier: '1500' })),
      ContentSequence: sequence(...content(rows, names)),
    }),
  );
}

function content(rows: RowsOfReport, names: Pseudonyms): readonly ContentItem[] {
  const { code: codeItem, container, image, uidReference } = contentItem;
  const observer = cleanedUid(names, 'observer', rows[0].row.identity.observer);
  const images = imagesOf(rows, names).map(({ uid }) => image('CONTAINS', undefined, ctImage(uid)));
  return [
    codeItem(
      'HAS CONCEPT MOD',
      code('121049', 'DCM', 'Language of Content Item and Descendants'),
      code('en-US', 'RFC5646', 'English (United States)'),
    ),
    codeItem('HAS OBS CONTEXT', code('121005', 'DCM', 'Observer Type'), code('121007', 'DCM', 'Device')),
    uidReference('HAS OBS CONTEXT', code('121012', 'DCM', 'Device Observer UID'), observer),
    codeItem(
      'HAS CONCEPT MOD',
      code('121058', 'DCM', 'Procedure reported'),
      code('25045-6', 'LN', 'CT unspecified body region'),
    ),
    container('CONTAINS', code('111028', 'DCM', 'Image Library'), undefined, [
      container('CONTAINS', code('126200', 'DCM', 'Image Library Group'), undefined, images),
    ]),
    container(
      'CONTAINS',
      code('126010', 'DCM', 'Imaging Measurements'),
      undefined,
      rows.map((row) => group(row, names)),
    ),
  ];
}

function group(of: AssembledRow, names: Pseudonyms): ContentItem {
  const { row, lesion } = of;
  const { code: codeItem, container, image, line, number, text, uidReference } = contentItem;
  const finding = row.findingName === null ? undefined : findingConceptOf(row.findingName);
  const site = siteConceptOf(row.coarseType);
  const on = image('SELECTED FROM', undefined, ctImage(cleanedImageUid(names, of, row.image.number)));
  const axis = (name: CodedConcept, ends: Pair<PixelIndex>) => {
    const spacing = { betweenRows: mm(row.image.betweenRows), betweenColumns: mm(row.image.betweenColumns) };
    const length = Number(lengthMm(spacing, ends).toFixed(2));
    return number('CONTAINS', name, length, code('mm', 'UCUM', 'millimeter'), [line(ends.map(toImagePoint), on)]);
  };
  return container('CONTAINS', code('125007', 'DCM', 'Measurement Group'), '1501', [
    text('HAS OBS CONTEXT', code('112039', 'DCM', 'Tracking Identifier'), `lesion ${lesion}`),
    uidReference(
      'HAS OBS CONTEXT',
      code('112040', 'DCM', 'Tracking Unique Identifier'),
      cleanedUid(names, 'lesion', lesion),
    ),
    ...(finding ? [codeItem('CONTAINS', code('121071', 'DCM', 'Finding'), finding)] : []),
    ...(site ? [codeItem('HAS CONCEPT MOD', code('363698007', 'SCT', 'Finding Site'), site)] : []),
    axis(code('103339001', 'SCT', 'Long Axis'), endsOf(row.longAxis)),
    ...(row.shortAxis ? [axis(code('103340004', 'SCT', 'Short Axis'), endsOf(row.shortAxis))] : []),
  ]);
}

const endsOf = ([x1, y1, x2, y2]: PointPair): Pair<PixelIndex> => [pixelIndex(x1, y1), pixelIndex(x2, y2)];

const ctImage = (sopInstanceUID: string) => ({ sopClassUID: SOP_CLASS.CTImage, sopInstanceUID });

/** The marked images, each once, with their series. */
function imagesOf(rows: RowsOfReport, names: Pseudonyms): readonly { uid: string; series: string }[] {
  const images = new Map<string, string>();
  for (const of of rows)
    images.set(cleanedImageUid(names, of, of.row.image.number), cleanedUid(names, 'series', of.row.image.series));
  return [...images].map(([uid, series]) => ({ uid, series })).sort((a, b) => (a.uid < b.uid ? -1 : 1));
}

function evidence(rows: RowsOfReport, names: Pseudonyms): Element {
  const images = imagesOf(rows, names);
  const series = [...new Set(images.map((image) => image.series))].sort();
  return sequence(
    attributes({
      StudyInstanceUID: cleanedUid(names, 'study', rows[0].row.image.study),
      ReferencedSeriesSequence: sequence(
        ...series.map((one) =>
          attributes({
            SeriesInstanceUID: one,
            ReferencedSOPSequence: sequence(
              ...images
                .filter((image) => image.series === one)
                .map(({ uid }): ReturnType<typeof attributes> =>
                  attributes({ ReferencedSOPClassUID: SOP_CLASS.CTImage, ReferencedSOPInstanceUID: uid }),
                ),
            ),
          }),
        ),
      ),
    }),
  );
}
