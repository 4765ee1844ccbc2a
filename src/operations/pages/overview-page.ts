import type { OutcomeKind } from '../../domain/index.js';
import type { Role, WorklistLine } from '../../ledger/index.js';
import type { Visitor } from '../access/needs.js';
import { may } from '../access/needs.js';
import { html, type Html } from '../html.js';
import type { NetworkState } from '../readiness.js';
import { megabytes, type LoadOfArchive } from '../load-by-hour.js';
import type { SourceLine, Summary } from '../summary.js';
import { formToken } from './frame.js';
import { ago, outcomeBadge, sentence, time } from './words.js';
import { worklistTable } from './worklist-page.js';

/** `/`: is it running, is anything waiting for me, what happened lately, what is it doing now. */
export function overviewPage(
  summary: Summary,
  latest: readonly WorklistLine[],
  network: NetworkState,
  visitor: Visitor,
  now: number,
): Html {
  const { status, work, warnings, sources, roles } = summary;
  const held = status.outcomes.held;
  const stopped = status.runs.dead + status.deliveries.dead;
  return html`
    <h1>Overview</h1>
    <div data-live="overview">
      ${
        warnings.length === 0
          ? html`<p class="calm"><span class="sign" aria-hidden="true">✓</span>Nothing to warn of.</p>`
          : html`<ul class="warnings" aria-label="Warnings">
              ${warnings.map((w) => html`<li><span class="sign" aria-hidden="true">▲</span>${w}</li>`)}
            </ul>`
      }
      <ul class="numbers" aria-label="At a glance">
        ${number('/worklist?outcome=held', held, 'held: a person is asked', held > 0 ? 'warn' : 'note')}
        ${number('/worklist?outcome=failed', status.outcomes.failed, 'failed', status.outcomes.failed > 0 ? 'bad' : 'note')}
        ${plainNumber(stopped, 'given up')} ${plainNumber(work.due, 'due')} ${plainNumber(work.working, 'worked on')}
        ${plainNumber(work.waiting, 'waiting')} ${number('/worklist', status.reports, 'reports', 'note')}
      </ul>
      <h2 id="sources">Sources</h2>
      <table aria-labelledby="sources">
        <thead>
          <tr>
            <th scope="col">Source</th>
            <th scope="col">Last answer</th>
            <th scope="col">Last new report</th>
            <th scope="col">New in 14 days</th>
            <th scope="col">Reports</th>
            <th scope="col">Mode</th>
          </tr>
        </thead>
        <tbody>
          ${sources.map((source) => sourceRow(source, roles, visitor, now))}
        </tbody>
      </table>
      <h2 id="destinations">Destinations</h2>
      <table aria-labelledby="destinations">
        <thead>
          <tr>
            <th scope="col">Destination</th>
            <th scope="col">Live since</th>
            <th scope="col">Mode</th>
          </tr>
        </thead>
        <tbody>
          ${roles
            .filter((r) => r.role === 'destination')
            .map(
              (r) =>
                html`<tr>
                  <th scope="row">${r.name}</th>
                  <td>${r.firstLive ? time(r.firstLive) : 'never'}</td>
                  <td>${mode(r, visitor)}</td>
                </tr>`,
            )}
        </tbody>
      </table>
      <h2 id="load">Load on archives today (UTC)</h2>
      ${
        summary.load.length === 0
          ? html`<p class="note">No request is counted yet today; counts are written every minute.</p>`
          : html`<table aria-labelledby="load">
              <thead>
                <tr>
                  <th scope="col">Archive</th>
                  <th scope="col">Requests</th>
                  <th scope="col">Failed</th>
                  <th scope="col">MB received</th>
                  <th scope="col">MB sent</th>
                  <th scope="col">This hour</th>
                </tr>
              </thead>
              <tbody>
                ${summary.load.map((load) => loadRow(load, now))}
              </tbody>
            </table>`
      }
      <h2 id="outcomes">Measurements by outcome and reason</h2>
      <table aria-labelledby="outcomes">
        <thead>
          <tr>
            <th scope="col">Outcome</th>
            <th scope="col">Measurements</th>
            <th scope="col">Why</th>
          </tr>
        </thead>
        <tbody>
          ${
            summary.outcomes.length === 0
              ? html`<tr>
                  <td colspan="3">No measurement yet.</td>
                </tr>`
              : summary.outcomes.map(
                  ({ outcome, reason, count }) =>
                    html`<tr>
                      <td>${outcomeBadge(outcome)}</td>
                      <td class="number">
                        <a href="${listAddress(outcome, reason)}">${count}</a>
                      </td>
                      <td>${reason ? sentence(reason) : ''}</td>
                    </tr>`,
                )
          }
        </tbody>
      </table>
      <h2 id="latest">Latest reports</h2>
      ${worklistTable(latest, 'latest')}
      <p class="note">
        Counted at ${time(summary.at)}. Network: ${networkText(network)}
        ${status.oldestDue ? html` Oldest due work: ${ago(status.oldestDue, now)}.` : undefined}
      </p>
    </div>
  `;
}

