import dcmjs from 'dcmjs';
import type { PhantomStudy } from '../../src/phantom/index.js';

const { DicomDict, DicomMessage, DicomMetaDictionary } = dcmjs.data;
const { adapters } = dcmjs as unknown as {
  adapters: {
    Cornerstone: {
      MeasurementReport: { generateReport(toolState: object, provider: object, options: object): { dataset: Natural } };
    };
  };
};

/**
 * An archive of made-up patients: pieces of the phantom's slices with reports of several makers on them, some broken in known ways. What a harvest
 * has to find is counted while it is made, from the recipe alone.
 */
export type Natural = Record<string, unknown>;

export interface GeneratedFile {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** A report that Python writes with highdicom: everything in pixels is counted from the corner, as SCOORD is. */
export interface HighdicomOrder {
  readonly image: string;
  readonly out: string;
  readonly uid: string;
  readonly series: string;
  readonly tracking: string;
  readonly identifier: string;
  readonly long: readonly number[];
  readonly short: readonly number[];
  readonly spacing: number;
}

export interface Truth {
  /** Stage name -> what is lost by which reason, and what comes out. */
  readonly stages: Record<string, { in: number; lost: Record<string, number>; out: number }>;
  readonly lesions: number;
  readonly patients: number;
}

export interface GeneratedArchive {
  readonly files: readonly GeneratedFile[];
  /** Orders that are still to be carried out; empty where there is no Python. */
  readonly highdicom: readonly HighdicomOrder[];
  readonly truth: Truth;
}

const SPACING = 0.7;
const SIZE = 112;

interface Piece {
  /** The marked slice and its neighbours, as dcmjs reads them, cut to SIZE x SIZE. */
  readonly slices: readonly { readonly natural: Natural; readonly pixels: Int16Array }[];
  readonly marked: number;
  readonly long: readonly number[];
  readonly short: readonly number[];
}

const list = (value: unknown): Natural[] =>
  value === undefined ? [] : Array.isArray(value) ? (value as Natural[]) : [value as Natural];

const naturalOf = (bytes: Uint8Array): Natural =>
  DicomMetaDictionary.naturalizeDataset(
    DicomMessage.readFile(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length) as ArrayBuffer).dict,
  );

function fileOf(natural: Natural): Uint8Array {
  const file = new DicomDict(
    DicomMetaDictionary.denaturalizeDataset({
      FileMetaInformationVersion: new Uint8Array([0, 1]).buffer,
      MediaStorageSOPClassUID: natural['SOPClassUID'],
      MediaStorageSOPInstanceUID: natural['SOPInstanceUID'],
      TransferSyntaxUID: '1.2.840.10008.1.2.1',
      ImplementationClassUID: '2.25.1',
    }),
  );
  file.dict = DicomMetaDictionary.denaturalizeDataset({ ...natural, _vrMap: { PixelData: 'OW' } });
  return new Uint8Array(file.write());
}

/** The pieces of a phantom study that hold a lesion each. */
export function piecesOf(study: PhantomStudy): readonly Piece[] {
  const images = study.files.filter((f) => f.name.startsWith('ct/')).map((f) => naturalOf(f.bytes));
  return study.truths.map(({ imageUID, marks, mask }) => {
    const at = images.findIndex((i) => i['SOPInstanceUID'] === imageUID);
    const [left, top] = cornerOf(mask);
    const cut = (natural: Natural) => {
      const stored = new Int16Array((list(natural['PixelData'])[0] as unknown as ArrayBuffer).slice(0));
      const pixels = new Int16Array(SIZE * SIZE);
      for (let row = 0; row < SIZE; row++)
        for (let column = 0; column < SIZE; column++)
          pixels[row * SIZE + column] = stored[(top + row) * 512 + left + column]!;
      return { natural, pixels };
    };
    const scoord = (ends: (typeof marks)['longAxis']) =>
      ends.flatMap((end) => [end.column - left + 0.5, end.row - top + 0.5]);
    return {
      slices: [at - 1, at, at + 1].map((i) => cut(images[i]!)),
      marked: 1,
      long: scoord(marks.longAxis),
      short: scoord(marks.shortAxis!),
    };
  });
}

