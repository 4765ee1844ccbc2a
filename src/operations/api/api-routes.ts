import { REASONS, type ReasonCode } from '../../domain/index.js';
import {
  numberNamed,
  objectName,
  reportName,
  type DeliveryRow,
  type ObjectNumber,
  type ReplaySelection,
  type ReportStory,
  type Role,
  type RunId,
  type WorklistLine,
} from '../../ledger/index.js';
import type { ReportReference } from '../../pipeline/index.js';
import { takeChoice } from '../choosing-contours.js';
import { filterOf, setPause } from '../page-routes.js';
import {
  apiRoute,
  audited,
  auditedLook,
  parameter,
  storyAsked,
  visitorOf,
  type Asked,
  type Desk,
  type Route,
} from '../route.js';
import {
  ANYTHING,
  CHOICE,
  CHOSEN,
  CONTOURS,
  LOOKED_UP,
  OBJECTS,
  PAGE_QUERY,
  REFERENCES,
  REPLAY,
  REPLAYED,
  REPORT,
  REPORTS,
  REPORTS_QUERY,
  ROLES,
  STATUS,
} from './api-schemas.js';
import { openApiDocument } from './open-api.js';
import { reasonProblem, sendProblem } from './problem.js';

/** The API: the same questions and deeds as the page's, as JSON. */
export const API_ROUTES: readonly Route[] = [
  apiRoute({
    method: 'get',
    path: '/api/v1/openapi.json',
    needs: 'view',
    says: 'This document.',
    answers: { status: 200, schema: ANYTHING },
    handle: ({ response }, { world }) => {
      response.json(openApiDocument(API_ROUTES, world.softwareVersion));
    },
  }),
  apiRoute({
    method: 'get',
    path: '/api/v1/status',
    needs: 'view',
    says: 'What the overview says.',
    answers: { status: 200, schema: STATUS },
    async handle({ response }, { summaries }) {
      const { at, status, outcomes, work, warnings, sources } = await summaries.current();
      response.json({
        counted: new Date(at).toISOString(),
        reports: status.reports,
        outcomes: outcomes.map(({ outcome, reason, count }) => ({ outcome, reason: reason ?? null, count })),
        work: { due: work.due, working: work.working, waiting: work.waiting },
        warnings,
        sources: sources.map(({ source, mode, reports, newInTwoWeeks, lastNew, contact }) => ({
          source,
          mode,
          reports,
          newIn14Days: newInTwoWeeks,
          lastAnswer: contact.answered === undefined ? null : new Date(contact.answered).toISOString(),
          lastNew: lastNew?.toISOString() ?? null,
          failing: contact.failing?.reason ?? null,
        })),
      });
    },
  }),
  apiRoute({
    method: 'get',
    path: '/api/v1/reports',
    needs: 'view',
    says: 'Reports by their current run, the one opened last first; with from or to, the one first seen last first.',
    query: REPORTS_QUERY,
    answers: { status: 200, schema: REPORTS },
    async handle(asked, desk) {
      const { limit, before, outcome, reason, source, from, to } = asked.query;
      const filter = filterOf({ outcome, reason, source, from, to, before: before as RunId | undefined });
      const lines = await desk.world.ledger.worklist({ ...filter, limit: limit + 1 });
      audited(asked, desk, { kind: 'worklist-seen' });
      const shown = lines.slice(0, limit);
      asked.response.json({ reports: shown.map(lineJson), next: lines.length > limit ? shown.at(-1)!.run : null });
    },
  }),
  apiRoute({
    method: 'get',
    path: '/api/v1/reports/:report',
    needs: 'view',
    says: 'One report.',
    answers: { status: 200, schema: REPORT },
    handle: withStory((story, asked, desk) => {
      auditedLook(asked, desk, story);
      asked.response.json(storyJson(story));
    }),
  }),
  apiRoute({
    method: 'get',
    path: '/api/v1/reports/:report/measurements/:number/contours',
    needs: 'review',
    says: 'The contours that may be chosen for a held measurement.',
    answers: { status: 200, schema: CONTOURS },
    handle: withStory(async (story, asked, desk) => {
      const run = story.runs[0];
      const measurement = run?.measurements[Number(parameter(asked, 'number')) - 1];
      if (!run || !measurement) return noSuch(asked);
      const picture = (await desk.pictures.of(story)).get(measurement.key);
      auditedLook(asked, desk, story);
      asked.response.json({
        run: run.id,
        contours:
          picture === undefined || typeof picture === 'string'
            ? []
            : picture.candidates.map(({ name, maskSha256, longMm, shortMm, agreement }) => ({
                candidate: name,
                maskSha256,
                longAxisMm: longMm,
                shortAxisMm: shortMm,
                agreement,
              })),
      });
    }),
  }),
  apiRoute({
    method: 'post',
    path: '/api/v1/reports/:report/measurements/:number/choice',
    needs: 'review',
    says: 'Decides on a held measurement. 409: it is no longer as it was shown, or somebody was first.',
    body: CHOICE,
    answers: { status: 201, schema: CHOSEN },
    async handle(asked, desk) {
      const story = await storyAsked(asked, desk);
      if (!story) return noSuch(asked);
      const { run, candidate, maskSha256 } = asked.body;
      const index = Number(parameter(asked, 'number')) - 1;
      const chosen = await takeChoice(
        story,
        index,
        { run, candidate, maskSha256: maskSha256 ?? undefined },
        asked,
        desk,
      );
      if (!chosen.ok) sendProblem(asked.response, { status: 409, title: chosen.error.says, code: chosen.error.kind });
      else {
        const { by, at } = chosen.value;
        asked.response.status(201).json({ candidate, maskSha256, by, at: at.toISOString() });
      }
    },
  }),
  apiRoute({
    method: 'post',
    path: '/api/v1/replay',
    needs: 'administer',
    says: 'Works reports again, at the budget; permits the store of what storeFrom kept back.',
    body: REPLAY,
    answers: { status: 202, schema: REPLAYED },
    async handle(asked, desk) {
      const { reports, outcome, reason, source, from, to } = asked.body;
      const selection: ReplaySelection = {
        ...(reports ? { reports: reports.flatMap(numberOf) } : {}),
        ...(outcome ? { outcome } : {}),
        ...(reason ? { reason } : {}),
        ...(source ? { source } : {}),
        ...(from ? { firstSeenFrom: new Date(`${from}T00:00:00Z`) } : {}),
        ...(to ? { firstSeenUntil: new Date(`${to}T00:00:00Z`) } : {}),
      };
      const opened = await desk.world.replay(selection, visitorOf(asked).name);
      audited(asked, desk, { kind: 'operated', what: `replay of ${opened.length} reports` });
      asked.response.status(202).json({ reports: opened.map(reportName) });
    },
  }),
  apiRoute({
    method: 'get',
    path: '/api/v1/objects',
    needs: 'view',
    says: 'Every object of ours that lies in an archive, the latest first.',
    query: PAGE_QUERY,
    answers: { status: 200, schema: OBJECTS },
    async handle(asked, desk) {
      const { limit, before } = asked.query;
      audited(asked, desk, { kind: 'worklist-seen' });
      const rows = await desk.world.ledger.writtenObjects({
        limit: limit + 1,
        ...(before === undefined ? {} : { before: before as ObjectNumber }),
      });
      const shown = rows.slice(0, limit);
      asked.response.json({
        objects: shown.map((row) => ({
          object: objectName(row.number),
          report: reportName(row.report),
          sopInstanceUID: row.sopInstanceUID,
          seriesInstanceUID: row.seriesInstanceUID,
          studyInstanceUID: row.studyInstanceUID,
          segments: row.segments.length,
          created: row.created.toISOString(),
          deliveries: row.deliveries.map(deliveryJson),
        })),
        next: rows.length > limit ? shown.at(-1)!.number : null,
      });
    },
  }),
  apiRoute({
    method: 'get',
    path: '/api/v1/roles',
    needs: 'view',
    says: 'Sources and destinations with their modes.',
    answers: { status: 200, schema: ROLES },
    async handle({ response }, { world }) {
      response.json({ roles: (await world.ledger.roles()).map(roleJson) });
    },
  }),
  pauseRoute('pause', 'Pauses a source or destination, through restarts, until it is resumed.'),
  pauseRoute('resume', 'Resumes a source or destination.'),
  apiRoute({
    method: 'post',
    path: '/api/v1/references',
    needs: 'trigger',
    says: 'Names studies, series or reports to look up at a source now. Takes references only, at most 64 kB.',
    body: REFERENCES,
    answers: { status: 202, schema: LOOKED_UP },
    async handle(asked, desk) {
      const { source, references } = asked.body;
      const looked = await desk.world.lookUp(source, references as unknown as readonly ReportReference[]);
      audited(
        asked,
        desk,
        { kind: 'reports-named', source, count: references.length },
        looked.ok ? 'success' : 'failed',
      );
      if (looked.ok) asked.response.status(202).json(looked.value);
      else if (looked.error === 'unknown-source')
        sendProblem(asked.response, { status: 404, title: 'There is no such source.' });
      else sendProblem(asked.response, reasonProblem(statusOf(looked.error), looked.error));
    },
  }),
];