const listAddress = (outcome: OutcomeKind | 'pending', reason: string | undefined): string =>
  `/worklist?outcome=${outcome}${reason === undefined ? '' : `&reason=${reason}`}`;

const number = (address: string, count: number, says: string, tone: string): Html =>
  html`<li class="${tone}">
    <a href="${address}"><strong>${count}</strong> ${says}</a>
  </li>`;

const plainNumber = (count: number, says: string): Html => html`<li><strong>${count}</strong> ${says}</li>`;

function sourceRow(source: SourceLine, roles: readonly Role[], visitor: Visitor, now: number): Html {
  const { contact, lastNew } = source;
  const role = roles.find((r) => r.role === 'source' && r.name === source.source);
  return html`<tr>
    <th scope="row">${source.source}</th>
    <td>
      ${contact.answered === undefined ? (contact.failing ? 'none yet' : 'not asked yet') : ago(contact.answered, now)}${
        contact.failing
          ? html` <span class="badge bad"><span class="sign" aria-hidden="true">✕</span>failing</span>`
          : undefined
      }
    </td>
    <td>${lastNew ? html`${ago(lastNew, now)} (${time(lastNew)})` : 'none yet'}</td>
    <td class="number">${source.newInTwoWeeks}</td>
    <td class="number"><a href="/worklist?source=${encodeURIComponent(source.source)}">${source.reports}</a></td>
    <td>${role ? mode(role, visitor) : source.mode}</td>
  </tr>`;
}

function loadRow({ archive, requests, failures, receivedBytes, sentBytes, hours }: LoadOfArchive, now: number): Html {
  const last = hours.at(-1);
  const current = last && now - last.hour.getTime() < 3_600_000 ? last.requests : 0;
  return html`<tr>
    <th scope="row">${archive}</th>
    <td class="number">${requests}</td>
    <td class="number">${failures}</td>
    <td class="number">${megabytes(receivedBytes)}</td>
    <td class="number">${megabytes(sentBytes)}</td>
    <td class="number">${current} requests</td>
  </tr>`;
}

function mode(role: Role, visitor: Visitor): Html {
  const paused = role.mode === 'paused';
  const says = html`<span class="badge ${paused ? 'warn' : 'note'}"
      ><span class="sign" aria-hidden="true">${paused ? '‖' : '▸'}</span>${role.mode}</span
    >${role.pausedReason ? html` <span class="note">${role.pausedReason}</span>` : undefined}`;
  if (!may(visitor.role, 'administer') || role.configured === 'paused') return says;
  const verb = paused ? 'resume' : 'pause';
  return html`${says}
    <form class="inline" method="post" action="/roles/${role.role}/${encodeURIComponent(role.name)}/${verb}">
      ${formToken(visitor)}
      <button type="submit">
        ${paused ? 'Resume' : 'Pause'}<span class="unseen"> ${role.role} ${role.name}</span>
      </button>
    </form>`;
}

const networkText = (network: NetworkState): string =>
  network.state === 'ready'
    ? `runs on ${network.provider} (${network.because}).`
    : network.state === 'not-asked-for'
      ? 'no rule asks for one.'
      : `${network.state}${network.because ? `: ${network.because}` : ''}.`;
