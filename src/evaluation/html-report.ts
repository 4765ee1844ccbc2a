import type { CaseGroup, DrawnCase } from './cases.js';
import { REPORT_STYLE } from './report-style.js';
import type { Statistic, TableRow } from './table.js';

export interface HtmlReport {
  /** What was measured on what, a line a fact. */
  readonly facts: readonly string[];
  readonly table: readonly TableRow[];
  readonly groups: readonly CaseGroup<DrawnCase>[];
}

/** One file that needs nothing else: pictures, contours and style are inside. */
export function htmlReport({ facts, table, groups }: HtmlReport): string {
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
<title>caliper evaluate</title><style>${REPORT_STYLE}</style></head><body>
<h1>Masks against expert masks</h1>
${facts.map((fact) => `<p class="note">${escaped(fact)}</p>`).join('\n')}
${tableHtml(table)}
<p class="legend"><i class="mask"></i>mask <i class="expert"></i>expert mask <i class="long"></i>long axis <i class="short"></i>short axis as given to the method</p>
${groups.map(groupHtml).join('\n')}
</body></html>
`;
}

const COLUMNS: readonly (readonly [string, (row: TableRow) => string])[] = [
  ['method', (r) => escaped(r.method)],
  ['source', (r) => escaped(r.source)],
  ['n', (r) => String(r.n)],
  ['Dice', (r) => statistic(r.dice)],
  ['recall', (r) => statistic(r.recall)],
  ['precision', (r) => statistic(r.precision)],
  ['VS', (r) => statistic(r.vs)],
  ['AVD px', (r) => statistic(r.avdPx)],
  ['median', (r) => r.avdPx.median.toFixed(3)],
  ['AVD mm', (r) => statistic(r.avdMm)],
  ['empties', (r) => String(r.empties)],
  ['ms', (r) => r.msPerLesion?.toFixed(1) ?? ''],
];

const tableHtml = (rows: readonly TableRow[]): string =>
  `<table><thead><tr>${COLUMNS.map(([title]) => `<th>${title}</th>`).join('')}</tr></thead><tbody>${rows
    .map(
      (row) =>
        `<tr class="${row.source === 'all' || row.source === 'macro' ? 'whole' : ''}">${COLUMNS.map(([, cell]) => `<td>${cell(row)}</td>`).join('')}</tr>`,
    )
    .join('')}</tbody></table>`;

const statistic = ({ mean, sd }: Statistic): string =>
  sd === null ? mean.toFixed(3) : `${mean.toFixed(3)} ± ${sd.toFixed(3)}`;

const groupHtml = ({ method, source, cases }: CaseGroup<DrawnCase>): string =>
  `<h2>${escaped(method)}, ${escaped(source)}</h2><div class="cards">${cases.map(cardHtml).join('')}</div>`;

function cardHtml(drawn: DrawnCase): string {
  const { rank, scored, png, columns, rows, maskSvg, expertSvg } = drawn;
  const { row, score, outcome } = scored;
  const said = outcome.kind === 'mask' ? `agreement ${outcome.agreement.toFixed(2)}` : `no mask: ${outcome.reason}`;
  return (
    `<figure><div class="picture" style="aspect-ratio:${columns}/${rows}"><img alt="slice round the lesion" src="data:image/png;base64,${Buffer.from(png).toString('base64')}">` +
    `<div class="expert">${expertSvg}</div><div class="mask">${maskSvg}</div></div>` +
    `<figcaption><b>${rank}</b> ${escaped(row.id)}<br>Dice ${score.dice.toFixed(3)}, recall ${score.recall.toFixed(2)}, precision ${score.precision.toFixed(2)}, AVD ${score.averageDistancePx.toFixed(2)} px, ${said}</figcaption></figure>`
  );
}

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
