import { z } from 'zod';
import { clockRange, days, duration } from './duration.js';
import { issuerSchema } from './issuer-schema.js';
import { secret } from './secret-reference.js';

/**
 * The one schema of the configuration file. Types, validation, messages and (through `z.toJSONSchema`) the schema for editors come from here.
 * Every object is strict: an unknown key is an error, since a misspelt setting that does nothing is worse than none.
 */

export const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;
const name = (what: string) =>
  z
    .string()
    .regex(NAME, `is no name; use letters, digits, dot, dash and underscore, at most 64 characters`)
    .describe(what);

const timeZone = z
  .string()
  .refine(isTimeZone, 'is no time zone; write such as Europe/Berlin or UTC')
  .default('UTC')
  .describe('Time zone of the archive; decides what its "today" is.');

const credentials = z
  .strictObject({
    basic: z.strictObject({ user: secret('User name.'), password: secret('Password.') }).optional(),
    bearer: z.strictObject({ token: secret('Bearer token.') }).optional(),
  })
  .refine((c) => !(c.basic && c.bearer), 'holds two kinds of credentials; keep one')
  .describe('How we sign in; leave out where none is needed.');

const archive = z.strictObject({
  name: name('How this file, the page and the log call the archive.'),
  url: z
    .string()
    .refine(isHttpUrl, 'is no http or https address; write the DICOMweb root, the part before /studies')
    .describe('DICOMweb root: the address before /studies.'),
  credentials: credentials.optional(),
  tls: z
    .strictObject({
      ca: secret('Certificate of the authority to trust (PEM).').optional(),
      certificate: secret('Our client certificate (PEM).').optional(),
      key: secret('Key of the client certificate (PEM).').optional(),
    })
    .optional()
    .describe('For archives with their own authority or client certificates.'),
  timeZone,
  budget: z
    .strictObject({
      requestsPerSecond: z
        .number()
        .positive()
        .max(1000)
        .default(4)
        .describe('Upper limit for requests, searches included.'),
      megabytesPerSecond: z.number().positive().default(20).describe('Upper limit for bytes read and sent.'),
      quietHours: clockRange()
        .optional()
        .describe('Local time in which only new reports of the last two days are looked for: "07:00-18:00".'),
    })
    .prefault({})
    .describe('What we may cost the archive, whichever roles it plays.'),
  timeoutSeconds: z.number().positive().max(3600).default(60).describe('Longest wait for one answer.'),
  maximumAnswerMebibytes: z
    .int()
    .min(1)
    .max(4095)
    .default(1024)
    .describe('Longer answers are refused, before their first byte where they announce their length.'),
});

const mode = (initial: 'live' | 'shadow') =>
  z
    .enum(['live', 'shadow', 'paused'])
    .default(initial)
    .describe('live; shadow: everything but the store; paused: nothing.');

const source = z.strictObject({
  archive: name('The archive that is read.'),
  mode: mode('live'),
  watch: z
    .array(
      z.strictObject({
        studyDates: days().describe('How many days back from today, today included.'),
        every: duration().describe('How often this window is searched.'),
      }),
    )
    .min(1)
    .prefault([
      { studyDates: '2d', every: '1m' },
      { studyDates: '14d', every: '1h' },
      { studyDates: '180d', every: '1d' },
    ])
    .describe('Search layers: windows of study dates and how often each is searched.'),
  since: z
    .union([z.iso.date(), z.literal('never')])
    .default('never')
    .describe('First study date of the slow search through the whole calendar (2020-01-31); never: no such search.'),
  images: z
    .array(z.string())
    .min(1)
    .default(['same'])
    .describe('Where referenced images are looked for, in order: same, or names of archives.'),
  carriers: z
    .array(z.enum(['gsps']))
    .default([])
    .describe(
      'What is read besides structured reports. gsps: lines drawn in presentation states, where they are measurements.',
    ),
  nearline: z
    .enum(['wait', 'recall'])
    .default('wait')
    .describe(
      'Reports and images that the archive has on slow media only (InstanceAvailability other than ONLINE). wait: until somebody has them fetched; recall: they are asked for all the same.',
    ),
});

