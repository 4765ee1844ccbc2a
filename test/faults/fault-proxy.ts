import { createServer, request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

/**
 * A reverse proxy between the gateway and an archive that misbehaves as networks, load balancers and archives do. What happens to the n-th search,
 * retrieve or store follows from the seed and n alone, so that a run can be repeated; which request is the n-th depends on the machine.
 */
export interface FaultProxy {
  readonly url: string;
  /** How often each fault was played. */
  readonly played: ReadonlyMap<Fault, number>;
  /** From now on the proxy only passes on. */
  heal(): void;
  /** Requests so far. */
  readonly requests: number;
  close(): Promise<void>;
}

const ANY = [
  'drop-before',
  'drop-after',
  'delay',
  'throttle',
  'answer-429',
  'answer-503',
  'truncate',
  'login-page',
] as const;
const SEARCH = ['corrupt-json', 'shuffle-rows', 'rows-missing', 'page-shifts'] as const;
const RETRIEVE = ['short-multipart', 'answer-404-once'] as const;
const STORE = [
  'store-lies',
  'store-202-failed',
  'store-409-out-of-resources',
  'store-400-although-stored',
  'store-200-empty',
  'store-twice',
  'store-503-although-stored',
] as const;

export type Fault = (typeof ANY)[number] | (typeof SEARCH)[number] | (typeof RETRIEVE)[number] | (typeof STORE)[number];
export type Asked = 'search' | 'retrieve' | 'store';

/** Faults that only these requests have, and those that any has. */
export const FAULTS_OF: Readonly<Record<Asked | 'any', readonly Fault[]>> = {
  any: ANY,
  search: SEARCH,
  retrieve: RETRIEVE,
  store: STORE,
};

/**
 * Against the rate of the plan. A sweep is many searches, and one that is refused ends it; stores are few, and what is said of them matters most.
 */
const SHARE: Readonly<Record<Asked, number>> = { search: 0.2, retrieve: 1, store: 2 };

export interface FaultPlan {
  readonly seed: number;
  /** Share of retrieves that something happens to; twice as much of stores, a fifth of searches. */
  readonly rate: number;
  /** Told of every request, before the archive has it and when the archive has answered, healed or not. */
  readonly passing?: (asked: Asked, when: 'before' | 'after') => void;
}

export async function startFaultProxy(target: string, plan: FaultPlan): Promise<FaultProxy> {
  const to = new URL(target);
  const played = new Map<Fault, number>();
  const sockets = new Set<Socket>();
  const counts: Record<Asked, number> = { search: 0, retrieve: 0, store: 0 };
  const dealt: Record<Asked, number> = { search: 0, retrieve: 0, store: 0 };
  let state: 'faulty' | 'healed' = 'faulty';

  const server = createServer((incoming, outgoing) => {
    const asked = askedBy(incoming);
    const n = ++counts[asked];
    const isFaulty = state === 'faulty' && draw(plan.seed, n, QUESTION[asked]) < Math.min(1, plan.rate * SHARE[asked]);
    const fault = isFaulty ? dealtFault(plan.seed, asked, dealt[asked]++) : undefined;
    if (fault) played.set(fault, (played.get(fault) ?? 0) + 1);
    const passing = (when: 'before' | 'after') => plan.passing?.(asked, when);
    void pass({ incoming, outgoing, to, n, passing }, fault).catch(() => incoming.socket.destroy());
  });
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.once('close', () => sockets.delete(socket));
  });
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}${to.pathname}`,
    played,
    get requests() {
      return counts.search + counts.retrieve + counts.store;
    },
    heal: () => (state = 'healed'),
    close: () =>
      new Promise((closed) => {
        for (const socket of sockets) socket.destroy();
        server.close(() => closed());
      }),
  };
}

/** A uniform number in [0, 1) that belongs to a seed, a request and a question (SplitMix32). */
function draw(seed: number, n: number, question: number): number {
  let z = (Math.imul(seed, 0x9e3779b9) ^ Math.imul(n, 0x85ebca6b) ^ Math.imul(question, 0xc2b2ae35)) >>> 0;
  z = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
  z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
  return ((z ^ (z >>> 15)) >>> 0) / 2 ** 32;
}

const QUESTION: Readonly<Record<Asked, number>> = { search: 1, retrieve: 2, store: 3 };

const askedBy = ({ method, headers }: IncomingMessage): Asked =>
  method === 'POST' ? 'store' : String(headers.accept).includes('multipart') ? 'retrieve' : 'search';

/** Faults are dealt like cards: each comes once before one comes again. */
function dealtFault(seed: number, asked: Asked, m: number): Fault {
  const deck = [...FAULTS_OF[asked], ...FAULTS_OF.any];
  const round = Math.floor(m / deck.length);
  const order = deck.map((fault, i) => ({ fault, at: draw(seed, round * deck.length + i, 10 + QUESTION[asked]) }));
  return order.sort((a, b) => a.at - b.at)[m % deck.length]!.fault;
}

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[]>>;
  readonly body: Buffer;
}

interface Passage {
  readonly incoming: IncomingMessage;
  readonly outgoing: ServerResponse;
  readonly to: URL;
  readonly n: number;
  readonly passing: (when: 'before' | 'after') => void;
}

async function pass({ incoming, outgoing, to, n, passing }: Passage, fault: Fault | undefined): Promise<void> {
  const body = await bodyOf(incoming);
  const drop = () => incoming.socket.destroy();
  const forward = async () => {
    passing('before');
    const answer = await ask(incoming, body, to);
    passing('after');
    return answer;
  };
  const send = ({ status, headers, body: answer }: Answer) =>
    outgoing.writeHead(status, { ...headers, 'content-length': String(answer.length) }).end(answer);
  const json = (status: number, value: unknown, headers: Record<string, string> = {}) =>
    send({
      status,
      headers: { 'content-type': 'application/dicom+json', ...headers },
      body: Buffer.from(value === undefined ? '' : JSON.stringify(value)),
    });

  switch (fault) {
    case undefined:
      return void send(await forward());
    case 'drop-before':
      return void drop();
    case 'drop-after':
      await forward();
      return void drop();
    case 'delay':
      await pause(300);
      return void send(await forward());
    case 'throttle': {
      const answer = await forward();
      outgoing.writeHead(answer.status, { ...answer.headers, 'content-length': String(answer.body.length) });
      for (let at = 0; at < answer.body.length; at += 65_536) {
        outgoing.write(answer.body.subarray(at, at + 65_536));
        await pause(20);
      }
      return void outgoing.end();
    }
    case 'answer-429':
      return void json(429, undefined, { 'retry-after': '1' });
    case 'answer-503':
      return void json(503, undefined, { 'retry-after': '1' });
    case 'truncate': {
      const answer = await forward();
      outgoing.writeHead(answer.status, { ...answer.headers, 'content-length': String(answer.body.length) });
      outgoing.write(answer.body.subarray(0, Math.floor(answer.body.length / 2)), () => drop());
      return;
    }
    case 'login-page':
      return void send({
        status: 200,
        headers: { 'content-type': 'text/html' },
        body: Buffer.from('<html><body><form>Sign in</form></body></html>'),
      });
    case 'corrupt-json': {
      const answer = await forward();
      const corrupt = Buffer.from(answer.body);
      if (corrupt.length > 2) corrupt[Math.floor(corrupt.length / 2)] = 0x01; // a control character is never JSON
      return void send({ ...answer, body: corrupt });
    }
    case 'shuffle-rows':
      return void send(rows(await forward(), (all) => [...all].reverse()));
    case 'rows-missing':
      return void send(rows(await forward(), (all) => all.filter((_, i) => i % 3 !== n % 3)));
    case 'page-shifts': // something new came in on top between two pages: the first row was on the page before
      return void send(rows(await forward(), (all) => all.slice(1)));
    case 'short-multipart': {
      const answer = await forward();
      return void send({ ...answer, body: answer.body.subarray(0, Math.floor(answer.body.length * 0.7)) });
    }
    case 'answer-404-once':
      return void json(404, undefined);
    case 'store-lies':
      return void json(200, storedAnswer(body, to, undefined));
    case 'store-202-failed':
      return void json(202, storedAnswer(body, to, 0xa700));
    case 'store-409-out-of-resources':
      return void json(409, storedAnswer(body, to, 0xa700));
    case 'store-400-although-stored':
      await forward();
      return void json(400, undefined);
    case 'store-503-although-stored':
      await forward();
      return void json(503, undefined);
    case 'store-200-empty':
      return void json(200, {});
    case 'store-twice':
      await forward();
      return void send(await forward());
  }
}

function rows(answer: Answer, change: (all: readonly unknown[]) => readonly unknown[]): Answer {
  if (answer.status !== 200 || answer.body.length === 0) return answer;
  const all = JSON.parse(answer.body.toString()) as unknown;
  return Array.isArray(all) ? { ...answer, body: Buffer.from(JSON.stringify(change(all))) } : answer;
}

/** The answer to a store (PS3.18 I.2.2) that says what it wants about the object in the request. */
function storedAnswer(body: Buffer, to: URL, failure: number | undefined): unknown {
  const sop = {
    '00081150': { vr: 'UI', Value: [uidIn(body, 0x16)] },
    '00081155': { vr: 'UI', Value: [uidIn(body, 0x18)] },
  };
  return failure === undefined
    ? { '00081199': { vr: 'SQ', Value: [{ ...sop, '00081190': { vr: 'UR', Value: [to.href] } }] } }
    : { '00081198': { vr: 'SQ', Value: [{ ...sop, '00081197': { vr: 'US', Value: [failure] } }] } };
}

/** The value of (0008,00xx) UI of the first object in a multipart body, Explicit VR Little Endian. */
function uidIn(body: Buffer, element: number): string {
  const at = body.indexOf(Buffer.from([0x08, 0x00, element, 0x00, 0x55, 0x49]));
  return at < 0 ? '' : body.toString('latin1', at + 8, at + 8 + body.readUInt16LE(at + 6)).replace(/\0$/, '');
}

async function bodyOf(stream: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

function ask(incoming: IncomingMessage, body: Buffer, to: URL): Promise<Answer> {
  const { connection: _connection, host: _host, 'transfer-encoding': _chunked, ...headers } = incoming.headers;
  return new Promise((answered, failed) => {
    const request = httpRequest(
      {
        host: to.hostname,
        port: to.port,
        method: incoming.method,
        path: incoming.url,
        headers: { ...headers, host: to.host, ...(body.length > 0 ? { 'content-length': body.length } : {}) },
      },
      (response) => {
        const {
          'transfer-encoding': _encoding,
          connection: _closes,
          'content-length': _length,
          ...kept
        } = response.headers;
        bodyOf(response).then(
          (answer) =>
            answered({ status: response.statusCode ?? 502, headers: kept as Answer['headers'], body: answer }),
          failed,
        );
      },
    );
    request.on('error', failed);
    request.end(body);
  });
}

const pause = (milliseconds: number): Promise<void> => new Promise((done) => setTimeout(done, milliseconds));
