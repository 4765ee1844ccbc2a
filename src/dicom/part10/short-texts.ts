/** Longer texts are rarely said twice. */
const LONGEST = 40;
const SLOTS = 1024;

/**
 * Short texts of one file, each kept once: a report says the same codes and UIDs thousands of times, and to compare bytes costs less than to make
 * a string. What falls on a slot takes it over, so that the size stays. It lives as long as its file: nothing of one patient waits for the next.
 */
export class ShortTexts {
  #slots: string[] | undefined;

  /** Bytes as latin-1 text. */
  of(bytes: Buffer, start: number, end: number): string {
    const length = end - start;
    if (length > LONGEST) return bytes.toString('latin1', start, end);
    this.#slots ??= new Array<string>(SLOTS).fill('');
    let hash = length;
    for (let i = start; i < end; i++) hash = (Math.imul(hash, 31) + bytes[i]!) | 0;
    const slot = (hash ^ (hash >>> 15)) & (SLOTS - 1);
    const known = this.#slots[slot]!;
    if (known.length === length && isText(known, bytes, start)) return known;
    return (this.#slots[slot] = bytes.toString('latin1', start, end));
  }
}

function isText(text: string, bytes: Buffer, start: number): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) !== bytes[start + i]) return false;
  return true;
}
