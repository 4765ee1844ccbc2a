import { createReadStream } from 'node:fs';
import { mkdir, open, stat, type FileHandle } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname } from 'node:path';
import { createInterface } from 'node:readline';
import { fail, ok, type Result } from '../../domain/index.js';
import { ChainCheck, FIRST_HASH, hashOfLine, lineOf, type ChainVerdict } from './audit-chain.js';
import { auditMessage, type AuditRecord } from './audit-message.js';

export interface AuditTrail {
  /** Written in the order of the calls; kept in memory until the disk has it. */
  record(record: AuditRecord): void;
  /** The hash of the last line: worth noting somewhere else, since a trail that is cut short is still whole. */
  head(): string;
  close(): Promise<void>;
}

export interface AuditWorld {
  readonly now: () => number;
  /** Where messages go besides the file. */
  readonly forward: (message: string, at: Date) => void;
  /** The disk does not take a line: whoever watches has to know. */
  readonly failed: (code: string) => void;
}

const LONGEST_LINE = 64 * 1024;

/** Opens the trail to go on with it. A last line that a power cut left half-written is completed by none: it stays, and verification says so. */
export async function openAuditTrail(file: string, world: AuditWorld): Promise<Result<AuditTrail, string>> {
  let handle: FileHandle;
  let last: { readonly n: number; readonly hash: string };
  try {
    await mkdir(dirname(file), { recursive: true });
    handle = await open(file, 'a+', 0o600);
    last = await lastLine(handle);
  } catch (error) {
    return fail(`the audit trail ${file} cannot be opened (${codeOf(error)})`);
  }
  const host = hostname();
  let { n, hash } = last;
  let written: Promise<void> = Promise.resolve();
  return ok({
    record(record) {
      const at = new Date(world.now());
      const message = auditMessage(record, at, host);
      n += 1;
      hash = hashOfLine(hash, n, at.toISOString(), message);
      const line = `${JSON.stringify({ n, at: at.toISOString(), message, hash })}\n`;
      written = written.then(async () => {
        try {
          await handle.appendFile(line);
        } catch (error) {
          world.failed(codeOf(error));
        }
      });
      world.forward(message, at);
    },
    head: () => hash,
    async close() {
      await written;
      await handle.sync();
      await handle.close();
    },
  });
}

async function lastLine(handle: FileHandle): Promise<{ readonly n: number; readonly hash: string }> {
  const { size } = await handle.stat();
  if (size === 0) return { n: 0, hash: FIRST_HASH };
  const length = Math.min(size, LONGEST_LINE);
  const { buffer } = await handle.read(Buffer.alloc(length), 0, length, size - length);
  const text = buffer.toString('utf8');
  if (!text.endsWith('\n')) await handle.appendFile('\n');
  const found = text
    .trimEnd()
    .split('\n')
    .reverse()
    .flatMap((line) => lineOf(line) ?? [])[0];
  return found ? { n: found.n, hash: found.hash } : { n: 0, hash: FIRST_HASH };
}

/** `caliper audit verify`. `expected`: a head that was noted before. */
export async function verifyAuditTrail(
  file: string,
  expected: string | undefined,
): Promise<Result<ChainVerdict, string>> {
  try {
    await stat(file);
  } catch (error) {
    return fail(`${file} cannot be read (${codeOf(error)})`);
  }
  const check = new ChainCheck(expected);
  for await (const line of createInterface({ input: createReadStream(file, 'utf8'), crlfDelay: Infinity }))
    check.take(line);
  return ok(check.verdict());
}

const codeOf = (error: unknown): string => (error as NodeJS.ErrnoException).code ?? 'unknown';
