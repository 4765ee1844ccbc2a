import { stdin } from 'node:process';
import { hashedPassword } from '../operations/index.js';
import { EXIT, type ExitCode } from './exit-codes.js';
import type { Terminal } from './terminal.js';

const SHORTEST = 12;

/** `caliper password`: one line of standard input becomes the line that `page.users[].password` refers to. */
export async function password(terminal: Terminal, input: AsyncIterable<Buffer | string> = stdin): Promise<ExitCode> {
  if (stdin.isTTY)
    terminal.err('type the password, then Enter (it is shown; better: pipe it in from a password manager)');
  let typed = '';
  for await (const part of input) {
    typed += part.toString();
    if (typed.includes('\n')) break;
  }
  const line = typed.split(/\r?\n/)[0] ?? '';
  if (line.length < SHORTEST) {
    terminal.err(`a password has at least ${SHORTEST} characters`);
    return EXIT.usage;
  }
  terminal.out(await hashedPassword(line));
  return EXIT.done;
}