const destination = z.strictObject({
  archive: name('The archive that is stored to.'),
  mode: mode('shadow'),
  canary: z
    .number()
    .min(0)
    .max(1)
    .default(1)
    .describe(
      'Share of the reports that mode live stores, such as 0.05: the others end as would-store. A greater share later holds the same reports and more; a replay stores whatever it names.',
    ),
  confirm: z
    .enum(['read-back', 'answer'])
    .default('read-back')
    .describe(
      'read-back: stored only when the object was read back and compared; answer: for archives that cannot be read, ends as stored-unconfirmed.',
    ),
  requireStudy: z.boolean().default(true).describe('Wait until the destination has the study.'),
  storeFrom: z
    .union([z.literal('first-live'), z.literal('always'), z.iso.date()])
    .default('first-live')
    .describe(
      'Reports first seen before this are accounted for but not stored: first-live (also what was in the archive before it was first searched), always, or a date.',
    ),
  segmentation: z
    .enum(['binary', 'labelmap', 'fractional'])
    .default('binary')
    .describe(
      'Form of the segmentations. binary: what every viewer reads; labelmap: one label a pixel; fractional: the probability of the network, where it drew.',
    ),
  resultReport: z
    .boolean()
    .default(false)
    .describe(
      'Whether what was measured on the contours is stored too, as a structured report (TID 1500), once they are stored and were read back.',
    ),
  rejectionNotes: z
    .enum(['never', 'allowed'])
    .default('never')
    .describe(
      'allowed: contours of a report that was amended or withdrawn are rejected by a key object note (IHE IOCM), once what replaces them is stored; never: they stay.',
    ),
});

const rule = z.strictObject({
  name: name('How outcomes name the rule.').optional(),
  match: z
    .strictObject({
      finding: z
        .array(z.string().min(1))
        .min(1)
        .optional()
        .describe('Words or code values of the finding; one must fit.'),
      findingSite: z
        .array(z.string().min(1))
        .min(1)
        .optional()
        .describe('Words or code values of the finding site; one must fit.'),
    })
    .prefault({})
    .describe('Which measurements the rule is for; empty: all. The first rule that fits is taken.'),
  method: z.enum(['grabcut', 'cosegmentation']).default('grabcut').describe('How the lesion is segmented.'),
  onInferenceFailure: z
    .enum(['wait', 'seed', 'hold'])
    .default('wait')
    .describe('When the network cannot run: wait for it, take the seed mask, or hold the measurement.'),
  allowNonAxial: z
    .boolean()
    .default(false)
    .describe('Whether marks on coronal, sagittal or oblique slices are stored.'),
  store: z.strictObject({
    to: z.array(z.string()).min(1).describe('Names of the destinations.'),
    holdBelowAgreement: z
      .union([z.literal('auto'), z.number().min(0).max(1)])
      .default('auto')
      .describe('Contours that re-measure worse than this are held for a person: auto, or 0 to 1.'),
  }),
});

const harvest = z
  .strictObject({
    pseudonymKey: secret(
      'Key of the pseudonyms, at least 32 characters; never written anywhere. Whoever has it can find patients again.',
    ).optional(),
    sources: z.array(z.string()).min(1).optional().describe('Sources that are harvested; all of them where left out.'),
    shareOfBudget: z
      .number()
      .positive()
      .max(1)
      .default(0.5)
      .describe(
        "Share of each archive's budget that harvests take while a daemon runs on the same database, which takes the rest (a tenth at least); alone they take all of it.",
      ),
    parallel: z.int().min(1).max(64).default(4).describe('Reports at hand at a time.'),
    contextMm: z
      .number()
      .min(0)
      .max(1000)
      .default(0)
      .describe('Slices within so many millimetres of a marked slice are taken too; 0: the marked slice alone.'),
    patienceMinutes: z
      .number()
      .positive()
      .max(10_000)
      .default(90)
      .describe('How long an archive that does not answer is waited for before a harvest stops.'),
    withdrawn: z
      .string()
      .min(1)
      .optional()
      .describe(
        'File with the patients who withdrew, one a line: PatientID, PatientID|issuer, or a pseudonym; relative to this file.',
      ),
    name: name('How the set is called.').default('harvest'),
    version: z.string().min(1).max(64).default('1').describe('Version of the set.'),
    purpose: z.string().min(1).optional().describe('For the datasheet: what the set is for.'),
    licence: z.string().min(1).optional().describe('For the datasheet: under which terms it may be used.'),
    commercial: z.boolean().optional().describe('For the datasheet: whether commercial use is allowed.'),
    approval: z.string().min(1).optional().describe('For the datasheet: ethics approval.'),
    citation: z.string().min(1).optional().describe('For the datasheet: how it is to be cited.'),
    contact: z.string().min(1).optional().describe('For the datasheet: who answers questions.'),
  })
  .prefault({})
  .describe('What `caliper harvest` does; of no meaning to the daemon.');

/** What may be said of an address: `{study}`, `{series}`, `{instance}` stand for UIDs of the report's image. */
const VIEWER_WORDS = /\{(?!(study|series|instance)\})/;

