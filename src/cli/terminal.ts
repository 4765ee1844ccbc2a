/** What a command may write to. Results go to standard output and nothing else does. */
export interface Terminal {
  /** One line of results. */
  out(line: string): void;
  /** One line for the person who waits: progress, notes, errors. */
  err(line: string): void;
  /** Shows a line over the last one shown, an empty one clears it; absent where lines are kept, as in a log. */
  readonly status?: (line: string) => void;
}

// `caliper … | head`: a reader that goes away has what it wanted
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit();
});

export const processTerminal: Terminal = {
  out: (line) => void process.stdout.write(`${line}\n`),
  err: (line) => void process.stderr.write(`${line}\n`),
  ...(process.stderr.isTTY ? { status: (line: string) => void process.stderr.write(`\r${line}\x1b[K`) } : {}),
};
