import { fail, ok, type Result } from '../domain/index.js';

/** Where secrets are looked up; passed in, so that tests and the daemon need not share an environment. */
export interface SecretSources {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly readTextFile: (path: string) => string;
}

/** The value behind `env:NAME` or `file:PATH`. The error names the reference, never a value. */
export function resolveSecret(reference: string, sources: SecretSources): Result<string, string> {
  const colon = reference.indexOf(':');
  const place = reference.slice(colon + 1);
  if (reference.startsWith('env:')) {
    const value = sources.environment[place];
    return value === undefined || value === '' ? fail(`the environment has no ${place}`) : ok(value);
  }
  try {
    return ok(sources.readTextFile(place).replace(/\r?\n$/, ''));
  } catch (error) {
    return fail(`${place} cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown'})`);
  }
}
