// Bidirectional annotations as Cornerstone3D's adapter (in dcmjs) reads them from a report. argv: the report, images. stdout: JSON.
import { readFileSync } from 'node:fs';
import dcmjs from 'dcmjs';

const [path, ...images] = process.argv.slice(2);
dcmjs.log.setLevel('silent');
// the adapter prints every measurement
Object.assign(console, { log: () => undefined, warn: () => undefined });
const bytes = readFileSync(path);
const { dict } = dcmjs.data.DicomMessage.readFile(
  bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length),
);
const dataset = dcmjs.data.DicomMetaDictionary.naturalizeDataset(dict);
const { Bidirectional } = dcmjs.adapters.Cornerstone3D.MeasurementReport.generateToolState(
  dataset,
  Object.fromEntries(images.map((uid) => [uid, uid])),
  (_, [column, row]) => [column, row],
  { get: () => ({ frameOfReferenceUID: '1.2.3' }) },
);
process.stdout.write(
  JSON.stringify(
    Bidirectional.map(({ annotation, finding }) => {
      const { referencedImageId } = annotation.metadata;
      const { length, width } = annotation.data.cachedStats[`imageId:${referencedImageId}`];
      return {
        image: referencedImageId,
        points: annotation.data.handles.points,
        length,
        width,
        finding: finding.CodeValue,
      };
    }),
  ),
);
