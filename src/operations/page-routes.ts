import { gzip } from 'node:zlib';
import { promisify } from 'node:util';
import { NAME } from '../configuration/index.js';
import { REASONS, isReasonCode, type OutcomeKind } from '../domain/index.js';
import { reportName, type ReportStory, type RunId, type WorklistFilter } from '../ledger/index.js';
import type { MeasurementPicture } from './measurement-picture.js';
import { takeChoice, type GivenChoice } from './choosing-contours.js';
import { html } from './html.js';
import { messagePage } from './pages/frame.js';
import { overviewPage } from './pages/overview-page.js';
import { reportPage } from './pages/report-page.js';
import { worklistPage, type WorklistQuestion } from './pages/worklist-page.js';
import { OUTCOMES_SHOWN } from './page-world.js';
import { PAGE_ICON, PAGE_SCRIPT } from './page-script.js';
import { PAGE_STYLE } from './page-style.js';
import { notFound, row, send } from './page-answer.js';
import { readiness } from './readiness.js';
import { SIGN_IN_ROUTES } from './sign-in-routes.js';
import { audited, auditedLook, parameter, storyAsked, visitorOf, type Asked, type Desk, type Route } from './route.js';

const LATEST = 12;
const PAGE_LINES = 50;

export const PAGE_ROUTES: readonly Route[] = [
  row('get', '/style.css', 'nobody', 'asset', 'The style sheet.', ({ response }) => {
    response.type('css').send(PAGE_STYLE);
  }),
  row('get', '/page.js', 'nobody', 'asset', 'The script.', ({ response }) => {
    response.type('js').send(PAGE_SCRIPT);
  }),
  row('get', '/icon.svg', 'nobody', 'asset', "The sign in the browser's tab.", ({ response }) => {
    response.type('svg').send(PAGE_ICON);
  }),
  row(
    'get',
    '/healthz',
    'nobody',
    'probe',
    'Whether the process lives, and whether its configuration is the file.',
    ({ response, visitor }, { world }) => {
      const { loaded, refused } = world.configuration();
      response.json({
        status: 'ok',
        configuration: {
          loaded: loaded.toISOString(),
          refused: refused ? { at: refused.at.toISOString(), ...(visitor ? { says: refused.says } : {}) } : null,
        },
      });
    },
  ),
  row(
    'get',
    '/readyz',
    'nobody',
    'probe',
    'Whether the process can work now.',
    async ({ response, visitor }, { world }) => {
      const ready = await readiness(world.ledger, world.network());
      response.status(ready.status === 'ready' ? 200 : 503).json(visitor ? ready : { status: ready.status });
    },
  ),
  row('get', '/metrics', 'metrics', 'probe', 'Prometheus metrics.', async ({ response }, { world }) => {
    const { contentType, text } = await world.metrics.scrape(world.ledger, world.network(), world.now());
    response.type(contentType).send(text);
  }),
  ...SIGN_IN_ROUTES,
  row(
    'get',
    '/live',
    'view',
    'asset',
    'Says when something has changed (server-sent events).',
    ({ response }, { live }) => {
      if (!live.listen(response)) response.status(503).type('text').send('Too many browsers listen.');
    },
  ),
  row('get', '/', 'view', 'page', 'The overview.', async (asked, desk) => {
    const { world } = desk;
    const [summary, latest] = await Promise.all([desk.summaries.current(), world.ledger.worklist({ limit: LATEST })]);
    const content = overviewPage(summary, latest, world.network(), visitorOf(asked), world.now());
    send(asked, desk, 'Overview', 'live', content);
  }),
  row('get', '/worklist', 'view', 'page', 'Reports with filters, a page at a time.', async (asked, desk) => {
    const question = questionOf(asked.request.query);
    const [lines, summary] = await Promise.all([
      desk.world.ledger.worklist({ ...filterOf(question), limit: PAGE_LINES + 1 }),
      desk.summaries.current(),
    ]);
    const shown = lines.slice(0, PAGE_LINES);
    audited(asked, desk, { kind: 'worklist-seen' });
    const content = worklistPage(question, shown, lines.length > PAGE_LINES ? shown.at(-1)?.run : undefined, {
      sources: summary.sources.map(({ source }) => source),
      counts: summary.outcomes,
    });
    send(asked, desk, 'Worklist', 'live', content);
  }),
  row('get', '/reports/:report', 'view', 'page', 'One report with its measurements.', async (asked, desk) => {
    const story = await storyAsked(asked, desk);
    if (!story) return notFound(asked, desk);
    const run = story.runs[0];
    const [pictures, choices] = await Promise.all([
      desk.pictures.of(story),
      run ? desk.world.ledger.choices(run.id) : Promise.resolve([]),
    ]);
    auditedLook(asked, desk, story);
    const content = reportPage({ story, pictures, choices, viewer: desk.world.viewer }, visitorOf(asked));
    send(asked, desk, `Report ${reportName(story.report.number)}`, 'told', content);
  }),
  row(
    'get',
    '/reports/:report/measurements/:number.png',
    'view',
    'page',
    'The slice around a lesion.',
    async (asked, desk) => {
      const found = await pictureAsked(asked, desk);
      if (!found) return notFound(asked, desk);
      asked.response.type('png').send(Buffer.from(found.picture.png()));
    },
  ),
  row(
    'get',
    '/reports/:report/measurements/:number/slice',
    'view',
    'page',
    'A whole slice in Hounsfield units.',
    async (asked, desk) => {
      const found = await pictureAsked(asked, desk);
      const step = Number(asked.request.query['step'] ?? 0);
      if (!found || !Number.isInteger(step)) return notFound(asked, desk);
      const { view } = found.picture;
      const slice =
        step === 0 ? ({ ok: true, value: view.slice } as const) : await desk.world.neighbour(view, step, found.story);
      if (!slice.ok) return notFound(asked, desk);
      const { hu, plane } = slice.value;
      const words = Int16Array.from(hu, (value) => Math.max(-32_768, Math.min(32_767, Math.round(value))));
      const bytes = Buffer.from(words.buffer);
      asked.response.set('X-Caliper-Size', `${plane.rows} ${plane.columns}`).type('application/octet-stream');
      if (!/\bgzip\b/.test(asked.request.headers['accept-encoding'] ?? '')) asked.response.send(bytes);
      else asked.response.set('Content-Encoding', 'gzip').send(await promisify(gzip)(bytes, { level: 1 }));
    },
  ),
  row(
    'post',
    '/reports/:report/measurements/:number/choice',
    'review',
    'form',
    'Decides on a held measurement.',
    async (asked, desk) => {
      const story = await storyAsked(asked, desk);
      const given = choiceOf(asked.body);
      if (!story || !given) return notFound(asked, desk);
      const index = Number(parameter(asked, 'number')) - 1;
      const chosen = await takeChoice(story, index, given, asked, desk);
      const back = `/reports/${reportName(story.report.number)}#m-${index + 1}`;
      if (chosen.ok) asked.response.redirect(303, back);
      else
        send(
          asked,
          desk,
          'Not decided',
          'still',
          messagePage('Not decided', chosen.error.says, html`<p><a href="${back}">Back to the report</a></p>`),
          409,
        );
    },
  ),
  row('post', '/reports/:report/replay', 'administer', 'form', 'Works a report again.', async (asked, desk) => {
    const story = await storyAsked(asked, desk);
    if (!story) return notFound(asked, desk);
    const name = reportName(story.report.number);
    await desk.world.replay({ reports: [story.report.number] }, visitorOf(asked).name);
    audited(asked, desk, { kind: 'operated', what: `replay ${name}` });
    asked.response.redirect(303, `/reports/${name}`);
  }),
  row('post', '/roles/:role/:name/pause', 'administer', 'form', 'Pauses a source or destination.', (asked, desk) =>
    pauseAsked('pause', asked, desk),
  ),
  row('post', '/roles/:role/:name/resume', 'administer', 'form', 'Resumes a source or destination.', (asked, desk) =>
    pauseAsked('resume', asked, desk),
  ),
];

