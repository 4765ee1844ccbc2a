import { isPadding, uint16, uint32, type Codestream } from './codestream.js';
import { jp2Codestream } from './jp2-boxes.js';

const SOC = 0xff4f;
const SIZ = 0xff51;
const COD = 0xff52;
const SOT = 0xff90;
const SOD = 0xff93;
const EOC = 0xffd9;

/** Memory of a decoder grows with the number of tiles; images of a few thousand pixels a side have a few hundred. */
const MOST_TILES = 16_384;

/**
 * A whole JPEG 2000 or HTJ2K code stream (T.800 annex A, T.814), alone or in a JP2 file: headers, every tile-part as long as it says, every tile there,
 * end of code stream. Undefined for anything else.
 */
export function inspectJpeg2000(frame: Uint8Array): Codestream | undefined {
  const bytes = jp2Codestream(frame);
  if (!bytes || bytes.length < 48 || uint16(bytes, 0) !== SOC || uint16(bytes, 2) !== SIZ) return undefined;
  const size = imageSize(bytes);
  if (!size) return undefined;
  const main = mainHeader(bytes);
  const end = main && canHoldPackets(bytes.length, size, main) ? endOfTiles(bytes, main.end, size.tiles) : undefined;
  if (!main || end === undefined) return undefined;
  return {
    // without padding, which a last tile-part of open length would include
    bytes: bytes.subarray(0, end),
    rows: size.rows,
    columns: size.columns,
    components: size.components,
    precision: size.precision,
    representation: size.representation,
    loss: main.wavelet === 'irreversible' ? 'lossy' : 'not-shown',
  };
}

interface ImageSize extends Pick<Codestream, 'rows' | 'columns' | 'components' | 'precision' | 'representation'> {
  readonly tiles: number;
}

/** SIZ (T.800 A.5.1). Subsampled components are refused: their size is not that of the image. */
function imageSize(bytes: Uint8Array): ImageSize | undefined {
  const [right, bottom, left, top] = [uint32(bytes, 8), uint32(bytes, 12), uint32(bytes, 16), uint32(bytes, 20)];
  const [tileWidth, tileHeight] = [uint32(bytes, 24), uint32(bytes, 28)];
  const [tileLeft, tileTop] = [uint32(bytes, 32), uint32(bytes, 36)];
  const components = uint16(bytes, 40);
  const depth = bytes[42]!;
  if (bytes[43] !== 1 || bytes[44] !== 1) return undefined;
  const precision = (depth & 0x7f) + 1;
  if (right <= left || bottom <= top || tileWidth === 0 || tileHeight === 0 || precision > 16) return undefined;
  if (tileLeft > left || tileTop > top) return undefined;
  const tiles = Math.ceil((right - tileLeft) / tileWidth) * Math.ceil((bottom - tileTop) / tileHeight);
  if (tiles > MOST_TILES) return undefined;
  const representation = depth & 0x80 ? 'signed' : 'unsigned';
  return { rows: bottom - top, columns: right - left, components, precision, representation, tiles };
}

interface MainHeader {
  readonly end: number;
  readonly wavelet: 'reversible' | 'irreversible';
  readonly layers: number;
  /** Pixels of the largest resolution in one precinct. */
  readonly precinctPixels: number;
}

/** Walks the main header to the first tile-part. */
function mainHeader(bytes: Uint8Array): MainHeader | undefined {
  let coding: Omit<MainHeader, 'end'> | undefined;
  let at = 2;
  while (at + 4 <= bytes.length) {
    const marker = uint16(bytes, at);
    if (marker === SOT) return coding && { end: at, ...coding };
    const end = at + 2 + uint16(bytes, at + 2);
    if (marker < 0xff00 || end < at + 4 || end > bytes.length) return undefined;
    if (marker === COD) coding = codingStyle(bytes.subarray(at + 4, end));
    at = end;
  }
  return undefined;
}

/** Parameters of COD (T.800 A.6.1): style, progression, layers, colour, levels, code blocks, transformation, and precinct sizes where the style says so. */
function codingStyle(parameters: Uint8Array): Omit<MainHeader, 'end'> | undefined {
  if (parameters.length < 10) return undefined;
  const ofLargestResolution = parameters[0]! & 1 ? parameters[10 + parameters[5]!] : 0xff;
  if (ofLargestResolution === undefined) return undefined;
  return {
    layers: uint16(parameters, 2),
    wavelet: parameters[9] === 1 ? 'reversible' : 'irreversible',
    precinctPixels: 2 ** ((ofLargestResolution & 0x0f) + (ofLargestResolution >> 4)),
  };
}

/**
 * A packet is at least a byte, and there is one for every layer and precinct: a stream that has room for fewer is not what it says, and would keep a
 * decoder busy for minutes.
 */
const canHoldPackets = (length: number, { rows, columns, tiles }: ImageSize, main: MainHeader): boolean =>
  main.layers > 0 && main.layers * Math.max(tiles, (rows * columns) / main.precinctPixels) <= length;

/**
 * Follows the lengths of the tile-parts (Psot, T.800 A.4.2) to the end of the code stream, which is given. Undefined where a tile, an announced part of one
 * or the end is missing.
 */
function endOfTiles(bytes: Uint8Array, from: number, tiles: number): number | undefined {
  const partsSeen = new Uint16Array(tiles);
  const partsSaid = new Uint16Array(tiles);
  let at = from;
  while (at + 12 <= bytes.length && uint16(bytes, at) === SOT) {
    const tile = uint16(bytes, at + 4);
    const length = uint32(bytes, at + 6);
    const end = length === 0 ? lastEndOfCodestream(bytes) : at + length;
    if (tile >= tiles || end === undefined || end < at + 14 || end + 2 > bytes.length) return undefined;
    if (!hasStartOfData(bytes, at + 12, end)) return undefined;
    partsSeen[tile]!++;
    partsSaid[tile] = Math.max(partsSaid[tile]!, bytes[at + 11]!);
    at = end;
  }
  if (at + 2 > bytes.length || uint16(bytes, at) !== EOC || !isPadding(bytes, at + 2)) return undefined;
  return partsSeen.every((seen, tile) => seen > 0 && seen >= partsSaid[tile]!) ? at + 2 : undefined;
}

/** The header of a tile-part leads by its marker segments to its data. */
function hasStartOfData(bytes: Uint8Array, from: number, end: number): boolean {
  let at = from;
  while (at + 2 <= end) {
    const marker = uint16(bytes, at);
    if (marker === SOD) return true;
    if (marker < 0xff00 || at + 4 > end) return false;
    at += 2 + uint16(bytes, at + 2);
  }
  return false;
}

/** A last tile-part of unsaid length reaches to the end marker; what follows that is padding. */
function lastEndOfCodestream(bytes: Uint8Array): number | undefined {
  for (let at = bytes.length - 2; at >= 0; at--) {
    if (uint16(bytes, at) === EOC) return at;
    if (!isPadding(bytes, at + 1)) return undefined;
  }
  return undefined;
}
