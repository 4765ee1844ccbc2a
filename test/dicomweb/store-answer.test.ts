import { describe, expect, test } from '@jest/globals';
import { storeAnswerOf, type StoreAnswer } from '../../src/dicomweb/store-answer.js';
import { asReadUid, type SopInstanceUid } from '../../src/domain/index.js';

const A = asReadUid<SopInstanceUid>('1.2.840.1.1');
const B = asReadUid<SopInstanceUid>('1.2.840.1.2');

const item = (uid: string | undefined, more: Record<string, unknown> = {}) => ({
  '00081150': { vr: 'UI', Value: ['1.2.840.10008.5.1.4.1.1.66.4'] },
  ...(uid === undefined ? {} : { '00081155': { vr: 'UI', Value: [uid] } }),
  ...more,
});
const failure = (uid: string | undefined, reason: number) => item(uid, { '00081197': { vr: 'US', Value: [reason] } });
const warning = (uid: string, reason: number) => item(uid, { '00081196': { vr: 'US', Value: [reason] } });
/** A Store Instances Response as Orthanc writes it: both sequences always, without Value where empty. */
const lists = (stored: unknown[], failed: unknown[] = []) => ({
  '00080005': { vr: 'CS', Value: ['ISO_IR 100'] },
  '00081198': { vr: 'SQ', ...(failed.length > 0 ? { Value: failed } : {}) },
  '00081199': { vr: 'SQ', ...(stored.length > 0 ? { Value: stored } : {}) },
});

const answerTo = (status: number, body: unknown, sent = [A], headers: Record<string, string> = {}): StoreAnswer =>
  storeAnswerOf(
    {
      kind: 'answered',
      answer: {
        status,
        header: (name) => headers[name],
        body: { kind: 'bytes', bytes: Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)) },
      },
    },
    sent,
    0,
  );