async function pictureAsked(
  asked: Asked,
  desk: Desk,
): Promise<{ readonly picture: MeasurementPicture; readonly story: ReportStory } | undefined> {
  const story = await storyAsked(asked, desk);
  const measurement = story?.runs[0]?.measurements[Number(parameter(asked, 'number')) - 1];
  if (!story || !measurement) return undefined;
  auditedLook(asked, desk, story);
  const picture = (await desk.pictures.of(story)).get(measurement.key);
  return picture === undefined || typeof picture === 'string' ? undefined : { picture, story };
}

function choiceOf(body: unknown): GivenChoice | undefined {
  const { run, choice } = (body ?? {}) as Record<string, unknown>;
  if (typeof run !== 'string' || !/^\d{1,15}$/.test(run) || typeof choice !== 'string') return undefined;
  if (choice === 'none') return { run: Number(run), candidate: 'none', maskSha256: undefined };
  const found = /^([a-z]+) ([0-9a-f]{64})$/.exec(choice);
  return found ? { run: Number(run), candidate: found[1]!, maskSha256: found[2]! } : undefined;
}

async function pauseAsked(verb: 'pause' | 'resume', asked: Asked, desk: Desk): Promise<void> {
  const done = await setPause(verb, asked, desk);
  if (done) asked.response.redirect(303, '/');
  else notFound(asked, desk);
}

