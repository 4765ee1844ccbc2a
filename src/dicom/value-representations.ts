/**
 * How values of a VR are read and written.
 *
 * `kind`: `text` = strings; `number` = binary numbers of `size` bytes; `bytes` = an octet stream or words of `size` bytes without text;
 * `tag` = AT. `header`: bytes of the length field in explicit VR (`long` = two reserved bytes and four). `charset`: the text follows
 * SpecificCharacterSet. `single`: a backslash is text and leading blanks count. `longest`: characters of one value (PN: of one component group).
 */
export interface ValueRepresentation {
  readonly kind: 'text' | 'number' | 'bytes' | 'tag' | 'sequence';
  readonly header: 'short' | 'long';
  readonly size?: 1 | 2 | 4 | 8;
  readonly charset?: true;
  readonly single?: true;
  readonly pad?: 'nul';
  readonly longest?: number;
}

const ROWS: Readonly<Record<string, ValueRepresentation>> = {
  AE: { kind: 'text', header: 'short', longest: 16 },
  AS: { kind: 'text', header: 'short', longest: 4 },
  AT: { kind: 'tag', header: 'short', size: 4 },
  CS: { kind: 'text', header: 'short', longest: 16 },
  DA: { kind: 'text', header: 'short', longest: 8 },
  DS: { kind: 'text', header: 'short', longest: 16 },
  DT: { kind: 'text', header: 'short', longest: 26 },
  FD: { kind: 'number', header: 'short', size: 8 },
  FL: { kind: 'number', header: 'short', size: 4 },
  IS: { kind: 'text', header: 'short', longest: 12 },
  LO: { kind: 'text', header: 'short', charset: true, longest: 64 },
  LT: { kind: 'text', header: 'short', charset: true, single: true, longest: 10240 },
  OB: { kind: 'bytes', header: 'long', size: 1, pad: 'nul' },
  OD: { kind: 'bytes', header: 'long', size: 8, pad: 'nul' },
  OF: { kind: 'bytes', header: 'long', size: 4, pad: 'nul' },
  OL: { kind: 'bytes', header: 'long', size: 4, pad: 'nul' },
  OV: { kind: 'bytes', header: 'long', size: 8, pad: 'nul' },
  OW: { kind: 'bytes', header: 'long', size: 2, pad: 'nul' },
  PN: { kind: 'text', header: 'short', charset: true, longest: 64 },
  SH: { kind: 'text', header: 'short', charset: true, longest: 16 },
  SL: { kind: 'number', header: 'short', size: 4 },
  SQ: { kind: 'sequence', header: 'long' },
  SS: { kind: 'number', header: 'short', size: 2 },
  ST: { kind: 'text', header: 'short', charset: true, single: true, longest: 1024 },
  SV: { kind: 'number', header: 'long', size: 8 },
  TM: { kind: 'text', header: 'short', longest: 14 },
  UC: { kind: 'text', header: 'long', charset: true },
  UI: { kind: 'text', header: 'short', pad: 'nul', longest: 64 },
  UL: { kind: 'number', header: 'short', size: 4 },
  UN: { kind: 'bytes', header: 'long', size: 1, pad: 'nul' },
  UR: { kind: 'text', header: 'long', single: true },
  US: { kind: 'number', header: 'short', size: 2 },
  UT: { kind: 'text', header: 'long', charset: true, single: true },
  UV: { kind: 'number', header: 'long', size: 8 },
};

/** The value representations of PS3.5 table 6.2-1, in a map: VRs come from files. */
export const VALUE_REPRESENTATIONS: ReadonlyMap<string, ValueRepresentation> = new Map(Object.entries(ROWS));
