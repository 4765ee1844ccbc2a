import { fail, ok, type Result } from '../../domain/index.js';
import {
  FLIPS,
  IMAGENET,
  PARTNER_RULES,
  type Channel,
  type Flips,
  type GateShape,
  type Network,
  type PartnerRule,
  type PatchScale,
} from '../../segmentation/index.js';
import { FieldProblem, Fields } from './fields.js';

/** `manifest.json` of a bundle: what the network is, what it was trained on, and all that a program must know to run it. */
export interface BundleManifest extends Network {
  readonly name: string;
  readonly version: string;
  readonly licence: string;
  readonly use: 'commercial' | 'non-commercial';
  /** image+recist: the marks are among the channels. */
  readonly track: 'image' | 'image+recist';
  /** weak: trained on seed masks only. weak+expert: then on masks that experts drew. */
  readonly labels: 'weak' | 'weak+expert';
  readonly trainedOn: {
    readonly sources: readonly string[];
    readonly splitsSha256: string;
    readonly lesions: number;
    readonly patients: number;
  };
  readonly files: ReadonlyMap<string, { readonly bytes: number; readonly sha256: string }>;
  readonly attention: string;
  readonly gates: GateShape;
  /** Feature maps that go from the encoder to the decoder beside `features`, by name. */
  readonly skips: readonly string[];
  readonly partnerRule: PartnerRule;
  readonly flips: Flips;
  /** What Dice was to be expected of a mask of so much agreement, on lesions not trained on. */
  readonly calibration: readonly { readonly agreement: number; readonly dice: number }[];
  readonly opset: number;
  /** Largest difference from the golden numbers, by provider. */
  readonly golden: { readonly cases: number; readonly tolerance: { readonly cpu: number; readonly cuda: number } };
}

const FORMAT = 'caliper-bundle/1';
/** Files without which nothing runs. */
export const GRAPH_FILES = ['encoder.onnx', 'decoder.onnx'] as const;
export const GATES_FILE = 'gates.f32';

/** The error says where the manifest differs from the format. */
export function readManifest(json: unknown): Result<BundleManifest, string> {
  try {
    return ok(manifestOf(new Fields(json)));
  } catch (error) {
    if (error instanceof FieldProblem) return fail(error.message);
    throw error;
  }
}

function manifestOf(fields: Fields): BundleManifest {
  fields.oneOf('format', [FORMAT]);
  const trainedOn = fields.object('trainedOn');
  const golden = fields.object('golden');
  const tolerance = golden.object('tolerance');
  const manifest: BundleManifest = {
    name: fields.word('name'),
    version: fields.text('version'),
    licence: fields.text('licence'),
    use: fields.oneOf('use', ['commercial', 'non-commercial']),
    track: fields.oneOf('track', ['image', 'image+recist']),
    labels: fields.oneOf('labels', ['weak', 'weak+expert']),
    trainedOn: {
      sources: trainedOn.texts('sources'),
      splitsSha256: trainedOn.sha256('splitsSha256'),
      lesions: trainedOn.whole('lesions', 0, 1e9),
      patients: trainedOn.whole('patients', 0, 1e9),
    },
    files: filesOf(fields.object('files')),
    attention: fields.oneOf('attention', ['none', 'ca', 'fca', 'csa', 'csa-cross']),
    sizePx: fields.whole('sizePx', 16, 512),
    channels: fields.objects('channels').map(channelOf),
    normalisation: fields.oneOf('normalisation', ['symmetric', 'imagenet']),
    patch: scaleOf(fields.object('patch')),
    gates: {
      clusters: fields.whole('clusters', 0, 100_000),
      partnersPerCluster: fields.whole('partnersPerCluster', 0, 1000),
      gateLength: fields.whole('gateLength', 1, 65_536),
      embeddingLength: fields.whole('embeddingLength', 1, 65_536),
    },
    skips: fields.texts('skips'),
    partnerRule: fields.oneOf('partnerRule', PARTNER_RULES),
    flips: fields.oneOf('flips', FLIPS),
    threshold: fields.number('threshold', 0.01, 0.99),
    rejectLevel: fields.number('rejectLevel', 0, 1),
    calibration: fields
      .objects('calibration')
      .map((point) => ({ agreement: point.number('agreement', 0, 1), dice: point.number('dice', 0, 1) })),
    opset: fields.whole('opset', 13, 25),
    golden: {
      cases: golden.whole('cases', 0, 1000),
      tolerance: { cpu: tolerance.number('cpu', 0, 1), cuda: tolerance.number('cuda', 0, 1) },
    },
  };
  fields.oneOf('resize', ['bilinear-supersampled/edge']);
  fields.oneOf('crf', ['none']);
  checkTogether(manifest, fields);
  return manifest;
}