const page = z
  .strictObject({
    listen: z
      .string()
      .regex(/^(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9.-]+):\d{1,5}$/, 'must be an address and a port, such as 127.0.0.1:8080')
      .default('127.0.0.1:8080')
      .describe('Address and port. Anything but loopback (127.0.0.1, [::1], localhost) needs users (or oidc) and tls.'),
    hosts: z
      .array(z.string().regex(/^[A-Za-z0-9.-]+$/, 'must be a host name without port'))
      .default([])
      .describe(
        'Names under which browsers reach the page besides the one in listen; requests for others are refused.',
      ),
    tls: z
      .union([
        z.literal('by-proxy'),
        z.strictObject({
          certificate: secret('Certificate chain of the page (PEM).'),
          key: secret('Its key (PEM).'),
        }),
      ])
      .optional()
      .describe('Certificate and key; or by-proxy, where a proxy in front of the page speaks TLS.'),
    users: z
      .array(
        z.strictObject({
          name: name('Who signs in, as the audit trail names them.'),
          role: z
            .enum(['viewer', 'reviewer', 'admin'])
            .describe(
              'viewer: looks; reviewer: decides on held contours too; admin: pauses, replays and triggers too.',
            ),
          password: secret('The line that `caliper password` printed, never the password itself.'),
        }),
      )
      .default([])
      .describe('People who may sign in; with none, whoever reaches the loopback address is admin.'),
    tokens: z
      .array(
        z.strictObject({
          name: name('Which program it is, as the audit trail names it.'),
          role: z
            .enum(['metrics', 'trigger', 'viewer', 'reviewer', 'admin'])
            .describe('metrics: reads /metrics; trigger: names reports to look up, and nothing else; others as users.'),
          token: secret('Bearer token, at least 32 characters.'),
        }),
      )
      .default([])
      .describe('Programs that may use the API with a bearer token.'),
    oidc: issuerSchema.optional(),
    idleMinutes: z
      .number()
      .positive()
      .max(1440)
      .default(30)
      .describe('Signed out after so many minutes without a request; after twelve hours in any case.'),
    viewer: z
      .string()
      .refine(
        (text) => isHttpUrl(text.replace(/\{(study|series|instance)\}/g, '1')) && !VIEWER_WORDS.test(text),
        'must be an address in which {study}, {series} and {instance} stand for UIDs',
      )
      .optional()
      .describe(
        "Address of the site's viewer: {study}, {series} and {instance} stand for the UIDs of the marked image.",
      ),
  })
  .prefault({})
  .describe('The page and the API.');

const audit = z
  .strictObject({
    file: z
      .string()
      .min(1)
      .optional()
      .describe('The audit trail, relative to this file; caliper-audit.jsonl beside the state folder where left out.'),
    syslog: z
      .strictObject({
        address: z
          .string()
          .regex(/^[A-Za-z0-9.-]+:\d{1,5}$/, 'must be a host and a port, such as audit.hospital.example:6514')
          .describe('Host and port of an audit record repository (RFC 5425, syslog over TLS).'),
        ca: secret('Certificate of the authority to trust (PEM).').optional(),
      })
      .optional()
      .describe('Where audit messages are sent besides the file.'),
  })
  .prefault({})
  .describe(
    'Who did and saw what, as DICOM audit messages (PS3.15 A.5), in a file whose lines are chained by their hashes.',
  );

