import { packageVersion } from '../../installation/version.js';
import type { FleetScreen, FleetSource } from '../../model/fleet/fleet-evidence.js';
import type { FleetRun, FleetVerdict, LinkVerdict, NodeVerdict } from '../../model/fleet/fleet-verdict.js';
import { SCHEMA } from '../../model/records/run.js';
import { MS } from '../../model/time.js';
import { readAgentList } from '../../store/agent-list.js';
import { AgentsSource } from '../../store/agents-source.js';
import { placeOf } from '../../store/http-client.js';
import { OPEN_ACCESS, readHttpConfig } from '../../store/http-config.js';
import { PrometheusApi } from '../../store/prometheus-api.js';
import { PrometheusSource } from '../../store/prometheus-source.js';
import { concludeFleet } from '../../survey/conclude.js';
import { judgeSuspects, viewFleet } from '../../survey/judge-fleet.js';

/** Whom to ask about a fleet, and about how long. */
export interface FleetOptions {
  /** Before `/api/v1`; undefined where agents are asked. */
  readonly prometheus: URL | undefined;
  /** Addresses with commas between, or a file of them. */
  readonly agents: string | undefined;
  readonly httpConfig: string | undefined;
  /** Further headers, such as the tenant; no secrets. */
  readonly headers: Readonly<Record<string, string>>;
  readonly windowNs: number;
  readonly timeoutNs: number;
}

/** All that one look at a fleet comes to. */
export interface FleetSurvey {
  readonly run: FleetRun;
  readonly nodes: readonly NodeVerdict[];
  readonly links: readonly LinkVerdict[];
  readonly verdict: FleetVerdict;
  readonly screen: FleetScreen;
}

interface OpenSource {
  readonly source: FleetSource;
  readonly kind: FleetRun['source'];
  readonly asked: string;
  epochNs(): bigint;
  queries(): number;
  notes(): readonly string[];
}

/**
 * Looks at a fleet once: rates of all, then the instants of suspects.
 *
 * @param closer nodes to be looked at closer, whatever the rates say
 * @throws CodedError where whom is asked cannot answer
 */
export async function surveyFleet(
  options: FleetOptions,
  stop: AbortSignal,
  closer: readonly string[] = [],
): Promise<FleetSurvey> {
  const beganMs = performance.now();
  const { source, ...about } = await openSource(options, stop);
  const screen = await source.screen();
  const view = viewFleet(screen, closer);
  const suspects = judgeSuspects(view, await source.suspects(view.suspects), options.windowNs);
  const convicted = suspects.judgements.filter((one) => one.convicted).map(({ node }) => node);
  const conclusion = concludeFleet(view, suspects, {
    sinceNs: await source.since(convicted),
    queries: about.queries(),
    tookNs: (performance.now() - beganMs) * MS,
    notes: about.notes(),
  });
  return {
    ...conclusion,
    screen,
    run: {
      type: 'fleet-run',
      schema: SCHEMA,
      version: packageVersion(),
      epochNs: String(about.epochNs()),
      windowNs: options.windowNs,
      source: about.kind,
      asked: about.asked,
    },
  };
}

async function openSource(options: FleetOptions, stop: AbortSignal): Promise<OpenSource> {
  const { prometheus, windowNs, timeoutNs } = options;
  const read = options.httpConfig === undefined ? OPEN_ACCESS : await readHttpConfig(options.httpConfig);
  const access = { ...read, headers: { ...options.headers, ...read.headers } };
  const timeoutMs = timeoutNs / MS;
  if (prometheus !== undefined) {
    const api = new PrometheusApi({ url: prometheus, access, timeoutMs, stop });
    const source = new PrometheusSource(api, windowNs);
    return {
      source,
      kind: 'prometheus',
      asked: placeOf(prometheus),
      epochNs: () => source.epochNs,
      queries: () => api.queries,
      notes: () => api.warnings.map((warning) => `the store says: ${warning}`),
    };
  }
  const urls = await readAgentList(options.agents ?? '');
  const source = new AgentsSource({ urls, access, timeoutMs, windowNs, stop });
  return {
    source,
    kind: 'agents',
    asked: urls.length === 1 ? placeOf(urls[0] as URL) : `${urls.length} agents`,
    epochNs: () => source.epochNs,
    queries: () => source.asked,
    notes: () => source.notes,
  };
}
