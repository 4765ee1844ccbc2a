import { request as plain } from 'node:http';
import { request as secured } from 'node:https';

/**
 * Whether the daemon of this container is ready: exit 0 or 1. It asks its own machine, so that the certificate need not be trusted here, with TLS
 * or, where something in front of the container speaks it, without; set CALIPER_PAGE where page.listen is another address.
 */
const addresses = process.env.CALIPER_PAGE
  ? [process.env.CALIPER_PAGE]
  : ['https://127.0.0.1:8080', 'http://127.0.0.1:8080'];

const isReady = (address) =>
  new Promise((resolve) => {
    const url = new URL('/readyz', address);
    const ask = url.protocol === 'https:' ? secured : plain;
    const asked = ask(url, { rejectUnauthorized: false, signal: AbortSignal.timeout(2000) }, (answer) => {
      answer.resume();
      resolve(answer.statusCode === 200);
    });
    asked.on('error', () => resolve(false));
    asked.end();
  });

for (const address of addresses) if (await isReady(address)) process.exit(0);
process.exit(1);
