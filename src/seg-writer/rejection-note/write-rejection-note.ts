import {
  code,
  derivedUid,
  EQUIPMENT,
  fail,
  SOP_CLASS,
  TAG,
  WRITER_LAYOUT,
  type CodedConcept,
  type DataSet,
  type Result,
  type SeriesInstanceUid,
  type SopInstanceUid,
  type StudyInstanceUid,
} from '../../domain/index.js';
import { encodePart10 } from '../../dicom/index.js';
import { contentItem, type ContentItem } from '../../dicom/index.js';
import { evidence, instanceOf } from '../content-tree/evidence.js';
import { deviceObserver, language } from '../content-tree/observer.js';
import { codeSequence, sequence } from '../../dicom/index.js';
import { EQUIPMENT_MODULE, IDENTITY_MODULES, SOP_COMMON_MODULE } from '../object/identity-modules.js';
import { assemble, fixed, made, type ModuleRow } from '../object/module-table.js';
import { momentOf, type Written } from '../object/written.js';
import type { Refusal, WriterEquipment } from '../request.js';
import { documentFault } from '../self-check/check-document.js';

const { composite, containerRows, image, text } = contentItem;

/** Why objects of ours are no longer to be used. What withdrew their report says why by its title, which their note carries on. */
export type RejectionCause =
  | 'superseded'
  | 'withdrawn'
  | 'withdrawn-for-patient-safety'
  | 'withdrawn-wrong-worklist-entry'
  | 'withdrawn-retention-expired'
  | 'wrong-patient';

export interface RejectionNoteRequest {
  /** Objects of ours, all of one study, as the archive holds them: segmentations and result reports. At least one. */
  readonly rejected: readonly DataSet[];
  readonly cause: RejectionCause;
  /** What takes their place. */
  readonly replacedBy?: readonly SopInstanceUid[];
  readonly equipment: WriterEquipment;
  readonly createdAt: Date;
  readonly utcOffsetMinutes?: number;
}

export interface RejectionNote {
  readonly sopInstanceUID: SopInstanceUid;
  readonly seriesInstanceUID: SeriesInstanceUid;
  readonly studyInstanceUID: StudyInstanceUid;
  /** The Part 10 file. */
  readonly bytes: Uint8Array;
}

const WITHDRAWN = 'Withdrawn: the report that it was made from is no longer valid';
/** Titles of CID 7010 that an archive acts on, and what the note says. */
const CAUSES: Readonly<Record<RejectionCause, { readonly title: CodedConcept; readonly says: string }>> = {
  superseded: {
    title: code('113001', 'DCM', 'Rejected for Quality Reasons'),
    says: 'Superseded: made from a report or by a method that has been replaced',
  },
  withdrawn: {
    title: code('113001', 'DCM', 'Rejected for Quality Reasons'),
    says: WITHDRAWN,
  },
  'withdrawn-for-patient-safety': {
    title: code('113037', 'DCM', 'Rejected for Patient Safety Reasons'),
    says: WITHDRAWN,
  },
  'withdrawn-wrong-worklist-entry': {
    title: code('113038', 'DCM', 'Incorrect Modality Worklist Entry'),
    says: WITHDRAWN,
  },
  'withdrawn-retention-expired': {
    title: code('113039', 'DCM', 'Data Retention Policy Expired'),
    says: WITHDRAWN,
  },
  'wrong-patient': {
    title: code('113037', 'DCM', 'Rejected for Patient Safety Reasons'),
    says: 'Made for another patient',
  },
};

/** The cause with the title of the note that withdrew a report; plainly `withdrawn` for a title that rejects nothing or is not known here. */
export function withdrawalBy(note: DataSet): RejectionCause {
  const title = note.items(TAG.ConceptNameCodeSequence)[0];
  const causes = [
    'withdrawn-for-patient-safety',
    'withdrawn-wrong-worklist-entry',
    'withdrawn-retention-expired',
  ] as const;
  const same = causes.find(
    (cause) =>
      title?.text(TAG.CodeValue) === CAUSES[cause].title.value &&
      title.text(TAG.CodingSchemeDesignator) === CAUSES[cause].title.scheme,
  );
  return same ?? 'withdrawn';
}

const DESCRIPTION = code('113012', 'DCM', 'Key Object Description');

interface PlannedNote extends Written {
  readonly request: RejectionNoteRequest;
}

/**
 * A rejection note (IHE Imaging Object Change Management): a Key Object Selection Document (PS3.3 A.35.4, PS3.16 TID 2010) in a series of its own
 * that names objects of ours as not to be used. It asks; whether an archive hides them is the archive's. The same objects and cause give the same
 * UID. Refused where the identity of the objects cannot be copied, or the note does not pass the check that it would have to pass when it is read back. Throws for an object that is not ours, or objects of several studies.
 */