function cornerOf({ bits, columns }: PhantomStudy['truths'][number]['mask']): readonly [number, number] {
  let x = 0;
  let y = 0;
  let n = 0;
  bits.forEach((bit, p) => {
    if (bit === 0) return;
    x += p % columns;
    y += Math.floor(p / columns);
    n++;
  });
  const start = (centre: number) => Math.max(0, Math.min(512 - SIZE, Math.round(centre - SIZE / 2)));
  return [start(x / n), start(y / n)];
}

/** What a patient is like; the first 20 of a round of 20, two of them broken. */
const ROUND = [
  'good',
  'good',
  'follow-up',
  'good',
  'amended',
  'good',
  'good',
  'dose report',
  'good',
  'broken',
  'good',
  'two lesions',
  'good',
  'second identity',
  'good',
  'good',
  'same report twice',
  'good',
  'good',
  'broken',
] as const;

/** Ways to be broken, each with where it must end. */
const BROKEN: readonly {
  readonly stage: 'read' | 'in force' | 'labelled';
  readonly reason: string;
  readonly image?: (image: Natural) => void;
  readonly report?: (report: Natural) => void;
  readonly without?: 'image';
  readonly note?: true;
}[] = [
  { stage: 'labelled', reason: 'image-gone', without: 'image' },
  { stage: 'labelled', reason: 'no-plane', image: (i) => void delete i['PixelSpacing'] },
  {
    stage: 'labelled',
    reason: 'pixel-length-mismatch',
    image: (i) => void (i['PixelData'] = [(list(i['PixelData'])[0] as unknown as ArrayBuffer).slice(0, 9000)]),
  },
  { stage: 'labelled', reason: 'identity-differs', report: (r) => void (r['PatientID'] = 'SOMEBODY-ELSE') },
  {
    stage: 'read',
    reason: 'no-measurements',
    report: (r) => void (r['ContentSequence'] = list(r['ContentSequence']).slice(0, 4)),
  },
  { stage: 'labelled', reason: 'report-preliminary', report: (r) => void (r['PreliminaryFlag'] = 'PRELIMINARY') },
  { stage: 'labelled', reason: 'burned-in-annotation', image: (i) => void (i['BurnedInAnnotation'] = 'YES') },
  { stage: 'labelled', reason: 'secondary-capture', image: (i) => void (i['ConversionType'] = 'WSD') },
  {
    stage: 'labelled',
    reason: 'localizer-image',
    image: (i) => void (i['ImageType'] = ['ORIGINAL', 'PRIMARY', 'LOCALIZER']),
  },
  { stage: 'in force', reason: 'rejected-by-note', note: true },
];

export interface GenerateOptions {
  readonly patients: number;
  /** Whether highdicom writes a share of the reports. */
  readonly highdicom: boolean;
}