export const configurationSchema = z
  .strictObject({
    $schema: z.string().optional().describe('For editors.'),
    archives: z.array(archive).min(1).describe('Every archive, whichever roles it plays.'),
    sources: z.array(source).min(1).describe('Archives that are watched for reports.'),
    destinations: z.array(destination).default([]).describe('Archives that contours are stored to.'),
    rules: z.array(rule).min(1).describe('Which measurements are segmented, how, and where the result goes.'),
    segmentation: z
      .strictObject({
        bundle: name('Model folder below models/.').default('default'),
        device: z
          .enum(['auto', 'cuda', 'cpu'])
          .default('auto')
          .describe('Where the network runs; auto tries CUDA first.'),
        extent: z
          .enum(['slice', 'volume'])
          .default('slice')
          .describe('What is segmented: the marked slice, or all slices that the lesion reaches from there.'),
      })
      .prefault({}),
    database: z
      .union([z.literal('embedded'), z.strictObject({ url: secret('postgres:// address.') })])
      .default('embedded')
      .describe("embedded: a PostgreSQL of our own; or the site's."),
    stateFolder: z
      .string()
      .min(1)
      .default('caliper-state')
      .describe('Where the embedded database lives; relative to this file.'),
    retention: z
      .strictObject({
        events: z
          .union([z.literal('forever'), days()])
          .prefault('forever')
          .describe('How long the history of each step is kept.'),
        reviews: z.literal('forever').default('forever').describe('Decisions of people are kept.'),
      })
      .prefault({}),
    harvest,
    page,
    audit,
  })
  .superRefine((configuration, context) => {
    const archives = configuration.archives.map((a) => a.name);
    const destinations = configuration.destinations.map((d) => d.archive);
    const known = (value: string, among: readonly string[], what: string, path: (string | number)[]) => {
      if (!among.includes(value))
        context.addIssue({
          code: 'custom',
          path,
          message: `names ${what} that is not there; known: ${among.join(', ') || 'none'}`,
        });
    };
    const unique = (values: readonly string[], path: (index: number) => (string | number)[]) =>
      values.forEach((value, i) => {
        if (values.indexOf(value) < i) context.addIssue({ code: 'custom', path: path(i), message: 'is used twice' });
      });
    unique(archives, (i) => ['archives', i, 'name']);
    unique(
      configuration.sources.map((s) => s.archive),
      (i) => ['sources', i, 'archive'],
    );
    unique(destinations, (i) => ['destinations', i, 'archive']);
    configuration.sources.forEach((s, i) => {
      known(s.archive, archives, 'an archive', ['sources', i, 'archive']);
      s.images.forEach((a, j) => a === 'same' || known(a, archives, 'an archive', ['sources', i, 'images', j]));
    });
    configuration.harvest.sources?.forEach((s, i) =>
      known(
        s,
        configuration.sources.map((source) => source.archive),
        'a source',
        ['harvest', 'sources', i],
      ),
    );
    unique(
      [...configuration.page.users, ...configuration.page.tokens].map((u) => u.name),
      (i) => ['page', i < configuration.page.users.length ? 'users' : 'tokens'],
    );
    for (const says of openPageProblems(configuration.page))
      context.addIssue({ code: 'custom', path: ['page', 'listen'], message: says });
    configuration.destinations.forEach((d, i) => {
      known(d.archive, archives, 'an archive', ['destinations', i, 'archive']);
      for (const { setting, message } of destinationProblems(d, configuration))
        context.addIssue({ code: 'custom', path: ['destinations', i, setting], message });
    });
    configuration.rules.forEach((r, i) =>
      r.store.to.forEach((d, j) => known(d, destinations, 'a destination', ['rules', i, 'store', 'to', j])),
    );
  });

export type Configuration = z.output<typeof configurationSchema>;
export type ConfiguredArchive = Configuration['archives'][number];

interface DestinationProblem {
  readonly setting: 'segmentation' | 'resultReport' | 'rejectionNotes';
  readonly message: string;
}

/** Settings of a destination that the others do not allow. */
function destinationProblems(
  { archive, confirm, segmentation, resultReport, rejectionNotes }: z.output<typeof destination>,
  {
    rules,
    segmentation: { extent },
  }: {
    readonly rules: readonly z.output<typeof rule>[];
    readonly segmentation: { readonly extent: 'slice' | 'volume' };
  },
): readonly DestinationProblem[] {
  const problems: DestinationProblem[] = [];
  if (segmentation === 'fractional') {
    const says = (message: string) => problems.push({ setting: 'segmentation', message });
    const without = rules.flatMap((r, i) =>
      r.method !== 'cosegmentation' && r.store.to.includes(archive) ? [r.name ?? `rule-${i + 1}`] : [],
    );
    if (without.length > 0)
      says(
        `cannot be fractional: method grabcut gives no probabilities (${without.join(', ')}); write binary, or method: cosegmentation`,
      );
    if (extent === 'volume')
      says(
        'cannot be fractional with extent: volume, where lesions are followed without probabilities; write binary, or extent: slice',
      );
    if (resultReport) says('cannot be fractional with a resultReport, which measures masks; write binary or labelmap');
  }
  if (confirm === 'answer') {
    const message = 'needs confirm: read-back, since it follows only what was read back';
    if (resultReport) problems.push({ setting: 'resultReport', message });
    if (rejectionNotes === 'allowed') problems.push({ setting: 'rejectionNotes', message });
  }
  return problems;
}

/** Why a page may not be opened to other machines like this. */
function openPageProblems({ listen, users, tls, oidc }: z.output<typeof page>): readonly string[] {
  if (isLoopback(listen)) return [];
  return [
    ...(users.length === 0 && !oidc ? ['can be reached from other machines, which needs page.users or page.oidc'] : []),
    ...(tls === undefined ? ['can be reached from other machines, which needs page.tls'] : []),
  ];
}

/** Whether an address can be reached from this machine alone. */
export const isLoopback = (listen: string): boolean => /^(127(\.\d{1,3}){3}|\[::1\]|localhost):\d+$/.test(listen);

function isTimeZone(text: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: text });
    return true;
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}

function isHttpUrl(text: string): boolean {
  return URL.canParse(text) && /^https?:$/.test(new URL(text).protocol) && !new URL(text).username;
}
