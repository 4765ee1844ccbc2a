import { expect, test } from '@jest/globals';
import { Circuit } from '../../src/dicomweb/circuit.js';
import type { Exchange } from '../../src/dicomweb/exchange.js';

const answered = (status: number): Exchange => ({
  kind: 'answered',
  answer: { status, header: () => undefined, body: { kind: 'bytes', bytes: new Uint8Array() } },
});
const failed = (code: 'archive-unreachable' | 'archive-timeout' | 'archive-answer-invalid'): Exchange => ({
  kind: 'failed',
  problem: { code },
  sent: 'unknown',
});

function made() {
  const clock = { now: 1_000_000 };
  const told: string[] = [];
  const circuit = new Circuit(
    { failures: 3, failing: (reason) => void told.push(reason), answersAgain: () => void told.push('answers again') },
    () => clock.now,
  );
  return { circuit, clock, told };
}

test('opens after failures in a row, rests longer and longer, and closes with the first answer', () => {
  const { circuit, clock, told } = made();
  for (const exchange of [failed('archive-timeout'), answered(200), failed('archive-unreachable'), answered(503)])
    circuit.ended(exchange);
  expect(circuit.pass('item')).toBeUndefined();
  circuit.ended(answered(504));
  expect(told).toEqual(['archive-unreachable']);
  const rests: number[] = [];
  for (let i = 0; i < 6; i++) {
    const barred = circuit.pass('knock');
    rests.push(barred!.retryAfter);
    // items wait twice as long, so that whoever knocks goes first
    expect(circuit.pass('item')!.retryAfter).toBe(2 * barred!.retryAfter);
    clock.now += barred!.retryAfter;
    expect(circuit.isRested()).toBe(true);
    expect(circuit.pass('knock')).toBeUndefined();
    // one at a time
    expect(circuit.pass('knock')).toBeDefined();
    circuit.ended(failed('archive-unreachable'));
  }
  expect(rests).toEqual([5_000, 10_000, 20_000, 40_000, 60_000, 60_000]);
  clock.now += 60_000;
  circuit.pass('knock');
  circuit.ended(answered(404));
  expect(told).toEqual(['archive-unreachable', 'answers again']);
  expect(circuit.pass('item')).toBeUndefined();
});

test('a refusal rests longer: accounts are locked by those who try too often', () => {
  const { circuit, told } = made();
  for (let i = 0; i < 3; i++) circuit.ended(answered(401));
  expect(told).toEqual(['archive-unauthorised']);
  expect(circuit.pass('knock')!.retryAfter).toBe(30_000);
});

test("one item's own trouble opens nothing", () => {
  const { circuit, told } = made();
  for (let i = 0; i < 20; i++) circuit.ended(i % 2 ? answered(500) : failed('archive-answer-invalid'));
  expect(told).toEqual([]);
  expect(circuit.pass('item')).toBeUndefined();
});

test('a clock that is set back makes no rest longer', () => {
  const { circuit, clock } = made();
  for (let i = 0; i < 3; i++) circuit.ended(failed('archive-unreachable'));
  clock.now -= 13 * 3_600_000;
  expect(circuit.pass('knock')!.retryAfter).toBe(5_000);
});
