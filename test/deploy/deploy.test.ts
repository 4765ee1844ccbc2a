import { describe, expect, test } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import {
  accessSync,
  constants,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse, parseAllDocuments } from 'yaml';
import { problemText, readConfiguration } from '../../src/configuration/index.js';
import { EVENTS, isReasonCode } from '../../src/domain/index.js';
import { onThisMachine } from './tools.js';

const text = (path: string): string => readFileSync(join('deploy', path), 'utf8');
const works = (path: string, configuration: string) => {
  const read = readConfiguration(configuration);
  if (!read.ok) throw new Error(read.error.map((p) => problemText(path, p)).join('\n'));
  return read.value;
};

interface Manifest {
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly data?: Readonly<Record<string, string>>;
  readonly spec?: {
    readonly template?: {
      readonly spec: {
        readonly automountServiceAccountToken: boolean;
        readonly securityContext: { readonly runAsNonRoot: boolean; readonly runAsUser: number };
        readonly containers: readonly {
          readonly securityContext: object;
          readonly volumeMounts: readonly { readonly name: string; readonly mountPath: string }[];
          readonly livenessProbe: { readonly httpGet: { readonly path: string } };
          readonly readinessProbe: { readonly httpGet: { readonly path: string } };
        }[];
        readonly volumes: readonly { readonly name: string }[];
      };
    };
    readonly volumeClaimTemplates?: readonly Manifest[];
  };
}

describe('containers', () => {
  test.each(['Dockerfile', 'Dockerfile.cuda'])('%s: two stages, not root, an entry point that is there', (path) => {
    const file = text(path);
    expect(file.match(/^FROM node:20-bookworm-slim/gm)).toHaveLength(2);
    const last = file.slice(file.lastIndexOf('FROM '));
    expect(last).toMatch(/^USER 10001:10001$/m);
    expect(last).not.toMatch(/^USER (root|0)/m);
    expect(file).not.toMatch(/:latest|curl .*\| *(ba)?sh|ADD https?:/);
    const entry = JSON.parse(/^ENTRYPOINT (.*)$/m.exec(last)![1]!) as string[];
    for (const inside of [...entry, /"(\/opt\/caliper\/deploy\/[^"]+)"/.exec(last)![1]!].filter((p) =>
      p.startsWith('/opt/caliper/'),
    ))
      accessSync(inside.replace('/opt/caliper/', ''), constants.R_OK);
  });

  test('what the images are made of is in the repository, and nothing else is let through', () => {
    const rules = readFileSync('.dockerignore', 'utf8')
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'));
    expect(rules[0]).toBe('*');
    const through = rules.filter((rule) => rule.startsWith('!')).map((rule) => rule.slice(1));
    for (const path of through) accessSync(path, constants.R_OK);
    expect(rules).toContain('deploy/compose/secrets');
    for (const kept of ['node_modules', 'dist', '.git', 'test', 'caliper-demo', '.cuda'])
      expect(through).not.toContain(kept);
    // whatever the stages copy by name, and what the compiled program looks for beside itself
    for (const name of ['Dockerfile', 'Dockerfile.cuda'])
      for (const [, named] of text(name).matchAll(/^COPY (?!--from)(.+) \S+$/gm))
        for (const path of named!.split(' ').filter((p) => p !== '.')) expect(through).toContain(path);
    expect(through).toEqual(expect.arrayContaining(['bin', 'models', 'scripts', 'src', 'tsconfig.json']));
  });

  test('the start command of the image runs in a bare folder, from anywhere', () => {
    const folder = mkdtempSync(join(tmpdir(), 'caliper-image-'));
    try {
      symlinkSync(process.cwd(), join(folder, 'caliper'));
      const done = spawnSync(
        process.execPath,
        [join(folder, 'caliper/bin/caliper.mjs'), 'run', '--config', '/nowhere.yaml'],
        {
          cwd: folder,
          env: { NODE_ENV: 'production' },
          encoding: 'utf8',
        },
      );
      expect([done.status, done.stderr.trim()]).toEqual([2, '/nowhere.yaml cannot be read (ENOENT)']);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test('the health check says no where nobody answers', () => {
    const done = spawnSync(process.execPath, ['deploy/healthy.mjs'], { env: { CALIPER_PAGE: 'http://127.0.0.1:9/' } });
    expect(done.status).toBe(1);
  });

  test('compose: every file and secret that is named is there or made, and Caliper gives away nothing it need not', () => {
    const { services, secrets } = parse(text('compose/compose.yaml')) as {
      services: Record<
        string,
        { secrets?: string[]; volumes?: string[]; read_only?: boolean; cap_drop?: string[]; ports?: string[] }
      >;
      secrets: Record<string, { file: string }>;
    };
    const maker = text('compose/make-secrets.sh');
    for (const service of Object.values(services)) {
      for (const secret of service.secrets ?? []) expect(secrets[secret]?.file).toBe(`./secrets/${secret}`);
      for (const volume of service.volumes ?? []) {
        const path = volume.split(':')[0]!;
        if (path.startsWith('.')) accessSync(join('deploy/compose', path));
      }
      for (const port of service.ports ?? []) expect(port).toMatch(/^127\.0\.0\.1:/);
    }
    for (const secret of Object.keys(secrets)) expect(maker).toContain(secret);
    expect(services['caliper']).toMatchObject({ read_only: true, cap_drop: ['ALL'] });
    const configuration = works('caliper.yaml', text('compose/caliper.yaml'));
    expect(configuration.destinations[0]!.mode).toBe('shadow');
    expect(statSync('deploy/compose/make-secrets.sh').mode & 0o111).not.toBe(0);
  });
});

describe('Kubernetes', () => {
  const manifests = parseAllDocuments(text('kubernetes/caliper.yaml')).map((d) => {
    expect(d.errors).toEqual([]);
    return d.toJS() as Manifest;
  });
  const of = (kind: string): Manifest => manifests.find((m) => m.kind === kind)!;

  test('the configuration in it works, and every secret that it names is in the command that makes them', () => {
    const configuration = of('ConfigMap').data!['caliper.yaml']!;
    expect(works('caliper.yaml', configuration).database).toEqual({ url: 'file:/etc/caliper/secrets/database-url' });
    for (const [, name] of configuration.matchAll(/file:\/etc\/caliper\/secrets\/([\w.-]+)/g))
      expect(text('kubernetes/caliper.yaml')).toContain(`--from-file=${name}`);
  });

  test('workers are not root, cannot write their root, mount what they use, and are probed where they answer', () => {
    const { spec } = of('StatefulSet').spec!.template!;
    expect(spec).toMatchObject({
      automountServiceAccountToken: false,
      securityContext: { runAsNonRoot: true, runAsUser: 10001 },
    });
    const [container] = spec.containers;
    expect(container!.securityContext).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    });
    expect([container!.livenessProbe.httpGet.path, container!.readinessProbe.httpGet.path]).toEqual([
      '/healthz',
      '/readyz',
    ]);
    const volumes = [
      ...spec.volumes.map((v) => v.name),
      ...of('StatefulSet').spec!.volumeClaimTemplates!.map((c) => c.metadata.name),
    ];
    expect(container!.volumeMounts.map((m) => m.name).sort()).toEqual(volumes.sort());
    expect(manifests.map((m) => m.kind)).toEqual([
      'Namespace',
      'ConfigMap',
      'StatefulSet',
      'Service',
      'PodDisruptionBudget',
      'NetworkPolicy',
    ]);
  });
});

