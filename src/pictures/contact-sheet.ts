import type { Mask, PixelMarks } from '../domain/index.js';
import { lesionRegion, slicePng } from './overlay-png.js';
import { overlaySvg } from './overlay-svg.js';
import { windowFor, type ShownSlice } from './window.js';

export interface SheetCard {
  /** Under the picture: an id, numbers. */
  readonly lines: readonly string[];
  readonly slice: ShownSlice;
  readonly marks: PixelMarks;
  readonly mask: Mask | undefined;
}

export interface SheetGroup {
  readonly title: string;
  readonly cards: readonly SheetCard[];
}

const STYLE = `body{margin:2rem auto;max-width:80rem;padding:0 1rem;font:15px/1.4 system-ui,sans-serif;color:#1d2329;background:#fff}
h1{font-size:1.4rem}h2{font-size:1.1rem;margin-top:2rem}
.cards{display:grid;grid-template-columns:repeat(auto-fill,minmax(13rem,1fr));gap:1rem}
figure{margin:0}.picture{position:relative;background:#000}.picture img,.picture svg{position:absolute;inset:0;width:100%;height:100%}
.picture img{image-rendering:pixelated}figcaption{font-size:13px;color:#4a535c;overflow-wrap:anywhere}
path,line{vector-effect:non-scaling-stroke;stroke-width:1.6}
.contour{stroke:#f0e442}.long-axis{stroke:#56b4e9}.short-axis{stroke:#e69f00}`;

/** One page that needs nothing else: pictures are in it, nothing is loaded, no script runs. Marks blue and orange, the mask's outline yellow. */
export function contactSheetHtml(title: string, facts: readonly string[], groups: readonly SheetGroup[]): string {
  const body = groups
    .map(
      ({ title: name, cards }) =>
        `<h2>${escaped(name)}</h2>\n<div class="cards">\n${cards.map(cardHtml).join('\n')}\n</div>`,
    )
    .join('\n');
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
<title>${escaped(title)}</title>
<style>${STYLE}</style>
</head>
<body>
<h1>${escaped(title)}</h1>
${facts.map((fact) => `<p>${escaped(fact)}</p>`).join('\n')}
${body}
</body>
</html>
`;
}

function cardHtml({ lines, slice, marks, mask }: SheetCard): string {
  const region = lesionRegion(slice, marks, mask);
  const png = Buffer.from(slicePng(slice, region, windowFor(slice, region))).toString('base64');
  return (
    `<figure><div class="picture" style="aspect-ratio:${region.columns}/${region.rows}">` +
    `<img alt="slice round the lesion" src="data:image/png;base64,${png}">${overlaySvg(region, marks, mask)}</div>` +
    `<figcaption>${lines.map(escaped).join('<br>')}</figcaption></figure>`
  );
}

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
