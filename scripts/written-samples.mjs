import { readPart10, initialiseCodecs, huSliceOf } from '../dist/dicom/index.js';
import { countPixels } from '../dist/domain/index.js';
import { makePhantomStudy } from '../dist/phantom/index.js';
import { writeRejectionNote, writeResultReports, writeSegmentations } from '../dist/seg-writer/index.js';
import { locateMeasurement, readReport } from '../dist/sr-parser/index.js';

const taken = (result) => {
  if (!result.ok) throw new Error(JSON.stringify(result.error));
  return result.value;
};

/** One object of each kind that the product writes, on the made-up study, as data sets. The masks are the study's own. */
export async function writtenSamples() {
  await initialiseCodecs();
  const study = makePhantomStudy(1);
  const files = study.files.map(({ bytes }) => taken(readPart10(bytes)));
  const report = readReport(files.at(-1).dataSet);
  const slices = new Map();
  for (const file of files.slice(0, -1)) {
    const sopInstanceUID = file.dataSet.text(0x00080018);
    if (!study.truths.some(({ imageUID }) => imageUID === sopInstanceUID)) continue;
    const reference = { sopClassUID: file.dataSet.text(0x00080016), sopInstanceUID, frame: undefined };
    slices.set(sopInstanceUID, { ...taken(huSliceOf(file, undefined)), header: file.dataSet, reference });
  }
  const lesions = report.measurements.map((measurement, n) => {
    const { mask, imageUID } = study.truths[n];
    const located = taken(locateMeasurement(measurement, report, slices.get(imageUID)));
    const { longAxis, shortAxis } = located.marks;
    const { betweenRows, betweenColumns } = located.slice.plane.spacing;
    const areaPx = countPixels(mask);
    return {
      located,
      mask,
      method: 'grabcut',
      agreement: 1,
      axes: {
        longAxis,
        shortAxis: shortAxis ?? longAxis,
        longAxisMm: located.longAxisMm,
        shortAxisMm: located.shortAxisMm ?? located.longAxisMm,
      },
      areaPx,
      areaMm2: areaPx * betweenRows * betweenColumns,
      findings: [],
    };
  });
  const common = {
    report,
    lesions,
    equipment: { installationId: 'installation', softwareVersion: '1.0.0' },
    createdAt: new Date(0),
  };
  const { objects } = writeSegmentations({ ...common, policyName: 'lesions' });
  const { reports } = writeResultReports({ ...common, objects });
  const dataSetOf = ({ bytes }) => taken(readPart10(bytes)).dataSet;
  const segmentation = dataSetOf(objects[0]);
  const resultReport = dataSetOf(reports[0]);
  const note = taken(writeRejectionNote({ ...common, rejected: [segmentation, resultReport], cause: 'withdrawn' }));
  return { segmentation, resultReport, rejectionNote: dataSetOf(note) };
}
