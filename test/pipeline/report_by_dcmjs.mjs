/**
 * Writes a bidirectional report as dcmjs's Cornerstone adapter does (what OHIF 2 stores): node report_by_dcmjs.mjs STUDY_DIR MASKS_CSV OUT_DIR
 * Prints one JSON object a lesion: tumour, SOP Instance UID of the slice, path of the mask.
 */
import dcmjs from 'dcmjs';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const [study, masksCsv, out] = process.argv.slice(2);
dcmjs.log.setLevel('silent');
const { DicomMessage, DicomMetaDictionary } = dcmjs.data;
const { MeasurementReport } = dcmjs.adapters.Cornerstone;

const images = new Map();
for (const name of readdirSync(study).sort()) {
  const bytes = readFileSync(join(study, name));
  const read = DicomMessage.readFile(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
  const dataSet = DicomMetaDictionary.naturalizeDataset(read.dict);
  dataSet._meta = DicomMetaDictionary.namifyDataset(read.meta);
  images.set(dataSet.SOPInstanceUID, dataSet);
}

const toolState = {};
const [head, ...lines] = readFileSync(masksCsv, 'utf8').trim().split('\n');
const columns = head.split(',');
for (const line of lines) {
  const cells = line.match(/("[^"]*"|[^,]*)(,|$)/g).map((c) => c.replace(/,$/, '').replace(/^"|"$/g, ''));
  const row = Object.fromEntries(columns.map((c, i) => [c, cells[i]]));
  if (row.key !== '1') continue;
  const [x11, y11, x12, y12, x21, y21, x22, y22] = row.axes_px.split(',').map((v) => Number(v) + 0.5);
  toolState[row.sop_instance_uid] ??= { Bidirectional: { data: [] } };
  toolState[row.sop_instance_uid].Bidirectional.data.push({
    handles: {
      start: { x: x11, y: y11 },
      end: { x: x12, y: y12 },
      perpendicularStart: { x: x21, y: y21 },
      perpendicularEnd: { x: x22, y: y22 },
    },
    longestDiameter: Number(row.long_mm),
    shortestDiameter: Number(row.short_mm),
    finding: { CodeValue: '4147007', CodingSchemeDesignator: 'SCT', CodeMeaning: 'Mass' },
  });
  console.log(
    JSON.stringify({ tumour: row.tumour, image: row.sop_instance_uid, mask: join(dirname(masksCsv), row.mask) }),
  );
}

const metadataProvider = {
  get(type, imageId) {
    const image = images.get(imageId);
    if (type === 'generalSeriesModule')
      return { studyInstanceUID: image.StudyInstanceUID, seriesInstanceUID: image.SeriesInstanceUID };
    if (type === 'sopCommonModule') return { sopInstanceUID: image.SOPInstanceUID, sopClassUID: image.SOPClassUID };
    if (type === 'frameNumber') return undefined;
    if (type === 'instance') return image;
    return undefined;
  },
};
const report = MeasurementReport.generateReport(toolState, metadataProvider, {
  _meta: { TransferSyntaxUID: { vr: 'UI', Value: ['1.2.840.10008.1.2.1'] } },
});
// dcmjs leaves patient and study to the viewer, which copies them from the image
const image = images.values().next().value;
for (const keyword of [
  'PatientName',
  'PatientID',
  'PatientBirthDate',
  'PatientSex',
  'StudyDate',
  'StudyTime',
  'StudyID',
  'AccessionNumber',
])
  if (image[keyword] !== undefined) report.dataset[keyword] = image[keyword];
writeFileSync(join(out, 'report-dcmjs.dcm'), Buffer.from(dcmjs.data.datasetToDict(report.dataset).write()));
