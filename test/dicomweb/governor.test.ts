import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { Governor } from '../../src/dicomweb/governor.js';
import { openArchive, type Archive } from '../../src/dicomweb/index.js';
import { asReadUid, ms } from '../../src/domain/index.js';
import { json, startFaultServer, type FaultServer } from './fault-server.js';

/** A clock that stands still but when someone sleeps. */
class MadeClock {
  time = 1_000_000;
  readonly slept: number[] = [];
  now = (): number => this.time;
  sleep = (milliseconds: number): Promise<void> => {
    this.slept.push(milliseconds);
    this.time += milliseconds;
    return Promise.resolve();
  };
}

describe('the budget of an archive', () => {
  test('requests wait for their turn', async () => {
    const clock = new MadeClock();
    const governor = new Governor({ requestsPerSecond: 2, megabytesPerSecond: 1 }, clock);
    for (let i = 0; i < 5; i++) expect((await governor.admit(0)).kind).toBe('admitted');
    expect(clock.slept).toEqual([500, 500, 500]);
  });

  test('of which a share is ours for a while, requests and bytes wait as long as that share lets them', async () => {
    const clock = new MadeClock();
    let share = 0.5;
    const governor = new Governor({ requestsPerSecond: 1, megabytesPerSecond: 1 }, clock, () => share);
    for (let i = 0; i < 3; i++) await governor.admit(0);
    expect(clock.slept).toEqual([1000, 2000, 2000]);
    expect(governor.arrived(1_000_000)).toBe(1000);
    share = 1;
    clock.slept.length = 0;
    for (let i = 0; i < 2; i++) await governor.admit(0);
    expect(clock.slept).toEqual([1000, 1000]);
  });

  test('less than one request a second is possible', async () => {
    const clock = new MadeClock();
    const governor = new Governor({ requestsPerSecond: 0.1, megabytesPerSecond: 1 }, clock);
    await governor.admit(0);
    await governor.admit(0);
    expect(clock.slept).toEqual([10_000]);
  });

  test('a long answer is read at the granted rate, and paid before the next request', async () => {
    const clock = new MadeClock();
    const governor = new Governor({ requestsPerSecond: 100, megabytesPerSecond: 1 }, clock);
    for (let i = 0; i < 10; i++) await clock.sleep(governor.arrived(500_000));
    expect(clock.slept.reduce((sum, slept) => sum + slept, 0)).toBe(4000);
    await governor.admit(250_000);
    expect(clock.slept.at(-1)).toBe(250);
  });

  test('an archive that asked for patience is left alone, five minutes at most', async () => {
    const clock = new MadeClock();
    const governor = new Governor({ requestsPerSecond: 100, megabytesPerSecond: 1 }, clock);
    governor.pause(ms(3_600_000));
    governor.pause(ms(1000));
    expect(await governor.admit(0)).toEqual({ kind: 'paused', retryAfter: 300_000 });
    clock.time += 300_000;
    expect((await governor.admit(0)).kind).toBe('admitted');
  });
});

describe('every role of an archive shares its budget', () => {
  let server: FaultServer;
  let clock: MadeClock;
  let archive: Archive;
  beforeEach(async () => {
    server = await startFaultServer();
    clock = new MadeClock();
    archive = openArchive(
      {
        name: 'test',
        url: server.url,
        credentials: { kind: 'none' },
        budget: { requestsPerSecond: 1, megabytesPerSecond: 1 },
        timeouts: { connect: 10_000, headers: 20_000, body: 20_000, whole: 40_000 },
        maximumAnswerBytes: 10_000_000,
      },
      clock,
    );
  });
  afterEach(async () => {
    await archive.close();
    await server.stop();
  });

  test('searches, retrieves and stores wait in one line', async () => {
    server.answer((_, response) => json(response, []));
    await archive.search('studies', { StudyInstanceUID: '1.2' });
    await archive.retrieve({ study: asReadUid('1.2'), series: asReadUid('1.3'), instance: asReadUid('1.4') });
    await archive.probeStore();
    expect(clock.slept).toEqual([1000, 1000]);
  });

  test('bytes count in both directions', async () => {
    server.answer((_, response) => response.writeHead(200).end(Buffer.alloc(3_000_000)));
    await archive.search('studies', { StudyInstanceUID: '1.2' });
    expect(clock.slept.reduce((sum, slept) => sum + slept, 0)).toBe(2000);
  });
});
