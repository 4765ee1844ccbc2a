/**
 * The house as a check: who may import whom, type imports included. The picture and its reasons are in docs/architecture.md.
 */
const MAY_IMPORT = {
  domain: [],
  dicom: ['domain'],
  configuration: ['domain'],
  'sr-parser': ['domain', 'dicom'],
  segmentation: ['domain'],
  compute: ['domain', 'dicom', 'segmentation', 'pictures'],
  'seg-writer': ['domain', 'dicom'],
  pictures: ['domain'],
  dataset: ['domain'],
  dicomweb: ['domain', 'dicom'],
  archive: ['domain', 'dicom'],
  ledger: ['domain'],
  phantom: ['domain', 'dicom'],
  evaluation: ['domain', 'segmentation', 'compute', 'dataset', 'pictures'],
  pipeline: [
    'domain',
    'dicom',
    'configuration',
    'sr-parser',
    'segmentation',
    'compute',
    'seg-writer',
    'dicomweb',
    'ledger',
  ],
  harvest: [
    'domain',
    'dicom',
    'configuration',
    'sr-parser',
    'segmentation',
    'compute',
    'dicomweb',
    'ledger',
    'dataset',
    'pictures',
    'pipeline',
  ],
  operations: ['domain', 'configuration', 'pictures', 'pipeline', 'ledger'],
};

const rooms = Object.entries(MAY_IMPORT).map(([room, others]) => ({
  name: `${room}-knows-only-${others.length === 0 ? 'itself' : others.join('-')}`,
  comment: `src/${room} may import: ${others.join(', ') || 'nothing'}`,
  severity: 'error',
  from: { path: `^src/${room}/` },
  to: { path: `^src/(?!(${[room, ...others].join('|')})/)` },
}));

const LIBRARIES_OF_ONE_ROOM = {
  'dicomweb-client': 'dicomweb',
  undici: 'dicomweb',
  'onnxruntime-node': 'compute',
  'dcmjs-codecs': 'dicom',
  'pg-boss': 'ledger',
  pg: 'ledger',
  // what a file or a program says is checked at the two doors where it comes in
  zod: '(configuration|operations)',
  yaml: 'configuration',
  jose: 'operations',
  commander: 'cli',
  winston: 'cli',
};

module.exports = {
  forbidden: [
    ...rooms,
    {
      name: 'rooms-are-entered-through-the-door',
      comment: 'a folder is entered through its index.ts only',
      severity: 'error',
      from: { path: '^src/([^/]+)/' },
      to: { path: '^src/([^/]+)/(?!index\\.ts$)', pathNot: '^src/$1/' },
    },
    {
      name: 'no-circular',
      comment: 'no part could be loaded or understood alone',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'nobody-imports-the-command-line',
      severity: 'error',
      from: { path: '^src/(?!cli/)' },
      to: { path: '^src/cli/' },
    },
    {
      name: 'src-does-not-know-tests',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: '^(test|bench|scripts)/' },
    },
    {
      name: 'no-development-packages',
      comment: 'what src imports is installed with the product',
      severity: 'error',
      from: { path: '^src/' },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'], dependencyTypesNot: ['type-only'] },
    },
    ...Object.entries(LIBRARIES_OF_ONE_ROOM).map(([library, room]) => ({
      name: `${library}-stays-in-${room}`,
      comment: 'a library that can be replaced is known by one room',
      severity: 'error',
      from: { path: '^src/', pathNot: `^src/${room}/` },
      to: { path: `node_modules/${library}/` },
    })),
  ],
  options: {
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
    },
  },
};
