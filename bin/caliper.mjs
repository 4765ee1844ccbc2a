#!/usr/bin/env node
import { existsSync } from 'node:fs';

const main = new URL('../dist/cli/main.js', import.meta.url);
if (!existsSync(main)) {
  console.error('not compiled yet: run `npm run build` once, or use `npm run caliper -- …`, which does it by itself');
  process.exit(3);
}
await import(main.href);
