import { request as plainRequest } from 'node:http';
import { request as tlsRequest } from 'node:https';
import { fail, ok, type Result } from '../../domain/index.js';

const LONGEST_MS = 5_000;
const MOST_BYTES = 512 * 1024;

export interface IssuerQuestion {
  readonly url: string;
  /** Certificate of the authority to trust (PEM); undefined: those that Node trusts. */
  readonly ca: string | undefined;
  /** Sent as a form; undefined: a plain GET. */
  readonly form?: Readonly<Record<string, string>>;
  readonly authorization?: string;
}

/** Asks the issuer for a JSON object. Redirects are not followed. The error is a code: never what was sent or answered. */
export function askIssuer(question: IssuerQuestion): Promise<Result<Readonly<Record<string, unknown>>, string>> {
  const { url, ca, form, authorization } = question;
  const body = form && new URLSearchParams(form).toString();
  const open = url.startsWith('https:') ? tlsRequest : plainRequest;
  return new Promise((resolve) => {
    const asked = open(
      url,
      {
        method: body === undefined ? 'GET' : 'POST',
        ...(ca === undefined ? {} : { ca }),
        signal: AbortSignal.timeout(LONGEST_MS),
        agent: false,
        headers: {
          Accept: 'application/json',
          ...(body === undefined ? {} : { 'Content-Type': 'application/x-www-form-urlencoded' }),
          ...(authorization === undefined ? {} : { Authorization: authorization }),
        },
      },
      (answer) => {
        const chunks: Buffer[] = [];
        let bytes = 0;
        answer.on('data', (chunk: Buffer) => {
          bytes += chunk.length;
          chunks.push(chunk);
          if (bytes > MOST_BYTES) answer.destroy(new Error('too-long'));
        });
        answer.on('error', (error) => resolve(fail(bytes > MOST_BYTES ? 'too-long' : codeOf(error))));
        answer.on('end', () => {
          if (answer.statusCode !== 200) resolve(fail(`status-${answer.statusCode}`));
          else resolve(objectIn(Buffer.concat(chunks).toString('utf8')));
        });
      },
    );
    asked.on('error', (error) => resolve(fail(codeOf(error))));
    asked.end(body);
  });
}

function objectIn(text: string): Result<Readonly<Record<string, unknown>>, string> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? ok(value as Readonly<Record<string, unknown>>)
      : fail('not-json');
  } catch (error) {
    if (error instanceof SyntaxError) return fail('not-json');
    throw error;
  }
}

function codeOf(error: Error): string {
  if (error.name === 'TimeoutError' || error.name === 'AbortError') return 'timeout';
  const { code } = error as NodeJS.ErrnoException;
  return code === undefined ? 'no-answer' : code;
}
