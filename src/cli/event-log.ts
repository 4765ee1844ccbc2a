import { createLogger, format, transports, type Logger } from 'winston';
import { EVENTS, type EventFields, type EventLog, type EventName, type EventRow } from '../domain/index.js';

export interface ClosableLog extends EventLog {
  /** Waits until every line is written. */
  close(): Promise<void>;
}

export type LogLook = 'json' | 'terminal';

/** What a value may look like, whatever its field: a name, a number, a code, a time. Anything else is dropped. */
const PLAIN = /^[\w .:/,+[\]()#-]{0,200}$/u;

/**
 * The log: JSON lines on standard error (pretty on a terminal). Only fields of the event's row in `domain/events.ts` pass, and only values that
 * look like what the row says, so that a message of somebody else's cannot carry a name into the log.
 */
export function openLog(look: LogLook, level: EventRow['level'] = 'info', stream?: NodeJS.WritableStream): ClosableLog {
  const logger = createLogger({
    level,
    format:
      look === 'json'
        ? format.combine(format.timestamp(), format.json())
        : format.combine(format.timestamp({ format: 'HH:mm:ss' }), format.printf(prettyLine)),
    transports: [
      stream
        ? new transports.Stream({ stream })
        : new transports.Console({ stderrLevels: ['error', 'warn', 'info', 'debug'] }),
    ],
  });
  return {
    event: (name, fields) => logger.log({ level: EVENTS[name].level, message: name, ...allowed(name, fields) }),
    close: () => ended(logger),
  };
}

function allowed<N extends EventName>(name: N, fields: EventFields<N>): Record<string, unknown> {
  const row: EventRow = EVENTS[name];
  const out: Record<string, unknown> = {};
  for (const [field, value] of Object.entries(fields)) {
    const kind = row.fields[field];
    if (kind === undefined) continue;
    if (typeof value === 'number' && (kind === 'count' || kind === 'ms')) out[field] = value;
    else if (Array.isArray(value) && kind === 'codes')
      out[field] = value.filter((v): v is string => typeof v === 'string' && PLAIN.test(v));
    else if (typeof value === 'string' && (kind === 'stack' || PLAIN.test(value))) out[field] = value;
  }
  return out;
}

function prettyLine({ timestamp, level, message, ...fields }: Record<string, unknown>): string {
  const shown = Object.entries(fields).map(
    ([field, value]) => `${field}=${Array.isArray(value) ? value.join(',') : String(value)}`,
  );
  return `${String(timestamp)} ${level === 'info' ? '' : `${String(level)} `}${String(message)} ${shown.join(' ')}`;
}

const ended = (logger: Logger): Promise<void> =>
  new Promise((resolve) => {
    logger.once('finish', () => resolve());
    logger.end();
  });
