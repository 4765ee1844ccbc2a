import { FINDINGS, REASONS, type Finding, type ReasonCode } from '../../domain/index.js';
import {
  objectName,
  reportName,
  type Choice,
  type EventEntry,
  type MeasurementRow,
  type ReportStory,
} from '../../ledger/index.js';
import { may, type Visitor } from '../access/needs.js';
import { html, raw, type Html } from '../html.js';
import type { MeasurementPicture } from '../measurement-picture.js';
import { formToken } from './frame.js';
import { agreementWord, outcomeBadge, sentence, time } from './words.js';

type Pictured = MeasurementPicture | ReasonCode | undefined;

export interface ReportView {
  readonly story: ReportStory;
  readonly pictures: ReadonlyMap<string, MeasurementPicture | ReasonCode>;
  readonly choices: readonly Choice[];
  readonly viewer: string | undefined;
}

/** `/reports/r-12`: each measurement with its slice, marks and contour, the numbers beside the report's, and how it came to be. */
export function reportPage({ story, pictures, choices, viewer }: ReportView, visitor: Visitor): Html {
  const name = reportName(story.report.number);
  const run = story.runs[0];
  return html`
    <h1>Report ${name}</h1>
    <p class="changed" hidden>This report has changed since. <a href="/reports/${name}">Load it again</a></p>
    <dl>
      <dt>SOP Instance UID</dt>
      <dd>${story.report.sopInstanceUID}</dd>
      <dt>First seen</dt>
      <dd>${time(story.report.firstSeen)} in ${story.sightings.map((s) => s.source).join(', ')}</dd>
      <dt>State</dt>
      <dd>
        ${run?.state ?? 'seen'}${run?.reason ? html`: ${sentence(run.reason)} ${REASONS[run.reason].do}` : undefined}
      </dd>
    </dl>
    <p class="legend">
      ${legend('contour', 'contour')}${legend('long', 'long axis')}${legend('short', 'short axis')}
      <span class="note"
        >Drag: window. Wheel, + and -: zoom. Arrows: neighbouring slices. M: marks and contour on or off. R: as at
        first.</span
      >
    </p>
    <div class="cards">
      ${(run?.measurements ?? []).map((m, i) => card(name, run!.id, m, i, pictures.get(m.key), choices, viewer, visitor))}
    </div>
    ${run ? history(run.events) : undefined} ${may(visitor.role, 'administer') ? replayForm(name, visitor) : undefined}
  `;
}

const legend = (colour: 'contour' | 'long' | 'short', text: string): Html =>
  html`<span><i class="swatch-${colour}"></i>${text}</span>`;

const isPicture = (picture: Pictured): picture is MeasurementPicture =>
  picture !== undefined && typeof picture !== 'string';

function card(
  report: string,
  run: number,
  m: MeasurementRow,
  index: number,
  picture: Pictured,
  choices: readonly Choice[],
  viewer: string | undefined,
  visitor: Visitor,
): Html {
  const n = index + 1;
  const title = isPicture(picture) && picture.label ? picture.label : `Measurement ${n}`;
  const choice = choices.find((c) => c.measurementKey === m.key);
  return html`<section class="card" id="m-${n}" aria-labelledby="m-${n}-title" data-card="${n}">
    <h2 id="m-${n}-title">${title}</h2>
    ${isPicture(picture) ? figure(report, n, title, picture) : html`<p class="note">${picture ? REASONS[picture].says : 'No picture.'}</p>`}
    <p>${outcomeBadge(m.outcome ?? 'pending')}${m.reason ? html` ${sentence(m.reason)}` : undefined}</p>
    ${isPicture(picture) ? numbers(picture) : undefined} ${choice ? chosen(choice) : undefined}
    ${
      m.outcome === 'held' && !choice && isPicture(picture) && may(visitor.role, 'review')
        ? reviewForm(report, run, n, picture, visitor)
        : undefined
    }
    <dl>
      <dt>Agreement</dt>
      <dd>${m.agreement === undefined ? '-' : `${m.agreement.toFixed(2)} (${agreementWord(m.agreement)})`}</dd>
      <dt>Method</dt>
      <dd>${m.method ?? '-'}${m.rule ? `, rule ${m.rule}` : ''}</dd>
      ${isPicture(picture) ? placed(picture, viewer) : undefined}
      ${m.seg ? entry('SEG', `${m.seg}, segment ${m.segmentNumber}`) : undefined}
      ${m.object ? entry('Object', objectName(m.object)) : undefined}
      ${m.trackingUID ? entry('Tracking UID', m.trackingUID) : undefined} ${findings(m.findings)}
    </dl>
  </section>`;
}

