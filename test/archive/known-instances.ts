import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { handMade, us, type Row } from './part10-bytes.js';

const fixture = (path: string): Buffer => readFileSync(join('test/fixtures', path));

/**
 * What the suite puts into an archive, with the identifiers as pydicom 3.0.2 reads them. Seven studies, ten instances.
 */
export interface KnownInstance {
  readonly study: string;
  readonly series: string;
  readonly instance: string;
  readonly bytes: Buffer;
}

const ANISO = '2.25.103770644651806928763942092799678036204';
const ANISO_CT = '2.25.76717081605484349439324557031482739771';
const MADE = '1.2.826.0.1.3680043.10.1452.1';

/** 3 frames of 2 rows and 3 columns, 8 bits. */
export const FRAMES = [
  Uint8Array.of(1, 2, 3, 4, 5, 6),
  Uint8Array.of(7, 8, 9, 10, 11, 12),
  Uint8Array.of(13, 14, 15, 16, 17, 18),
];

/** 3 x 3 pixels of one bit, frame after frame without a gap (PS3.5 8.1.1): 9 bits each, the first pixel lowest. */
export const BIT_FRAMES = [Uint8Array.of(0b10110101, 0b1), Uint8Array.of(0b01100011, 0b0)];
const PACKED_BITS = Uint8Array.of(0b10110101, 0b11000111, 0b00);

const PATIENT_AND_STUDY: readonly Row[] = [
  [0x00080005, 'CS', 'ISO_IR 192'],
  [0x00080020, 'DA', '20210615'],
  [0x00080030, 'TM', '101530'],
  [0x00080050, 'SH', 'ACC-77'],
  [0x00080090, 'PN', ''],
  [0x00081030, 'LO', 'Schädel, nativ'],
  [0x00100010, 'PN', 'Müller^Jürgen'],
  [0x00100020, 'LO', 'P-77'],
  [0x00100030, 'DA', '19500101'],
  [0x00100040, 'CS', 'M'],
  [0x00200010, 'SH', '77'],
];

export const KNOWN = {
  slice1: {
    study: ANISO,
    series: ANISO_CT,
    instance: '2.25.173867866424096577836757434053248971547',
    bytes: fixture('archive/aniso-1.dcm'),
  },
  slice2: {
    study: ANISO,
    series: ANISO_CT,
    instance: '2.25.11331421478907386202446785942956592172',
    bytes: fixture('archive/aniso-2.dcm'),
  },
  report: {
    study: ANISO,
    series: '2.25.20739828365549647522934012501569084685',
    instance: '2.25.245741623367542652485294383410212446844',
    bytes: fixture('archive/d-scoord3d-aniso.dcm'),
  },
  oblique: {
    study: '2.25.298208954356925686284298499179510903186',
    series: '2.25.73499783953354516645735036257217208433',
    instance: '2.25.178880841786809481833225034422768320226',
    bytes: fixture('archive/oblique-1.dcm'),
  },
  latinReport: {
    study: '1.3.6.1.4.1.9328.50.1.14407',
    series: '2.25.234331605191496082488387133590975508214',
    instance: '2.25.149514117674827179006832929378044046392',
    bytes: fixture('archive/charset-latin1.dcm'),
  },
  french: {
    study: '1.3.6.1.4.1.5962.1.2.0.1175775772.5720.0',
    series: '1.3.6.1.4.1.5962.1.3.0.1.1175775772.5720.0',
    instance: '1.3.6.1.4.1.5962.1.1.0.1.1.1175775772.5720.0',
    bytes: fixture('character-sets/chrFren.dcm'),
  },
  rle: {
    study: '1.2.826.0.1.3680043.8.498.12406831542731051035295345080039845114',
    series: '1.2.826.0.1.3680043.8.498.16157229083793556332623330502397121062',
    instance: '1.2.826.0.1.3680043.8.498.49043964482360854182530167603505525116',
    bytes: fixture('data-sets/SC_rgb_rle_2frame.dcm'),
  },
  jpegLs: {
    study: '2.25.66026419108146121321381138507.1',
    series: '2.25.66026419108146121321381138507.2',
    instance: '2.25.66026419108146121321381138507',
    bytes: fixture('transfer-syntaxes/signed16-jpeg-ls.dcm'),
  },
  frames: {
    study: MADE,
    series: `${MADE}.1`,
    instance: `${MADE}.1.1`,
    bytes: handMade({
      study: MADE,
      series: `${MADE}.1`,
      instance: `${MADE}.1.1`,
      rows: [
        ...PATIENT_AND_STUDY,
        [0x00080022, 'DA', '20210615'],
        [0x0008002a, 'DT', '20210615101530.5+0200'],
        [0x00080060, 'CS', 'OT'],
        [0x00200011, 'IS', '1'],
        [0x00200013, 'IS', '1'],
        [0x00280002, 'US', us(1)],
        [0x00280004, 'CS', 'MONOCHROME2'],
        [0x00280008, 'IS', '3'],
        [0x00280010, 'US', us(2)],
        [0x00280011, 'US', us(3)],
        [0x00280100, 'US', us(8)],
        [0x00280101, 'US', us(8)],
        [0x00280102, 'US', us(7)],
        [0x00280103, 'US', us(0)],
        [
          0x00400275,
          'SQ',
          [
            [
              [0x00400007, 'LO', 'first step'],
              [0x00400009, 'SH', 'STEP-1'],
              [0x00401001, 'SH', 'PROC-1'],
            ],
            [
              [0x00400007, 'LO', 'second step'],
              [0x00400009, 'SH', 'STEP-2'],
              [0x00401001, 'SH', 'PROC-2'],
            ],
          ],
        ],
        [0x00420011, 'OB', new Uint8Array(3000).fill(7)],
        [0x7fe00010, 'OB', Buffer.concat(FRAMES)],
      ],
    }),
  },
  bits: {
    study: MADE,
    series: `${MADE}.2`,
    instance: `${MADE}.2.1`,
    bytes: handMade({
      study: MADE,
      series: `${MADE}.2`,
      instance: `${MADE}.2.1`,
      sopClass: '1.2.840.10008.5.1.4.1.1.66.4',
      rows: [
        ...PATIENT_AND_STUDY,
        [0x00080060, 'CS', 'SEG'],
        [0x00200011, 'IS', '2'],
        [0x00200013, 'IS', '1'],
        [0x00280002, 'US', us(1)],
        [0x00280004, 'CS', 'MONOCHROME2'],
        [0x00280008, 'IS', '2'],
        [0x00280010, 'US', us(3)],
        [0x00280011, 'US', us(3)],
        [0x00280100, 'US', us(1)],
        [0x00280101, 'US', us(1)],
        [0x00280102, 'US', us(0)],
        [0x00280103, 'US', us(0)],
        [0x7fe00010, 'OB', PACKED_BITS],
      ],
    }),
  },
} as const satisfies Record<string, KnownInstance>;

export const ALL_KNOWN: readonly KnownInstance[] = Object.values(KNOWN);

/** The fragments of encapsulated pixel data, by hand (PS3.5 A.4); the first item, the offset table, is left out. */
export function fragmentsOf(file: Buffer): readonly Buffer[] {
  const start = file.lastIndexOf(Buffer.from('e07f10004f420000ffffffff', 'hex'));
  const fragments: Buffer[] = [];
  for (let at = start + 12; file.readUInt32LE(at) === 0xe000fffe; at += 8 + file.readUInt32LE(at + 4))
    fragments.push(file.subarray(at + 8, at + 8 + file.readUInt32LE(at + 4)));
  return fragments.slice(1);
}
