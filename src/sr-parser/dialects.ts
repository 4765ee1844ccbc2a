/** What this reader reads: shapes of marks, carriers, writers. Each row names files of the collection of reports that show it; a test reads them. */
import type { ReportKind } from '../domain/index.js';
import type { ShapeLetter } from './shapes/reading.js';

interface ShapeRow {
  readonly letter: ShapeLetter;
  readonly what: string;
  readonly becomes: string;
  readonly provenBy: readonly string[];
}

export const SHAPES: readonly ShapeRow[] = [
  {
    letter: 'A',
    what: 'two numbers with a line of two points under each (TID 1500, TID 300, TID 320); several lesions of one container told apart by their runs',
    becomes: 'long and short axis',
    provenBy: ['cornerstone3d/5.14.0-aniso.dcm', 'dcmjs/0.4.7-aniso.dcm', 'pydicomutils/0.2.2-oblique.dcm'],
  },
  {
    letter: 'B',
    what: 'as A with relationships or nesting bent: images by INFERRED FROM, lines beside numbers, numbers under lines',
    becomes: 'long and short axis',
    provenBy: ['highdicom/0.28.2-lines.dcm', 'highdicom/0.28.2-two-lengths-as-regions.dcm'],
  },
  {
    letter: 'C',
    what: 'numbers beside a contour (TID 1410)',
    becomes: 'numbers and image, no marks: not segmented',
    provenBy: ['highdicom/0.24.0-planar-contour.dcm'],
  },
  {
    letter: 'D',
    what: 'lines in patient coordinates (SCOORD3D)',
    becomes: 'axes on the one slice that they lie on',
    provenBy: ['highdicom/0.28.2-lines3d.dcm'],
  },
  {
    letter: 'E',
    what: 'one open polyline of four points',
    becomes: 'long axis from the first to the second point, short axis from the third to the fourth',
    provenBy: ['independent/e-four-point-one-num.dcm'],
  },
  {
    letter: 'F',
    what: 'points instead of lines: MULTIPOINT of two or four, or two POINT items',
    becomes: 'axes between the points',
    provenBy: ['independent/f-points.dcm'],
  },
  {
    letter: 'G',
    what: 'an ELLIPSE with numbers for both axes',
    becomes: 'its major and minor axis',
    provenBy: ['highdicom/0.28.2-planar-ellipse.dcm'],
  },
  {
    letter: 'H',
    what: 'long and short axis in two groups of one identity, or in nested containers',
    becomes: 'one measurement',
    provenBy: ['independent/h-nested-containers.dcm'],
  },
  {
    letter: 'I',
    what: 'lines and images by reference to another place in the tree',
    becomes: 'as if they stood there; circles and dangling references are a finding',
    provenBy: ['independent/i-by-reference-image-too.dcm'],
  },
  {
    letter: 'J',
    what: 'a long and a short axis as numbers alone',
    becomes: 'kept, not segmented',
    provenBy: ['highdicom/0.24.0-numbers-only.dcm'],
  },
  {
    letter: 'K',
    what: 'several images or frames for one line',
    becomes: 'the first complete pair on one image, and a finding',
    provenBy: ['independent/k-two-images.dcm'],
  },
  {
    letter: 'L',
    what: 'other templates: TID 1400, TID 2000, CAD, NCI AIM',
    becomes: 'axes where number and line stand in one group',
    provenBy: ['independent/l-tid1400.dcm', 'ncip-aim3-sr/0022BaselineA.dcm'],
  },
  {
    letter: 'M',
    what: 'single lengths: two that cross at right angles are one lesion, one alone is a long axis, of a lymph node the short one',
    becomes: 'long and short axis, or one of them',
    provenBy: ['dcmjs/0.52.2-lengths.dcm'],
  },
];

interface WriterRow {
  readonly writer: string;
  readonly kind: ReportKind;
  /** What was met of it, by release where that is known. */
  readonly seen: string;
  readonly traps: string;
  /** A file, and how many measurements are read from it. */
  readonly provenBy: readonly (readonly [file: string, measurements: number])[];
}