/** Pauses or resumes what the address names; false where there is no such role. */
export async function setPause(verb: 'pause' | 'resume', asked: Asked<unknown, unknown>, desk: Desk): Promise<boolean> {
  const { ledger } = desk.world;
  const [role, name] = [parameter(asked, 'role'), parameter(asked, 'name')];
  const known = (await ledger.roles()).find((r) => r.role === role && r.name === name);
  if (!known) return false;
  if (verb === 'pause') await ledger.pauseRole(known.role, known.name, `by ${visitorOf(asked).name}`);
  else await ledger.resumeRole(known.role, known.name);
  desk.summaries.forget();
  audited(asked, desk, { kind: 'operated', what: `${verb} ${known.role} ${known.name}` });
  return true;
}

/** What cannot be is as if it were not asked for: an address may be typed by hand. */
function questionOf(query: Readonly<Record<string, unknown>>): WorklistQuestion {
  const text = (key: string): string | undefined => {
    const value = query[key];
    return typeof value === 'string' && value !== '' ? value : undefined;
  };
  const day = (key: string) =>
    /^\d{4}-\d{2}-\d{2}$/.test(text(key) ?? '') && !Number.isNaN(Date.parse(text(key)!)) ? text(key) : undefined;
  const [reason, source] = [text('reason'), text('source')];
  const before = Number(text('before'));
  return {
    outcome: OUTCOMES_SHOWN.find((kind): kind is OutcomeKind | 'pending' => kind === text('outcome')),
    reason: reason !== undefined && isReasonCode(reason) && REASONS[reason] ? reason : undefined,
    source: source !== undefined && NAME.test(source) ? source : undefined,
    from: day('from'),
    to: day('to'),
    before: Number.isSafeInteger(before) && before > 0 ? (before as RunId) : undefined,
  };
}

const DAY_MS = 86_400_000;

export const filterOf = ({
  outcome,
  reason,
  source,
  from,
  to,
  before,
}: WorklistQuestion): Omit<WorklistFilter, 'limit'> => ({
  ...(outcome === undefined ? {} : { outcome }),
  ...(reason === undefined ? {} : { reason }),
  ...(source === undefined ? {} : { source }),
  ...(from === undefined ? {} : { firstSeenFrom: new Date(`${from}T00:00:00Z`) }),
  ...(to === undefined ? {} : { firstSeenUntil: new Date(Date.parse(`${to}T00:00:00Z`) + DAY_MS) }),
  ...(before === undefined ? {} : { before }),
});
