import { X509Certificate } from 'node:crypto';
import { request as plainRequest } from 'node:http';
import { request as tlsRequest } from 'node:https';
import { createServer } from 'node:net';
import type { Configuration } from '../configuration/index.js';
import { probeIssuer, type AccessSettings } from '../operations/index.js';
import { listenAddress, pageAccess } from './page-access.js';

interface PageRow {
  readonly part: 'page';
  readonly what: string;
  readonly works: boolean;
  readonly detail: string;
  readonly reason: null;
  readonly remedy: string | null;
}

/** Of `caliper check`: whether the page can be opened as it is configured, and its issuer asked. */
export async function checkPage(configuration: Configuration, now: Date): Promise<readonly PageRow[]> {
  const access = pageAccess(configuration);
  if (!access.ok)
    return access.error.says.map((says) =>
      failing(
        'who may come in',
        says.replace(/^page(: |\.)/, ''),
        'The page is not opened so. Correct what page names.',
      ),
    );
  return [
    await addressRow(configuration.page.listen, access.value),
    working('who may come in', whoMay(access.value)),
    ...certificateRows(access.value, now),
    ...(access.value.oidc ? [await issuerRow(access.value.oidc)] : []),
  ];
}

function whoMay({ reach, users, tokens, oidc }: AccessSettings): string {
  if (users.length === 0 && !oidc && reach === 'loopback') return 'whoever works on this machine, as admin';
  return [
    ...(users.length > 0 ? [`users: ${users.map((user) => user.name).join(', ')}`] : []),
    ...(tokens.length > 0 ? [`programs: ${tokens.map((token) => token.name).join(', ')}`] : []),
    ...(oidc ? ['whom the issuer gives a role'] : []),
  ].join('; ');
}

async function addressRow(listen: string, { tls }: AccessSettings): Promise<PageRow> {
  const [host, port] = listenAddress(listen);
  const code = await codeOfListening(host, port);
  if (code === undefined) return working(listen, 'is free');
  if (code !== 'EADDRINUSE')
    return failing(listen, code, 'Correct page.listen: an address and a port that may be used.');
  return (await isOurs(host, port, typeof tls === 'string' ? plainRequest : tlsRequest))
    ? working(listen, 'a Caliper answers there')
    : failing(listen, 'in use by another program', 'Correct page.listen, or end the other program.');
}

const codeOfListening = (host: string, port: number): Promise<string | undefined> =>
  new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.name));
    server.listen(port, host, () => server.close(() => resolve(undefined)));
  });

/** Nothing is trusted of what answers on this machine, nor sent to it: hence whose certificate it has does not matter. */
const isOurs = (host: string, port: number, ask: typeof tlsRequest): Promise<boolean> =>
  new Promise((resolve) => {
    const everywhere = host === '0.0.0.0' || host === '::';
    const asked = ask(
      {
        host: everywhere ? 'localhost' : host,
        port,
        path: '/healthz',
        agent: false,
        rejectUnauthorized: false,
        signal: AbortSignal.timeout(5_000),
      },
      (answer) => {
        let text = '';
        answer.on('data', (data: Buffer) => (text = (text + data.toString()).slice(0, 1000)));
        answer.on('end', () => resolve(text.startsWith('{"status":"ok","configuration":')));
        answer.on('error', () => resolve(false));
      },
    );
    asked.on('error', () => resolve(false));
    asked.end();
  });

function certificateRows({ tls }: AccessSettings, now: Date): readonly PageRow[] {
  if (typeof tls === 'string') return [];
  const certificate = new X509Certificate(tls.certificate);
  const [from, to] = [new Date(certificate.validFrom), new Date(certificate.validTo)];
  const detail = `for ${certificate.subjectAltName ?? 'no name'}; valid until ${to.toISOString().slice(0, 10)}`;
  return now < from || now > to
    ? [failing('certificate', detail, 'Browsers refuse it: put a valid one in its place.')]
    : [working('certificate', detail)];
}

async function issuerRow(oidc: NonNullable<AccessSettings['oidc']>): Promise<PageRow> {
  const answer = await probeIssuer(oidc);
  return answer.ok
    ? working(oidc.issuer, answer.value)
    : failing(oidc.issuer, answer.error, 'Correct page.oidc, or look at the issuer: nobody of it can come in.');
}

const working = (what: string, detail: string): PageRow => ({
  part: 'page',
  what,
  works: true,
  detail,
  reason: null,
  remedy: null,
});
const failing = (what: string, detail: string, remedy: string): PageRow => ({
  part: 'page',
  what,
  works: false,
  detail,
  reason: null,
  remedy,
});
