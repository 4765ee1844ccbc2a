import { FINDINGS, REASONS, type OutcomeKind, type ReportKind } from '../domain/index.js';
import type { ArchiveLoad, LetterFacts } from '../ledger/index.js';
import { html, raw, type Html } from './html.js';
import { loadByArchive, megabytes, type LoadOfArchive } from './load-by-hour.js';
import { loadChart } from './load-chart.js';
import type { MeasurementPicture } from './measurement-picture.js';
import { outcomeWord } from './pages/words.js';

export interface LetterPicture {
  readonly report: string;
  readonly picture: MeasurementPicture;
  readonly outcome: OutcomeKind | 'pending';
}

export interface Letter {
  readonly facts: LetterFacts;
  /** What each archive was asked for in this time. */
  readonly load: readonly ArchiveLoad[];
  readonly from: Date;
  readonly until: Date;
  readonly softwareVersion: string;
  /** Of each source: its searches, and how many requests they are a day at least. */
  readonly searches: readonly { readonly source: string; readonly says: string; readonly requestsADay: number }[];
  readonly destinations: readonly { readonly name: string; readonly mode: string }[];
  readonly pictures: readonly LetterPicture[];
}

/** One page that needs nothing else and prints well: what a week at the archive has shown, and what would have been stored. */
export function letterHtml(letter: Letter): string {
  const { facts, from, until } = letter;
  const reports = facts.hours.reduce((sum, h) => sum + h.reports, 0);
  const days = Math.max(1, (until.getTime() - from.getTime()) / 86_400_000);
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta
          http-equiv="Content-Security-Policy"
          content="default-src 'none'; img-src data:; style-src 'unsafe-inline'"
        />
        <title>Caliper: what the first week has shown</title>
        <style>
          ${raw(STYLE)}
        </style>
      </head>
      <body>
        <h1>What ${days < 1.5 ? 'a day' : `${Math.round(days)} days`} of Caliper have shown</h1>
        <p>
          From ${day(from)} until ${day(until)} (UTC). Version ${letter.softwareVersion}. Not a medical device: contours
          are semi-automatic and unverified.
          ${letter.destinations.map((d) => html`Destination ${d.name} is in mode <strong>${d.mode}</strong>. `)}
        </p>
        <h2>What it costs the archive</h2>
        ${table(
          ['Source', 'Searches', 'Requests a day, at least'],
          letter.searches.map((s) => [s.source, s.says, s.requestsADay]),
        )}
        ${loadSection(letter)}
        <p class="note">
          The first table is from the search plan: one request a search where nothing is new; a new series costs one
          more, a report two, and each image that a report marks one. ${reports} new reports in this time, by hour of
          the day (UTC):
        </p>
        ${hoursChart(facts)}
        <h2>Who writes reports, and what can be read</h2>
        ${table(
          ['Writer', 'Kind', 'Reports', 'With measurements', 'Measurements'],
          facts.writers.map((w) => [
            w.writer ?? 'not said',
            w.kind === undefined ? 'not read' : (KINDS.get(w.kind) ?? w.kind),
            w.reports,
            w.readable,
            w.measurements,
          ]),
        )}
        ${
          facts.refused.length === 0
            ? undefined
            : html`<p class="note">
                ${facts.refused.map(({ reason, count }) => html`${count}: ${REASONS[reason].says} `)}
              </p>`
        }
        <h2>Numbers beside their own lines</h2>
        ${
          facts.lengths.length === 0
            ? html`<p>No report said a length and drew its line.</p>`
            : table(
                ['Writer', 'What the comparison says', 'Lines'],
                facts.lengths.map((l) => [
                  l.writer ?? 'not said',
                  new Map<string, string>(Object.entries(FINDINGS)).get(l.finding) ?? l.finding,
                  l.count,
                ]),
              )
        }
        <h2>What became of the measurements</h2>
        ${table(
          ['Outcome', 'Measurements', 'Why'],
          facts.outcomes.map((o) => [outcomeWord(o.outcome), o.count, o.reason ? REASONS[o.reason].says : '']),
        )}
        <h2>${letter.pictures.length === 0 ? 'No picture' : `${letter.pictures.length} of the contours`}</h2>
        ${
          letter.pictures.length === 0
            ? undefined
            : html`<p class="note">
                Blue and orange: the long and the short axis of the report. Yellow: the contour, and below it the axes
                that it has.
              </p>`
        }
        <div class="cards">${letter.pictures.map(card)}</div>
      </body>
    </html>`.html.replace(/\n\s+/g, '\n');
}

const KINDS: ReadonlyMap<string, string> = new Map<ReportKind, string>([
  ['tid1500', 'report (TID 1500)'],
  ['gsps', 'presentation state'],
  ['aim', 'annotation (AIM)'],
  ['osirix', 'OsiriX regions of interest'],
  ['negative', 'of another kind'],
]);

const day = (date: Date): string => date.toISOString().slice(0, 16).replace('T', ' ');

const table = (head: readonly string[], rows: readonly (readonly (string | number)[])[]): Html =>
  html`<table>
    <thead>
      <tr>
        ${head.map((title) => html`<th scope="col">${title}</th>`)}
      </tr>
    </thead>
    <tbody>
      ${rows.map(
        (row) =>
          html`<tr>
            ${row.map((cell) => (typeof cell === 'number' ? html`<td class="number">${cell}</td>` : html`<td>${cell}</td>`))}
          </tr>`,
      )}
    </tbody>
  </table>`;

function loadSection({ load, from, until }: Letter): Html {
  const archives = loadByArchive(load);
  if (archives.length === 0) return html`<p>No request was counted in this time.</p>`;
  return html`<h3>As counted</h3>
    ${table(
      ['Archive', 'Requests', 'Of them failed', 'MB received', 'MB sent', 'Busiest hour (UTC)'],
      archives.map((a) => [
        a.archive,
        a.requests,
        a.failures,
        megabytes(a.receivedBytes),
        megabytes(a.sentBytes),
        busiest(a),
      ]),
    )}
    ${archives.map(
      (archive) =>
        html`<h3>${archive.archive}, hour by hour</h3>
          ${loadChart(archive, from, until)}`,
    )}`;
}

function busiest({ hours }: LoadOfArchive): string {
  const most = hours.reduce((a, b) => (b.requests > a.requests ? b : a));
  return `${day(most.hour)}: ${most.requests} requests, ${megabytes(most.bytes)} MB`;
}

function hoursChart({ hours }: LetterFacts): Html {
  const most = Math.max(1, ...hours.map((h) => h.reports));
  const bars = Array.from({ length: 24 }, (_, hour) => {
    const reports = hours.find((h) => h.hour === hour)?.reports ?? 0;
    const height = (60 * reports) / most;
    return `<rect x="${hour * 24 + 2}" y="${62 - height}" width="20" height="${height}"/><text x="${hour * 24 + 12}" y="76">${hour}</text>${reports > 0 ? `<text x="${hour * 24 + 12}" y="${58 - height}">${reports}</text>` : ''}`;
  });
  return raw(
    `<svg class="hours" viewBox="0 -12 576 92" role="img" aria-label="New reports by hour of the day">${bars.join('')}</svg>`,
  );
}

function card({ report, picture, outcome }: LetterPicture): Html {
  const { reportedMm, measuredMm, region } = picture;
  const png = Buffer.from(picture.png()).toString('base64');
  const mm = (axes: { readonly long: number; readonly short: number | undefined }) =>
    axes.short === undefined ? `${axes.long.toFixed(1)} mm` : `${axes.long.toFixed(1)} x ${axes.short.toFixed(1)} mm`;
  return html`<figure>
    <div class="picture" style="aspect-ratio: ${region.columns} / ${region.rows}">
      <img alt="Slice around the lesion" src="data:image/png;base64,${png}" />${raw(picture.overlaySvg)}
    </div>
    <figcaption>
      ${report}: ${outcomeWord(outcome)}<br />report ${mm(reportedMm)}<br />contour ${measuredMm ? mm(measuredMm) : '-'}
    </figcaption>
  </figure>`;
}

const STYLE = `
body{font:15px/1.45 system-ui,sans-serif;color:#111;background:#fff;max-width:60rem;margin:2rem auto;padding:0 1.5rem}
h1{font-size:1.5rem}h2{font-size:1.1rem;margin:1.4rem 0 .4rem}.note{color:#444;font-size:.92rem}
table{border-collapse:collapse;width:100%}th,td{text-align:left;padding:.25rem .8rem .25rem 0;border-bottom:1px solid #bbb;vertical-align:top}.number{font-variant-numeric:tabular-nums}
.hours{width:100%;max-width:40rem}.hours rect{fill:#3b6ea5}.hours text{font-size:9px;text-anchor:middle;fill:#333}
.cards{display:grid;grid-template-columns:repeat(4,1fr);gap:.8rem}figure{margin:0;break-inside:avoid}figcaption{font-size:12px;color:#333}
.picture{position:relative;background:#000}.picture img,.picture svg{position:absolute;inset:0;width:100%;height:100%}
path,line{fill:none;stroke-width:1.4;vector-effect:non-scaling-stroke}.contour{stroke:#f0e442}.long-axis{stroke:#56b4e9}.short-axis{stroke:#e69f00}.candidate{display:none}
h3{font-size:.95rem;margin:.8rem 0 .2rem}.load{width:100%;break-inside:avoid}.load rect{fill:#3b6ea5}.load text{font-size:10px;fill:#333}.load .base{stroke:#888;stroke-width:1}.load .day{stroke:#bbb;stroke-width:.6}
@media print{body{margin:0;max-width:none}h2{break-after:avoid}}
`;
