import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { encodeMultipart, MultipartSplitter, type MultipartPart } from '../../../src/dicom/index.js';

const LIMITS = { headerBytes: 4096, partBytes: 1 << 20, parts: 100 };
const TYPE = 'multipart/related; type="application/dicom"; boundary=XX';

interface Split {
  readonly parts: readonly (readonly [string | undefined, string])[];
  readonly problem: string | undefined;
}

/** Parts (content type and body) of a message that arrives in pieces of the given lengths, the rest in one. */
function split(
  message: string | Uint8Array,
  contentType = TYPE,
  pieces: readonly number[] = [],
  limits = LIMITS,
): Split {
  const bytes = typeof message === 'string' ? Buffer.from(message, 'latin1') : message;
  const splitter = new MultipartSplitter(contentType, limits);
  const parts: MultipartPart[] = [];
  let at = 0;
  for (const length of [...pieces, bytes.length]) {
    parts.push(...splitter.push(bytes.subarray(at, at + length)));
    at += length;
  }
  const end = splitter.end();
  if (end.ok) parts.push(...end.value);
  return {
    parts: parts.map(({ contentType: type, body }) => [type, Buffer.from(body).toString('latin1')]),
    problem: end.ok ? undefined : end.error,
  };
}

const message = (...lines: string[]): string => lines.join('\r\n');

describe('the message of RFC 2046 5.1.1', () => {
  const example = message(
    'This is the preamble.  It is to be ignored, though it',
    'is a handy place for composition agents to include an',
    'explanatory note to non-MIME conformant readers.',
    '',
    '--simple boundary',
    '',
    'This is implicitly typed plain US-ASCII text.',
    'It does NOT end with a linebreak.',
    '--simple boundary',
    'Content-type: text/plain; charset=us-ascii',
    '',
    'This is explicitly typed plain US-ASCII text.',
    'It DOES end with a linebreak.',
    '',
    '--simple boundary--',
    '',
    'This is the epilogue.  It is also to be ignored.',
    '--simple boundary',
    '',
  );
  const expected = [
    [undefined, 'This is implicitly typed plain US-ASCII text.\r\nIt does NOT end with a linebreak.'],
    [
      'text/plain; charset=us-ascii',
      'This is explicitly typed plain US-ASCII text.\r\nIt DOES end with a linebreak.\r\n',
    ],
  ];

  test('at once', () => {
    expect(split(example, 'multipart/mixed; boundary="simple boundary"')).toEqual({
      parts: expected,
      problem: undefined,
    });
  });

  test('byte by byte', () => {
    const pieces = Array.from({ length: example.length }, () => 1);
    expect(split(example, 'multipart/mixed; boundary="simple boundary"', pieces).parts).toEqual(expected);
  });
});

describe('the boundary parameter', () => {
  const body = message('--a/b:c', '', 'text', '--a/b:c--');

  test.each([
    ['multipart/related; boundary="a/b:c"'],
    ['multipart/related; boundary=a/b:c; type="application/dicom"'],
    ['multipart/related; type="application/dicom; boundary=wrong"; boundary="a/b:c"'],
    ['Multipart/Related;BOUNDARY = "a\\/b:c"'],
  ])('%s', (contentType) => {
    expect(split(body, contentType).parts).toEqual([[undefined, 'text']]);
  });

  test.each([
    ['multipart/related; type="application/dicom"'],
    ['multipart/related; boundary='],
    ['multipart/related; boundary=""'],
    ['application/dicom; boundary=XX'],
    [''],
  ])('none: %s', (contentType) => {
    expect(split(body, contentType)).toEqual({ parts: [], problem: 'no-boundary-in-content-type' });
  });
});

describe('what archives send', () => {
  test.each([
    ['a line end before the first boundary', message('', '--XX', 'Content-Type: a', '', '1', '--XX--')],
    [
      'blanks behind boundaries',
      message('--XX  ', 'Content-Type: a', '', '1', '--XX\t--', '--XX-- ').replace('\r\n--XX\t--', ''),
    ],
    ['nothing behind the closing boundary', message('--XX', 'content-type:a', '', '1', '--XX--')],
    ['header lines that end in LF', '--XX\r\nContent-Type: a\n\n1\r\n--XX--'],
    ['lines that all end in LF', '--XX\nContent-Type: a\n\n1\n--XX--\n'],
    ['a folded header', message('--XX', 'X: y', 'Content-Type:', '  a', '', '1', '--XX--')],
    ['a wrong Content-Length', message('--XX', 'Content-Length: 400', 'Content-Type: a', '', '1', '--XX--')],
    ['a line that is no header', message('--XX', 'HTTP/1.1 200 OK', 'Content-Type: a', '', '1', '--XX--')],
  ])('%s', (_, text) => {
    expect(split(text)).toEqual({ parts: [['a', '1']], problem: undefined });
  });

  test('no parts; parts without body; a body that is a line end', () => {
    expect(split('--XX--')).toEqual({ parts: [], problem: undefined });
    expect(split(message('--XX', 'A: b', '', '--XX', '', '', '--XX', '', '\r\n', '--XX--')).parts).toEqual([
      [undefined, ''],
      [undefined, ''],
      [undefined, '\r\n'],
    ]);
  });

  test('names of headers do not depend on their case', () => {
    const splitter = new MultipartSplitter(TYPE, LIMITS);
    const [part] = splitter.push(Buffer.from(message('--XX', 'CONTENT-location: here', '', '1', '--XX--')));
    expect([...part!.headers]).toEqual([['content-location', 'here']]);
  });
});

