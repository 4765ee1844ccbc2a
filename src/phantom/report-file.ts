import {
  code,
  lengthMm,
  SOP_CLASS,
  toImagePoint,
  type CodedConcept,
  type Pair,
  type PixelIndex,
  type PixelMarks,
} from '../domain/index.js';
import type { PhantomLesion } from './anatomy.js';
import type { Identity } from './identity.js';
import { part10File, type NaturalDataSet } from './part10-file.js';
import type { PhantomSlice } from './slices.js';

const FINDING: Record<PhantomLesion['finding'], CodedConcept> = {
  nodule: code('27925004', 'SCT', 'Nodule'),
  mass: code('4147007', 'SCT', 'Mass'),
  lesion: code('52988006', 'SCT', 'Lesion'),
  'lymph-node': code('30746006', 'SCT', 'Lymphadenopathy'),
};
const SITE: Record<PhantomLesion['site'], CodedConcept> = {
  lung: code('39607008', 'SCT', 'Lung'),
  liver: code('10200004', 'SCT', 'Liver'),
  mediastinum: code('72410000', 'SCT', 'Mediastinum'),
};

export interface MarkedLesion {
  readonly lesion: PhantomLesion;
  readonly slice: number;
  readonly marks: PixelMarks;
}

/** The reader's report: TID 1500, one measurement group a lesion with its long and short axis (PS3.16 TID 1501, 300, 320). */
export function reportFile(
  lesions: readonly MarkedLesion[],
  slices: readonly PhantomSlice[],
  identity: Identity,
): Uint8Array {
  const image = (slice: number): NaturalDataSet => ({
    ReferencedSOPClassUID: SOP_CLASS.CTImage,
    ReferencedSOPInstanceUID: identity.imageUID(slice),
  });
  const marked = [...new Set(lesions.map((l) => l.slice))].sort((a, b) => a - b);
  const axis = (name: CodedConcept, ends: Pair<PixelIndex>, slice: number): NaturalDataSet =>
    item('CONTAINS', 'NUM', name, {
      MeasuredValueSequence: [
        {
          NumericValue: lengthMm(slices[slice]!.plane.spacing, ends).toFixed(1),
          MeasurementUnitsCodeSequence: [concept(code('mm', 'UCUM', 'millimeter'))],
        },
      ],
      ContentSequence: [
        item('INFERRED FROM', 'SCOORD', undefined, {
          GraphicType: 'POLYLINE',
          GraphicData: ends.map(toImagePoint).flatMap((p) => [p.column, p.row]),
          ContentSequence: [item('SELECTED FROM', 'IMAGE', undefined, { ReferencedSOPSequence: [image(slice)] })],
        }),
      ],
    });
  const group = ({ lesion, slice, marks }: MarkedLesion, index: number): NaturalDataSet =>
    item('CONTAINS', 'CONTAINER', code('125007', 'DCM', 'Measurement Group'), {
      ContinuityOfContent: 'SEPARATE',
      ContentTemplateSequence: [{ MappingResource: 'DCMR', TemplateIdentifier: '1501' }],
      ContentSequence: [
        item('HAS OBS CONTEXT', 'TEXT', code('112039', 'DCM', 'Tracking Identifier'), { TextValue: lesion.name }),
        item('HAS OBS CONTEXT', 'UIDREF', code('112040', 'DCM', 'Tracking Unique Identifier'), {
          UID: identity.trackingUID(index),
        }),
        item('CONTAINS', 'CODE', code('121071', 'DCM', 'Finding'), {
          ConceptCodeSequence: [concept(FINDING[lesion.finding])],
        }),
        item('HAS CONCEPT MOD', 'CODE', code('363698007', 'SCT', 'Finding Site'), {
          ConceptCodeSequence: [concept(SITE[lesion.site])],
        }),
        axis(code('103339001', 'SCT', 'Long Axis'), marks.longAxis, slice),
        ...(marks.shortAxis ? [axis(code('103340004', 'SCT', 'Short Axis'), marks.shortAxis, slice)] : []),
      ],
    });

  return part10File({
    ...identity.patientAndStudy,
    SOPClassUID: SOP_CLASS.EnhancedSR,
    SOPInstanceUID: identity.reportUID,
    ContentDate: identity.date,
    ContentTime: '113000',
    SeriesDate: identity.date,
    SeriesTime: '113000',
    Modality: 'SR',
    Manufacturer: 'Phantom workstation',
    ManufacturerModelName: 'Phantom reader',
    SoftwareVersions: '1',
    DeviceSerialNumber: '1',
    SeriesDescription: 'RECIST measurements',
    SeriesInstanceUID: identity.reportSeriesUID,
    SeriesNumber: 500,
    InstanceNumber: 1,
    ReferencedPerformedProcedureStepSequence: [],
    PerformedProcedureCodeSequence: [],
    CurrentRequestedProcedureEvidenceSequence: [
      {
        StudyInstanceUID: identity.studyUID,
        ReferencedSeriesSequence: [{ SeriesInstanceUID: identity.seriesUID, ReferencedSOPSequence: marked.map(image) }],
      },
    ],
    CompletionFlag: 'COMPLETE',
    VerificationFlag: 'UNVERIFIED',
    ValueType: 'CONTAINER',
    ConceptNameCodeSequence: [concept(code('126000', 'DCM', 'Imaging Measurement Report'))],
    ContinuityOfContent: 'SEPARATE',
    ContentTemplateSequence: [{ MappingResource: 'DCMR', TemplateIdentifier: '1500' }],
    ContentSequence: [
      item('HAS CONCEPT MOD', 'CODE', code('121049', 'DCM', 'Language of Content Item and Descendants'), {
        ConceptCodeSequence: [concept(code('en-US', 'RFC5646', 'English (United States)'))],
      }),
      item('HAS OBS CONTEXT', 'CODE', code('121005', 'DCM', 'Observer Type'), {
        ConceptCodeSequence: [concept(code('121007', 'DCM', 'Device'))],
      }),
      item('HAS OBS CONTEXT', 'UIDREF', code('121012', 'DCM', 'Device Observer UID'), { UID: identity.observerUID }),
      item('HAS CONCEPT MOD', 'CODE', code('121058', 'DCM', 'Procedure reported'), {
        ConceptCodeSequence: [concept(code('25045-6', 'LN', 'CT unspecified body region'))],
      }),
      item('CONTAINS', 'CONTAINER', code('111028', 'DCM', 'Image Library'), {
        ContinuityOfContent: 'SEPARATE',
        ContentSequence: [
          item('CONTAINS', 'CONTAINER', code('126200', 'DCM', 'Image Library Group'), {
            ContinuityOfContent: 'SEPARATE',
            ContentSequence: marked.map((slice) =>
              item('CONTAINS', 'IMAGE', undefined, { ReferencedSOPSequence: [image(slice)] }),
            ),
          }),
        ],
      }),
      item('CONTAINS', 'CONTAINER', code('126010', 'DCM', 'Imaging Measurements'), {
        ContinuityOfContent: 'SEPARATE',
        ContentSequence: lesions.map(group),
      }),
    ],
  });
}

const concept = (c: CodedConcept): NaturalDataSet => ({
  CodeValue: c.value,
  CodingSchemeDesignator: c.scheme,
  CodeMeaning: c.meaning,
});

const item = (
  relationship: string,
  valueType: string,
  name: CodedConcept | undefined,
  content: NaturalDataSet,
): NaturalDataSet => ({
  RelationshipType: relationship,
  ValueType: valueType,
  ...(name ? { ConceptNameCodeSequence: [concept(name)] } : {}),
  ...content,
});
