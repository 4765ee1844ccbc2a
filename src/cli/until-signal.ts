import { EXIT, type ExitCode } from './exit-codes.js';

/**
 * Waits for SIGINT or SIGTERM. The first asks for an orderly end, and a second one ends the process at once: nothing is lost, since what is in
 * hand is taken up again by its lease.
 */
export function untilSignal(): Promise<{ readonly signal: NodeJS.Signals; readonly exit: ExitCode }> {
  return new Promise((resolve) => {
    let asked = false;
    const stop = (signal: NodeJS.Signals) => {
      if (asked) process.exit(EXIT.interrupted);
      asked = true;
      resolve({ signal, exit: signal === 'SIGINT' ? EXIT.interrupted : EXIT.done });
    };
    process.on('SIGINT', stop);
    process.on('SIGTERM', stop);
  });
}

/** SIGHUPs, one after another; one that comes while the last is still being answered is kept. */
export function hangUps(): { next(): Promise<'hang-up'> } {
  let kept = 0;
  let waiting: ((hangUp: 'hang-up') => void)[] = [];
  process.on('SIGHUP', () => {
    if (waiting.length === 0) kept = 1;
    for (const go of waiting) go('hang-up');
    waiting = [];
  });
  return {
    next: () =>
      new Promise((resolve) => {
        if (kept === 0) waiting.push(resolve);
        else {
          kept = 0;
          resolve('hang-up');
        }
      }),
  };
}
