import { readFile } from 'node:fs/promises';
import type { Argv, CommandModule } from 'yargs';
import type { ProbeOptions, RequestOptions } from '../commands/probe/probe-options.js';
import { parseDuration } from '../format/duration.js';
import { CHOOSABLE_ENGINES } from '../model/engine-name.js';
import { CodedError } from '../model/errors.js';
import {
  DEFAULT_MAX_PACKETS_PER_SECOND,
  DEFAULT_PROBE_FLOWS,
  DEFAULT_REQUESTS_PER_SECOND,
  DEFAULT_WAIT_NS,
} from '../model/plan.js';
import { PACKET_PROTOCOLS } from '../model/protocol.js';
import { REPORT_FORMATS } from '../model/report-format.js';
import { DNS_WAYS } from '../model/request.js';
import { type CommandContext, UsageWanted, usage } from './command.js';
import { parseKinds } from './finding-kinds.js';
import { recordingOptions, toRecordingOptions } from './recording-cli-options.js';
import * as shared from './shared-options.js';

/** What is probed and how, under `Probe:` of the help. */
const probing = {
  icmp: { type: 'boolean', group: 'Probe:', describe: 'ICMP echo (default without a port)' },
  syn: { type: 'boolean', group: 'Probe:', describe: 'TCP SYN (default with a port); a closed port is fine' },
  ack: { type: 'boolean', group: 'Probe:', describe: 'TCP ACK, answered by RST' },
  udp: { type: 'boolean', group: 'Probe:', describe: 'UDP to a closed port; targets answer about one a second' },
  port: { ...shared.port, group: 'Probe:', describe: 'target port' },
  interval: {
    ...shared.word,
    alias: 'i',
    group: 'Probe:',
    describe: "between probes of a path: 10ms, 0.5s, hping's u10000",
    defaultDescription: '10ms; 1s for UDP',
  },
  count: {
    ...shared.word,
    alias: 'c',
    group: 'Probe:',
    describe: 'probes per path',
    defaultDescription: 'until stopped',
  },
  duration: { ...shared.duration, group: 'Probe:', defaultDescription: 'until stopped; 10s where no target is given' },
  wait: {
    ...shared.word,
    alias: 'W',
    group: 'Probe:',
    describe: 'a reply after this is late, none by then lost; late replies still count',
    default: shared.milliseconds(DEFAULT_WAIT_NS),
  },
  flows: {
    ...shared.word,
    group: 'Probe:',
    describe: 'fixed source ports of a TCP path, so that its probes reach several receive queues',
    defaultDescription: String(DEFAULT_PROBE_FLOWS),
  },
  fresh: {
    ...shared.word,
    group: 'Probe:',
    describe: 'further SYN probes a second, each from a new source port',
    defaultDescription: '5',
  },
} as const;

/** Whole requests, under `Request:` of the help; the packets beside them are those of `Probe:`. */
const requesting = {
  http: {
    ...shared.words,
    group: 'Request:',
    describe: 'URL to ask on the grid, never waiting for earlier answers; SYN probes to its port go beside it',
  },
  dns: {
    ...shared.words,
    group: 'Request:',
    describe: 'NAME or NAME@SERVER to look up as resolvers do: A and AAAA at once, UDP and TCP',
  },
  rate: {
    ...shared.word,
    group: 'Request:',
    describe: 'requests a second of each path',
    defaultDescription: `${DEFAULT_REQUESTS_PER_SECOND}, shared by all paths to one server`,
  },
  method: {
    ...shared.word,
    group: 'Request:',
    describe: 'method of HTTP',
    defaultDescription: 'GET; POST with a body',
  },
  header: { ...shared.words, group: 'Request:', describe: "header to send: 'Name: value'" },
  body: { ...shared.word, group: 'Request:', describe: 'body to send; @FILE is what stands in that file' },
  'keep-alive': { ...shared.flag, group: 'Request:', describe: 'keep connections; else each request has a new one' },
  http2: { ...shared.flag, group: 'Request:', describe: 'HTTP/2; without TLS by prior knowledge' },
  insecure: { ...shared.flag, group: 'Request:', describe: 'do not check certificates' },
  'connect-to': { ...shared.word, group: 'Request:', describe: 'ask the URLs at this address; TLS keeps their name' },
  'dns-via': {
    ...shared.words,
    group: 'Request:',
    describe: 'udp (a new port each), udp-fixed (one port), tcp',
    defaultDescription: 'all three',
  },
  'requests-alone': { ...shared.flag, group: 'Request:', describe: 'no SYN probes beside the requests' },
} as const;

