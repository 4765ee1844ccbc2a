import { describe, expect, test } from '@jest/globals';
import { readXml } from '../../../src/sr-parser/carriers/xml/read-xml.js';

const read = (text: string) => readXml(Buffer.from(text, 'utf8'));

describe('documents', () => {
  test('elements, attributes and references', () => {
    const found = read(
      '\ufeff<?xml version="1.0" encoding="UTF-8"?><!-- a licence -->\n<p:a xmlns:p="u" t=\'"&lt;&#x41;&#66;&amp;&apos;\n\'>text &gt;<b/><![CDATA[<c>]]><?pi <d/> ?><b x="1"></b ></p:a>\n<!-- end -->',
    );
    if (!found.ok) throw new Error(found.error.code);
    expect(found.value.name).toBe('a');
    expect(found.value.attributes.get('t')).toBe('"<AB&\' ');
    expect(found.value.children.map(({ name, attributes }) => [name, [...attributes]])).toEqual([
      ['b', []],
      ['b', [['x', '1']]],
    ]);
  });

  test('one-byte encodings by their declaration', () => {
    const bytes = Buffer.from('<?xml version="1.0" encoding="ISO-8859-1"?><a n="M\u00fcller"/>', 'latin1');
    const found = readXml(bytes);
    expect(found.ok && found.value.attributes.get('n')).toBe('M\u00fcller');
  });
});

/** XML 1.0, well-formedness constraints; and what is refused though it is well-formed, because it is how documents attack their readers. */
describe('what is refused', () => {
  test.each([
    '',
    'text',
    '<a>',
    '<a></b>',
    '<a></a><b/>',
    '<a/>text',
    '<a x=1/>',
    '<a x="1" x="2"/>',
    '<a x="1"y="2"/>',
    '<a x="<"/>',
    '<a x="&undefined;"/>',
    '<a x="&#0;"/>',
    '<a x="&#xD800;"/>',
    '<a>&nothing;</a>',
    '<a>& b</a>',
    '<a><!-- a -- b --></a>',
    '<a><![CDATA[</a>',
    '< a/>',
    '<1/>',
    '<a x=">',
    '<a>\u0001</a>',
    '<!DOCTYPE a><a/>',
    '<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>',
    '<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>',
    '<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY lol "lol">]><lolz>&lol;</lolz>',
    '<?xml version="1.0" encoding="UTF-7"?><a/>',
  ])('%j', (text) => {
    expect(read(text)).toMatchObject({ ok: false, error: { code: 'not-xml' } });
  });

  test('bytes that are not the encoding they say', () => {
    expect(readXml(Uint8Array.of(0x3c, 0x61, 0xff, 0x2f, 0x3e))).toMatchObject({ ok: false });
  });

  test.each([
    ['deep', '<a>'.repeat(5_000)],
    ['deep and closed', '<a>'.repeat(5_000) + '</a>'.repeat(5_000)],
    ['wide', `<a>${'<b/>'.repeat(250_000)}</a>`],
    ['full of attributes', `<a ${Array.from({ length: 300 }, (_, i) => `x${i}=""`).join(' ')}/>`],
  ])('%s', (_, text) => {
    expect(read(text)).toMatchObject({ ok: false, error: { code: 'xml-too-large' } });
  });
});
