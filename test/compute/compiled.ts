import { existsSync } from 'node:fs';
import { resolve } from 'node:path';

/** Workers and child processes run compiled files also when their caller runs from source: `npm run build` comes before these tests. */
export function demandCompiled(): void {
  for (const name of ['kernel-worker', 'inference-child'])
    if (!existsSync(resolve('dist/compute', `${name}.js`))) throw new Error('dist/ is missing: npm run build');
}
