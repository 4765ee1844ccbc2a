import { describe, expect, test } from '@jest/globals';
import { PassThrough } from 'node:stream';
import { openLog } from '../../src/cli/event-log.js';
import { EVENTS, type EventName } from '../../src/domain/index.js';

const written = async (write: (log: ReturnType<typeof openLog>) => void): Promise<Record<string, unknown>[]> => {
  const stream = new PassThrough();
  const log = openLog('json', 'debug', stream);
  write(log);
  await log.close();
  stream.end();
  let text = '';
  for await (const chunk of stream) text += String(chunk);
  return text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Record<string, unknown>);
};

describe('the log', () => {
  test('one JSON object an event, with its level and its fields', async () => {
    const [line] = await written((log) =>
      log.event('report.read', { report: 'r-7', kind: 'tid1500', measurements: 3, findings: ['unit.unknown'] }),
    );
    expect(line).toMatchObject({
      level: 'info',
      message: 'report.read',
      report: 'r-7',
      kind: 'tid1500',
      measurements: 3,
      findings: ['unit.unknown'],
    });
    expect(line).toHaveProperty('timestamp');
  });

  test('a marker planted in every field of every event, and in fields that are not there, never comes out', async () => {
    const marker = 'Müller^Jürgen=1960 <secret>';
    const lines = await written((log) => {
      for (const name of Object.keys(EVENTS) as EventName[]) {
        const planted = Object.fromEntries(
          [...Object.keys(EVENTS[name].fields), 'patientName', 'message', 'level'].map((field) => [
            field,
            field === 'stack' ? '' : marker,
          ]),
        );
        log.event(name, planted);
      }
    });
    expect(lines).toHaveLength(Object.keys(EVENTS).length);
    expect(JSON.stringify(lines)).not.toContain('ller');
    expect(JSON.stringify(lines)).not.toContain('secret');
  });
});