export function generateArchive(phantom: PhantomStudy, options: GenerateOptions): GeneratedArchive {
  const pieces = piecesOf(phantom);
  const reportTemplate = naturalOf(phantom.files.find((f) => f.name === 'report.dcm')!.bytes);
  const files: GeneratedFile[] = [];
  const orders: HighdicomOrder[] = [];
  const stages: Truth['stages'] = Object.fromEntries(
    ['found', 'read', 'in force', 'labelled', 'admitted'].map((name) => [name, { in: 0, lost: {}, out: 0 }]),
  );
  let lesions = 0;
  let patients = 0;
  let brokenCount = 0;

  /** One thing goes through the stages up to where it is lost. */
  const goes = (from: string, lostAt?: string, reason?: string) => {
    const order = Object.keys(stages);
    for (const name of order.slice(order.indexOf(from))) {
      const stage = stages[name]!;
      stage.in++;
      if (name === lostAt) {
        stage.lost[reason!] = (stage.lost[reason!] ?? 0) + 1;
        return;
      }
      stage.out++;
      // measurements are counted one by one
      if (name === 'in force') return;
    }
  };

  for (let p = 0; p < options.patients; p++) {
    const kind = ROUND[p % ROUND.length]!;
    const broken = kind === 'broken' ? BROKEN[brokenCount++ % BROKEN.length]! : undefined;
    const piece = pieces[p % pieces.length]!;
    const root = `2.25.${7_000_000 + p}`;
    const patientID = `P-${String(p).padStart(6, '0')}`;
    const tracking = `${root}.99`;

    const study = (visit: number, id = patientID) => ({
      PatientID: id,
      PatientName: `Made^Up${p}`,
      PatientBirthDate: `19${30 + (p % 60)}0315`,
      PatientSex: p % 2 === 0 ? 'F' : 'M',
      StudyInstanceUID: `${root}.${visit}.1`,
      StudyDate: dateOf(p, visit),
      StudyTime: '101500',
      AccessionNumber: `ACC${p}`,
      StudyID: String(p),
    });
    const add = (name: string, natural: Natural) => {
      const written = fileOf(natural);
      files.push({ name: `${String(p).padStart(6, '0')}/${name}.dcm`, bytes: written });
    };
    const imageUID = (visit: number, i: number) => `${root}.${visit}.2.${i + 1}`;
    const images = (visit: number, id?: string) =>
      piece.slices.forEach(({ natural, pixels }, i) => {
        if (broken?.without === 'image' && i === piece.marked) return;
        const copy: Natural = {
          ...natural,
          ...study(visit, id),
          SeriesInstanceUID: `${root}.${visit}.2`,
          SOPInstanceUID: imageUID(visit, i),
          FrameOfReferenceUID: `${root}.${visit}.3`,
          Rows: SIZE,
          Columns: SIZE,
          PixelData: [noisy(pixels, p * 10 + visit).buffer],
        };
        if (i === piece.marked) broken?.image?.(copy);
        add(`${visit}-image-${i}`, copy);
      });
    const report = (visit: number, number: number, more: Natural = {}, groups = 1, id?: string, on = piece) => {
      const uid = `${root}.${visit}.4.${number}`;
      const marked = imageUID(visit, piece.marked);
      const copy = structuredCloneOf(reportTemplate);
      Object.assign(copy, study(visit, id), { SeriesInstanceUID: `${root}.${visit}.4`, SOPInstanceUID: uid }, more);
      keepLesions(copy, on, marked, `${root}.${visit}`, tracking, groups);
      broken?.report?.(copy);
      add(`${visit}-report-${number}`, copy);
      return uid;
    };
    const byHighdicom = (visit: number) =>
      orders.push({
        image: `${String(p).padStart(6, '0')}/${visit}-image-${piece.marked}.dcm`,
        out: `${String(p).padStart(6, '0')}/${visit}-report-1.dcm`,
        uid: `${root}.${visit}.4.1`,
        series: `${root}.${visit}.4`,
        tracking,
        identifier: `Target ${p}`,
        long: piece.long,
        short: piece.short,
        spacing: SPACING,
      });

    images(1);
    if (kind === 'good' && options.highdicom && p % 4 === 0) byHighdicom(1);
    else if (kind === 'good' && p % 4 === 1) {
      const { natural } = piece.slices[piece.marked]!;
      add(
        '1-report-1',
        reportByDcmjs(
          { ...natural, ...study(1), SeriesInstanceUID: `${root}.1.2`, SOPInstanceUID: imageUID(1, 1) },
          piece,
          {
            ...study(1),
            SeriesInstanceUID: `${root}.1.4`,
            SOPInstanceUID: `${root}.1.4.1`,
          },
        ),
      );
    } else report(1, 1, {}, kind === 'two lesions' ? 2 : 1);

    goes('found', broken?.stage === 'labelled' ? undefined : broken?.stage, broken?.reason);
    if (!broken) {
      goes('labelled');
      lesions++;
      patients++;
    } else if (broken.stage === 'labelled') goes('labelled', 'labelled', broken.reason);

    if (kind === 'two lesions') {
      goes('labelled');
      lesions++;
    }
    if (kind === 'follow-up' || kind === 'second identity') {
      const id = kind === 'second identity' ? `${patientID}-OTHER` : patientID;
      images(2, id);
      report(2, 1, {}, 1, id);
      goes('found');
      goes('labelled');
    }
    if (kind === 'amended') {
      const predecessor = referenceTo(`${root}.1.1`, `${root}.1.4`, `${root}.1.4.1`);
      const longer = { ...piece, long: piece.long.map((value, i) => (i === 2 ? value + 0.5 : value)) };
      report(1, 2, { ContentTime: '180000', PredecessorDocumentsSequence: [predecessor] }, 1, undefined, longer);
      // the first of the two is what is lost
      goes('found', 'in force', 'superseded');
    }
    if (kind === 'same report twice') {
      report(1, 2);
      goes('found', 'in force', 'duplicate-report');
    }
    if (kind === 'dose report') {
      add('dose', {
        ...structuredCloneOf(reportTemplate),
        ...study(1),
        SOPClassUID: '1.2.840.10008.5.1.4.1.1.88.67',
        SeriesInstanceUID: `${root}.1.5`,
        SOPInstanceUID: `${root}.1.5.1`,
      });
      goes('found', 'found', 'not-a-report');
    }
    if (broken?.note) {
      add('note', rejectionNote(study(1), root, `${root}.1.4.1`));
      goes('found', 'found', 'not-a-report');
    }
  }
  return { files, highdicom: orders, truth: { stages, lesions, patients } };
}

