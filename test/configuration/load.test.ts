import { describe, expect, test } from '@jest/globals';
import { problemText, readConfiguration, resolveSecret, rulesOf } from '../../src/configuration/index.js';

const GOOD = `
archives:
  - name: main-pacs
    url: https://pacs.example/dicom-web
    credentials: { basic: { user: env:PACS_USER, password: env:PACS_PASSWORD } }
    timeZone: Europe/Berlin
    budget: { requestsPerSecond: 4, megabytesPerSecond: 20, quietHours: "07:00-18:00" }
sources:
  - archive: main-pacs
    watch: [{ studyDates: 2d, every: 1m }, { studyDates: 14d, every: 1h }]
    images: [same]
destinations:
  - archive: main-pacs
    mode: shadow
    confirm: read-back
    requireStudy: true
    storeFrom: first-live
rules:
  - match: { finding: [lesion, nodule, lymph node] }
    method: cosegmentation
    onInferenceFailure: wait
    store: { to: [main-pacs], holdBelowAgreement: auto }
segmentation: { bundle: default, device: auto, extent: slice }
database: embedded
retention: { events: 400d, reviews: forever }
page: { listen: 127.0.0.1:8080 }
`;

/** Each defect of a configuration and the sentence that a person reads. */
const BAD: readonly [title: string, edit: (good: string) => string, expected: RegExp][] = [
  [
    'a misspelt key',
    (y) => y.replace('megabytesPerSecond', 'megabytePerSecond'),
    /^site\.yaml:7: archives\[0\]\.budget\.megabytePerSecond is not a setting; did you mean megabytesPerSecond\?$/m,
  ],
  [
    'a secret in the file',
    (y) => y.replace('env:PACS_PASSWORD', 'hunter2'),
    /^site\.yaml:5: archives\[0\]\.credentials\.basic\.password must not stand in this file; refer to it as env:NAME or file:\/path$/m,
  ],
  [
    'an unknown archive',
    (y) => y.replace('  - archive: main-pacs\n    watch', '  - archive: main-pac\n    watch'),
    /^site\.yaml:9: sources\[0\]\.archive names an archive that is not there; known: main-pacs$/m,
  ],
  [
    'a number where words are',
    (y) => y.replace('every: 1m', 'every: 60'),
    /^site\.yaml:10: sources\[0\]\.watch\[0\]\.every must be a string$/m,
  ],
  [
    'no duration',
    (y) => y.replace('every: 1h', 'every: hourly'),
    /every is no duration; write a number and s, m, h or d/,
  ],
  [
    'a bad mode',
    (y) => y.replace('mode: shadow', 'mode: dry'),
    /^site\.yaml:14: destinations\[0\]\.mode must be one of: live, shadow, paused$/m,
  ],
  [
    'a page for everybody',
    (y) => y.replace('127.0.0.1:8080', '0.0.0.0:8080'),
    /page\.listen can be reached from other machines, which needs page\.users[\s\S]*page\.listen can be reached from other machines, which needs page\.tls/,
  ],
  [
    'a page for everybody, signed in but in clear text',
    (y) =>
      y.replace(
        '{ listen: 127.0.0.1:8080 }',
        '{ listen: "[::]:8080", users: [{ name: ada, role: admin, password: env:ADA }] }',
      ),
    /^site\.yaml:26: page\.listen can be reached from other machines, which needs page\.tls$/m,
  ],
  [
    'a password written out',
    (y) => y.replace('{ listen: 127.0.0.1:8080 }', '{ users: [{ name: ada, role: admin, password: lovelace }] }'),
    /page\.users\[0\]\.password must not stand in this file/,
  ],
  [
    'a viewer that asks for what is not known',
    (y) => y.replace('{ listen: 127.0.0.1:8080 }', '{ viewer: "https://v.example/{patient}" }'),
    /page\.viewer must be an address in which \{study\}/,
  ],
  ['rules missing', (y) => y.replace(/rules:[\s\S]*?(?=segmentation:)/, ''), /rules is missing; it takes an array/],
  [
    'a bad threshold',
    (y) => y.replace('holdBelowAgreement: auto', 'holdBelowAgreement: often'),
    /holdBelowAgreement must be one of: auto; a number/,
  ],
  ['a bad time zone', (y) => y.replace('Europe/Berlin', 'Berlin/Europe'), /timeZone is no time zone/],
  [
    'credentials in the address',
    (y) => y.replace('https://pacs', 'https://me:secret@pacs'),
    /url is no http or https address/,
  ],
  [
    'fractional where a rule draws without probabilities',
    (y) =>
      y
        .replace('mode: shadow', 'mode: shadow\n    segmentation: fractional')
        .replace('method: cosegmentation', 'method: grabcut'),
    /destinations\[0\]\.segmentation cannot be fractional: method grabcut gives no probabilities \(rule-1\)/,
  ],
  [
    'fractional where lesions are followed through the volume',
    (y) =>
      y
        .replace('mode: shadow', 'mode: shadow\n    segmentation: fractional')
        .replace('extent: slice', 'extent: volume'),
    /cannot be fractional with extent: volume/,
  ],
  [
    'a result report of probabilities',
    (y) => y.replace('mode: shadow', 'mode: shadow\n    segmentation: fractional\n    resultReport: true'),
    /cannot be fractional with a resultReport/,
  ],
  ...(['resultReport: true', 'rejectionNotes: allowed'] as const).map((setting): (typeof BAD)[number] => [
    `${setting} at an archive that cannot be read`,
    (y) => y.replace('mode: shadow', `mode: shadow\n    ${setting}`).replace('confirm: read-back', 'confirm: answer'),
    /needs confirm: read-back, since it follows only what was read back/,
  ]),
  ['broken YAML', (y) => y.replace('sources:', 'sources: ['), /is no valid YAML/],
  ['an empty file', () => '', /the file is empty/],
];