const finding = {
  threshold: { ...shared.threshold, group: 'Find:' },
  'stall-threshold': { ...shared.judging['stall-threshold'], group: 'Find:' },
  queues: { ...shared.judging.queues, group: 'Find:' },
  'fail-on': { ...shared.failOn, group: 'Find:' },
  'on-stall': { ...shared.word, group: 'Find:', describe: 'command to run for each stall; gets the finding as JSON' },
} as const;

const printing = {
  format: {
    type: 'string',
    choices: REPORT_FORMATS,
    requiresArg: true,
    group: 'Output:',
    describe: 'how to print',
    default: 'text' as const,
  },
  json: { type: 'boolean', group: 'Output:', describe: 'the same as --format ndjson' },
  output: { ...shared.output, group: 'Output:' },
  live: { ...shared.live, group: 'Output:' },
  ascii: { ...shared.ascii, group: 'Output:' },
  quiet: { ...shared.quiet, group: 'Output:' },
  numeric: {
    alias: 'n',
    type: 'boolean',
    group: 'Output:',
    describe: 'accepted for the habit: addresses are never looked up',
  },
} as const;

const means = {
  interface: { ...shared.word, alias: 'I', group: 'Means:', describe: 'send through this interface' },
  ipv4: { ...shared.ipv4, group: 'Means:' },
  ipv6: { ...shared.ipv6, group: 'Means:' },
  ttl: { ...shared.word, group: 'Means:', describe: 'TTL or hop limit of the probes', defaultDescription: '64' },
  netns: { ...shared.word, group: 'Means:', describe: 'probe from this network namespace' },
  hosts: {
    ...shared.hosts,
    group: 'Means:',
    describe: 'file of target names',
    defaultDescription: './hosts.yaml if there is one',
  },
  timestamps: {
    type: 'string',
    choices: ['auto', 'hw', 'kernel', 'user'] as const,
    default: 'auto' as const,
    requiresArg: true,
    group: 'Means:',
    describe: 'where time stamps come from',
  },
  cpu: { ...shared.cpu, group: 'Means:' },
  'max-pps': {
    ...shared.word,
    default: String(DEFAULT_MAX_PACKETS_PER_SECOND),
    group: 'Means:',
    describe: 'packets a second to one target that a run may send',
  },
  engine: {
    type: 'string',
    choices: ['auto', ...CHOOSABLE_ENGINES] as const,
    default: 'auto' as const,
    requiresArg: true,
    group: 'Means:',
    describe:
      'what sends: the native helper (precise), portable (raw-socket and libpcap), connect (no privilege), or a simulation',
  },
  ...recordingOptions,
  scenario: { ...shared.word, group: 'Means:', describe: 'scenario file for --engine sim' },
} as const;

/** The options of `probe`, which `dash` and `record` have too. */
export function declareProbe(yargs: Argv) {
  return yargs
    .positional('target', {
      type: 'string',
      array: true,
      describe:
        'address, host name or name from hosts.yaml, each with :PORT if wanted; options without one: ./hosts.yaml, else the default gateway',
    })
    .options({ ...probing, ...requesting, ...finding, ...printing, ...means })
    .conflicts('ipv4', 'ipv6');
}

function withExamples(yargs: Argv) {
  return declareProbe(yargs)
    .example('$0 probe 172.16.47.27 --syn -p 30927', 'a NodePort, 40 flows, until Ctrl-C')
    .example('$0 probe --icmp --threshold 100', 'the targets of ./hosts.yaml, or the default gateway, for 10 s')
    .example('$0 probe nodeport -d 60s --fail-on stall', 'a target from hosts.yaml; exit 1 if it stalls')
    .example('$0 probe 10.0.0.7 10.0.0.8:443 -i 5ms --json', 'two targets on one grid, NDJSON')
    .example(
      '$0 probe --http https://shop.example/cart',
      'ten requests a second, their phases, and the way beside them',
    )
    .example('$0 probe --dns api.default.svc@10.96.0.10 -d 60s', 'lost, slow or multiplied lookups')
    .example('$0 probe 10.0.0.7:443 --engine connect', 'no privilege needed: times connects')
    .epilogue(
      'Exit status: 0 completed, 1 no reply at all or --fail-on, 2 wrong use, 4 privilege or system. ' +
        'A ping every second meets a 140 ms stall once in seven; a probe every 10 ms shows how it ends.',
    );
}

