/** Text that is safe to stand in HTML. Made only by `html` and `raw`. */
export interface Html {
  readonly html: string;
}

const ESCAPES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
const escaped = (text: string): string => text.replace(/[&<>"']/g, (c) => ESCAPES[c]!);

export const raw = (html: string): Html => ({ html });

type Part = Html | string | number | undefined | readonly Html[];

/** A template whose values are escaped; HTML and lists of it pass as they are. */
export function html(strings: TemplateStringsArray, ...values: readonly Part[]): Html {
  let out = strings[0]!;
  values.forEach((value, i) => {
    out += textOf(value) + strings[i + 1]!;
  });
  return { html: out };
}

function textOf(value: Part): string {
  if (value === undefined) return '';
  if (typeof value === 'string' || typeof value === 'number') return escaped(String(value));
  if ('html' in value) return value.html;
  return value.map((v) => v.html).join('');
}
