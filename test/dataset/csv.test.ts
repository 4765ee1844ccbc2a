import { describe, expect, it } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { csvText, parseCsv } from '../../src/dataset/csv.js';
import { describeWith, python } from '../environment/peers.js';
import { numbersFrom } from '../segmentation/reference/picture.js';

const read = (text: string) => {
  const parsed = parseCsv(text);
  return parsed.ok ? parsed.value.map((r) => r.fields) : parsed.error;
};

describe('a table as RFC 4180 has it', () => {
  it.each([
    [
      'plain fields',
      'a,b\n1,2\n',
      [
        ['a', 'b'],
        ['1', '2'],
      ],
    ],
    [
      'CRLF, no last line break',
      'a,b\r\n1,2',
      [
        ['a', 'b'],
        ['1', '2'],
      ],
    ],
    ['commas and quotes in quotes', '"1, 2","say ""x"""\n', [['1, 2', 'say "x"']]],
    ['a line break in quotes', '"a\r\nb",c\n', [['a\r\nb', 'c']]],
    ['empty fields', ',,\n""\n', [['', '', ''], ['']]],
    ['empty lines', '\na\n\n', [['a']]],
    ['a byte order mark', '\uFEFFa,b', [['a', 'b']]],
    ['a carriage return alone', 'a\rb,c', [['a\rb', 'c']]],
    ['nothing', '', []],
  ])('%s', (_, text, expected) => expect(read(text)).toEqual(expected));

  it.each([
    ['a quote that is not closed', 'a\n"b\nc', { line: 2, says: 'a quote is not closed' }],
    ['a quote in a plain field', 'a\n\nb"c', { line: 3, says: 'a quote stands inside a field that is not quoted' }],
    ['text after a quote', '"a\n"b', { line: 2, says: 'there is text after a closing quote' }],
  ])('refuses %s and says where', (_, text, expected) => expect(read(text)).toEqual(expected));

  it('says in which line each record begins', () => {
    const parsed = parseCsv('a\n"b\nb"\n\nc\n');
    expect(parsed.ok && parsed.value.map((r) => r.line)).toEqual([1, 2, 5]);
  });
});

describeWith({ python: python() }, "a table before Python's csv", (peers) => {
  const numbers = numbersFrom(3);
  const letters = ['a', 'é', ',', '"', '\n', '\r\n', ' ', '0'];
  const table = Array.from({ length: 200 }, () =>
    Array.from({ length: 2 + numbers(4) }, () =>
      Array.from({ length: numbers(6) }, () => letters[numbers(letters.length)]!).join(''),
    ),
  );
  const ask = (program: string, input: string): string =>
    execFileSync(peers.python, ['-c', program], { input, encoding: 'utf8' });

  it('is read there as it was written here', () => {
    const program =
      'import csv,io,json,sys;print(json.dumps(list(csv.reader(io.StringIO(sys.stdin.buffer.read().decode(),newline="")))))';
    expect(JSON.parse(ask(program, csvText(table)))).toEqual(table);
  });

  it('is read here as it was written there', () => {
    const program =
      'import csv,io,json,sys;o=io.StringIO(newline="");csv.writer(o).writerows(json.loads(sys.stdin.buffer.read()));sys.stdout.buffer.write(o.getvalue().encode())';
    expect(read(ask(program, JSON.stringify(table)))).toEqual(table);
  });
});
