import { measurementPicture, letterHtml, type LetterPicture } from '../operations/index.js';
import { reportName } from '../ledger/index.js';
import { lesionViews, type WatchPlan } from '../pipeline/index.js';
import { loadConfiguration, openConfiguredWorld, registerRoles } from './configured-world.js';
import { openLog } from './event-log.js';
import { counted } from './counted.js';
import { EXIT, type ExitCode } from './exit-codes.js';
import { ended } from './run.js';
import { softwareVersion } from './software-version.js';
import type { Terminal } from './terminal.js';
import { writeWhole } from './write-whole.js';

const DAY_MS = 86_400_000;
const PICTURES = 12;
/** Of one report: one with many lesions is not to be the whole letter. */
const PICTURES_A_REPORT = 7;

/** `caliper letter`: one page for those who run the archive, after a week of shadow. Twelve pictures are fetched again, at the budget. */
export async function letter(
  options: { readonly config: string; readonly out: string; readonly days: number },
  terminal: Terminal,
): Promise<ExitCode> {
  const configuration = await loadConfiguration(options.config);
  if (!configuration.ok) return ended(configuration.error, terminal);
  const log = openLog(process.stderr.isTTY ? 'terminal' : 'json', 'error');
  const opened = await openConfiguredWorld(configuration.value, options.config, log, 'guest');
  if (!opened.ok) return ended(opened.error, terminal);
  const { world, plans } = opened.value;
  try {
    await registerRoles(configuration.value, world.ledger);
    const until = new Date();
    const from = new Date(until.getTime() - options.days * DAY_MS);
    const facts = await world.ledger.letterFacts(from, until);
    const pictures: LetterPicture[] = [];
    for (const report of facts.pictured) {
      if (pictures.length >= PICTURES) break;
      const story = await world.ledger.reportByNumber(report);
      if (!story) continue;
      const views = await lesionViews(story, world);
      const rows = story.runs[0]?.measurements ?? [];
      for (const row of rows.slice(0, PICTURES_A_REPORT)) {
        const view = views.get(row.key);
        if (!view?.ok || !view.value.mask || pictures.length >= PICTURES) continue;
        pictures.push({
          report: reportName(report),
          picture: measurementPicture(view.value),
          outcome: row.outcome ?? 'pending',
        });
      }
    }
    const roles = await world.ledger.roles();
    await writeWhole(
      options.out,
      Buffer.from(
        letterHtml({
          facts,
          load: await world.ledger.archiveLoad(from, until),
          from,
          until,
          softwareVersion: softwareVersion(),
          searches: plans.map(searchesOf),
          destinations: roles.filter((r) => r.role === 'destination').map(({ name, mode }) => ({ name, mode })),
          pictures,
        }),
      ),
    );
    const reports = facts.hours.reduce((sum, h) => sum + h.reports, 0);
    terminal.err(`${options.out}: ${counted(reports, 'report')}, ${counted(pictures.length, 'picture')}`);
    return EXIT.done;
  } finally {
    await opened.value.close();
    await log.close();
  }
}

function searchesOf({ source, layers, since, quietHours }: WatchPlan) {
  const windows = layers.map(({ days, everyMs }) => `${days} days every ${everyText(everyMs)}`);
  const tail = since === undefined ? [] : ['one month of the calendar every 20 s'];
  const quiet = quietHours ? ', only the last two days in quiet hours' : '';
  const requests = layers.reduce(
    (sum, { everyMs }) => sum + DAY_MS / everyMs,
    since === undefined ? 0 : DAY_MS / 20_000,
  );
  return { source, says: [...windows, ...tail].join('; ') + quiet, requestsADay: Math.round(requests) };
}

const everyText = (ms: number): string =>
  ms % 3_600_000 === 0 ? `${ms / 3_600_000} h` : ms % 60_000 === 0 ? `${ms / 60_000} min` : `${ms / 1000} s`;
