import { z } from 'zod';
import { NAME } from '../../configuration/index.js';
import { OUTCOME_KINDS, REASONS, type ReasonCode } from '../../domain/index.js';

/** What the API takes and gives. Types, checks and the OpenAPI document come from here. */
const UID = /^(0|[1-9][0-9]*)(\.(0|[1-9][0-9]*))*$/; // PS3.5 9.1
const uid = (says: string) => z.string().max(64).regex(UID).describe(says);
const reportNumber = z
  .string()
  .regex(/^r-[1-9]\d{0,14}$/)
  .describe("A report by the ledger's number.");
const outcome = z.enum([...OUTCOME_KINDS, 'pending']).describe('What became of a measurement; pending: not yet known.');
const reason = z.enum(Object.keys(REASONS) as [ReasonCode, ...ReasonCode[]]).describe('A code of docs/errors.md.');
const instant = z.string().describe('A time, ISO 8601, UTC.');
const count = z.int().min(0);
/** The pattern is all there is to say of it, here and in the document. */
const wholeNumber = (pattern: RegExp) => z.string().regex(pattern).transform(Number);
const sourceName = z.string().regex(NAME).describe('Name of a source.');

export const PAGE_QUERY = z.object({
  limit: wholeNumber(/^([1-9]\d?|[1-4]\d\d|500)$/)
    .prefault('50')
    .describe('At most so many, up to 500.'),
  before: wholeNumber(/^[1-9]\d{0,14}$/)
    .optional()
    .describe('`next` of the page before.'),
});

export const REPORTS_QUERY = PAGE_QUERY.extend({
  outcome: outcome.optional(),
  reason: reason.optional(),
  source: sourceName.optional(),
  from: z.iso.date().optional().describe('First seen on this day or later (UTC).'),
  to: z.iso.date().optional().describe('First seen on this day or earlier.'),
});

const reportLine = z.object({
  report: reportNumber,
  firstSeen: instant,
  sources: z.array(sourceName),
  state: z.string().nullable(),
  reason: reason.nullable(),
  next: instant.nullable().describe('When it is tried again.'),
  changed: instant,
  outcomes: z.record(z.string(), count).describe('Measurements by outcome.'),
  reasons: z.array(reason),
});

export const REPORTS = z.object({ reports: z.array(reportLine), next: z.int().nullable() });

const finding = z.object({ code: z.string() }).loose();
const measurement = z.object({
  number: z.int().min(1),
  outcome,
  reason: reason.nullable(),
  rule: z.string().nullable(),
  method: z.string().nullable(),
  agreement: z.number().nullable(),
  trackingUID: z.string().nullable(),
  seg: z.string().nullable().describe('SOP Instance UID of the segmentation.'),
  segmentNumber: z.int().nullable(),
  object: z.string().nullable(),
  findings: z.array(finding),
});

const delivery = z.object({ destination: z.string(), state: z.string(), reason: reason.nullable(), changed: instant });

export const REPORT = z.object({
  report: reportNumber,
  sopInstanceUID: uid('SOP Instance UID of the report.'),
  studyInstanceUID: uid('Study Instance UID of the report.'),
  firstSeen: instant,
  sources: z.array(sourceName),
  run: z
    .object({ id: z.int(), state: z.string(), reason: reason.nullable(), cause: z.string(), changed: instant })
    .nullable(),
  measurements: z.array(measurement),
  objects: z.array(z.object({ object: z.string(), sopInstanceUID: z.string(), deliveries: z.array(delivery) })),
});

export const OBJECTS = z.object({
  objects: z.array(
    z.object({
      object: z.string(),
      report: reportNumber,
      sopInstanceUID: z.string(),
      seriesInstanceUID: z.string(),
      studyInstanceUID: z.string(),
      segments: count,
      created: instant,
      deliveries: z.array(delivery),
    }),
  ),
  next: z.int().nullable(),
});

const role = z.object({
  role: z.enum(['source', 'destination']),
  name: z.string(),
  mode: z.enum(['live', 'shadow', 'paused']),
  configured: z.enum(['live', 'shadow', 'paused']),
  paused: z.string().nullable().describe('By whom, or why.'),
  firstLive: instant.nullable(),
});
export const ROLES = z.object({ roles: z.array(role) });

export const STATUS = z.object({
  counted: instant,
  reports: count,
  outcomes: z.array(z.object({ outcome, reason: reason.nullable(), count })),
  work: z.object({ due: count, working: count, waiting: count }),
  warnings: z.array(z.string()),
  sources: z.array(
    z.object({
      source: sourceName,
      mode: z.string(),
      reports: count,
      newIn14Days: count,
      lastAnswer: instant.nullable(),
      lastNew: instant.nullable(),
      failing: z.string().nullable(),
    }),
  ),
});

export const REFERENCES = z
  .strictObject({
    source: sourceName,
    references: z
      .array(
        z
          .strictObject({
            study: uid('Study Instance UID.'),
            series: uid('Series Instance UID.').optional(),
            instance: uid('SOP Instance UID; needs series.').optional(),
          })
          .refine((r) => r.instance === undefined || r.series !== undefined, 'instance needs series'),
      )
      .min(1)
      .max(200),
  })
  .describe('References only: what is worked on is what the source answers for them.');

export const LOOKED_UP = z.object({ found: count, new: count });

export const REPLAY = z
  .strictObject({
    reports: z.array(reportNumber).min(1).max(1000).optional(),
    outcome: z.enum(OUTCOME_KINDS).optional(),
    reason: reason.optional(),
    source: sourceName.optional(),
    from: z.iso.date().optional().describe('First seen on this day or later (UTC).'),
    to: z.iso.date().optional().describe('First seen before this day.'),
  })
  .refine((r) => Object.keys(r).length > 0, 'name reports, or say which: an empty selection would be every report');

export const REPLAYED = z.object({ reports: z.array(reportNumber) });

export const CHOICE = z
  .strictObject({
    run: z.int().min(1).describe('`run.id` of the report when the contours were shown.'),
    candidate: z.enum(['network', 'seed', 'tighter', 'wider', 'shape', 'paper', 'none']),
    maskSha256: z
      .string()
      .regex(/^[0-9a-f]{64}$/)
      .nullable()
      .describe('Of the contour that was shown; null with none.'),
  })
  .refine((c) => (c.candidate === 'none') === (c.maskSha256 === null), 'none has no contour, everything else has one');

export const CHOSEN = z.object({
  candidate: z.string(),
  maskSha256: z.string().nullable(),
  by: z.string(),
  at: instant,
});

export const CONTOURS = z.object({
  run: z.int(),
  contours: z.array(
    z.object({
      candidate: z.string(),
      maskSha256: z.string(),
      longAxisMm: z.number(),
      shortAxisMm: z.number(),
      agreement: z.number(),
    }),
  ),
});

export const PROBLEM = z
  .object({ type: z.string(), title: z.string(), status: z.int(), detail: z.string().optional() })
  .describe('RFC 9457.');

export const ANYTHING = z.looseObject({});