const entry = (term: string, value: string): Html =>
  html`<dt>${term}</dt>
    <dd>${value}</dd>`;

function figure(report: string, n: number, title: string, picture: MeasurementPicture): Html {
  const { region, window, size } = picture;
  return html`<figure
      class="picture"
      tabindex="0"
      role="group"
      aria-label="CT slice around ${title}, with marks and contour"
      data-slice="/reports/${report}/measurements/${n}/slice"
      data-region="${[region.column, region.row, region.columns, region.rows].join(' ')}"
      data-window="${window.centreHu} ${window.widthHu}"
      data-size="${size.columns} ${size.rows}"
    >
      <img src="/reports/${report}/measurements/${n}.png" alt="CT slice around ${title}" />${raw(picture.overlaySvg)}
      <figcaption aria-live="polite">C ${window.centreHu} W ${window.widthHu}</figcaption>
    </figure>
    <p class="tools" hidden>
      ${tool('soft', 'Soft')}${tool('lung', 'Lung')}${tool('bone', 'Bone')}${tool('in', 'Zoom in')}${tool('out', 'Zoom out')}${tool('up', 'Slice up')}${tool('down', 'Slice down')}${tool('marks', 'Marks')}
    </p>`;
}

const tool = (name: string, says: string): Html => html`<button type="button" data-tool="${name}">${says}</button>`;

/** Two readers of one lesion differ by up to a quarter: only more than that is marked. */
const WORTH_A_LOOK = 0.25;

function numbers({ reportedMm, measuredMm }: MeasurementPicture): Html {
  const row = (axis: string, reported: number | undefined, measured: number | undefined): Html => {
    if (reported === undefined) return html``;
    const difference = measured === undefined ? undefined : measured - reported;
    const share = difference === undefined ? undefined : difference / reported;
    const tone = share !== undefined && Math.abs(share) > WORTH_A_LOOK ? 'warn' : '';
    return html`<tr>
      <th scope="row">${axis}</th>
      <td class="number">${reported.toFixed(1)}</td>
      <td class="number">${measured === undefined ? '-' : measured.toFixed(1)}</td>
      <td class="number ${tone}">
        ${difference === undefined || share === undefined ? '-' : `${signed(difference, 1)} (${signed(100 * share, 0)} %)`}
      </td>
    </tr>`;
  };
  return html`<table class="axes">
    <thead>
      <tr>
        <th scope="col">Axis, mm</th>
        <th scope="col">Report</th>
        <th scope="col">Contour</th>
        <th scope="col">Difference</th>
      </tr>
    </thead>
    <tbody>
      ${row('Long', reportedMm.long, measuredMm?.long)}${row('Short', reportedMm.short, measuredMm?.short)}
    </tbody>
  </table>`;
}

/** What rounds to nothing has no sign. */
function signed(value: number, digits: number): string {
  const rounded = Number(value.toFixed(digits)) || 0;
  return `${rounded > 0 ? '+' : ''}${rounded.toFixed(digits)}`;
}

function placed({ place, areaMm2 }: MeasurementPicture, viewer: string | undefined): Html {
  const { seriesNumber, instanceNumber, reference } = place;
  const where = [
    ...(seriesNumber === undefined ? [] : [`series ${seriesNumber}`]),
    ...(instanceNumber === undefined ? [] : [`image ${instanceNumber}`]),
    ...(reference.frame === undefined ? [] : [`frame ${reference.frame}`]),
  ].join(', ');
  const address = viewer && viewerAddress(viewer, place);
  return html`${areaMm2 === undefined ? undefined : entry('Area', `${areaMm2.toFixed(0)} mm²`)}
    <dt>Slice</dt>
    <dd>
      ${where || 'one slice'}${address ? html` <a href="${address}" rel="noreferrer noopener" target="_blank">Open in the viewer</a>` : undefined}
    </dd>`;
}

