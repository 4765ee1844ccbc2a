import { fail, ok, type Result } from '../domain/index.js';

export interface QueryParameter {
  readonly name: string;
  readonly value: string;
}

/**
 * The query part of a request target as name and value pairs in their order, percent-decoded as UTF-8, `+` as a blank. Strict where
 * URLSearchParams guesses: a broken escape is refused, since a key that is not understood must not become another key.
 */
export function queryParametersOf(target: string): Result<readonly QueryParameter[], 'malformed-escape'> {
  const mark = target.indexOf('?');
  const query = mark < 0 ? '' : target.slice(mark + 1);
  const parameters: QueryParameter[] = [];
  for (const pair of query.split('&')) {
    if (pair === '') continue;
    const equals = pair.indexOf('=');
    const name = decoded(equals < 0 ? pair : pair.slice(0, equals));
    const value = decoded(equals < 0 ? '' : pair.slice(equals + 1));
    if (name === undefined || value === undefined) return fail('malformed-escape');
    parameters.push({ name, value });
  }
  return ok(parameters);
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch (error) {
    if (error instanceof URIError) return undefined;
    throw error;
  }
}