const dateOf = (p: number, visit: number): string =>
  new Date(Date.UTC(2019, 0, 5 + ((p * 13) % 330) + (visit - 1) * 60)).toISOString().slice(0, 10).replaceAll('-', '');

/** The same tissue, another grain: no two patients have the same pixels. */
function noisy(pixels: Int16Array, seed: number): Int16Array {
  let state = (seed * 2654435761 + 1) >>> 0;
  return pixels.map((value) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return value + ((state >>> 28) - 8);
  });
}

/** dcmjs gives data sets with non-enumerable helpers; what is written again is plain. */
function structuredCloneOf(natural: Natural): Natural {
  return JSON.parse(JSON.stringify(natural)) as Natural;
}

const referenceTo = (study: string, series: string, instance: string, sopClass = '1.2.840.10008.5.1.4.1.1.88.22') => ({
  StudyInstanceUID: study,
  ReferencedSeriesSequence: [
    {
      SeriesInstanceUID: series,
      ReferencedSOPSequence: [{ ReferencedSOPClassUID: sopClass, ReferencedSOPInstanceUID: instance }],
    },
  ],
});

const CT = '1.2.840.10008.5.1.4.1.1.2';

/** The template's measurement groups on this piece's image: the same lesion once, or a second time under another name. */
function keepLesions(
  report: Natural,
  piece: Piece,
  marked: string,
  root: string,
  tracking: string,
  groups: number,
): void {
  const image = () => [{ ReferencedSOPClassUID: CT, ReferencedSOPInstanceUID: marked }];
  report['CurrentRequestedProcedureEvidenceSequence'] = [referenceTo(`${root}.1`, `${root}.2`, marked, CT)];
  const [library, measurements] = list(report['ContentSequence']).slice(4);
  list(library!['ContentSequence'])[0]!['ContentSequence'] = [
    { RelationshipType: 'CONTAINS', ValueType: 'IMAGE', ReferencedSOPSequence: image() },
  ];
  const all = list(measurements!['ContentSequence']);
  measurements!['ContentSequence'] = all.slice(0, groups).map((group, g) => {
    for (const item of list(group['ContentSequence'])) {
      if (item['ValueType'] === 'UIDREF') item['UID'] = g === 0 ? tracking : `${tracking}.${g}`;
      if (item['ValueType'] !== 'NUM') continue;
      const isLong = list(item['ConceptNameCodeSequence'])[0]!['CodeValue'] === '103339001';
      const points = isLong ? piece.long : piece.short;
      const scoord = list(item['ContentSequence'])[0]!;
      scoord['GraphicData'] = [...points];
      list(scoord['ContentSequence'])[0]!['ReferencedSOPSequence'] = image();
      list(item['MeasuredValueSequence'])[0]!['NumericValue'] = lengthOf(points);
    }
    return group;
  });
}