/** The archive's failure is not ours, and may be over soon. */
const statusOf = (reason: ReasonCode): number => (REASONS[reason].retry === 'never' ? 502 : 503);

function pauseRoute(verb: 'pause' | 'resume', says: string): Route {
  return apiRoute({
    method: 'post',
    path: `/api/v1/roles/:role/:name/${verb}`,
    needs: 'administer',
    says,
    answers: { status: 200, schema: ROLES },
    async handle(asked, desk) {
      if (await setPause(verb, asked, desk))
        asked.response.json({ roles: (await desk.world.ledger.roles()).map(roleJson) });
      else noSuch(asked);
    },
  });
}

function withStory(handle: (story: ReportStory, asked: Asked, desk: Desk) => Promise<void> | void): Route['handle'] {
  return async (asked, desk) => {
    const story = await storyAsked(asked, desk);
    return story ? handle(story, asked, desk) : noSuch(asked);
  };
}

const noSuch = ({ response }: Asked<unknown, unknown>): void =>
  sendProblem(response, { status: 404, title: 'There is no such thing.' });

const numberOf = (name: string) => {
  const named = numberNamed(name);
  return named?.kind === 'report' ? [named.number] : [];
};

const lineJson = (line: WorklistLine) => ({
  report: reportName(line.number),
  firstSeen: line.firstSeen.toISOString(),
  sources: line.sources,
  state: line.state ?? null,
  reason: line.reason ?? null,
  next: line.due?.toISOString() ?? null,
  changed: line.changed.toISOString(),
  outcomes: line.outcomes,
  reasons: line.reasons,
});

