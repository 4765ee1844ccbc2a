import type { Request, Response } from 'express';
import type { z } from 'zod';
import { numberNamed, reportName, type ReportStory } from '../ledger/index.js';
import type { Allowance } from './access/allowance.js';
import type { Gate } from './access/gate.js';
import type { Need, Visitor } from './access/needs.js';
import type { AuditEvent } from './audit/audit-message.js';
import type { LiveUpdates } from './live-updates.js';
import type { PageWorld } from './page-world.js';
import type { RecentPictures } from './recent-pictures.js';
import type { Summaries } from './summary.js';

/** What the handlers share. One a page. */
export interface Desk {
  readonly world: PageWorld;
  readonly gate: Gate;
  readonly summaries: Summaries;
  readonly pictures: RecentPictures;
  readonly live: LiveUpdates;
  /** Who has looked at which report just now: a page with seven pictures is one look. */
  readonly looks: Allowance;
}

export interface Asked<Q = unknown, B = unknown> {
  readonly request: Request;
  readonly response: Response;
  /** Undefined only where the route needs nobody. */
  readonly visitor: Visitor | undefined;
  readonly query: Q;
  readonly body: B;
}

/**
 * One row of what the server answers. The table is all there is: who may come in, what is read of a request, the documentation of the API and the test
 * of every route with every role are made from it.
 */
export interface Route {
  readonly method: 'get' | 'post';
  readonly path: string;
  readonly needs: Need;
  /** `page`: HTML for people; `form`: what a page of ours sends; `api`: JSON; `asset` and `probe`: neither about patients nor for them. */
  readonly kind: 'page' | 'form' | 'api' | 'asset' | 'probe';
  readonly says: string;
  readonly query?: z.ZodObject;
  readonly body?: z.ZodType;
  readonly answers?: { readonly status: number; readonly schema: z.ZodType };
  readonly handle: (asked: Asked, desk: Desk) => Promise<void> | void;
}

/** A row whose handler knows the types of its schemas. */
export const apiRoute = <Q extends z.ZodObject, B extends z.ZodType>(
  row: Omit<Route, 'kind' | 'query' | 'body' | 'handle'> & {
    readonly query?: Q;
    readonly body?: B;
    readonly handle: (asked: Asked<z.output<Q>, z.output<B>>, desk: Desk) => Promise<void> | void;
  },
): Route => ({ ...row, kind: 'api', handle: row.handle as Route['handle'] });

export const visitorOf = ({ visitor }: Asked<unknown, unknown>): Visitor => {
  if (!visitor) throw new Error('a route that needs somebody was asked by nobody');
  return visitor;
};

export const parameter = ({ request }: Asked<unknown, unknown>, name: string): string => {
  const value = request.params[name];
  return typeof value === 'string' ? value : '';
};

export async function storyAsked(asked: Asked<unknown, unknown>, { world }: Desk): Promise<ReportStory | undefined> {
  const named = numberNamed(parameter(asked, 'report'));
  return named?.kind === 'report' ? world.ledger.reportByNumber(named.number) : undefined;
}

export function audited(
  asked: Pick<Asked, 'request'> & {
    readonly visitor?: Visitor | undefined;
    readonly by?: { readonly name: string } | undefined;
  },
  { world }: Desk,
  event: AuditEvent,
  outcome: 'success' | 'refused' | 'failed' = 'success',
): void {
  const address = asked.request.ip ?? 'unknown';
  world.audit({ event, by: { name: (asked.by ?? asked.visitor)?.name ?? 'unknown', address }, outcome });
}

/** Writes down that somebody sees a report; of looks in a row the first. */
export function auditedLook(asked: Asked<unknown, unknown>, desk: Desk, { report }: ReportStory): void {
  const name = reportName(report.number);
  if (!desk.looks.take(`${visitorOf(asked).name} ${asked.request.ip} ${name}`)) return;
  audited(asked, desk, { kind: 'report-seen', report: name, studyInstanceUID: report.studyInstanceUID });
}
