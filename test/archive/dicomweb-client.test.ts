import { expect, test } from '@jest/globals';
import { api } from 'dicomweb-client';
import { FRAMES, KNOWN } from './known-instances.js';
import { cleanUpAfterEach, scratchArchive } from './scratch-archive.js';

cleanUpAfterEach();

/** dicomweb-client is made for browsers: this is the part of XMLHttpRequest that it uses, over fetch. */
class RequestOverFetch {
  readyState = 0;
  status = 0;
  statusText = '';
  response: unknown = null;
  responseType = '';
  onreadystatechange: (() => void) | null = null;
  #method = '';
  #url = '';
  readonly #headers: Record<string, string> = { 'accept-encoding': 'identity' };
  #received = new Headers();

  open(method: string, url: string): void {
    this.#method = method;
    this.#url = url;
  }
  setRequestHeader(name: string, value: string): void {
    this.#headers[name] = value;
  }
  getResponseHeader(name: string): string | null {
    return this.#received.get(name);
  }
  getAllResponseHeaders(): string {
    return [...this.#received].map(([name, value]) => `${name}: ${value}\r\n`).join('');
  }
  send(body?: ArrayBuffer): void {
    fetch(this.#url, { method: this.#method, headers: this.#headers, ...(body ? { body } : {}) })
      .then(async (answer) => {
        const bytes = await answer.arrayBuffer();
        this.#received = answer.headers;
        this.status = answer.status;
        this.response =
          this.responseType === 'arraybuffer'
            ? bytes
            : this.responseType === 'json'
              ? JSON.parse(Buffer.from(bytes).toString('utf8'))
              : Buffer.from(bytes).toString('utf8');
        this.readyState = 4;
        this.onreadystatechange?.();
      })
      .catch((error: unknown) => {
        this.statusText = String(error);
        this.readyState = 4;
        this.onreadystatechange?.();
      });
  }
}

type Where = Readonly<Record<'studyInstanceUID' | 'seriesInstanceUID' | 'sopInstanceUID', string>>;

/** The client as it is; its own declarations ask for parameters that it does not need and call a list of frames a string. */
interface Client {
  storeInstances(options: { datasets: ArrayBuffer[]; studyInstanceUID?: string }): Promise<unknown>;
  searchForStudies(options: object): Promise<unknown[]>;
  searchForSeries(options: object): Promise<unknown[]>;
  searchForInstances(options: Partial<Where>): Promise<unknown[]>;
  retrieveInstance(where: Where): Promise<ArrayBuffer>;
  retrieveSeries(where: Where): Promise<ArrayBuffer[]>;
  retrieveInstanceMetadata(where: Where): Promise<object>;
  retrieveInstanceFrames(where: Where & { frameNumbers: number[] }): Promise<ArrayBuffer[]>;
  retrieveBulkData(options: { BulkDataURI: string }): Promise<ArrayBuffer[]>;
}

test('dicomweb-client stores, finds and retrieves', async () => {
  const { url } = await scratchArchive();
  Object.assign(globalThis, { XMLHttpRequest: RequestOverFetch });
  const made: unknown = new api.DICOMwebClient({ url, singlepart: false, verbose: false });
  const client = made as Client;
  const { study, series, instance, bytes } = KNOWN.frames;
  const copy = (file: Buffer): ArrayBuffer => Uint8Array.from(file).buffer;
  await client.storeInstances({ datasets: [copy(bytes), copy(KNOWN.slice1.bytes)] });
  await client.storeInstances({ studyInstanceUID: KNOWN.report.study, datasets: [copy(KNOWN.report.bytes)] });

  const studies = await client.searchForStudies({ queryParams: { PatientID: 'P-*', limit: 5 } });
  expect(studies).toHaveLength(1);
  expect(await client.searchForSeries({ queryParams: { Modality: 'SR,OT' } })).toHaveLength(2);
  expect(await client.searchForInstances({ studyInstanceUID: study, seriesInstanceUID: series })).toHaveLength(1);

  const where = { studyInstanceUID: study, seriesInstanceUID: series, sopInstanceUID: instance };
  expect(Buffer.from(await client.retrieveInstance(where)).equals(bytes)).toBe(true);
  expect(await client.retrieveSeries(where)).toHaveLength(1);
  expect(await client.retrieveInstanceMetadata(where)).toMatchObject([{ '00100020': { Value: ['P-77'] } }]);
  const frames = await client.retrieveInstanceFrames({ ...where, frameNumbers: [2, 3] });
  expect(frames.map((frame) => [...new Uint8Array(frame)])).toEqual([[...FRAMES[1]!], [...FRAMES[2]!]]);
  const [bulk] = await client.retrieveBulkData({
    BulkDataURI: `${url}/studies/${study}/series/${series}/instances/${instance}/bulkdata/00420011`,
  });
  expect(new Uint8Array(bulk ?? new ArrayBuffer(0))).toEqual(new Uint8Array(3000).fill(7));
});
