import { expect, test } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { describeWith } from '../environment/peers.js';
import { pythonProgram } from '../environment/python-program.js';

const judged = (program: string, args: readonly string[], input?: string) => {
  const { status, stdout, stderr } = spawnSync(program, args, {
    encoding: 'utf8',
    ...(input === undefined ? {} : { input }),
  });
  return { status, said: `${stdout}${stderr}`.trim() };
};
const dockerfiles = readdirSync('deploy').filter((name) => name.startsWith('Dockerfile'));
const MANIFESTS = readdirSync('deploy/kubernetes').map((name) => join('deploy/kubernetes', name));

describeWith({ hadolint: pythonProgram('hadolint') }, 'the Dockerfiles', ({ hadolint }) => {
  test.each(dockerfiles)('hadolint has nothing against %s', (name) => {
    expect(judged(hadolint, ['--no-color', join('deploy', name)])).toEqual({ status: 0, said: '' });
  });

  test('and would have, were they careless', () => {
    const careless = readFileSync('deploy/Dockerfile', 'utf8').replaceAll('node:20-bookworm-slim', 'node:latest');
    const { status, said } = judged(hadolint, ['--no-color', '-'], `${careless}USER root\n`);
    expect(status).toBe(1);
    expect(said).toContain('DL3007');
    expect(said).toContain('DL3002');
  });
});

describeWith({ 'kubernetes-validate': pythonProgram('kubernetes-validate') }, 'the Kubernetes manifests', (peers) => {
  const validate = peers['kubernetes-validate'];
  const kinds = MANIFESTS.flatMap((path) =>
    parseAllDocuments(readFileSync(path, 'utf8')).map((document) => (document.toJS() as { kind: string }).kind),
  );

  // the oldest and the newest that the manifests are for: the schemas of Kubernetes itself, unknown fields refused
  test.each(['1.30', '1.37'])('are what Kubernetes %s takes, without a field that it does not know', (version) => {
    const { status, said } = judged(validate, ['--strict', '-k', version, ...MANIFESTS]);
    expect({ status, passed: said.match(/ passed for resource /g)?.length, said }).toEqual({
      status: 0,
      passed: kinds.length,
      said: expect.not.stringMatching(/WARN|ERROR/) as unknown,
    });
    for (const kind of kinds) expect(said).toContain(`resource ${kind.toLowerCase()}/`);
  });

  test('and a misspelt field is found', () => {
    const folder = mkdtempSync(join(tmpdir(), 'caliper-manifest-'));
    try {
      const path = join(folder, 'caliper.yaml');
      const right = readFileSync('deploy/kubernetes/caliper.yaml', 'utf8');
      writeFileSync(path, right.replace('runAsNonRoot', 'runAsNotRoot'));
      const { status, said } = judged(validate, ['--strict', path]);
      expect(status).not.toBe(0);
      expect(said).toContain('runAsNotRoot');
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
