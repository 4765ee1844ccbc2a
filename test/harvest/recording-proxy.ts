import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface RecordedRequest {
  readonly at: number;
  readonly method: string;
  readonly path: string;
}

export interface RecordingProxy {
  /** DICOMweb root through the proxy. */
  readonly url: string;
  readonly requests: RecordedRequest[];
  /** While it is down every connection is cut. */
  state: 'up' | 'down';
  close(): Promise<void>;
}

/** What an archive is asked for, as it arrives: a proxy in front of it that writes everything down. */
export async function recordingProxy(upstream: string): Promise<RecordingProxy> {
  const to = new URL(upstream);
  const requests: RecordedRequest[] = [];
  const server = createServer((incoming, answer) => {
    if (proxy.state === 'down') {
      incoming.socket.destroy();
      return;
    }
    requests.push({ at: performance.now(), method: incoming.method ?? '', path: incoming.url ?? '' });
    const onward = request(
      {
        host: to.hostname,
        port: to.port,
        method: incoming.method,
        path: incoming.url,
        headers: { ...incoming.headers, host: to.host },
      },
      (response) => {
        answer.writeHead(response.statusCode ?? 502, response.headers);
        response.pipe(answer);
      },
    );
    onward.on('error', () => incoming.socket.destroy());
    incoming.pipe(onward);
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const proxy: RecordingProxy = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}${to.pathname}`,
    requests,
    state: 'up',
    close: () =>
      new Promise((done) => {
        server.close(() => done());
        server.closeAllConnections();
      }),
  };
  return proxy;
}

/** Whether a search would read more than a window of dates or what lies below one study. */
export function isUnfiltered({ path }: RecordedRequest): boolean {
  const url = new URL(path, 'http://archive');
  const isSearch = /\/(studies|series|instances)$/.test(url.pathname);
  if (!isSearch || /\/studies\/[^/]+\/(series|instances)/.test(url.pathname)) return false;
  const bounds = ['StudyDate', 'StudyInstanceUID', 'SeriesInstanceUID', 'SOPInstanceUID'];
  return !bounds.some((key) => /^[\d.-]+$/.test(url.searchParams.get(key) ?? ''));
}