/** What is right alone and wrong together. */
function checkTogether({ channels, normalisation, gates, partnerRule, skips }: BundleManifest, fields: Fields): void {
  if (channels.length === 0 || channels.length > MOST_CHANNELS)
    fields.refuse('channels', `are not 1 to ${MOST_CHANNELS}`);
  const colours = IMAGENET.mean.length;
  if (normalisation === 'imagenet' && channels.slice(colours).some(({ kind }) => kind.endsWith('window')))
    fields.refuse('channels', `have a window beyond the ${colours} colours of ImageNet`);
  if (partnerRule.startsWith('prototype') && gates.clusters * gates.partnersPerCluster === 0)
    fields.refuse('partnerRule', 'asks for partners, and there are none');
  if (new Set(['patch', 'features', 'gate', 'embedding', 'partner', ...skips]).size !== skips.length + 5)
    fields.refuse('skips', 'have names that are taken');
}

const MOST_CHANNELS = 16;

function channelOf(fields: Fields): Channel {
  const kind = fields.oneOf('kind', ['window', 'marks-window', 'superellipse-distance', 'axis-line']);
  switch (kind) {
    case 'window': {
      const lowHu = fields.number('lowHu', -32_768, 32_767);
      return { kind, lowHu, highHu: fields.number('highHu', lowHu + 1, 65_535) };
    }
    case 'marks-window':
      return {
        kind,
        deviations: fields.number('deviations', 0.1, 100),
        minimumSdHu: fields.number('minimumSdHu', 0.1, 10_000),
      };
    case 'superellipse-distance':
      return { kind, exponent: fields.number('exponent', 0.5, 20), clampPx: fields.number('clampPx', 0.1, 1000) };
    case 'axis-line':
      return { kind, axis: fields.oneOf('axis', ['long', 'short']), sigmaPx: fields.number('sigmaPx', 0.1, 100) };
  }
}

function scaleOf(fields: Fields): PatchScale {
  const scale = fields.oneOf('scale', ['marks-relative', 'box-relative']);
  const minimumSideMm = fields.number('minimumSideMm', 0.1, 1000);
  switch (scale) {
    case 'marks-relative':
      return { scale, sideLongAxisMultiple: fields.number('sideLongAxisMultiple', 0.5, 20), minimumSideMm };
    case 'box-relative':
      return { scale, boxMultiple: fields.number('boxMultiple', 0.5, 20), minimumSideMm };
  }
}

function filesOf(fields: Fields): BundleManifest['files'] {
  for (const name of [...GRAPH_FILES, GATES_FILE]) fields.object(name);
  return new Map(
    fields.names.map((name) => {
      if (!/^[A-Za-z0-9][\w.-]*$/.test(name)) fields.refuse(name, 'is not the name of a file beside the manifest');
      const file = fields.object(name);
      return [name, { bytes: file.whole('bytes', 0, MOST_BYTES), sha256: file.sha256('sha256') }];
    }),
  );
}

const MOST_BYTES = 2 ** 31;
