/** What a command may write to. Results go to standard output and nothing else does. */
export interface Terminal {
  /** One line of results. */
  out(line: string): void;
  /** One line for the person who waits: progress, notes, errors. */
  err(line: string): void;
}

export const processTerminal: Terminal = {
  out: (line) => void process.stdout.write(`${line}\n`),
  err: (line) => void process.stderr.write(`${line}\n`),
};
