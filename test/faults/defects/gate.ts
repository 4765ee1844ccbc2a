import { createServer, request as httpRequest, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

/** What passed a gate. */
export interface GateRequest {
  /** The how many-th, from 1. */
  readonly n: number;
  readonly method: string;
  /** Below the host, with its query. */
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  /** By the clock that the gate was given, in ms. */
  readonly at: number;
}

export interface GateAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
}

/** What a gate does with a request. */
export type Judgement =
  | 'pass'
  /** The connection ends before the archive hears of it. */
  | 'cut-before'
  /** The archive does it, and the connection ends before its answer. */
  | 'cut-after'
  | 'never-answer'
  /** An answer of the gate's own. */
  | GateAnswer
  /** The archive does it, and the gate answers. */
  | { readonly after: GateAnswer }
  /** The archive answers, and the gate changes what it said. */
  | { readonly change: (answer: { status: number; body: Buffer }) => GateAnswer }
  /** Writes what it wants. */
  | { readonly write: (response: ServerResponse) => void };

export interface Gate {
  /** DICOMweb root behind the gate. */
  readonly url: string;
  readonly port: number;
  /** All that came, in order. */
  readonly requests: readonly GateRequest[];
  judge: (request: GateRequest) => Judgement;
  close(): Promise<void>;
}

/** A server in front of an archive (or of nothing) that does with each request what a test says. */
export async function startGate(target: string | undefined, now: () => number = Date.now, port = 0): Promise<Gate> {
  const requests: GateRequest[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((incoming, response) => {
    const chunks: Buffer[] = [];
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
    incoming.on('error', () => undefined);
    incoming.on('end', () => {
      const seen: GateRequest = {
        n: requests.length + 1,
        method: incoming.method ?? '',
        path: incoming.url ?? '',
        headers: incoming.headers,
        body: Buffer.concat(chunks),
        at: now(),
      };
      requests.push(seen);
      void answer(gate.judge(seen), seen, response).catch(() => response.destroy());
    });
  });
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.once('close', () => sockets.delete(socket));
  });
  await new Promise<void>((ready) => server.listen(port, '127.0.0.1', ready));
  const bound = (server.address() as AddressInfo).port;

  async function answer(judgement: Judgement, seen: GateRequest, response: ServerResponse): Promise<void> {
    const send = ({ status, headers = {}, body = '' }: GateAnswer) => {
      const bytes = Buffer.from(body as string);
      response.writeHead(status, { 'content-length': String(bytes.length), ...headers }).end(bytes);
    };
    if (judgement === 'cut-before') return void response.destroy();
    if (judgement === 'never-answer') return;
    if (typeof judgement === 'object' && 'write' in judgement) return judgement.write(response);
    if (typeof judgement === 'object' && 'status' in judgement) return send(judgement);
    const real = await ask(target!, seen);
    if (judgement === 'cut-after') return void response.destroy();
    if (judgement === 'pass') return send(real);
    send('after' in judgement ? judgement.after : judgement.change(real));
  }

  const gate: Gate = {
    url: `http://127.0.0.1:${bound}${target === undefined ? '/dicom-web' : new URL(target).pathname}`,
    port: bound,
    requests,
    judge: () => 'pass',
    close: () =>
      new Promise((closed) => {
        for (const socket of sockets) socket.destroy();
        server.close(() => closed());
      }),
  };
  return gate;
}

function ask(
  target: string,
  { method, path, headers, body }: GateRequest,
): Promise<{ status: number; headers: Record<string, string>; body: Buffer }> {
  const { hostname, port, host } = new URL(target);
  const { connection: _connection, authorization: _authorization, ...kept } = headers;
  return new Promise((answered, failed) => {
    const request = httpRequest(
      { hostname, port, method, path, headers: { ...kept, host, 'content-length': String(body.length) } },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', failed);
        response.on('end', () =>
          answered({
            status: response.statusCode ?? 502,
            headers: { 'content-type': String(response.headers['content-type'] ?? 'application/octet-stream') },
            body: Buffer.concat(chunks),
          }),
        );
      },
    );
    request.on('error', failed);
    request.end(body);
  });
}

const uid = (body: Buffer, element: number): string => {
  const at = body.indexOf(Buffer.from([0x08, 0x00, element, 0x00, 0x55, 0x49]));
  return at < 0 ? '' : body.toString('latin1', at + 8, at + 8 + body.readUInt16LE(at + 6)).replace(/\0$/, '');
};

/** SOP Class and Instance UID of the object in a store, Explicit VR Little Endian, read from its bytes. */
export const sopOf = ({ body }: GateRequest) => ({
  '00081150': { vr: 'UI', Value: [uid(body, 0x16)] },
  '00081155': { vr: 'UI', Value: [uid(body, 0x18)] },
});

/** A Store Instances Response (PS3.18 I.2.2) in DICOM JSON: what was stored, and what failed with which FailureReason. */
export const storeResponse = (
  status: number,
  stored: readonly object[],
  failed: readonly { readonly sop: object; readonly reason: number }[] = [],
): GateAnswer => ({
  status,
  headers: { 'content-type': 'application/dicom+json' },
  body: JSON.stringify({
    ...(stored.length > 0 ? { '00081199': { vr: 'SQ', Value: stored } } : {}),
    ...(failed.length > 0
      ? {
          '00081198': {
            vr: 'SQ',
            Value: failed.map(({ sop, reason }) => ({ ...sop, '00081197': { vr: 'US', Value: [reason] } })),
          },
        }
      : {}),
  }),
});

export const isStore = ({ method }: GateRequest): boolean => method === 'POST';