const lengthOf = (p: readonly number[]): string => (Math.hypot(p[2]! - p[0]!, p[3]! - p[1]!) * SPACING).toFixed(1);

/** What OHIF 2 stores: dcmjs's own adapter makes the tree. */
function reportByDcmjs(image: Natural, piece: Piece, identity: Natural): Natural {
  const point = (i: number, points: readonly number[]) => ({ x: points[i]!, y: points[i + 1]! });
  const uid = String(image['SOPInstanceUID']);
  const toolState = {
    [uid]: {
      Bidirectional: {
        data: [
          {
            handles: {
              start: point(0, piece.long),
              end: point(2, piece.long),
              perpendicularStart: point(0, piece.short),
              perpendicularEnd: point(2, piece.short),
            },
            longestDiameter: Number(lengthOf(piece.long)),
            shortestDiameter: Number(lengthOf(piece.short)),
            finding: { CodeValue: '4147007', CodingSchemeDesignator: 'SCT', CodeMeaning: 'Mass' },
          },
        ],
      },
    },
  };
  const provider = {
    get: (type: string) =>
      type === 'generalSeriesModule'
        ? { studyInstanceUID: image['StudyInstanceUID'], seriesInstanceUID: image['SeriesInstanceUID'] }
        : type === 'sopCommonModule'
          ? { sopInstanceUID: uid, sopClassUID: CT }
          : type === 'instance'
            ? { ...image, _meta: {} }
            : undefined,
  };
  const report = adapters.Cornerstone.MeasurementReport.generateReport(toolState, provider, {
    _meta: { TransferSyntaxUID: { vr: 'UI', Value: ['1.2.840.10008.1.2.1'] } },
  });
  return { ...report.dataset, ...identity };
}

const rejectionNote = (study: Natural, root: string, report: string): Natural => ({
  ...study,
  SOPClassUID: '1.2.840.10008.5.1.4.1.1.88.59',
  SOPInstanceUID: `${root}.1.6.1`,
  SeriesInstanceUID: `${root}.1.6`,
  Modality: 'KO',
  SeriesNumber: 9,
  InstanceNumber: 1,
  ContentDate: '20200101',
  ContentTime: '120000',
  Manufacturer: 'made up',
  ReferencedPerformedProcedureStepSequence: [],
  ValueType: 'CONTAINER',
  ContinuityOfContent: 'SEPARATE',
  ConceptNameCodeSequence: [
    { CodeValue: '113001', CodingSchemeDesignator: 'DCM', CodeMeaning: 'Rejected for Quality Reasons' },
  ],
  ContentTemplateSequence: [{ MappingResource: 'DCMR', TemplateIdentifier: '2010' }],
  CurrentRequestedProcedureEvidenceSequence: [referenceTo(`${root}.1.1`, `${root}.1.4`, report)],
  ContentSequence: [
    {
      RelationshipType: 'CONTAINS',
      ValueType: 'COMPOSITE',
      ReferencedSOPSequence: [
        { ReferencedSOPClassUID: '1.2.840.10008.5.1.4.1.1.88.22', ReferencedSOPInstanceUID: report },
      ],
    },
  ],
});
