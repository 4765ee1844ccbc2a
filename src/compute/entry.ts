/**
 * Where a worker or child process begins. Node starts compiled JavaScript only, so a run from source (tests) takes the compiled file of the same
 * name: built and source runs differ in this one line.
 */
export const entryUrl = (name: 'kernel-worker' | 'inference-child'): URL =>
  new URL(import.meta.url.endsWith('.ts') ? `../../dist/compute/${name}.js` : `./${name}.js`, import.meta.url);
