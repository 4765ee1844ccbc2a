import { request as plain } from 'node:http';
import { request as secured } from 'node:https';

/**
 * Whether the daemon of this container is ready: exit 0 or 1. It asks its own machine, so that the certificate need not be trusted here; set
 * CALIPER_PAGE where page.listen is another address.
 */
const address = new URL('/readyz', process.env.CALIPER_PAGE ?? 'https://127.0.0.1:8080');
const ask = address.protocol === 'https:' ? secured : plain;
ask(address, { rejectUnauthorized: false, timeout: 4000 }, (answer) => process.exit(answer.statusCode === 200 ? 0 : 1))
  .on('timeout', () => process.exit(1))
  .on('error', () => process.exit(1))
  .end();
