/**
 * XML without what makes XML dangerous: no document type, hence no entities but the five predefined ones and character references; bounded in
 * size, depth and count; no recursion. Strict otherwise (XML 1.0, 5th edition, well-formedness): what is not well-formed is no document.
 */
import { isUtf8 } from 'node:buffer';
import { fail, ok, type Result } from '../../../domain/index.js';
import { ELEMENT_LIMITS, newElement, type Element } from '../element.js';

/** Where reading ended, in characters of the text; 0 where its bytes are no text. */
export interface XmlProblem {
  readonly code: 'not-xml' | 'xml-too-large';
  readonly offset: number;
}

const NAME = /[\p{L}_:][\p{L}\p{N}_:.\-\u00b7]*/uy;
const SPACE = /[ \t\r\n]*/y;
const TEXT_END = /[<&]/g;

/** The root element with its attributes and elements; text, comments and processing instructions are passed over. */
export function readXml(bytes: Uint8Array): Result<Element, XmlProblem> {
  const text = textOf(bytes);
  if (text === undefined) return fail({ code: 'not-xml', offset: 0 });
  return new Reader(text).document();
}

/** UTF-8, or the one-byte encodings that a declaration may name; anything else is refused rather than guessed. */
function textOf(bytes: Uint8Array): string | undefined {
  const head = Buffer.from(bytes.subarray(0, 200)).toString('latin1');
  const declared = /^(?:\u00ef\u00bb\u00bf)?<\?xml[^>]*\bencoding\s*=\s*["']([A-Za-z][\w.-]*)["']/.exec(head)?.[1];
  const encoding = (declared ?? 'utf-8').toLowerCase();
  const decoder = DECODERS.get(encoding);
  if (!decoder || (decoder === 'utf-8' && !isUtf8(bytes))) return undefined;
  const text = new TextDecoder(decoder).decode(bytes);
  return /[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u.test(text) ? undefined : text;
}

const DECODERS: ReadonlyMap<string, string> = new Map([
  ['utf-8', 'utf-8'],
  ['us-ascii', 'utf-8'],
  ['iso-8859-1', 'windows-1252'],
  ['windows-1252', 'windows-1252'],
]);

class NotWellFormed extends Error {
  constructor(readonly problem: XmlProblem) {
    super(problem.code);
  }
}

class Reader {
  readonly #text: string;
  #at = 0;
  #elements = 0;

  constructor(text: string) {
    this.#text = text;
  }

  document(): Result<Element, XmlProblem> {
    try {
      this.#misc();
      const root = this.#tree();
      this.#misc();
      if (this.#at < this.#text.length) this.#no();
      return ok(root);
    } catch (error) {
      if (error instanceof NotWellFormed) return fail(error.problem);
      throw error;
    }
  }

  /** What may stand before and after the root element: space, comments, processing instructions. A document type may not. */
  #misc(): void {
    for (;;) {
      this.#match(SPACE);
      if (this.#starts('<?')) this.#skipTo('?>');
      else if (this.#starts('<!--')) this.#comment();
      else return;
    }
  }

  #tree(): Element {
    const first = this.#startTag();
    if (first.isEmpty) return first.element;
    const open: { readonly element: Element; readonly name: string }[] = [first];
    for (let top = open.at(-1); top; top = open.at(-1)) {
      this.#characters();
      if (this.#starts('<!--')) this.#comment();
      else if (this.#starts('<![CDATA[')) this.#skipTo(']]>');
      else if (this.#starts('<?')) this.#skipTo('?>');
      else if (this.#starts('</')) {
        this.#at += 2;
        if (this.#name() !== top.name) this.#no();
        this.#match(SPACE);
        this.#expect('>');
        open.pop();
      } else {
        const next = this.#startTag();
        top.element.children.push(next.element);
        if (!next.isEmpty) {
          if (open.length >= ELEMENT_LIMITS.depth) this.#no('xml-too-large');
          open.push(next);
        }
      }
    }
    return first.element;
  }

  #startTag(): { readonly element: Element; readonly name: string; readonly isEmpty: boolean } {
    this.#expect('<');
    const name = this.#name();
    if (++this.#elements > ELEMENT_LIMITS.elements) this.#no('xml-too-large');
    const element = newElement(name);
    for (;;) {
      const before = this.#at;
      this.#match(SPACE);
      if (this.#starts('/>')) {
        this.#at += 2;
        return { element, name, isEmpty: true };
      }
      if (this.#starts('>')) {
        this.#at += 1;
        return { element, name, isEmpty: false };
      }
      if (this.#at === before) this.#no();
      const attribute = this.#name();
      this.#match(SPACE);
      this.#expect('=');
      this.#match(SPACE);
      if (element.attributes.has(attribute)) this.#no();
      if (element.attributes.size >= ELEMENT_LIMITS.attributes) this.#no('xml-too-large');
      element.attributes.set(attribute, this.#attributeValue());
    }
  }

  #attributeValue(): string {
    const quote = this.#text[this.#at];
    if (quote !== '"' && quote !== "'") this.#no();
    const end = this.#text.indexOf(quote, this.#at + 1);
    if (end < 0) this.#no();
    const raw = this.#text.slice(this.#at + 1, end);
    if (raw.includes('<')) this.#no();
    this.#at = end + 1;
    return this.#resolved(raw);
  }

  /** Character data between elements: of no use to us, but its references must be right. */
  #characters(): void {
    for (;;) {
      TEXT_END.lastIndex = this.#at;
      const found = TEXT_END.exec(this.#text);
      if (!found) this.#no();
      this.#at = found.index;
      if (found[0] === '<') return;
      const end = this.#text.indexOf(';', this.#at);
      if (end < 0 || end - this.#at > LONGEST_REFERENCE) this.#no();
      this.#resolved(this.#text.slice(this.#at, end + 1));
      this.#at = end + 1;
    }
  }

  #resolved(raw: string): string {
    if (!raw.includes('&')) return raw.replace(/[\t\r\n]/g, ' ');
    return raw.replace(/[\t\r\n]/g, ' ').replace(/&([^;&]*;?)/g, (_, name: string) => {
      const character = characterOf(name);
      if (character === undefined) this.#no();
      return character;
    });
  }

  #comment(): void {
    const end = this.#text.indexOf('--', this.#at + 4);
    if (end < 0 || this.#text[end + 2] !== '>') this.#no();
    this.#at = end + 3;
  }

  #skipTo(end: string): void {
    const at = this.#text.indexOf(end, this.#at + 2);
    if (at < 0) this.#no();
    this.#at = at + end.length;
  }

  #name(): string {
    const name = this.#match(NAME);
    if (name === '') this.#no();
    return name;
  }

  #match(pattern: RegExp): string {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0] ?? '';
    this.#at += found.length;
    return found;
  }

  #starts(text: string): boolean {
    return this.#text.startsWith(text, this.#at);
  }

  #expect(text: string): void {
    if (!this.#starts(text)) this.#no();
    this.#at += text.length;
  }

  #no(code: XmlProblem['code'] = 'not-xml'): never {
    throw new NotWellFormed({ code, offset: this.#at });
  }
}

const LONGEST_REFERENCE = 12;

const PREDEFINED: ReadonlyMap<string, string> = new Map([
  ['amp;', '&'],
  ['lt;', '<'],
  ['gt;', '>'],
  ['quot;', '"'],
  ['apos;', "'"],
]);

function characterOf(reference: string): string | undefined {
  const predefined = PREDEFINED.get(reference);
  if (predefined !== undefined) return predefined;
  const number = /^#(?:(\d{1,7})|x([0-9A-Fa-f]{1,6}));$/.exec(reference);
  if (!number) return undefined;
  const code = number[1] === undefined ? parseInt(number[2]!, 16) : Number(number[1]);
  const isCharacter =
    code === 9 ||
    code === 10 ||
    code === 13 ||
    (code >= 0x20 && code <= 0xd7ff) ||
    (code >= 0xe000 && code <= 0x10ffff);
  return isCharacter && code !== 0xfffe && code !== 0xffff ? String.fromCodePoint(code) : undefined;
}
