/** What a command's end means; the same for every command. */
export const EXIT = { done: 0, someFailed: 1, usage: 2, cannotStart: 3, interrupted: 130 } as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

export const EXIT_CODES_HELP = `
Exit codes:
  0    done
  1    some work failed
  2    usage or configuration
  3    cannot start
  130  interrupted`;