export type DeclaredProbe = Awaited<ReturnType<typeof declareProbe>['argv']>;

/** `rxray probe`, which is installed as `probe` too. */
export function probeCommand({ run, isBare }: CommandContext): CommandModule<object, DeclaredProbe> {
  return {
    command: 'probe [target..]',
    describe: 'probe targets and reconstruct every stall',
    builder: withExamples as unknown as (yargs: Argv<object>) => Argv<DeclaredProbe>,
    handler: (args) =>
      run(async (io) => {
        const options = await toProbeOptions(args);
        if (isBare && options.targets.length === 0) throw new UsageWanted();
        const { probe } = await import('../commands/probe/probe.js');
        return probe(options, io);
      }),
  };
}

async function toRequestOptions(args: DeclaredProbe): Promise<RequestOptions> {
  const ways = shared.listed(args['dns-via']);
  const dnsWays = DNS_WAYS.filter((way) => ways.includes(way));
  const unknown = ways.find((way) => !dnsWays.some((known) => known === way));
  if (unknown !== undefined) throw usage(`--dns-via ${unknown}: not one of ${DNS_WAYS.join(', ')}`);
  const urls = (args.http ?? []).map(String);
  const requests: RequestOptions = {
    urls,
    names: (args.dns ?? []).map(String),
    method: args.method,
    headers: (args.header ?? []).map(String),
    body: await bodyOf(args.body),
    rate: rateOf(args.rate),
    keepAlive: args['keep-alive'],
    http2: args.http2,
    insecure: args.insecure,
    connectTo: args['connect-to'],
    dnsWays,
    alone: args['requests-alone'],
  };
  const ofHttp = Object.entries({
    '--method': args.method,
    '--header': args.header?.[0],
    '--body': args.body,
    '--keep-alive': args['keep-alive'] || undefined,
    '--http2': args.http2 || undefined,
    '--insecure': args.insecure || undefined,
    '--connect-to': args['connect-to'],
  }).find(([, given]) => given !== undefined);
  if (ofHttp !== undefined && urls.length === 0) throw usage(`${ofHttp[0]} is of requests, and there is no --http URL`);
  return requests;
}

/** @throws CodedError E_BODY for a file that cannot be read */
async function bodyOf(text: string | undefined): Promise<string | undefined> {
  if (text === undefined || !text.startsWith('@')) return text;
  return readFile(text.slice(1), 'utf8').catch((cause: Error) => {
    throw new CodedError('E_BODY', `cannot read ${text.slice(1)}: ${cause.message}`, 'check the path behind the @', 2);
  });
}

function rateOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const rate = /^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
  if (rate >= 0.01 && rate <= 10_000) return rate;
  throw usage(`--rate ${text}: not a number of requests a second from 0.01 to 10000`);
}

/** The options of `probe`, from what was written. */
export async function toProbeOptions(args: DeclaredProbe): Promise<ProbeOptions> {
  return {
    targets: ((args as { target?: readonly unknown[] }).target ?? []).map(String),
    requests: await toRequestOptions(args),
    protocols: PACKET_PROTOCOLS.filter((protocol) => args[protocol] === true),
    port: shared.parsePort(args.port),
    intervalNs: shared.optionalDuration(args.interval, '-i'),
    thresholdNs: shared.parseThreshold(args.threshold),
    ...shared.parseJudging(args),
    count: shared.optionalWhole(args.count, '-c', 1, 0xffff_ffff) ?? 0,
    durationNs: shared.optionalDuration(args.duration, '-d') ?? 0,
    waitNs: parseDuration(args.wait, '-W'),
    flows: shared.optionalWhole(args.flows, '--flows', 1, 4096),
    freshPerSecond: shared.optionalWhole(args.fresh, '--fresh', 0, 1000),
    family: shared.family(args),
    interface: args.interface,
    ttl: shared.optionalWhole(args.ttl, '--ttl', 1, 255),
    timestamps: args.timestamps,
    cpu: shared.parseCpu(args.cpu),
    maxPacketsPerSecond: shared.whole(args['max-pps'], '--max-pps', 1, 10_000_000),
    engine: args.engine,
    scenario: args.scenario,
    netns: args.netns,
    hosts: args.hosts,
    format: args.json ? 'ndjson' : args.format,
    output: args.output,
    quiet: args.quiet,
    live: args.live,
    ascii: args.ascii,
    failOn: await parseKinds(args['fail-on']),
    onStall: args['on-stall'],
    ...toRecordingOptions(args),
  };
}