export function writeRejectionNote(request: RejectionNoteRequest): Result<RejectionNote, Refusal> {
  const [header] = request.rejected;
  if (!header || !request.rejected.every(isOurs)) throw new Error('a note that rejects nothing, or what is not ours');
  const studies = new Set(request.rejected.map((object) => instanceOf(object).studyInstanceUID));
  if (studies.size > 1) throw new Error('a note on objects of several studies');
  const planned: PlannedNote = { request, header, uids: uidsOf(request) };
  const assembled = assemble(NOTE_MODULES, planned, header);
  if (!assembled.ok) return assembled;
  const bytes = encodePart10(assembled.value.elements);
  const fault = documentFault(bytes, [], header);
  if (fault) return fail(fault);
  return { ok: true, value: { ...planned.uids, studyInstanceUID: [...studies][0] as StudyInstanceUid, bytes } };
}

const isOurs = (object: DataSet): boolean =>
  object.text(TAG.Manufacturer) === EQUIPMENT.manufacturer &&
  object.text(TAG.ManufacturerModelName) === EQUIPMENT.modelName;

function uidsOf({ rejected, cause, replacedBy }: RejectionNoteRequest): PlannedNote['uids'] {
  const fields = [
    'rejection-note',
    cause,
    ...rejected.map((object) => `rejected=${instanceOf(object).sopInstanceUID}`).sort(),
    ...(replacedBy ?? []).map((uid) => `replaced-by=${uid}`).sort(),
    `layout=${WRITER_LAYOUT}`,
  ];
  return { sopInstanceUID: derivedUid('ko-sop', fields), seriesInstanceUID: derivedUid('series', fields) };
}

/** Key objects stand behind reports and segmentations, whose series numbers begin with 30000. */
const SERIES_NUMBER = 40000;

/** The Key Object Selection Document IOD as it is written here. */
const NOTE_MODULES: readonly ModuleRow<PlannedNote>[] = [
  ...IDENTITY_MODULES,
  {
    module: 'Key Object Document Series',
    section: 'C.17.6.1',
    attributes: [
      fixed(1, TAG.Modality, 'KO'),
      made(1, TAG.SeriesInstanceUID, ({ uids }) => uids.seriesInstanceUID),
      fixed(1, TAG.SeriesNumber, SERIES_NUMBER),
      made(3, TAG.SeriesDescription, ({ request }) => CAUSES[request.cause].title.meaning),
      fixed(2, TAG.ReferencedPerformedProcedureStepSequence, undefined),
    ],
  },
  EQUIPMENT_MODULE,
  {
    module: 'Key Object Document',
    section: 'C.17.6.2',
    attributes: [
      fixed(1, TAG.InstanceNumber, 1),
      made(1, TAG.ContentDate, (note) => momentOf(note).date),
      made(1, TAG.ContentTime, (note) => momentOf(note).time),
      made(1, TAG.CurrentRequestedProcedureEvidenceSequence, ({ request }) =>
        evidence(request.rejected.map(instanceOf)),
      ),
    ],
  },
  {
    module: 'SR Document Content',
    section: 'C.17.3',
    attributes: [
      fixed(1, TAG.ValueType, 'CONTAINER'),
      made(1, TAG.ConceptNameCodeSequence, ({ request }) => codeSequence(CAUSES[request.cause].title)),
      ...containerRows('2010').map(([tag, content]) => fixed('1C', tag, content)),
      made(1, TAG.ContentSequence, ({ request }) => sequence(...content(request))),
    ],
  },
  { module: 'SOP class', section: 'C.12.1', attributes: [fixed(1, TAG.SOPClassUID, SOP_CLASS.KeyObjectSelection)] },
  SOP_COMMON_MODULE,
];

/** TID 2010, without a document title modifier, which one validator objects to, and without a name on the references. */
function content({ rejected, cause, replacedBy, equipment }: RejectionNoteRequest): readonly ContentItem[] {
  const instead = replacedBy && replacedBy.length > 0 ? `; see ${replacedBy.join(', ')}` : '';
  return [
    language(),
    ...deviceObserver(equipment),
    text('CONTAINS', DESCRIPTION, `${CAUSES[cause].says}${instead}`),
    ...rejected.map((object) => {
      const instance = instanceOf(object);
      return isImage(instance.sopClassUID) ? image('CONTAINS', undefined, instance) : composite(undefined, instance);
    }),
  ];
}

const IMAGES: ReadonlySet<string> = new Set<string>([SOP_CLASS.Segmentation, SOP_CLASS.LabelMapSegmentation]);
const isImage = (sopClassUID: string): boolean => IMAGES.has(sopClassUID);
