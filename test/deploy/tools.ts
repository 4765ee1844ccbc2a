import { test } from '@jest/globals';
import { spawnSync } from 'node:child_process';

/** `test` for a program that some machines have; where it is missing the test is skipped by name. */
export function onThisMachine(
  program: string,
): (title: string, run: (path: string) => void | Promise<void>, timeoutMs?: number) => void {
  const found = spawnSync('which', [program], { encoding: 'utf8' });
  const path = found.status === 0 ? found.stdout.trim() : undefined;
  return (title, run, timeoutMs) => {
    if (path === undefined) test.skip(`${title} (needs ${program})`, () => undefined);
    else test(title, () => run(path), timeoutMs);
  };
}