describe('what a store answered', () => {
  test('stored', () => {
    expect(answerTo(200, lists([item(A)]))).toEqual({ kind: 'stored', instances: [A], warnings: [] });
    expect(answerTo(202, lists([item(A)])).kind).toBe('stored');
    expect(answerTo(200, [lists([item(A)])]).kind).toBe('stored');
    expect(answerTo(200, { '00081199': { vr: 'SQ', Value: [item(A)] } }).kind).toBe('stored');
  });

  test.each([
    [45056, 'coerced'],
    [45062, 'elements-discarded'],
    [45063, 'does-not-match-class'],
    [1, 'other'],
  ])('stored with warning %i: %s', (warningReason, meaning) => {
    expect(answerTo(202, lists([warning(A, warningReason)]))).toEqual({
      kind: 'stored',
      instances: [A],
      warnings: [{ instance: A, warningReason, meaning }],
    });
  });

  test('one of two, said with 202 and a failure', () => {
    expect(answerTo(202, lists([item(A)], [failure(B, 0xa700)]), [A, B])).toEqual({
      kind: 'partly',
      stored: [A],
      warnings: [],
      refused: [{ instance: B, failureReason: 0xa700, means: 'retry', reason: 'store-out-of-resources' }],
    });
  });

  test('one of two, said with 400 and nothing about the other (Orthanc 1.10.1)', () => {
    expect(answerTo(400, lists([item(A)]), [A, B])).toEqual({
      kind: 'partly',
      stored: [A],
      warnings: [],
      refused: [{ instance: B, failureReason: undefined, means: 'never', reason: 'store-refused' }],
    });
  });

  test('400 whose body lists what was sent: stored', () => {
    expect(answerTo(400, lists([item(A)])).kind).toBe('stored');
  });

  test('400 with empty lists: refused', () => {
    expect(answerTo(400, lists([]))).toEqual({
      kind: 'refused',
      refused: [{ instance: A, failureReason: undefined, means: 'never', reason: 'store-refused' }],
    });
  });

  test.each([
    [0xa700, 'retry', 'store-out-of-resources'],
    [0xa7ff, 'retry', 'store-out-of-resources'],
    [0xa900, 'never', 'store-refused'],
    [43265, 'never', 'store-refused'],
    [0xa9ff, 'never', 'store-refused'],
    [0xc000, 'never', 'store-refused'],
    [0xc122, 'never', 'store-refused'],
    [0xcfff, 'never', 'store-refused'],
    [272, 'retry', 'archive-error'],
    [273, 'duplicate', 'store-unclear'],
    [290, 'never', 'store-refused'],
    [0x0124, 'retry', 'archive-forbidden'],
    [1, 'retry', 'archive-error'],
    [0xb000, 'retry', 'archive-error'],
  ])('FailureReason %i: %s', (failureReason, means, reason) => {
    expect(answerTo(409, lists([], [failure(A, failureReason)]))).toEqual({
      kind: 'refused',
      refused: [{ instance: A, failureReason, means, reason }],
    });
  });

  test('a failure without an instance is of the one that was sent', () => {
    expect(answerTo(200, lists([], [failure(undefined, 0xa700)])).kind).toBe('refused');
    expect(answerTo(200, { '0008119A': { vr: 'SQ', Value: [failure(undefined, 272)] } }).kind).toBe('refused');
  });

  test('other identifiers than those that were sent', () => {
    expect(answerTo(200, lists([item('1.9.9')]))).toEqual({ kind: 'renumbered', instances: ['1.9.9'] });
    expect(answerTo(200, lists([item(A), item('1.9.9')])).kind).toBe('stored');
  });

  test.each([
    ['200 without a body', 200, ''],
    ['204', 204, ''],
    ['200 with empty lists', 200, lists([])],
    ['200 with XML', 200, '<?xml version="1.0"?><NativeDicomModel/>'],
    ['200 with a page', 200, '<html>'],
    ['200 with broken JSON', 200, '{"00081199":'],
    ['200 with JSON that is no data set', 200, { stored: true }],
    ['200 with a list of two answers', 200, [lists([item(A)]), lists([])]],
    ['an instance in both lists', 200, lists([item(A)], [failure(A, 272)])],
    ['400 without a body', 400, ''],
    ['400 by a proxy', 400, '<html>'],
    ['409 with XML', 409, '<NativeDicomModel/>'],
    ['409 with a JSON error', 409, { HttpStatus: 409 }],
    ['408', 408, ''],
    ['500', 500, ''],
    ['502', 502, ''],
    ['504', 504, ''],
  ])('unclear: %s', (_, status, body) => {
    const answer = answerTo(status, body);
    expect(answer.kind).toBe('unclear');
    expect(answer.kind === 'unclear' && answer.problem).toMatchObject({ code: 'store-unclear', status });
  });

  test.each([
    [401, { kind: 'unauthorised' }],
    [403, { kind: 'forbidden' }],
    [429, { kind: 'busy', retryAfter: 7000 }],
    [503, { kind: 'busy', retryAfter: 7000 }],
    [302, { kind: 'failed', problem: { code: 'archive-redirects', status: 302 } }],
    [307, { kind: 'failed', problem: { code: 'archive-redirects', status: 307 } }],
    [404, { kind: 'failed', problem: { code: 'archive-not-found', status: 404 } }],
    [405, { kind: 'failed', problem: { code: 'archive-not-found', status: 405 } }],
    [413, { kind: 'failed', problem: { code: 'store-refused', status: 413 } }],
    [415, { kind: 'failed', problem: { code: 'store-refused', status: 415 } }],
    [507, { kind: 'failed', problem: { code: 'store-out-of-resources', status: 507 } }],
    [418, { kind: 'failed', problem: { code: 'archive-error', status: 418 } }],
  ])('%i', (status, expected) => {
    expect(answerTo(status, lists([item(A)]), [A], { 'retry-after': '7' })).toEqual(expected);
  });

  test('no answer: what was never sent failed, the rest is unclear', () => {
    const problem = { code: 'archive-unreachable', detail: 'ECONNREFUSED' } as const;
    expect(storeAnswerOf({ kind: 'failed', problem, sent: 'nothing' }, [A], 0)).toEqual({ kind: 'failed', problem });
    expect(storeAnswerOf({ kind: 'failed', problem, sent: 'unknown' }, [A], 0)).toEqual({ kind: 'unclear', problem });
  });
});
