import { hostname } from 'node:os';
import { connect, type TLSSocket } from 'node:tls';

export interface SyslogSettings {
  readonly host: string;
  readonly port: number;
  readonly ca: string | undefined;
}

export interface Syslog {
  send(message: string, at: Date): void;
  close(): void;
}

const MOST_KEPT = 10_000;
const RECONNECT_MS = 5_000;

/**
 * Sends audit messages to a repository (RFC 5424 lines, counted in octets over TLS: RFC 5425). A repository that is away is waited for: messages
 * are kept meanwhile, the oldest go first when there are too many, and the file has all of them.
 */
export function openSyslog(settings: SyslogSettings, failing: (code: string) => void): Syslog {
  const kept: string[] = [];
  let socket: TLSSocket | undefined;
  let again: NodeJS.Timeout | undefined;
  let state: 'away' | 'connecting' | 'ready' | 'closed' = 'away';

  function start(): void {
    if (state !== 'away') return;
    state = 'connecting';
    const { host, port, ca } = settings;
    socket = connect(
      { host, port, servername: host, minVersion: 'TLSv1.2', ...(ca === undefined ? {} : { ca }) },
      () => {
        state = 'ready';
        flush();
      },
    );
    socket.on('error', (error: NodeJS.ErrnoException) => failing(error.code ?? error.name));
    socket.on('close', () => {
      if (state === 'closed') return;
      state = 'away';
      again = setTimeout(start, RECONNECT_MS);
      again.unref();
    });
  }

  function flush(): void {
    while (state === 'ready' && kept.length > 0) socket!.write(kept.shift()!);
  }

  return {
    send(message, at) {
      const line = `<85>1 ${at.toISOString()} ${hostname()} caliper ${process.pid} IHE+RFC-3881 - \ufeff${message}`;
      kept.push(`${Buffer.byteLength(line)} ${line}`);
      if (kept.length > MOST_KEPT) kept.shift();
      if (state === 'ready') flush();
      else start();
    },
    close() {
      state = 'closed';
      clearTimeout(again);
      socket?.end();
    },
  };
}
