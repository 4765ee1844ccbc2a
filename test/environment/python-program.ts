import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { python } from './peers.js';

/** A program that a package of the Python environment brings; undefined where it is not there. */
export function pythonProgram(name: string): string | undefined {
  const environment = python();
  const program = environment && join(dirname(environment), name);
  return program !== undefined && existsSync(program) ? program : undefined;
}