const deliveryJson = ({ destination, state, reason, changed }: DeliveryRow) => ({
  destination,
  state,
  reason: reason ?? null,
  changed: changed.toISOString(),
});

const roleJson = ({ role, name, mode, configured, pausedReason, firstLive }: Role) => ({
  role,
  name,
  mode,
  configured,
  paused: pausedReason ?? null,
  firstLive: firstLive?.toISOString() ?? null,
});

function storyJson({ report, sightings, runs }: ReportStory) {
  const run = runs[0];
  return {
    report: reportName(report.number),
    sopInstanceUID: report.sopInstanceUID,
    studyInstanceUID: report.studyInstanceUID,
    firstSeen: report.firstSeen.toISOString(),
    sources: sightings.map(({ source }) => source),
    run: run
      ? {
          id: run.id,
          state: run.state,
          reason: run.reason ?? null,
          cause: run.cause,
          changed: run.changed.toISOString(),
        }
      : null,
    measurements: (run?.measurements ?? []).map((m, i) => ({
      number: i + 1,
      outcome: m.outcome ?? 'pending',
      reason: m.reason ?? null,
      rule: m.rule ?? null,
      method: m.method ?? null,
      agreement: m.agreement ?? null,
      trackingUID: m.trackingUID ?? null,
      seg: m.seg ?? null,
      segmentNumber: m.segmentNumber ?? null,
      object: m.object === undefined ? null : objectName(m.object),
      findings: m.findings,
    })),
    objects: runs
      .flatMap((r) => r.objects)
      .map((o) => ({
        object: objectName(o.number),
        sopInstanceUID: o.sopInstanceUID,
        deliveries: o.deliveries.map(deliveryJson),
      })),
  };
}
