import { beforeAll, describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { probeInference } from '../../src/compute/index.js';
import { probeGraph } from '../../src/compute/probe-graph.js';
import { describeOnLinux, inferenceChildren } from './children.js';
import { demandCompiled } from './compiled.js';

const { version } = JSON.parse(readFileSync('node_modules/onnxruntime-node/package.json', 'utf8')) as {
  version: string;
};

beforeAll(demandCompiled);

describe('the model of the probe', () => {
  it('is byte for byte what onnx 1.23 writes for y = x + x, but for an empty domain that it spells out', () => {
    const byOnnx =
      '08083a390a0e0a01780a01781201792203416464120570726f62655a0f0a0178120a0a08080112040a020802620f0a0179120a0a08080112040a020802' +
      '42040a001011';
    expect(Buffer.from(probeGraph()).toString('hex')).toBe(byOnnx.replace('42040a001011', '42021011'));
  });
});

describe('a probe of the inference child', () => {
  it('says by which version and where a network would run, and why there', async () => {
    const probe = await probeInference();
    expect(probe).toMatchObject({ kind: 'works', version });
    if (probe.kind === 'works' && probe.provider === 'cpu') expect(probe.because).toMatch(/^cuda: \w/);
    expect(probe.because).not.toContain('\n');
  });

  it('takes the one provider that is asked for', async () => {
    expect(await probeInference({ device: 'cpu', deadlineMs: 20_000 })).toEqual({
      kind: 'works',
      version,
      provider: 'cpu',
      because: 'cpu was asked for and works',
    });
    const cuda = await probeInference({ device: 'cuda', deadlineMs: 60_000 });
    expect(cuda.kind === 'works' ? cuda.provider : cuda.because.slice(0, 6)).toMatch(/^cuda/);
  });

  it('ends a child that does not answer in time', async () => {
    expect(await probeInference({ device: 'cpu', deadlineMs: 1 })).toEqual({
      kind: 'fails',
      version: undefined,
      because: 'no answer within 1 ms',
    });
  });
});

describeOnLinux('a child that is killed', () => {
  it('is an answer, and nobody is left behind', async () => {
    const probing = probeInference();
    const [pid] = inferenceChildren();
    expect(pid).toBeGreaterThan(1);
    process.kill(pid!, 'SIGKILL');
    expect(await probing).toEqual({
      kind: 'fails',
      version: undefined,
      because: 'the child process ended (SIGKILL)',
    });
    expect(inferenceChildren()).toEqual([]);
  });

  it('nor when it answered', async () => {
    await probeInference({ device: 'cpu', deadlineMs: 20_000 });
    expect(inferenceChildren()).toEqual([]);
  });
});
