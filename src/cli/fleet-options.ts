import type { FleetOptions } from '../commands/fleet/survey.js';
import { parseDuration } from '../format/duration.js';
import { MINUTE, SECOND } from '../model/time.js';
import { usage } from './command.js';
import * as shared from './shared-options.js';

/** Whom a command asks about a fleet. */
export const fleetOptions = {
  prometheus: { ...shared.word, describe: 'URL of Prometheus, Thanos, Mimir or VictoriaMetrics, before /api/v1' },
  agents: {
    ...shared.word,
    describe: 'ask the agents themselves: HOST[:PORT],… or a file with one a line; for fleets without a store',
  },
  'http-config': {
    ...shared.word,
    describe: 'file with basic_auth, authorization, tls_config, http_headers, as promtool takes it',
  },
  header: { ...shared.words, describe: "a further header, such as 'X-Scope-OrgID: tenant'; no secrets" },
  window: { ...shared.word, default: '10m', describe: 'how far back to look' },
  timeout: { ...shared.word, default: '30s', describe: 'for each question' },
} as const;

interface FleetArguments {
  readonly prometheus: string | undefined;
  readonly agents: string | undefined;
  readonly 'http-config': string | undefined;
  readonly header: readonly string[] | undefined;
  readonly window: string;
  readonly timeout: string;
}

const LEAST_WINDOW_NS = 2 * MINUTE;
const MOST_WINDOW_NS = 24 * 60 * MINUTE;
const MOST_TIMEOUT_NS = 10 * MINUTE;

/** @throws CodedError E_USAGE unless exactly one of Prometheus and agents is named */
export function toFleetOptions(args: FleetArguments): FleetOptions {
  if ((args.prometheus === undefined) === (args.agents === undefined)) {
    throw usage(
      args.agents === undefined ? 'whom to ask?' : '--prometheus and --agents exclude each other',
      'write --prometheus URL, or --agents HOST,HOST or a file of them',
    );
  }
  return {
    prometheus: args.prometheus === undefined ? undefined : parseUrl(args.prometheus),
    agents: args.agents,
    httpConfig: args['http-config'],
    headers: Object.fromEntries((args.header ?? []).map(parseHeader)),
    windowNs: between(args.window, '--window', LEAST_WINDOW_NS, MOST_WINDOW_NS, '2m to 24h'),
    timeoutNs: between(args.timeout, '--timeout', SECOND, MOST_TIMEOUT_NS, '1s to 10m'),
  };
}

function parseUrl(text: string): URL {
  let url: URL;
  try {
    url = new URL(/^https?:\/\//.test(text) ? text : `http://${text}`);
  } catch {
    throw usage(`--prometheus ${text}: no URL`, 'write http://HOST:9090');
  }
  if (url.username !== '' || url.password !== '') {
    throw usage(
      '--prometheus: credentials in a URL are seen by everybody on this machine',
      'put them into the file of --http-config',
    );
  }
  return url;
}

function parseHeader(text: string): [string, string] {
  const [, name, value] = /^([\w-]+):\s*(\S.*)$/.exec(text) ?? [];
  if (name === undefined || value === undefined)
    throw usage('--header is not NAME: VALUE', "write --header 'X-Scope-OrgID: tenant'");
  if (/^(authorization|cookie|proxy-authorization)$/i.test(name)) {
    throw usage(
      `--header ${name}: secrets in arguments are seen by everybody on this machine`,
      'put it into the file of --http-config',
    );
  }
  return [name.toLowerCase(), value];
}

function between(text: string, option: string, leastNs: number, mostNs: number, words: string): number {
  const ns = parseDuration(text, option);
  if (ns < leastNs || ns > mostNs) throw usage(`${option} ${text}: a length from ${words}`);
  return ns;
}
