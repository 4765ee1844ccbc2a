/** One element of an Accept header, or a Content-Type (RFC 9110 12.5.1, 8.3.1). Names and the type are in lower case, quotes are gone. */
export interface MediaRange {
  /** `type/subtype`, where either may be `*`. */
  readonly type: string;
  readonly parameters: ReadonlyMap<string, string>;
}

/**
 * The elements of an Accept header, preferred first: by weight, then as written. Those of weight 0 and those that are no media range are left
 * out. No header at all accepts everything (RFC 9110 12.5.1).
 */
export function acceptedRanges(header: string | undefined): readonly MediaRange[] {
  if (header === undefined || header.trim() === '') return [{ type: '*/*', parameters: new Map() }];
  return splitOutsideQuotes(header, ',')
    .map((text) => ({ range: mediaRangeOf(text), weight: weightOf(text) }))
    .filter((row): row is { range: MediaRange; weight: number } => row.range !== undefined && row.weight > 0)
    .sort((a, b) => b.weight - a.weight)
    .map((row) => row.range);
}

export function mediaRangeOf(text: string): MediaRange | undefined {
  const [type, ...rest] = splitOutsideQuotes(text, ';').map((piece) => piece.trim());
  if (type === undefined || !/^[!#$%&'*+.^_`|~\w-]+\/[!#$%&'*+.^_`|~\w-]+$/.test(type)) return undefined;
  const parameters = new Map<string, string>();
  for (const piece of rest) {
    const equals = piece.indexOf('=');
    if (equals <= 0) continue;
    parameters.set(piece.slice(0, equals).trim().toLowerCase(), unquoted(piece.slice(equals + 1).trim()));
  }
  return { type: type.toLowerCase(), parameters };
}

/** Whether a range takes a media type: `*`, `type/*`, or the type itself. */
export const takes = (range: string, type: string): boolean =>
  range === '*/*' || range === type || (range.endsWith('/*') && type.startsWith(range.slice(0, -1)));

const JSON_TYPES = ['application/dicom+json', 'application/json'] as const;

/** The media type in which a DICOM JSON answer is sent, or undefined when the caller takes none (406). PS3.18 8.7.3.2. */
export function jsonTypeFor(accept: string | undefined): (typeof JSON_TYPES)[number] | undefined {
  for (const range of acceptedRanges(accept)) {
    const type = JSON_TYPES.find((candidate) => takes(range.type, candidate));
    if (type) return type;
  }
  return undefined;
}

function weightOf(text: string): number {
  const q = mediaRangeOf(text)?.parameters.get('q');
  if (q === undefined) return 1;
  return /^(0(\.\d{0,3})?|1(\.0{0,3})?)$/.test(q) ? Number(q) : 0;
}

const unquoted = (text: string): string => {
  const quoted = /^"((?:[^"\\]|\\.)*)"$/.exec(text);
  return quoted ? quoted[1]!.replace(/\\(.)/g, '$1') : text;
};

function splitOutsideQuotes(text: string, separator: string): readonly string[] {
  const pieces: string[] = [];
  let [piece, quoted, escaped] = ['', false, false];
  for (const character of text) {
    if (character === separator && !quoted) {
      pieces.push(piece);
      piece = '';
      continue;
    }
    piece += character;
    if (quoted && !escaped && character === '\\') escaped = true;
    else {
      if (character === '"' && !escaped) quoted = !quoted;
      escaped = false;
    }
  }
  return [...pieces, piece];
}
