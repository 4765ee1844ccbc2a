import { readdirSync, readFileSync } from 'node:fs';
import { root } from './node-packages.mjs';
import { routesOf } from '../dist/archive/routes.js';
import { RETURNED } from '../dist/archive/search/levels.js';
import { keywordOf, TRANSFER_SYNTAXES } from '../dist/dicom/index.js';
import { REGISTRATIONS, WHOLE_ENCODINGS } from '../dist/dicom/character-sets/defined-terms.js';
import { ACCEPTED } from '../dist/dicomweb/retrieve.js';
import { CT_CLASSES, REPORT_CLASSES, SOP_CLASS, tagText } from '../dist/domain/index.js';
import { SEGMENTATION_MODULES } from '../dist/seg-writer/object/modules.js';
import { WARNINGS } from '../dist/seg-writer/warnings.js';
import { writtenSamples } from './written-samples.mjs';

const row = (...cells) => `| ${cells.join(' | ')} |`;
const table = (head, rows) => [row(...head), row(...head.map(() => '---')), ...rows.map((cells) => row(...cells)), ''];
const code = (text) => `\`${text}\``;
const yes = (truth) => (truth ? 'yes' : '');

/** docs/conformance.md: what the code's tables, the objects it writes and the last run of the readers (docs/readers.json) say. */
export async function conformancePage(readersFile) {
  const samples = await writtenSamples();
  return [
    '# DICOM conformance statement',
    '',
    'Generated from the tables of the code, from objects that it wrote, and from `docs/readers.json` by `npm run docs`.',
    '',
    'Caliper is a DICOMweb user agent: it searches and retrieves reports and CT images, and stores what it made of them. The embedded archive of the',
    'demo (`caliper demo`) is an origin server. There is no DIMSE, no media storage and no printing. A site checks an archive against this with',
    '`caliper check`.',
    '',
    ...sopClasses(),
    ...services(),
    ...transferSyntaxes(),
    ...characterSets(),
    ...segmentationObject(samples.segmentation),
    ...otherObjects(samples),
    ...readers(JSON.parse(readFileSync(readersFile, 'utf8'))),
  ].join('\n');
}

/** What a destination gets, and the setting of `destinations` that asks for it. */
const WRITTEN = [
  [
    SOP_CLASS.Segmentation,
    `masks, as BINARY; on request (${code('segmentation: fractional')}) the probability of the network, as FRACTIONAL`,
  ],
  [SOP_CLASS.LabelMapSegmentation, `masks, on request (${code('segmentation: labelmap')})`],
  [SOP_CLASS.Comprehensive3DSR, `result reports, on request (${code('resultReport: true')})`],
  [
    SOP_CLASS.KeyObjectSelection,
    `rejection notes on objects of its own, on request (${code('rejectionNotes: allowed')})`,
  ],
];

function sopClasses() {
  const written = new Map(WRITTEN);
  const read = (uid) => {
    if (REPORT_CLASSES.has(uid)) return 'as report';
    if (CT_CLASSES.has(uid)) return 'as image';
    if (uid === SOP_CLASS.KeyObjectSelection) return 'as rejection note (IHE IOCM)';
    return uid === SOP_CLASS.GrayscaleSoftcopyPresentationState ? 'as report, where a source says so' : '';
  };
  return [
    '## SOP classes',
    '',
    'Classes that are neither read nor written are known by name only: an instance of them ends by its class, without being retrieved. Written on',
    'request means: by a setting of the destination; without it an archive gets BINARY segmentations and nothing else.',
    '',
    ...table(
      ['class', 'UID', 'read', 'written'],
      Object.entries(SOP_CLASS).map(([name, uid]) => [name, uid, read(uid), written.get(uid) ?? '']),
    ),
  ];
}

/** What dicomweb-client is told to do, by its own names, and the transaction that it is. */
const TRANSACTIONS = {
  searchForStudies: [
    'QIDO-RS',
    'studies',
    'reports by ModalitiesInStudy, where series cannot be searched across studies; identity after a store',
  ],
  searchForSeries: ['QIDO-RS', 'series', 'by StudyDate and Modality: new reports; counts of instances'],
  searchForInstances: ['QIDO-RS', 'instances', 'instances of a series; an image by its UID; positions of a series'],
  retrieveInstance: ['WADO-RS', 'instance', 'reports, images that marks lie on, what was stored (read back)'],
  retrieveInstanceMetadata: ['WADO-RS', 'instance metadata', 'headers'],
  retrieveSeriesMetadata: ['WADO-RS', 'series metadata', 'positions, where a search does not answer them'],
  storeInstances: ['STOW-RS', 'study', 'objects, one request a study'],
};

