import type { IncomingMessage } from 'node:http';
import { refusal, type Answer } from './answer.js';
import type { InstanceRecord } from './catalogue/instance-record.js';
import { queryParametersOf } from './query-string.js';
import { search, type SearchScope } from './qido.js';
import type { ResourceUrls } from './resource-urls.js';
import { retrieveBulkData, retrieveFrames } from './retrieve/frames.js';
import { retrieveInstances } from './retrieve/instances.js';
import { attributesOf, retrieveMetadata } from './retrieve/metadata.js';
import type { Store } from './store/store-instance.js';
import { storeInstances, type StoreLimits } from './stow.js';

/** Where the services live below the address of the archive. */
export const ROOT = '/dicom-web';

/** A request, as far as the services look at it. */
interface Call {
  readonly request: IncomingMessage;
  /** Path and query as sent. */
  readonly target: string;
  /** Parts of the path by the names of the route. */
  readonly names: Readonly<Record<string, string>>;
  readonly urls: ResourceUrls;
}

/** Undefined: the caller has gone. */
export type Handler = (call: Call) => Promise<Answer | undefined>;

interface Route {
  readonly path: string;
  readonly get: Handler;
  readonly post?: Handler;
}

/** The resources of PS3.18 table 10.1-1 that the archive has. */
export function routesOf(store: Store, limits: StoreLimits): readonly Route[] {
  const { catalogue, folder } = store;

  const searching =
    (scopeOf: (call: Call) => SearchScope): Handler =>
    (call) =>
      search(scopeOf(call), call.target, call.request.headers.accept, {
        catalogue,
        urls: call.urls,
        attributesOf: (record) => attributesOf(record, folder, call.urls),
      });

  const retrieving =
    (retrieve: (records: Found, accept: string | undefined, call: Call) => Promise<Answer>): Handler =>
    async (call) => {
      const accept = acceptOf(call);
      if (typeof accept === 'object') return accept;
      const [first, ...more] = recordsOf(call.names, store);
      return first ? retrieve([first, ...more], accept, call) : refusal(404, 'nothing of this name is here');
    };

  const several = retrieving((records, accept, call) =>
    retrieveInstances({ kind: 'several', records }, accept, folder, call.urls),
  );
  const one = retrieving((records, accept, call) =>
    retrieveInstances({ kind: 'instance', records }, accept, folder, call.urls),
  );
  const metadata = retrieving((records, accept, call) => retrieveMetadata(records, accept, folder, call.urls));
  const frames = retrieving(([record], accept, call) =>
    retrieveFrames(record, call.names['frames'] ?? '', accept, folder, call.urls),
  );
  const bulkData = retrieving(([record], accept, call) =>
    retrieveBulkData(record, call.names['path'] ?? '', accept, folder, call.urls),
  );
  const storing: Handler = (call) => storeInstances(call.request, call.names['study'], store, call.urls, limits);

  const study = `${ROOT}/studies/:study`;
  const series = `${study}/series/:series`;
  const instance = `${series}/instances/:instance`;
  return [
    { path: `${ROOT}/studies`, get: searching(() => ({ level: 'study' })), post: storing },
    { path: `${ROOT}/series`, get: searching(() => ({ level: 'series' })) },
    { path: `${ROOT}/instances`, get: searching(() => ({ level: 'instance' })) },
    { path: study, get: several, post: storing },
    { path: `${study}/metadata`, get: metadata },
    { path: `${study}/series`, get: searching(({ names }) => ({ level: 'series', ...names })) },
    { path: `${study}/instances`, get: searching(({ names }) => ({ level: 'instance', ...names })) },
    { path: series, get: several },
    { path: `${series}/metadata`, get: metadata },
    { path: `${series}/instances`, get: searching(({ names }) => ({ level: 'instance', ...names })) },
    { path: instance, get: one },
    { path: `${instance}/metadata`, get: metadata },
    { path: `${instance}/frames/:frames`, get: frames },
    { path: `${instance}/bulkdata/*path`, get: bulkData },
  ];
}

type Found = readonly [InstanceRecord, ...InstanceRecord[]];

function recordsOf(names: Call['names'], { catalogue }: Store): readonly InstanceRecord[] {
  const { study = '', series, instance } = names;
  if (instance !== undefined) {
    const record = catalogue.instance(instance);
    return record?.studyInstanceUID === study && record.seriesInstanceUID === series ? [record] : [];
  }
  if (series !== undefined) return catalogue.series(study, series)?.instances ?? [];
  return catalogue.study(study)?.series.flatMap((entry) => entry.instances) ?? [];
}

/** The Accept query parameter takes the place of the header (PS3.18 8.3.3.1). Another parameter asks for something that is not done here. */
function acceptOf({ target, request }: Call): string | undefined | Answer {
  const parameters = queryParametersOf(target);
  if (!parameters.ok) return refusal(400, 'the query is not percent-encoded UTF-8');
  if (parameters.value.some(({ name }) => name !== 'accept'))
    return refusal(400, 'a retrieve takes no parameter but accept');
  const [accept, more] = parameters.value;
  if (more) return refusal(400, 'accept is given twice');
  return accept ? accept.value : request.headers.accept;
}
