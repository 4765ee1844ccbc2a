import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { agreementPage } from './agreement-page.mjs';
import { ensureBuild, ensureNodePackages, root } from './node-packages.mjs';

/**
 * Pages that are tables of the code: docs/errors.md, docs/events.md, docs/reports.md, docs/agreement.md and docs/conformance.md; and the
 * example configuration with its schema for editors. `--check` writes nothing and fails where a page is not what the code says.
 */
ensureNodePackages();
ensureBuild();
const { EVENTS, FINDINGS, REASONS } = await import('../dist/domain/index.js');
const { AUTO_HOLD_BELOW } = await import('../dist/domain/policy/decide.js');

const { SHAPES, WRITERS } = await import('../dist/sr-parser/dialects.js');
const { CODES } = await import('../dist/sr-parser/codes.js');

const row = (...cells) => `| ${cells.join(' | ')} |`;
const RETRY = { never: 'no', backoff: 'yes, at growing intervals', wait: 'yes, until it comes' };

const errors = [
  '# Reasons and findings',
  '',
  'Generated from `src/domain/reasons.ts` and `src/domain/findings.ts` by `npm run docs`.',
  '',
  'Every way in which a report or a measurement can end without a stored contour, and every deviation that reading can name.',
  '',
  '## Reasons',
  '',
  row('code', 'about', 'what happened', 'what to do', 'tried again'),
  row('---', '---', '---', '---', '---'),
  ...Object.entries(REASONS).map(([code, r]) => row(`\`${code}\``, r.class, r.says, r.do, RETRY[r.retry])),
  '',
  '## Findings',
  '',
  row('finding', 'what it says'),
  row('---', '---'),
  ...Object.entries(FINDINGS).map(([code, says]) => row(`\`${code}\``, says)),
  '',
].join('\n');

const events = [
  '# Log events',
  '',
  'Generated from `src/domain/events.ts` by `npm run docs`.',
  '',
  'One JSON object a line. A field that is not in the row is dropped; values are numbers of the ledger, names of the configuration, codes and',
  'counts: nothing of a patient.',
  '',
  row('event', 'level', 'what it says', 'fields'),
  row('---', '---', '---', '---'),
  ...Object.entries(EVENTS).map(([name, e]) =>
    row(
      `\`${name}\``,
      e.level,
      e.says,
      Object.keys(e.fields)
        .map((f) => `\`${f}\``)
        .join(', '),
    ),
  ),
  '',
].join('\n');

const reports = [
  '# Reports that are read',
  '',
  'Generated from `src/sr-parser/dialects.ts` and `src/sr-parser/codes.ts` by `npm run docs`.',
  '',
  'Files are those of a collection of reports by other writers; those whose licence allows it are in `test/fixtures/reports/`. What the reader makes',
  'of one file, item by item: `caliper parse --explain FILE`.',
  '',
  '## Shapes',
  '',
  'How a long and a short axis may stand in a report. Shapes combine: a measurement names its letters. The test that proves a row is named with the',
  'file that it reads; coordinates, lengths and images of the same files are judged by `test/sr-parser/reports.test.ts`.',
  '',
  row('shape', 'what is written', 'what it becomes', 'proven by `test/sr-parser/dialects.test.ts`'),
  row('---', '---', '---', '---'),
  ...SHAPES.map((s) =>
    row(s.letter, s.what, s.becomes, s.provenBy.map((path) => `\`shapes ${s.letter}: ${path}\``).join(', ')),
  ),
  '',
  '## Writers',
  '',
  'The test reads each file and counts its measurements; what other carriers than structured reports say is judged by `test/sr-parser/carriers/`.',
  '',
  row('writer', 'seen', 'traps', 'proven by `test/sr-parser/dialects.test.ts`, measurements'),
  row('---', '---', '---', '---'),
  ...WRITERS.map((w) =>
    row(
      w.writer,
      w.seen,
      w.traps,
      w.provenBy.map(([path, count]) => `\`writers ${w.writer}: ${path}\` ${count}`).join(', '),
    ),
  ),
  '',
  '## Codes',
  '',
  'Matched by value and scheme, then by value alone, then by meaning (case, punctuation and plural aside). Every row is proven by the test `every',
  'row: VALUE SCHEME`; where a file is known that holds the code, `every witness of a row` finds it there.',
  '',
  row('concept', 'value', 'scheme', 'meaning', 'proven by `test/sr-parser/codes.test.ts`'),
  row('---', '---', '---', '---', '---'),
  ...CODES.map((c) =>
    row(
      c.concept,
      `\`${c.value}\``,
      c.scheme,
      c.meaning,
      `\`every row: ${c.value} ${c.scheme}\`${c.provenBy === undefined ? '' : `, \`every witness of a row: ${c.provenBy}\``}`,
    ),
  ),
  '',
].join('\n');

const agreement = agreementPage(`${root}docs/agreement-curve.json`, AUTO_HOLD_BELOW);

const { conformancePage } = await import('./conformance-page.mjs');
const conformance = await conformancePage(`${root}docs/readers.json`);

const { exampleConfiguration, settingsSchema } = await import('../dist/configuration/index.js');
const configurationSchema = {
  ...settingsSchema(),
  title: 'Configuration of Caliper',
  description: 'Generated from src/configuration/schema.ts by `npm run docs`.',
};

const { API_ROUTES } = await import('../dist/operations/api/api-routes.js');
const { openApiDocument } = await import('../dist/operations/api/open-api.js');
const { version } = JSON.parse(readFileSync(`${root}package.json`, 'utf8'));

const pages = {
  'docs/errors.md': errors,
  'docs/events.md': events,
  'docs/reports.md': reports,
  'docs/agreement.md': agreement,
  'docs/conformance.md': conformance,
  'deploy/config.example.yaml': exampleConfiguration('./config.schema.json'),
  'docs/openapi.json': `${JSON.stringify(openApiDocument(API_ROUTES, version), null, 2)}\n`,
  'deploy/config.schema.json': `${JSON.stringify(configurationSchema, null, 2)}\n`,
};
const stale = Object.entries(pages).filter(
  ([path, text]) => !existsSync(root + path) || readFileSync(root + path, 'utf8') !== text,
);
if (process.argv.includes('--check')) {
  for (const [path] of stale) console.error(`${path} is not what the code says: run npm run docs`);
  process.exit(stale.length === 0 ? 0 : 1);
}
for (const [path, text] of stale) {
  writeFileSync(root + path, text);
  console.log(`wrote ${path}`);
}
