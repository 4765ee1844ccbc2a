import type { Terminal } from '../../src/cli/terminal.js';

/** A terminal that remembers. */
export function recordingTerminal(): Terminal & { readonly results: string[]; readonly notes: string[] } {
  const results: string[] = [];
  const notes: string[] = [];
  return { results, notes, out: (line) => void results.push(line), err: (line) => void notes.push(line) };
}
