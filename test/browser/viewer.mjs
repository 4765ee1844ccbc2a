/**
 * A viewer of the kind that OHIF is, made of the same parts: Cornerstone3D with its DICOMweb image loader, its tools' labelmaps and its adapter for
 * segmentations. It asks the archive under /dicom-web, and nothing else.
 */
import { adaptersSEG } from '@cornerstonejs/adapters';
import { Enums, init as initCore, metaData, RenderingEngine, utilities } from '@cornerstonejs/core';
import { init as initLoader, wadors } from '@cornerstonejs/dicom-image-loader';
import { Enums as ToolEnums, init as initTools, segmentation } from '@cornerstonejs/tools';
import dcmjs from 'dcmjs';

const VIEWPORT = 'ct';
const root = `${location.origin}/dicom-web`;

await initCore();
initLoader({ maxWebWorkers: 1 });
initTools();
const engine = new RenderingEngine('viewer');
engine.enableElement({
  viewportId: VIEWPORT,
  type: Enums.ViewportType.STACK,
  element: document.querySelector('#viewport'),
});
const viewport = engine.getViewport(VIEWPORT);

const json = async (path) => (await fetch(`${root}${path}`, { headers: { accept: 'application/dicom+json' } })).json();
const valueOf = (instance, tag) => instance[tag].Value[0];

/** The images of a series in the order of their positions, known to the loader by their metadata. */
async function stackOf(study, series) {
  const instances = await json(`/studies/${study}/series/${series}/metadata`);
  instances.sort((a, b) => a['00200032'].Value[2] - b['00200032'].Value[2]);
  return instances.map((instance) => {
    const sop = valueOf(instance, '00080018');
    const id = `wadors:${root}/studies/${study}/series/${series}/instances/${sop}/frames/1`;
    wadors.metaDataManager.add(id, instance);
    return { id, sop };
  });
}

/** The Part 10 file of an instance, out of the one part of the answer. */
async function fileOf(study, series, instance) {
  const answer = await fetch(`${root}/studies/${study}/series/${series}/instances/${instance}`, {
    headers: { accept: 'multipart/related; type="application/dicom"; transfer-syntax=*' },
  });
  const bytes = new Uint8Array(await answer.arrayBuffer());
  const text = new TextDecoder('latin1').decode(bytes);
  return bytes.slice(text.indexOf('\r\n\r\n') + 4, text.lastIndexOf('\r\n--')).buffer;
}

async function drawSegmentation(id, images, file) {
  const { labelMapImages, segMetadata } = await adaptersSEG.Cornerstone3D.Segmentation.createFromDICOMSegBuffer(
    images,
    file,
    { metadataProvider: metaData },
  );
  const imageIds = labelMapImages[0].map((image) => image.imageId);
  segmentation.addSegmentations([
    {
      segmentationId: id,
      representation: { type: ToolEnums.SegmentationRepresentations.Labelmap, data: { imageIds } },
    },
  ]);
  await segmentation.addLabelmapRepresentationToViewport(VIEWPORT, [{ segmentationId: id }]);
  const labels = [];
  segMetadata.data.forEach((segment, number) => {
    if (!segment) return;
    labels.push(segment.SegmentLabel);
    const rgb = dcmjs.data.Colors.dicomlab2RGB(segment.RecommendedDisplayCIELabValue).map((part) =>
      Math.round(part * 255),
    );
    segmentation.config.color.setSegmentIndexColor(VIEWPORT, id, number, [...rgb, 255]);
  });
  return labels;
}

/** What is drawn now, once it has stopped changing. */
async function drawn() {
  const pause = (ms) => new Promise((done) => setTimeout(done, ms));
  const look = () => {
    const { canvas } = viewport;
    return canvas.getContext('2d', { willReadFrequently: true }).getImageData(0, 0, canvas.width, canvas.height);
  };
  let before = look();
  for (let same = 0, tries = 0; same < 4 && tries < 200; tries++) {
    viewport.render();
    await pause(100);
    const now = look();
    same = now.data.every((value, at) => value === before.data[at]) ? same + 1 : 0;
    before = now;
  }
  return before;
}

/** Index of the image pixel that a canvas pixel shows, with fractions: by the viewer's own camera. */
function imageIndexOf(x, y) {
  const ratio = window.devicePixelRatio;
  const world = viewport.canvasToWorld([(x + 0.5) / ratio, (y + 0.5) / ratio]);
  return utilities.transformWorldToIndexContinuous
    ? utilities.transformWorldToIndexContinuous(viewport.getImageData().imageData, world)
    : viewport.getImageData().imageData.worldToIndex(world);
}

/**
 * Shows an image of a CT series, then the segmentations on it. Gives for every pixel of the image how many canvas pixels show its middle, and how
 * many of these changed colour when the segmentations came.
 */
globalThis.show = async ({ study, series, image, segmentations }) => {
  const images = await stackOf(study, series);
  const ids = images.map(({ id }) => id);
  await viewport.setStack(
    ids,
    images.findIndex(({ sop }) => sop === image),
  );
  viewport.setProperties({ voiRange: { lower: -160, upper: 240 } });
  const bare = await drawn();
  const labels = [];
  for (const { series: from, instance } of segmentations)
    labels.push(...(await drawSegmentation(instance, ids, await fileOf(study, from, instance))));
  const covered = await drawn();
  const { rows, columns } = metaData.get('imagePlaneModule', ids[0]);
  const seen = new Array(rows * columns).fill(0);
  const changed = new Array(rows * columns).fill(0);
  for (let y = 0; y < bare.height; y++)
    for (let x = 0; x < bare.width; x++) {
      const [column, row] = imageIndexOf(x, y);
      const at = Math.round(row) * columns + Math.round(column);
      if (!(at in seen) || Math.abs(row - Math.round(row)) > 0.3 || Math.abs(column - Math.round(column)) > 0.3)
        continue;
      seen[at]++;
      const pixel = 4 * (y * bare.width + x);
      if ([0, 1, 2].some((part) => bare.data[pixel + part] !== covered.data[pixel + part])) changed[at]++;
    }
  return { rows, columns, seen, changed, labels };
};
globalThis.ready = true;