function services() {
  const folder = `${root}src/dicomweb/`;
  const used = new Set(
    readdirSync(folder)
      .filter((name) => name.endsWith('.ts'))
      .flatMap((name) =>
        [...readFileSync(folder + name, 'utf8').matchAll(/\bcalls\.(\w+)\(/g)].map(([, call]) => call),
      ),
  );
  for (const call of used) if (!(call in TRANSACTIONS)) throw new Error(`docs/conformance.md does not know ${call}`);
  const routes = routesOf({ catalogue: undefined, folder: '' }, {});
  return [
    '## Services that are used (user agent)',
    '',
    'PS3.18, through dicomweb-client. Nothing else is asked of an archive: no DELETE, no UPS, no rendering, no bulk data by address.',
    '',
    ...table(
      ['service', 'resource', 'for'],
      Object.entries(TRANSACTIONS)
        .filter(([call]) => used.has(call))
        .map(([, cells]) => cells),
    ),
    'Searches are bounded by StudyDate or a UID, with `limit` and `offset`, and ask for their keys with `includefield`; rows that do not fit are',
    'dropped. JSON is asked for as `application/dicom+json`. Instances are asked for as stored; an archive that refuses that is asked in',
    `${ACCEPTED.length - 1} further ways, by naming transfer syntaxes:`,
    '',
    ...ACCEPTED.map(
      (accept) =>
        `- ${code(accept.length > 110 ? `${accept.split(', ')[0]}, … (${accept.split(', ').length} in all)` : accept)}`,
    ),
    '',
    'A store is `multipart/related; type="application/dicom"`; success is what the Store Instances Response says of each instance and what reading',
    'back shows, not the status alone.',
    '',
    '## Services that the embedded archive offers (origin server)',
    '',
    ...table(
      ['resource', 'GET', 'POST'],
      routes.map(({ path, post }) => [code(path.replace(/[:*](\w+)/g, '{$1}')), 'yes', yes(post)]),
    ),
    'Attributes returned without being asked for:',
    '',
    ...Object.entries(RETURNED).map(([level, keys]) => `- ${level}: ${[...keys].map(nameOfKey).sort().join(', ')}`),
    '',
    'Any other attribute of PS3.6 can be a key or an `includefield`, also inside sequences; fuzzy matching is not done, and a warning says so. A',
    'parameter that is not known, or a key below the level of the search, is 400. Instances are stored and given byte for byte: any transfer syntax',
    'is taken, none is re-encoded; other bytes under a UID that is taken are refused (FailureReason 273).',
    '',
  ];
}

const nameOfKey = (hexadecimal) => keywordOf(Number.parseInt(hexadecimal, 16));

function transferSyntaxes() {
  const read = TRANSFER_SYNTAXES.filter(({ frames }) => frames !== 'not-read');
  const rest = TRANSFER_SYNTAXES.filter(({ frames }) => frames === 'not-read');
  return [
    '## Transfer syntaxes',
    '',
    'Objects are written in Explicit VR Little Endian (1.2.840.10008.1.2.1) and no other. Images and reports are read in:',
    '',
    ...table(
      ['name', 'UID', 'pixels', 'decoder'],
      read.map(({ name, uid, pixels, frames }) => [
        name,
        uid,
        pixels === 'either' ? 'lossless or lossy' : pixels,
        frames,
      ]),
    ),
    `Headers of the others of PS3.6 (${rest.length}: MPEG, HEVC, JPIP, hierarchical JPEG and the like) are read; their pixels are refused as`,
    '`unsupported-transfer-syntax`.',
    '',
  ];
}

function characterSets() {
  const numbers = Object.keys(REGISTRATIONS).map(Number);
  const isDouble = (number) => REGISTRATIONS[number].some(({ set }) => set.kind === 'double');
  return [
    '## Character sets',
    '',
    ...table(
      ['defined term', 'alone', 'with code extensions'],
      [
        ...numbers.map((number) => [
          isDouble(number)
            ? code(`ISO 2022 IR ${number}`)
            : `${code(`ISO_IR ${number}`)}, ${code(`ISO 2022 IR ${number}`)}`,
          yes(!isDouble(number)),
          'yes',
        ]),
        ...Object.keys(WHOLE_ENCODINGS).map((term) => [code(/^\d+$/.test(term) ? `ISO_IR ${term}` : term), 'yes', '']),
      ],
    ),
    'What an object says of patient and study are the bytes of the image, under the SpecificCharacterSet of the image; our own texts are ASCII.',
    '',
  ];
}

function segmentationObject(dataSet) {
  const known = new Set(SEGMENTATION_MODULES.flatMap(({ attributes }) => attributes.map(({ tag }) => tag)));
  const strange = dataSet.tags().filter((tag) => tag >= 0x00080000 && !known.has(tag));
  if (strange.length > 0) throw new Error(`written, but in no module: ${strange.map(tagText).join(', ')}`);
  return [
    '## The Segmentation object',
    '',
    'PS3.3 A.51. Type as in PS3.3; `image` is a copy of the image, byte for byte. What is not in the table is not written. One object a series; one',
    'object holds segments on slices of equal frame of reference, orientation and grid that form a regular volume and share no pixel, others get',
    'objects of their own.',
    '',
    ...table(
      ['module', 'attribute', 'tag', 'type', 'from'],
      SEGMENTATION_MODULES.flatMap(({ module, section, attributes }) =>
        attributes.map(({ tag, type, kind }, n) => [
          n === 0 ? `${module} (${section})` : '',
          keywordOf(tag),
          tagText(tag),
          type,
          kind === 'copied' ? 'image' : 'made',
        ]),
      ),
    ),
    'Inside its sequences, of an object written on the made-up study:',
    '',
    ...insideSequences(dataSet),
  ];
}

function otherObjects({ resultReport, rejectionNote }) {
  return [
    '## The result report',
    '',
    'Comprehensive 3D SR, TID 1500, in a series of its own, stored on request once the segmentations that it tells of are stored and were read back.',
    'UNVERIFIED: nobody has looked at it. Of an amended report it names the result report that it takes the place of as predecessor. Attributes at its',
    'top:',
    '',
    topOf(resultReport),
    '',
    '## The rejection note',
    '',
    'Key Object Selection, TID 2010 (IHE IOCM), in a series of its own, stored on request: on segmentations and result reports of Caliper, and on',
    'nothing else, whose report was amended or withdrawn, once what replaces them is stored and was read back, or that a replay with `--reject-old`',
    'replaced. Nothing is ever deleted. Attributes at its top:',
    '',
    topOf(rejectionNote),
    '',
  ];
}

const topOf = (dataSet) =>
  dataSet
    .tags()
    .filter((tag) => tag >= 0x00080000)
    .map(keywordOf)
    .join(', ') + '.';

/** Every path of sequences in the object and what stands in their items; an item of a code holds value, scheme and meaning and is not opened. */
function insideSequences(dataSet) {
  const found = new Map();
  const walk = (items, path) => {
    const there = found.get(path) ?? found.set(path, new Set()).get(path);
    for (const item of items)
      for (const tag of item.tags()) {
        const name = keywordOf(tag) ?? tagText(tag);
        there.add(name);
        const inner = item.items(tag);
        if (inner.length > 0 && !inner[0].has(CODE_VALUE)) walk(inner, `${path} > ${name}`);
      }
  };
  for (const tag of dataSet.tags()) {
    const items = dataSet.items(tag);
    if (items.length > 0) walk(items, keywordOf(tag));
  }
  return table(
    ['sequence', 'attributes of its items'],
    [...found].map(([path, names]) => [path, [...names].join(', ')]),
  );
}
const CODE_VALUE = 0x00080100;

function readers({ readers: tools, rows }) {
  const notes = [];
  const cell = (fault) => {
    if (fault === undefined) return '=';
    const said = fault
      .replace(/^refuses: \d+$/, 'refuses with a number that means nothing')
      .replace(/PixelData length \d+ for .*/, 'PixelData length');
    if (!notes.includes(said)) notes.push(said);
    return `(${notes.indexOf(said) + 1})`;
  };
  const body = rows.map(({ geometry, objects, frames, warnings, faults }) => [
    geometry,
    objects,
    frames,
    ...tools.map(({ name }) => cell(faults[name])),
    warnings.map(code).join(', '),
  ]);
  const warned = [...new Set(rows.flatMap(({ warnings }) => warnings))].sort();
  return [
    '## What other software makes of the segmentations',
    '',
    '`test/readers/` makes CT series of every geometry with pydicom and highdicom, puts ragged masks on them, and gives the segmentations to every',
    'reader it can find. `=`: every voxel is at its place and no other is set; for a validator, no error; for an archive, the same bytes. A number: what',
    'the reader says instead; the object then carries the warning that names that reader, except for LABELMAP and FRACTIONAL: both are forms that',
    'not every reader knows, which is why BINARY is what is stored. Known false alarms of validators are named in',
    '`test/readers/validators.ts`.',
    '',
    ...table(['geometry', 'objects', 'frames', ...tools.map(({ name }) => name), 'warnings'], body),
    ...notes.map((note, n) => `${n + 1}. ${note}`),
    '',
    ...warned.map((warning) => `- ${code(warning)}: ${WARNINGS[warning]}`),
    '',
    'Versions:',
    '',
    ...[...new Set(tools.map(({ version }) => version))].map((version) => `- ${version}`),
    '',
    'The same readers get a segmentation on every CT image of a collection of real files that has a plane, a frame of reference and Hounsfield units',
    '(`test/readers/corpora.test.ts`), and Cornerstone3D draws the demo in a browser (`test/browser/`): each pixel of the mask, and no other, changes',
    'colour.',
    '',
    'Known of readers that are not in the table, from their sources: Weasis does not follow references to frames of multi-frame images; viewers show one',
    'object a series and look at the first referenced series only, which is why the images come first and every object has a series of its own.',
    '',
  ];
}
