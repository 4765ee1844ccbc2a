import dcmjs from 'dcmjs';
import { tag as tagOfNumber, tagText, type Tag } from '../domain/index.js';

dcmjs.log.setLevel('silent');
const { dictionary, nameMap } = dcmjs.data.DicomMetaDictionary;

interface Entry {
  readonly keyword: string;
  /** As PS3.6 has it, or one of dcmjs's words for a choice: `xs` (US or SS), `ox` (OB or OW), `lt` (US or OW), `na` (delimiters). */
  readonly vr: string;
}

const RETIRED = /^RETIRED_/;
const found = new Map<Tag, Entry>();
/** Tags that are not in the dictionary, which takes long to say so; bounded, because files choose them. */
const unknown = new Set<Tag>();
const UNKNOWN_KEPT = 50_000;

function entryOf(tag: Tag): Entry | undefined {
  const known = found.get(tag);
  if (known) return known;
  if ((tag >>> 16) & 1 || unknown.has(tag)) return undefined;
  const entry = dictionary[tagText(tag)];
  if (!entry) {
    if (unknown.size < UNKNOWN_KEPT) unknown.add(tag);
    return undefined;
  }
  // dcmjs marks the offsets of a DICOMDIR
  const vr = entry.vr === 'up' ? 'UL' : entry.vr;
  const mine = { keyword: entry.name.replace(RETIRED, ''), vr };
  found.set(tag, mine);
  return mine;
}

/** Keyword of PS3.6; undefined for private and unknown tags. */
export const keywordOf = (tag: Tag): string | undefined => entryOf(tag)?.keyword;

/** The tag of a keyword of PS3.6; undefined for an unknown word. */
export function tagOf(keyword: string): Tag | undefined {
  const text = (nameMap[keyword] ?? nameMap[`RETIRED_${keyword}`])?.tag;
  const hex = /^\(([0-9A-F]{4}),([0-9A-F]{4})\)$/i.exec(text ?? '');
  return hex ? tagOfNumber(parseInt(`${hex[1]}${hex[2]}`, 16)) : undefined;
}

/** VR of the dictionary, `xs`, `ox`, `lt` where it leaves a choice; private creators are LO, group lengths UL; otherwise undefined. */
export function dictionaryVr(tag: Tag): string | undefined {
  const element = tag & 0xffff;
  if (element === 0) return 'UL';
  if ((tag >>> 16) & 1) return element >= 0x10 && element <= 0xff ? 'LO' : undefined;
  return entryOf(tag)?.vr;
}

/** The VR that a writer uses: where PS3.6 leaves a choice, the unsigned or the word form. */
export function vrOf(tag: Tag): string | undefined {
  const vr = dictionaryVr(tag);
  if (vr === 'xs' || vr === 'lt') return 'US';
  return vr === 'ox' ? 'OW' : vr;
}