describe('monitoring', () => {
  const metrics = readFileSync('src/operations/metrics.ts', 'utf8');
  const known = new Set([
    ...[...metrics.matchAll(/gauge\(\s*'(\w+)'/g)].map(([, name]) => `caliper_${name}`),
    ...[...metrics.matchAll(/name: '(caliper_\w+)'/g)].map(([, name]) => name!),
  ]);
  const asked = [...`${text('prometheus/alerts.yaml')}${text('grafana/caliper.json')}`.matchAll(/\bcaliper_\w+/g)].map(
    ([name]) => name.replace(/_(bucket|sum|count)$/, (suffix) => (known.has(name) ? suffix : '')),
  );

  test('alerts and the dashboard ask for metrics, events and reasons that there are', () => {
    expect(known.size).toBeGreaterThan(10);
    expect([...new Set(asked)].filter((name) => !known.has(name))).toEqual([]);
    const alerts = text('prometheus/alerts.yaml');
    for (const [, event] of alerts.matchAll(/event="([\w.]+)"/g)) expect(Object.keys(EVENTS)).toContain(event);
    for (const [, reasons] of alerts.matchAll(/reason=~"([\w|-]+)"/g))
      for (const reason of reasons!.split('|')) expect(isReasonCode(reason)).toBe(true);
    expect((JSON.parse(text('grafana/caliper.json')) as { panels: object[] }).panels.length).toBeGreaterThan(8);
  });

  onThisMachine('promtool')('promtool finds the rules and the scrape configuration right', (promtool) => {
    const folder = mkdtempSync(join(tmpdir(), 'caliper-promtool-'));
    try {
      const rules = spawnSync(promtool, ['check', 'rules', 'deploy/prometheus/alerts.yaml'], { encoding: 'utf8' });
      expect([rules.status, rules.stderr]).toEqual([0, '']);
      const scrape = text('compose/prometheus.yml')
        .replace('/etc/prometheus/alerts.yaml', join(process.cwd(), 'deploy/prometheus/alerts.yaml'))
        .replace('/run/secrets/metrics_token', join(folder, 'token'));
      writeFileSync(join(folder, 'token'), 'x');
      writeFileSync(join(folder, 'prometheus.yml'), scrape);
      const checked = spawnSync(promtool, ['check', 'config', join(folder, 'prometheus.yml')], { encoding: 'utf8' });
      expect([checked.status, checked.stderr]).toEqual([0, '']);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe('systemd', () => {
  onThisMachine('systemd-analyze')('the unit is right and shuts what it does not need', (analyze) => {
    const folder = mkdtempSync(join(tmpdir(), 'caliper-unit-'));
    try {
      // the paths of a real installation are not on this machine
      const unit = text('caliper.service')
        .replaceAll('/usr/bin/node', process.execPath)
        .replaceAll('/opt/caliper/', `${process.cwd()}/`);
      writeFileSync(join(folder, 'caliper.service'), unit);
      const verified = spawnSync(analyze, ['verify', join(folder, 'caliper.service')], { encoding: 'utf8' });
      expect([verified.status, verified.stderr.split('\n').filter((line) => line.includes('caliper.service'))]).toEqual(
        [0, []],
      );
      const security = spawnSync(
        analyze,
        ['security', '--offline=true', '--threshold=25', join(folder, 'caliper.service')],
        {
          encoding: 'utf8',
        },
      );
      expect(security.stdout).toMatch(/Overall exposure level for caliper.service: 1\.\d OK/);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
