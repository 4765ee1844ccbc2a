/**
 * Where a worker or child process begins. Node starts compiled JavaScript only: a run from source (tests) takes the compiled file of the same
 * name, so that both differ in this one line.
 */
export const entryUrl = (name: string): URL => {
  const beside = new URL(`./${name}.js`, import.meta.url);
  return import.meta.url.endsWith('.ts') ? new URL(beside.href.replace('/src/compute/', '/dist/compute/')) : beside;
};
