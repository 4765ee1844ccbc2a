import { REASONS, type Finding, type ReasonCode } from '../domain/index.js';
import {
  reportName,
  type LedgerStatus,
  type MeasurementRow,
  type ReportLine,
  type ReportStory,
} from '../ledger/index.js';
import type { MeasurementPicture } from './measurement-picture.js';
import { html, raw, type Html } from './html.js';

/** The frame of every page. */
export const page = (title: string, content: Html, softwareVersion: string): string =>
  html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>${title} - Caliper</title>
        <link rel="stylesheet" href="/style.css" />
        <link rel="icon" href="data:," />
      </head>
      <body>
        <header><a href="/">Caliper</a><span>${title}</span></header>
        <main>${content}</main>
        <footer>Not a medical device. Contours are semi-automatic and unverified. Version ${softwareVersion}</footer>
      </body>
    </html>`.html.replace(/\n\s+/g, '\n');

const time = (date: Date): Html => {
  const iso = date.toISOString();
  return html`<time datetime="${iso}">${iso.slice(0, 16).replace('T', ' ')}</time>`;
};

const outcome = (kind: string, text = kind): Html => html`<span class="outcome ${kind}">${text}</span>`;

/** `/`: what came in lately and what became of it. */
export function overviewPage(status: LedgerStatus, lines: readonly ReportLine[]): Html {
  const counts = Object.entries(status.outcomes).filter(([, n]) => n > 0);
  return html`
    <h1>Recent reports</h1>
    <p>
      ${counts.length === 0 ? 'No measurement yet.' : counts.map(([kind, n]) => html`${outcome(kind, `${n} ${kind}`)} `)}
    </p>
    ${
      lines.length === 0
        ? html`<p class="note">No report was seen yet. Reports appear here as soon as a source shows them.</p>`
        : html`<table>
            <thead>
              <tr>
                <th scope="col">Report</th>
                <th scope="col">First seen (UTC)</th>
                <th scope="col">Source</th>
                <th scope="col">State</th>
                <th scope="col">Measurements</th>
              </tr>
            </thead>
            <tbody>
              ${lines.map(reportLine)}
            </tbody>
          </table>`
    }
  `;
}

function reportLine(line: ReportLine): Html {
  const name = reportName(line.number);
  const outcomes = Object.entries(line.outcomes).map(([kind, n]) => html`${outcome(kind, `${n} ${kind}`)} `);
  return html`<tr>
    <td><a href="/reports/${name}">${name}</a></td>
    <td class="number">${time(line.firstSeen)}</td>
    <td>${line.sources.join(', ')}</td>
    <td>${line.state ?? 'seen'}${line.reason ? html`: ${sentence(line.reason)}` : undefined}</td>
    <td>${outcomes}</td>
  </tr>`;
}

const sentence = (reason: ReasonCode): Html => html`<span title="${REASONS[reason].do}">${REASONS[reason].says}</span>`;

/** `/reports/r-12`: each measurement with its slice, marks and contour. */
export function reportPage(story: ReportStory, pictures: ReadonlyMap<string, MeasurementPicture | ReasonCode>): Html {
  const name = reportName(story.report.number);
  const run = story.runs[0];
  return html`
    <h1>Report ${name}</h1>
    <dl>
      <dt>SOP Instance UID</dt>
      <dd>${story.report.sopInstanceUID}</dd>
      <dt>First seen (UTC)</dt>
      <dd>${time(story.report.firstSeen)} in ${story.sightings.map((s) => s.source).join(', ')}</dd>
      <dt>State</dt>
      <dd>
        ${run?.state ?? 'seen'}${run?.reason ? html`: ${sentence(run.reason)} ${REASONS[run.reason].do}` : undefined}
      </dd>
    </dl>
    <p class="legend">
      ${legend('contour', 'contour as stored')}${legend('long', 'long axis')}${legend('short', 'short axis')}
    </p>
    <div class="cards">
      ${(run?.measurements ?? []).map((m, i) => measurementCard(name, m, i, pictures.get(m.key)))}
    </div>
  `;
}

const legend = (colour: 'contour' | 'long' | 'short', text: string): Html =>
  html`<span><i class="swatch-${colour}"></i>${text}</span>`;

function measurementCard(
  report: string,
  m: MeasurementRow,
  index: number,
  picture: MeasurementPicture | ReasonCode | undefined,
): Html {
  const title =
    picture !== undefined && typeof picture !== 'string' && picture.label ? picture.label : `Measurement ${index + 1}`;
  return html`<section class="card">
    <h2>${title}</h2>
    ${
      picture === undefined || typeof picture === 'string'
        ? html`<p class="note">${picture ? REASONS[picture].says : 'No picture.'}</p>`
        : html`<figure class="picture">
            <img
              src="/reports/${report}/measurements/${index + 1}.png"
              alt="CT slice around ${title}"
            />${raw(picture.overlaySvg)}
          </figure>`
    }
    <dl>
      <dt>Outcome</dt>
      <dd>${outcome(m.outcome ?? 'pending')}${m.reason ? html`: ${sentence(m.reason)}` : undefined}</dd>
      ${
        picture !== undefined && typeof picture !== 'string'
          ? html`<dt>Report</dt>
              <dd>${axes(picture.reportedMm)}</dd>
              <dt>Contour</dt>
              <dd>${picture.measuredMm ? axes(picture.measuredMm) : 'none'}</dd>`
          : undefined
      }
      <dt>Agreement</dt>
      <dd>${m.agreement === undefined ? '-' : m.agreement.toFixed(2)}</dd>
      <dt>Method</dt>
      <dd>${m.method ?? '-'}</dd>
      ${
        m.seg
          ? html`<dt>SEG</dt>
              <dd>${m.seg}, segment ${m.segmentNumber}</dd>`
          : undefined
      }
      ${
        findings(m.findings) !== ''
          ? html`<dt>Findings</dt>
              <dd>${findings(m.findings)}</dd>`
          : undefined
      }
    </dl>
  </section>`;
}

const axes = (mm: { readonly long: number; readonly short: number | undefined }): string =>
  mm.short === undefined ? `${mm.long.toFixed(1)} mm` : `${mm.long.toFixed(1)} x ${mm.short.toFixed(1)} mm`;

/** What deviates: that a length agrees with its line is what everyone expects. */
const findings = (list: readonly Finding[]): string =>
  [...new Set(list.map((f) => f.code))].filter((code) => code !== 'length.agrees').join(', ');
