import { REASONS, type OutcomeKind, type ReasonCode } from '../../domain/index.js';
import { html, type Html } from '../html.js';

export const time = (date: Date | number): Html => {
  const iso = new Date(date).toISOString();
  return html`<time datetime="${iso}">${iso.slice(0, 16).replace('T', ' ')}</time>`;
};

/** How long ago, in the largest unit that says enough. */
export function ago(then: Date | number, now: number): string {
  const seconds = Math.max(0, Math.round((now - new Date(then).getTime()) / 1000));
  if (seconds < 60) return `${seconds} s ago`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`;
  if (seconds < 48 * 3600) return `${Math.floor(seconds / 3600)} h ago`;
  return `${Math.floor(seconds / 86_400)} days ago`;
}

type Shown = OutcomeKind | 'pending';

/** A word and a shape for each outcome: colour alone says nothing to many. A new outcome does not compile until it has its face. */
const FACES = {
  stored: { sign: '✓', tone: 'good', says: 'stored' },
  'already-stored': { sign: '✓', tone: 'good', says: 'already stored' },
  'stored-unconfirmed': { sign: '?', tone: 'warn', says: 'stored, unconfirmed' },
  'would-store': { sign: '◌', tone: 'note', says: 'would store' },
  held: { sign: '‖', tone: 'warn', says: 'held' },
  skipped: { sign: '–', tone: 'note', says: 'skipped' },
  failed: { sign: '✕', tone: 'bad', says: 'failed' },
  pending: { sign: '…', tone: 'note', says: 'under way' },
} as const satisfies Record<Shown, { sign: string; tone: string; says: string }>;

export const outcomeWord = (kind: Shown): string => FACES[kind].says;

export function outcomeBadge(kind: Shown, count?: number): Html {
  const { sign, tone, says } = FACES[kind];
  return html`<span class="badge ${tone}" data-outcome="${kind}"
    ><span class="sign" aria-hidden="true">${sign}</span>${count === undefined ? '' : `${count} `}${says}</span
  >`;
}

export const sentence = (reason: ReasonCode): Html =>
  html`<span class="reason">${REASONS[reason].says}</span> <code>${reason}</code>`;

export const agreementWord = (agreement: number): string =>
  agreement >= 0.5 ? 'good' : agreement >= 0.2 ? 'check' : 'poor';