describe('the configuration file', () => {
  test('the shape of the documentation is read, defaults filled in', () => {
    const read = readConfiguration(GOOD);
    if (!read.ok) throw new Error(read.error.map((p) => problemText('site.yaml', p)).join('\n'));
    expect(read.value.sources[0]!.watch).toEqual([
      { studyDates: 2, every: 60_000 },
      { studyDates: 14, every: 3_600_000 },
    ]);
    expect(read.value.sources[0]!.mode).toBe('live');
    expect(read.value.archives[0]!.budget.quietHours).toEqual({ fromMinute: 420, toMinute: 1080 });
    expect(rulesOf(read.value)[0]).toMatchObject({ name: 'rule-1', method: 'cosegmentation', storeTo: ['main-pacs'] });
  });

  test.each(BAD)('%s', (_title, edit, expected) => {
    const read = readConfiguration(edit(GOOD));
    expect(read.ok).toBe(false);
    if (!read.ok) expect(read.error.map((p) => problemText('site.yaml', p)).join('\n')).toMatch(expected);
  });

  test('all problems at once', () => {
    const read = readConfiguration(
      GOOD.replace('mode: shadow', 'mode: dry').replace('Europe/Berlin', 'Mars').replace('every: 1h', 'every: x'),
    );
    expect(read.ok ? [] : read.error).toHaveLength(3);
  });
});

describe('secrets', () => {
  const sources = {
    environment: { A: 'x' },
    readTextFile: (path: string) => {
      if (path === '/s') return 'y\n';
      throw Object.assign(new Error('no'), { code: 'ENOENT' });
    },
  };
  test('come from the environment or a file; the error names the place only', () => {
    expect(resolveSecret('env:A', sources)).toEqual({ ok: true, value: 'x' });
    expect(resolveSecret('file:/s', sources)).toEqual({ ok: true, value: 'y' });
    expect(resolveSecret('env:B', sources)).toEqual({ ok: false, error: 'the environment has no B' });
    expect(resolveSecret('file:/t', sources)).toEqual({ ok: false, error: '/t cannot be read (ENOENT)' });
  });
});