export const WRITERS: readonly WriterRow[] = [
  {
    writer: 'Cornerstone3D, OHIF 3',
    kind: 'tid1500',
    seen: '@cornerstonejs/adapters 0.3.1 to 5.14.0',
    traps: 'unit px for millimetres; row and column spacing exchanged in points; a new tracking UID at every save',
    provenBy: [
      ['cornerstone3d/5.14.0-aniso.dcm', 2],
      ['cornerstone3d/5.14.0-aniso-swapped.dcm', 2],
    ],
  },
  {
    writer: 'dcmjs, OHIF 2',
    kind: 'tid1500',
    seen: '0.4.7 to 0.52.2',
    traps:
      'all lesions in one group up to 0.12.4; unit px for millimetres; placeholder findings; a new tracking UID at every save',
    provenBy: [
      ['dcmjs/0.4.7-aniso.dcm', 2],
      ['dcmjs/0.52.2-lengths.dcm', 2],
    ],
  },
  {
    writer: 'highdicom',
    kind: 'tid1500',
    seen: '0.18.4 to 0.28.2, every shape it can write',
    traps: 'images hang under lines by INFERRED FROM',
    provenBy: [
      ['highdicom/0.28.2-lines.dcm', 3],
      ['highdicom/0.28.2-lines3d.dcm', 1],
    ],
  },
  {
    writer: 'pydicomutils (Sectra)',
    kind: 'tid1500',
    seen: '0.2.2',
    traps: 'none met',
    provenBy: [['pydicomutils/0.2.2-oblique.dcm', 1]],
  },
  {
    writer: 'dwv',
    kind: 'tid1500',
    seen: '0.34 and TID 1500',
    traps: '0.34: numbers under their lines, the root is the group, the tracking identifier is written as a UID',
    provenBy: [['dwv/tid1500-0-sr-ruler.dcm', 3]],
  },
  {
    writer: 'PixelMed (Crowds Cure Cancer)',
    kind: 'tid1500',
    seen: 'one line a lesion',
    traps: 'none met',
    provenBy: [['public-tid1500/rsna2018_dataset4-1.dcm', 1]],
  },
  {
    writer: 'NCI AIM Toolkit 3, structured reports',
    kind: 'aim',
    seen: 'AIM Toolkit 3.0.2',
    traps:
      'number and line are linked by place only; frame 0; lengths computed with another image\u2019s spacing; always PARTIAL',
    provenBy: [['ncip-aim3-sr/0022BaselineA.dcm', 1]],
  },
  {
    writer: 'NCI AIM Toolkit 3, XML',
    kind: 'aim',
    seen: 'AIM Toolkit 3.0.2',
    traps: 'as its reports; whether points begin at a pixel\u2019s corner or its centre is not known',
    provenBy: [['ncip-aim3-xml/0022BaselineA.xml', 1]],
  },
  {
    writer: 'ePAD, AIM 4 JSON and XML',
    kind: 'aim',
    seen: 'files of its repository; bidirectional ones by an independent writer',
    traps: 'unit linear for centimetres; identifiers of calculations all 0; names with a tail after ~',
    provenBy: [
      ['epad-aim4/recist_sample.xml', 1],
      ['independent/aim4-bidirectional-linear.json', 2],
    ],
  },
  {
    writer: 'workstations, presentation states',
    kind: 'gsps',
    seen: 'pydicomutils, an independent writer; Agfa by its conformance statement',
    traps: 'ticks, arrows and angles among the lines; display units; no numbers. Read only where a source enables gsps',
    provenBy: [
      ['pydicomutils/0.2.2-gsps-ticks.dcm', 2],
      ['independent/gsps-parallel-lines.dcm', 0],
    ],
  },
  {
    writer: 'dcmqi, 3D Slicer QuantitativeReporting',
    kind: 'tid1500',
    seen: 'volumetric measurements of segments',
    traps: 'no axes in it: nothing is read',
    provenBy: [['public-tid1500/dcmqi-result.dcm', 0]],
  },
  {
    writer: 'OsiriX, Horos',
    kind: 'osirix',
    seen: 'ROI SR with a binary property list',
    traps: 'recognised, never interpreted',
    provenBy: [['osirix/osirix-like-roi.dcm', 0]],
  },
];
