import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { ensureBuild, ensureNodePackages, root } from './node-packages.mjs';

/**
 * Pages that are tables of the code: docs/errors.md and docs/events.md. `--check` writes nothing and fails where a page is not what the code
 * says.
 */
ensureNodePackages();
ensureBuild();
const { EVENTS, FINDINGS, REASONS } = await import('../dist/domain/index.js');

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

const pages = { 'docs/errors.md': errors, 'docs/events.md': events };
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
