import { OUTCOME_KINDS, REASONS, type OutcomeKind, type ReasonCode } from '../../domain/index.js';
import { reportName, type OutcomeCount, type RunId, type WorklistLine } from '../../ledger/index.js';
import { html, type Html } from '../html.js';
import { outcomeBadge, outcomeWord, sentence, time } from './words.js';

/** What of the worklist is asked for, as it stands in its address. */
export interface WorklistQuestion {
  readonly outcome: OutcomeKind | 'pending' | undefined;
  readonly reason: ReasonCode | undefined;
  readonly source: string | undefined;
  /** Days (UTC): first seen on or after, and before the day after. */
  readonly from: string | undefined;
  readonly to: string | undefined;
  readonly before: RunId | undefined;
}

/** `/worklist`: filters in the address, so that a list can be sent to a colleague. */
export function worklistPage(
  question: WorklistQuestion,
  lines: readonly WorklistLine[],
  next: RunId | undefined,
  choices: { readonly sources: readonly string[]; readonly counts: readonly OutcomeCount[] },
): Html {
  const reasons = [...new Set(choices.counts.flatMap(({ reason }) => reason ?? []))].sort();
  return html`
    <h1>Worklist</h1>
    <form class="filters" method="get" action="/worklist" aria-label="Filters">
      ${select(
        'outcome',
        'Outcome',
        [...OUTCOME_KINDS, 'pending' as const].map((kind) => [kind, outcomeWord(kind)]),
        question.outcome,
      )}
      ${select(
        'reason',
        'Reason',
        reasons.map((reason) => [reason, reason]),
        question.reason,
      )}
      ${select(
        'source',
        'Source',
        choices.sources.map((source) => [source, source]),
        question.source,
      )}
      <label>First seen from <input type="date" name="from" value="${question.from ?? ''}" /></label>
      <label>to <input type="date" name="to" value="${question.to ?? ''}" /></label>
      <button type="submit">Show</button>
      <a href="/worklist">Clear</a>
    </form>
    ${question.reason ? html`<p class="note">${REASONS[question.reason].says} ${REASONS[question.reason].do}</p>` : undefined}
    <div data-live="worklist">
      <h2 id="reports" class="unseen">Reports</h2>
      ${worklistTable(lines, 'reports')}
      <p class="paging">
        ${question.before === undefined ? undefined : html`<a href="${addressOf(question, undefined)}">First page</a> `}
        ${next === undefined ? undefined : html`<a rel="next" href="${addressOf(question, next)}">Next page</a>`}
      </p>
    </div>
  `;
}

export const worklistTable = (lines: readonly WorklistLine[], labelledBy: string): Html =>
  lines.length === 0
    ? html`<p class="note">No report here. Reports appear as soon as a source shows them.</p>`
    : html`<table aria-labelledby="${labelledBy}">
        <thead>
          <tr>
            <th scope="col">Report</th>
            <th scope="col">First seen</th>
            <th scope="col">Source</th>
            <th scope="col">State</th>
            <th scope="col">Measurements</th>
            <th scope="col">Why</th>
          </tr>
        </thead>
        <tbody>
          ${lines.map(row)}
        </tbody>
      </table>`;

function row(line: WorklistLine): Html {
  const name = reportName(line.number);
  const outcomes = Object.entries(line.outcomes) as [OutcomeKind | 'pending', number][];
  const reasons = [...new Set([...(line.reason ? [line.reason] : []), ...line.reasons])];
  return html`<tr>
    <th scope="row"><a href="/reports/${name}">${name}</a></th>
    <td class="number whole">${time(line.firstSeen)}</td>
    <td>${line.sources.map((source) => html`<span class="whole">${source}</span> `)}</td>
    <td>${line.state ?? 'seen'}${line.due ? html`, next ${time(line.due)}` : undefined}</td>
    <td>${outcomes.map(([kind, n]) => html`${outcomeBadge(kind, n)} `)}</td>
    <td>${reasons.map((reason) => html`<div>${sentence(reason)}</div>`)}</td>
  </tr>`;
}

function select(
  name: string,
  label: string,
  options: readonly (readonly [value: string, says: string])[],
  chosen: string | undefined,
): Html {
  return html`<label
    >${label}
    <select name="${name}">
      <option value="">any</option>
      ${options.map(([value, says]) =>
        value === chosen
          ? html`<option value="${value}" selected>${says}</option>`
          : html`<option value="${value}">${says}</option>`,
      )}
    </select></label
  >`;
}

function addressOf({ outcome, reason, source, from, to }: WorklistQuestion, before: RunId | undefined): string {
  const query = new URLSearchParams();
  for (const [key, value] of Object.entries({ outcome, reason, source, from, to, before }))
    if (value !== undefined) query.set(key, String(value));
  return `/worklist?${query.toString()}`;
}