describe('the boundary inside a part is data', () => {
  test.each([
    ['--XX'],
    ['\n--XX\r\n'],
    ['\r\n--XXY'],
    ['\r\n--XX-'],
    ['\r\n--XX \n'],
    ['\r\n--X'],
    ['\r\n\r\n--XX1\r\n'],
    ['\r\r\n--XX.'],
  ])('%j', (text) => {
    for (const pieces of [[], Array.from({ length: 100 }, () => 1)])
      expect(split(`--XX\r\n\r\n${text}|\r\n--XX--`, TYPE, pieces)).toEqual({
        parts: [[undefined, `${text}|`]],
        problem: undefined,
      });
  });
});

describe('problems', () => {
  const limits = { headerBytes: 40, partBytes: 10, parts: 2 };

  test.each([
    ['no-boundary-in-body', 'nothing of the kind', []],
    ['no-boundary-in-body', '', []],
    ['no-boundary-in-body', `${'p'.repeat(41)}\r\n--XX\r\n\r\n1\r\n--XX--`, []],
    ['no-closing-boundary', '--XX\r\n\r\n1\r\n--XX\r\n\r\n2', ['1']],
    ['no-closing-boundary', '--XX\r\n\r\n1\r\n--XX', []],
    ['no-closing-boundary', '--XX\r\n\r\n1\r\n--XX-', []],
    ['no-closing-boundary', '--XX\r\nContent-', []],
    ['headers-too-long', `--XX\r\n\r\n1\r\n--XX\r\nA: ${'b'.repeat(50)}\r\n\r\n2\r\n--XX--`, ['1']],
    ['part-too-long', '--XX\r\n\r\n1\r\n--XX\r\n\r\n12345678901\r\n--XX--', ['1']],
    ['too-many-parts', '--XX\r\n\r\n1\r\n--XX\r\n\r\n2\r\n--XX\r\n\r\n3\r\n--XX--', ['1', '2']],
  ])('%s', (problem, text, bodies) => {
    for (const pieces of [[], Array.from({ length: 200 }, () => 1)]) {
      const result = split(text, TYPE, pieces, limits);
      expect(result.problem).toBe(problem);
      expect(result.parts.map(([, body]) => body)).toEqual(bodies);
    }
  });

  test('limits that are just kept', () => {
    expect(split('--XX\r\n\r\n1234567890\r\n--XX\r\n\r\n2\r\n--XX--', TYPE, [], limits).problem).toBeUndefined();
  });

  test('are known as soon as they are certain', () => {
    const splitter = new MultipartSplitter(TYPE, limits);
    splitter.push(Buffer.from('--XX\r\n\r\n'));
    expect(splitter.problem).toBeUndefined();
    splitter.push(Buffer.alloc(30));
    expect(splitter.problem).toBe('part-too-long');
    expect(splitter.push(Buffer.from('\r\n--XX--'))).toEqual([]);
  });
});

describe('properties', () => {
  /** Pieces of text that look like boundaries, and ordinary bytes. */
  const fragment = fc.oneof(
    fc.constantFrom('\r', '\n', '\r\n', '--', '-', '--XX', '\r\n--XX', 'XX', ' ', '\r\n--XX--', '\n--XX\n', ': '),
    fc.string({ maxLength: 8 }),
  );
  const anything = fc.array(fragment, { maxLength: 40 }).map((each) => each.join(''));
  const pieces = fc.array(fc.integer({ min: 0, max: 7 }), { maxLength: 200 });

  test('how a message is cut into chunks makes no difference, whatever it is', () => {
    const limits = { headerBytes: 60, partBytes: 60, parts: 3 };
    fc.assert(
      fc.property(anything, anything, pieces, (before, text, cuts) => {
        const body = `${before}--XX\r\n${text}`;
        expect(split(body, TYPE, cuts, limits)).toEqual(split(body, TYPE, [], limits));
      }),
      { numRuns: 3_000, seed: 20 },
    );
  });

  test('what the encoder writes comes back', () => {
    const part = fc.record({
      contentType: fc.constantFrom('application/dicom', 'a/b; c="d"'),
      body: fc.uint8Array({ maxLength: 200 }),
    });
    fc.assert(
      fc.property(fc.array(part, { maxLength: 5 }), pieces, (parts, cuts) => {
        const result = split(encodeMultipart(parts, 'XX'), TYPE, cuts);
        expect(result.parts).toEqual(
          parts.map(({ contentType, body }) => [contentType, Buffer.from(body).toString('latin1')]),
        );
        expect(result.problem).toBeUndefined();
      }),
      { numRuns: 1_000, seed: 20 },
    );
  });
});

describe('the encoder', () => {
  test('writes CRLF, a closing boundary and nothing else', () => {
    const parts = ['one', 'two'].map((text) => ({ contentType: 'application/dicom', body: Buffer.from(text) }));
    expect(Buffer.from(encodeMultipart(parts, 'XX')).toString()).toBe(
      message(
        '--XX',
        'Content-Type: application/dicom',
        '',
        'one',
        '--XX',
        'Content-Type: application/dicom',
        '',
        'two',
        '--XX--',
        '',
      ),
    );
    expect(Buffer.from(encodeMultipart([], 'XX')).toString()).toBe('--XX--\r\n');
  });

  test('refuses what would not come back', () => {
    const part = (body: string, contentType = 'a/b'): { contentType: string; body: Buffer } => ({
      contentType,
      body: Buffer.from(body),
    });
    expect(() => encodeMultipart([part('1\r\n--XX\r\n2')], 'XX')).toThrow('boundary occurs');
    expect(() => encodeMultipart([part('1', 'a/b\r\nX: y')], 'XX')).toThrow('one line');
    expect(() => encodeMultipart([part('1')], 'with"quote')).toThrow('RFC 2046');
  });
});
