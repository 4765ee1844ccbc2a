const SPACE = 0x20;
const NUL = 0;

/** Text without the blanks and NULs that pad it to an even length. Leading blanks stay, which count in paragraphs. */
export function withoutPadding(text: string): string {
  let end = text.length;
  while (end > 0 && (text.charCodeAt(end - 1) === SPACE || text.charCodeAt(end - 1) === NUL)) end--;
  return end === text.length ? text : text.slice(0, end);
}

/** Also without leading blanks, which do not count in other text (PS3.5 6.2). */
export function trimmed(text: string): string {
  const padded = withoutPadding(text);
  let start = 0;
  while (padded.charCodeAt(start) === SPACE) start++;
  return start === 0 ? padded : padded.slice(start);
}
