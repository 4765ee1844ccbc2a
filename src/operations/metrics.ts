import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import {
  EVENTS,
  type EventFields,
  type EventLog,
  type EventName,
  type EventRow,
  type RequestObserver,
} from '../domain/index.js';
import type { NetworkState } from './readiness.js';
import type { Ledger } from '../ledger/index.js';

export interface Metrics {
  /** The log that was given, with every event counted on its way. */
  readonly log: EventLog;
  /** Counts a request that went to an archive. */
  readonly request: RequestObserver;
  /** What `/metrics` answers (Prometheus text format 0.0.4): events of this process, and the state of the ledger as it is now. */
  scrape(
    ledger: Ledger,
    network: NetworkState,
    now: number,
  ): Promise<{ readonly contentType: string; readonly text: string }>;
}

/** From a kernel's milliseconds to a report that waited for its archive. */
const BUCKETS_S = [0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 100, 300];

/**
 * Metrics of this process. Labels are event names, reason codes and names from the configuration only: nothing that comes from a DICOM object
 * can become one, since events cannot carry it.
 */
export function startMetrics(log: EventLog): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const made = { registers: [registry] };
  const events = new Counter({
    ...made,
    name: 'caliper_events_total',
    help: 'Log events by name; docs/events.md says what each means',
    labelNames: ['event', 'reason', 'archive'],
  });
  const took = new Histogram({
    ...made,
    name: 'caliper_took_seconds',
    help: 'How long the steps took that the log tells a duration of',
    labelNames: ['event'],
    buckets: BUCKETS_S,
  });
  const requests = new Counter({
    ...made,
    name: 'caliper_archive_requests_total',
    help: 'Requests that went to an archive; a 404 is not-there',
    labelNames: ['archive', 'kind', 'outcome'],
  });
  const bytes = new Counter({
    ...made,
    name: 'caliper_archive_bytes_total',
    help: 'Bodies of these requests and of their answers',
    labelNames: ['archive', 'direction'],
  });
  const requestTook = new Histogram({
    ...made,
    name: 'caliper_archive_request_seconds',
    help: 'How long these requests took, without what they waited for the budget',
    labelNames: ['archive', 'kind'],
    buckets: BUCKETS_S,
  });
  const gauge = <L extends string>(name: string, help: string, labelNames: readonly L[]) =>
    new Gauge({ ...made, name: `caliper_${name}`, help, labelNames });
  const reports = gauge('reports', 'Reports in the ledger', []);
  const measurements = gauge('measurements', 'Measurements by the outcome of their latest run', ['outcome']);
  const runs = gauge('runs', 'Runs by state', ['state']);
  const deliveries = gauge('deliveries', 'Deliveries by state', ['state']);
  const oldestDue = gauge('oldest_due_seconds', 'For how long the oldest due work has been due', []);
  const modes = gauge('role_mode', '1 for the mode that a source or destination is in', ['role', 'name', 'mode']);

  const silent = gauge('source_silent_seconds', 'Since a source last showed a report that was not known', ['source']);
  const pause = gauge('source_longest_pause_seconds', 'Longest time between two new reports in 14 days', ['source']);
  const lately = gauge('source_new_reports_14d', 'Reports that a source showed for the first time in 14 days', [
    'source',
  ]);
  const meanAgreement = gauge('agreement_mean', 'Mean agreement: in 7 days, and in the 28 days before', ['window']);
  const agreements = gauge('agreement_count', 'How many contours that mean is of', ['window']);
  const inference = gauge('network', '1 for the state of the network and the provider it runs on', [
    'state',
    'provider',
  ]);

  return {
    log: {
      event<N extends EventName>(name: N, fields: EventFields<N>) {
        const row: EventRow = EVENTS[name];
        const given: Readonly<Record<string, unknown>> = fields;
        const label = (...fieldNames: readonly string[]): string => {
          const field = fieldNames.find((f) => f in row.fields && typeof given[f] === 'string');
          return field === undefined ? '' : String(given[field]);
        };
        events.inc({ event: name, reason: label('reason'), archive: label('source', 'destination', 'archive') });
        if (typeof given['took'] === 'number') took.observe({ event: name }, given['took'] / 1000);
        log.event(name, fields);
      },
    },
    request({ archive, kind, outcome, sentBytes, receivedBytes, took: tookMs }) {
      requests.inc({ archive, kind, outcome });
      bytes.inc({ archive, direction: 'sent' }, sentBytes);
      bytes.inc({ archive, direction: 'received' }, receivedBytes);
      requestTook.observe({ archive, kind }, tookMs / 1000);
    },
    async scrape(ledger, network, now) {
      const [status, roles, sources, drift] = await Promise.all([
        ledger.status(),
        ledger.roles(),
        ledger.sourceActivity(),
        ledger.agreementDrift(),
      ]);
      for (const { source, lastNew, longestPauseMs, newInTwoWeeks } of sources) {
        if (lastNew) silent.set({ source }, Math.max(0, now - lastNew.getTime()) / 1000);
        if (longestPauseMs !== undefined) pause.set({ source }, longestPauseMs / 1000);
        lately.set({ source }, newInTwoWeeks);
      }
      for (const [window, { mean, count }] of [
        ['7d', drift.recent],
        ['28d-before', drift.before],
      ] as const) {
        if (count > 0) meanAgreement.set({ window }, mean);
        agreements.set({ window }, count);
      }
      reports.set(status.reports);
      for (const [outcome, n] of Object.entries(status.outcomes)) measurements.set({ outcome }, n);
      for (const [state, n] of Object.entries(status.runs)) runs.set({ state }, n);
      for (const [state, n] of Object.entries(status.deliveries)) deliveries.set({ state }, n);
      oldestDue.set(status.oldestDue ? Math.max(0, now - status.oldestDue.getTime()) / 1000 : 0);
      inference.reset();
      inference.set({ state: network.state, provider: network.state === 'ready' ? network.provider : '' }, 1);
      modes.reset();
      for (const { role, name, mode } of roles) modes.set({ role, name, mode }, 1);
      return { contentType: registry.contentType, text: await registry.metrics() };
    },
  };
}
