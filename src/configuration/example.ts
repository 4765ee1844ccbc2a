import { isRecord, onOneLine, settingsSchema, type SchemaNode } from './settings-tree.js';

/**
 * The example file: every setting with its sentence, its default and since when it is there. A setting without a default that may be left out
 * stands as a comment. Values of the example are in `EXAMPLE`; everything else is the schema's.
 */
export function exampleConfiguration(schemaReference: string): string {
  const lines = [
    `# yaml-language-server: $schema=${schemaReference}`,
    '# Every setting of Caliper, generated from src/configuration/schema.ts by `npm run docs`.',
    '# `caliper check --config FILE` says whether a file works; `caliper check --print-config --config FILE` what it comes to with all defaults.',
    '# Secrets stand in the environment (env:NAME) or in a file (file:/path), never here.',
  ];
  for (const [key, node] of Object.entries(settingsSchema().properties ?? {}))
    if (key !== '$schema') lines.push('', ...settingLines(key, node, EXAMPLE[key], '', 'set'));
  return `${lines.join('\n')}\n`;
}

/** A site with one archive that is watched and stored to. Absent: the default, or a comment. */
const EXAMPLE: Readonly<Record<string, unknown>> = {
  archives: [
    {
      name: 'main-pacs',
      url: 'https://pacs.example/dicom-web',
      credentials: { basic: { user: 'env:PACS_USER', password: 'env:PACS_PASSWORD' } },
      timeZone: 'Europe/Berlin',
      budget: { quietHours: '07:00-18:00' },
    },
  ],
  sources: [{ archive: 'main-pacs', since: '2020-01-01' }],
  destinations: [{ archive: 'main-pacs' }],
  rules: [
    {
      name: 'lesions',
      match: { finding: ['lesion', 'nodule', 'mass', 'lymph'] },
      method: 'cosegmentation',
      store: { to: ['main-pacs'] },
    },
  ],
  stateFolder: '/var/lib/caliper/state',
  retention: { events: '400d' },
};

/** What stands behind a comment sign: by the path of the setting, list positions left out. */
const COMMENTED: Readonly<Record<string, unknown>> = {
  'archives.credentials.bearer': { token: 'file:/run/secrets/pacs-token' },
  'archives.tls': { ca: 'file:/etc/caliper/hospital-ca.pem' },
  'archives.tls.ca': 'file:/etc/caliper/hospital-ca.pem',
  'archives.tls.certificate': 'file:/etc/caliper/client.pem',
  'archives.tls.key': 'file:/etc/caliper/client.key',
  'rules.match.findingSite': ['lung', 'liver'],
  'harvest.pseudonymKey': 'file:/etc/caliper/pseudonym.key',
  'harvest.sources': ['main-pacs'],
  'harvest.withdrawn': 'withdrawn.txt',
  'harvest.purpose': 'Training of segmentation networks',
  'harvest.licence': 'For use in this hospital only',
  'harvest.commercial': false,
  'harvest.approval': 'EK 123/2026',
  'harvest.citation': 'Our Hospital, weak labels, 2026',
  'harvest.contact': 'research@hospital.example',
  'page.tls': { certificate: 'file:/etc/caliper/page.pem', key: 'file:/etc/caliper/page.key' },
  'page.oidc': {
    issuer: 'https://login.hospital.example/realms/hospital',
    audience: 'caliper',
    roles: { viewer: ['radiology'], admin: ['caliper-admin'] },
  },
  'page.oidc.ca': 'file:/etc/caliper/hospital-ca.pem',
  'page.oidc.roles.reviewer': ['radiologist'],
  'page.oidc.roles.metrics': ['monitoring'],
  'page.oidc.roles.trigger': ['ris'],
  'page.oidc.client': { id: 'caliper' },
  'page.oidc.client.secret': 'env:CALIPER_CLIENT_SECRET',
  'page.viewer': 'https://viewer.example/viewer?StudyInstanceUIDs={study}',
  'audit.file': '/var/log/caliper/audit.jsonl',
  'audit.syslog': { address: 'audit.hospital.example:6514', ca: 'file:/etc/caliper/hospital-ca.pem' },
};

type Standing = 'set' | 'commented';

function settingLines(path: string, node: SchemaNode, given: unknown, indent: string, standing: Standing): string[] {
  const key = path.split('.').at(-1)!;
  const value = given ?? node.default ?? COMMENTED[path];
  const out = standing === 'set' && (given !== undefined || node.default !== undefined) ? 'set' : 'commented';
  const sign = out === 'set' ? '' : '# ';
  const lines = commentOf(node).map((line) => `${indent}# ${line}`);
  const properties = propertiesOf(node, value);
  if (properties) {
    const inner = groupLines(path, properties, value, `${indent}  `, out);
    // a group of which nothing is set would be no group but nothing at all
    const empty = inner.every((line) => line.trimStart().startsWith('#'));
    return [...lines, `${indent}${empty ? '# ' : sign}${key}:`, ...inner];
  }
  const item = node.items;
  if (item?.properties && Array.isArray(value) && value.length > 0 && given !== undefined) {
    lines.push(`${indent}${sign}${key}:`);
    for (const element of value as readonly unknown[]) {
      const inner = groupLines(path, item.properties, element, `${indent}    `, out);
      // the first setting carries the dash of the list
      const first = inner.findIndex((line) => !line.trimStart().startsWith('#'));
      inner[first] = `${indent}  - ${inner[first]!.trimStart()}`;
      lines.push(...inner);
    }
    return lines;
  }
  lines.push(`${indent}${sign}${key}:${value === undefined ? ' ...' : ` ${onOneLine(value)}`}`);
  return lines;
}

function groupLines(
  path: string,
  properties: Readonly<Record<string, SchemaNode>>,
  value: unknown,
  indent: string,
  standing: Standing,
): string[] {
  return Object.entries(properties).flatMap(([key, node]) =>
    settingLines(`${path}.${key}`, node, isRecord(value) ? value[key] : undefined, indent, standing),
  );
}

/** The settings of a group; a group that stands as a comment is one line. */
const propertiesOf = (node: SchemaNode, value: unknown): SchemaNode['properties'] =>
  isRecord(value) && node.properties && (node.default !== undefined || Object.keys(value).length > 0)
    ? node.properties
    : undefined;

function commentOf(node: SchemaNode): string[] {
  const says = node.description ?? '';
  const simple = node.default !== undefined && !(isRecord(node.default) && Object.keys(node.default).length === 0);
  const facts = [
    ...(node.enum && !node.enum.every((word) => says.includes(String(word))) ? [`one of ${node.enum.join(', ')}`] : []),
    ...(simple ? [`default ${onOneLine(node.default)}`] : []),
    ...(node.since === undefined ? [] : [`since ${node.since}`]),
  ];
  const text = [says, ...(facts.length > 0 ? [`(${facts.join('; ')})`] : [])].filter((part) => part !== '').join(' ');
  return wrapped(text, 140);
}

function wrapped(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ').filter((w) => w !== '')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return line === '' ? lines : [...lines, line];
}
