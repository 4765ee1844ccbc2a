import type { Archive } from './archive.js';
import type { ArchiveOptions } from './archive-options.js';
import type { Channel } from './channel.js';
import { Client } from './client-calls.js';
import type { Clock } from './governor.js';
import { locate } from './locate.js';
import { knock, probeRetrieve, probeSearch, probeStore } from './probes.js';
import { metadata, retrieve } from './retrieve.js';
import { EVERYTHING, search, survey } from './search.js';
import { store } from './store.js';
import { openTransport } from './transport.js';

/** Opens an archive: no request is made before the first call. To be closed. */
export function openArchive(options: ArchiveOptions, world: Clock): Archive {
  const transport = openTransport(options, world);
  const channel: Channel = {
    name: options.name,
    client: new Client(options.url, transport),
    now: () => world.now(),
    habits: { fillsPages: false, largestPage: { studies: 0, series: 0, instances: 0 }, accepts: 0 },
  };
  return {
    name: options.name,
    search: (level, query, more) => search(channel, level, query, more),
    survey: (level, query, more = {}) => survey(channel, level, query, more, EVERYTHING),
    locate: (instance, study) => locate(channel, instance, study),
    retrieve: (instance) => retrieve(channel, instance),
    metadata: (of) => metadata(channel, of),
    store: (study, objects) => store(channel, study, objects),
    probeSearch: () => probeSearch(channel),
    probeRetrieve: () => probeRetrieve(channel),
    probeStore: () => probeStore(channel),
    leftAlone: () => transport.leftAlone(),
    tryAgain: async () => {
      for (const method of ['GET', 'POST'] as const) await transport.knock(method, () => knock(channel, method));
    },
    close: () => transport.close(),
  };
}