function viewerAddress(
  template: string,
  { studyInstanceUID, seriesInstanceUID, reference }: MeasurementPicture['place'],
): string | undefined {
  if (studyInstanceUID === undefined) return undefined;
  return template
    .replaceAll('{study}', encodeURIComponent(studyInstanceUID))
    .replaceAll('{series}', encodeURIComponent(seriesInstanceUID ?? ''))
    .replaceAll('{instance}', encodeURIComponent(reference.sopInstanceUID));
}

const CANDIDATES: Readonly<Record<MeasurementPicture['candidates'][number]['name'], string>> = {
  network: 'network',
  seed: 'GrabCut',
  tighter: 'network, tighter',
  wider: 'network, wider',
  shape: 'shape of the marks',
  paper: 'GrabCut of the paper',
};

function reviewForm(report: string, run: number, n: number, picture: MeasurementPicture, visitor: Visitor): Html {
  const option = (key: number, value: string, says: Html): Html =>
    html`<label class="candidate"
      ><input type="radio" name="choice" value="${value}" data-key="${key}" required /><kbd>${key}</kbd> ${says}</label
    >`;
  return html`<form class="review" method="post" action="/reports/${report}/measurements/${n}/choice">
    ${formToken(visitor)}<input type="hidden" name="run" value="${run}" />
    <fieldset>
      <legend>Which contour is the lesion? Press its key to see it, and once more or Enter to decide.</legend>
      ${picture.candidates.map(({ name, maskSha256, longMm, shortMm, agreement }, i) =>
        option(
          i + 1,
          `${name} ${maskSha256}`,
          html`<i class="swatch-candidate-${i + 1}"></i>${CANDIDATES[name]}
            <span class="note"
              >${longMm.toFixed(1)} x ${shortMm.toFixed(1)} mm, agreement ${agreement.toFixed(2)}</span
            >`,
        ),
      )}
      ${picture.candidates.length === 0 ? html`<p class="note">No contour can be offered for this one.</p>` : undefined}
      ${option(0, 'none', html`none of them: nothing is stored`)}
    </fieldset>
    <button type="submit">Decide</button>
  </form>`;
}

const chosen = ({ candidate, maskSha256, by, at }: Choice): Html =>
  html`<p class="note">
    ${by} chose ${maskSha256 === undefined ? 'none' : (CANDIDATES[candidate as keyof typeof CANDIDATES] ?? candidate)}
    at ${time(at)}.
  </p>`;

function history(events: readonly EventEntry[]): Html {
  if (events.length === 0) return html``;
  return html`<h2 id="history">History</h2>
    <ol class="history" aria-labelledby="history">
      ${events.map(
        (e) =>
          html`<li>
            ${time(e.at)}
            ${e.what === 'delivery' ? `${e.object ? objectName(e.object) : 'object'} to ${e.destination}: ` : ''}${e.to}${e.reason ? html`, ${sentence(e.reason)}` : undefined}${e.by ? `, by ${e.by}` : ''}
          </li>`,
      )}
    </ol>`;
}

const replayForm = (report: string, visitor: Visitor): Html =>
  html`<form class="inline" method="post" action="/reports/${report}/replay">
    ${formToken(visitor)}<button type="submit">Work this report again</button>
    <span class="note">What is stored already is not stored again.</span>
  </form>`;

/** What deviates: that a length agrees with its line is what everyone expects. */
function findings(list: readonly Finding[]): Html | undefined {
  const codes = [...new Set(list.map((f) => f.code))].filter((code) => code !== 'length.agrees');
  if (codes.length === 0) return undefined;
  return html`<dt>Findings</dt>
    <dd>${codes.map((code) => html`<div>${FINDINGS[code]} <code>${code}</code></div>`)}</dd>`;
}
