import type { Argv, CommandModule } from 'yargs';
import { probe } from '../commands/probe/probe.js';
import type { ProbeOptions } from '../commands/probe/probe-options.js';
import { checkPort } from '../commands/probe/probe-targets.js';
import { parseDuration } from '../format/duration.js';
import { CodedError } from '../model/errors.js';
import { FINDING_KINDS } from '../model/finding.js';
import { DEFAULT_MAX_PACKETS_PER_SECOND, DEFAULT_WAIT_NS } from '../model/plan.js';
import { PROTOCOLS } from '../model/protocol.js';
import { REPORT_FORMATS } from '../model/report-format.js';
import { MS } from '../model/time.js';
import { parseKinds } from './finding-kinds.js';
import { recordingOptions, toRecordingOptions } from './recording-cli-options.js';
import type { RunCommand } from './run-command.js';
import { DEFAULT_THRESHOLD_MS, parseCpu, parseThreshold, whole } from './shared-options.js';

/** The options of `probe`, which `dash` has too. */
export function declareProbe(yargs: Argv) {
  return yargs
    .positional('target', {
      type: 'string',
      array: true,
      describe:
        'address, host name or name from hosts.yaml, each with :PORT if wanted; none: ./hosts.yaml, else the default gateway',
    })
    .options({
      icmp: { type: 'boolean', group: 'Probe:', describe: 'ICMP echo (default without a port)' },
      syn: { type: 'boolean', group: 'Probe:', describe: 'TCP SYN (default with a port); a closed port is fine' },
      ack: { type: 'boolean', group: 'Probe:', describe: 'TCP ACK, answered by RST' },
      udp: { type: 'boolean', group: 'Probe:', describe: 'UDP to a closed port; targets answer about one a second' },
      port: { alias: 'p', type: 'number', requiresArg: true, group: 'Probe:', describe: 'target port' },
      interval: {
        alias: 'i',
        type: 'string',
        requiresArg: true,
        group: 'Probe:',
        describe: "between probes of a path: 10ms, 0.5s, hping's u10000",
        defaultDescription: '10ms; 1s for UDP',
      },
      count: {
        alias: 'c',
        type: 'number',
        requiresArg: true,
        group: 'Probe:',
        describe: 'probes per path',
        defaultDescription: 'until stopped',
      },
      duration: {
        alias: 'd',
        type: 'string',
        requiresArg: true,
        group: 'Probe:',
        describe: 'how long: 30s, 5m',
        defaultDescription: 'until stopped',
      },
      wait: {
        alias: 'W',
        type: 'string',
        requiresArg: true,
        group: 'Probe:',
        describe: 'a reply after this is late, none by then lost; late replies still count',
        default: `${DEFAULT_WAIT_NS / MS}ms`,
      },
      flows: {
        type: 'number',
        requiresArg: true,
        group: 'Probe:',
        describe: 'fixed source ports of a TCP path, so that its probes reach several receive queues',
        defaultDescription: '16',
      },
      fresh: {
        type: 'number',
        requiresArg: true,
        group: 'Probe:',
        describe: 'further SYN probes a second, each from a new source port',
        defaultDescription: '5',
      },
      threshold: {
        type: 'string',
        requiresArg: true,
        group: 'Find:',
        describe: 'what counts as slow, in ms',
        default: String(DEFAULT_THRESHOLD_MS),
      },
      'fail-on': {
        type: 'string',
        requiresArg: true,
        group: 'Find:',
        describe: `exit 1 if found: ${FINDING_KINDS.join(', ')}; spike and loss for short`,
      },
      'on-stall': {
        type: 'string',
        requiresArg: true,
        group: 'Find:',
        describe: 'command to run for each stall; gets the finding as JSON',
      },
      format: {
        type: 'string',
        choices: REPORT_FORMATS,
        group: 'Output:',
        describe: 'how to print',
        default: 'text' as const,
      },
      json: { type: 'boolean', group: 'Output:', describe: 'the same as --format ndjson' },
      output: {
        alias: 'o',
        type: 'string',
        requiresArg: true,
        group: 'Output:',
        describe: 'write results to this file',
      },
      live: {
        type: 'boolean',
        default: false,
        group: 'Output:',
        describe: 'draw the run on the terminal; see rxray dash',
      },
      ascii: { type: 'boolean', default: false, group: 'Output:', describe: 'with --live: plain characters only' },
      quiet: { alias: 'q', type: 'boolean', default: false, group: 'Output:', describe: 'only the summary' },
      numeric: {
        alias: 'n',
        type: 'boolean',
        group: 'Output:',
        describe: 'accepted for the habit: addresses are never looked up',
      },
      interface: {
        alias: 'I',
        type: 'string',
        requiresArg: true,
        group: 'Means:',
        describe: 'send through this interface',
      },
      ipv4: { alias: '4', type: 'boolean', group: 'Means:', describe: 'IPv4 only' },
      ipv6: { alias: '6', type: 'boolean', group: 'Means:', describe: 'IPv6 only' },
      ttl: {
        type: 'number',
        requiresArg: true,
        group: 'Means:',
        describe: 'TTL or hop limit of the probes',
        defaultDescription: '64',
      },
      netns: { type: 'string', requiresArg: true, group: 'Means:', describe: 'probe from this network namespace' },
      hosts: {
        type: 'string',
        requiresArg: true,
        group: 'Means:',
        describe: 'file of target names',
        defaultDescription: './hosts.yaml if there is one',
      },
      timestamps: {
        type: 'string',
        choices: ['auto', 'hw', 'kernel', 'user'] as const,
        default: 'auto' as const,
        group: 'Means:',
        describe: 'where time stamps come from',
      },
      cpu: {
        type: 'string',
        requiresArg: true,
        default: 'auto',
        group: 'Means:',
        describe: 'CPU of the prober: a number, auto or none',
      },
      'max-pps': {
        type: 'number',
        requiresArg: true,
        default: DEFAULT_MAX_PACKETS_PER_SECOND,
        group: 'Means:',
        describe: 'packets a second to one target that a run may send',
      },
      engine: {
        type: 'string',
        choices: ['auto', 'helper', 'portable', 'connect', 'sim'] as const,
        default: 'auto' as const,
        group: 'Means:',
        describe:
          'what sends: the native helper (precise), portable (raw-socket and libpcap), connect (no privilege), or a simulation',
      },
      ...recordingOptions,
      scenario: { type: 'string', requiresArg: true, group: 'Means:', describe: 'scenario file for --engine sim' },
    })
    .conflicts('ipv4', 'ipv6');
}

function withExamples(yargs: Argv) {
  return declareProbe(yargs)
    .example('$0 probe 172.16.47.27 --syn -p 30927', 'a NodePort, 16 flows, until Ctrl-C')
    .example('$0 probe --icmp --threshold 100', 'the targets of ./hosts.yaml, or the default gateway')
    .example('$0 probe nodeport -d 60s --fail-on stall', 'a target from hosts.yaml; exit 1 if it stalls')
    .example('$0 probe 10.0.0.7 10.0.0.8:443 -i 5ms --json', 'two targets on one grid, NDJSON')
    .example('$0 probe 10.0.0.7:443 --engine connect', 'no privilege needed: times connects')
    .epilogue('A 140 ms stall is seen with certainty at 10 ms; a ping every second sees one in twenty-five.');
}

export type DeclaredProbe = Awaited<ReturnType<typeof declareProbe>['argv']>;

/** `rxray probe`, which is installed as `probe` too. */
export function probeCommand(run: RunCommand): CommandModule<object, DeclaredProbe> {
  return {
    command: 'probe [target..]',
    describe: 'probe targets and reconstruct every stall',
    builder: withExamples as unknown as (yargs: Argv<object>) => Argv<DeclaredProbe>,
    handler: (args) => run((io) => probe(toProbeOptions(args), io)),
  };
}

/** The options of `probe`, from what was written. */
export function toProbeOptions(args: DeclaredProbe): ProbeOptions {
  if (args.output === '') throw new CodedError('E_USAGE', '-o needs a file name', 'write -o FILE', 2);
  return {
    targets: ((args as { target?: readonly unknown[] }).target ?? []).map(String),
    protocols: PROTOCOLS.filter((protocol) => args[protocol] === true),
    ...(args.port === undefined ? {} : { port: checkPort(args.port, '-p') }),
    ...(args.interval === undefined ? {} : { intervalNs: parseDuration(args.interval, '-i') }),
    thresholdNs: parseThreshold(args.threshold),
    count: args.count === undefined ? 0 : whole(args.count, '-c', 1, 0xffff_ffff),
    durationNs: args.duration === undefined ? 0 : parseDuration(args.duration, '-d'),
    waitNs: parseDuration(args.wait, '-W'),
    ...(args.flows === undefined ? {} : { flows: whole(args.flows, '--flows', 1, 4096) }),
    ...(args.fresh === undefined ? {} : { freshPerSecond: whole(args.fresh, '--fresh', 0, 1000) }),
    family: args.ipv4 ? 'ipv4' : args.ipv6 ? 'ipv6' : 'any',
    ...(args.interface === undefined ? {} : { interface: args.interface }),
    ...(args.ttl === undefined ? {} : { ttl: whole(args.ttl, '--ttl', 1, 255) }),
    timestamps: args.timestamps,
    cpu: parseCpu(args.cpu),
    maxPacketsPerSecond: whole(args['max-pps'], '--max-pps', 1, 10_000_000),
    engine: args.engine,
    ...(args.scenario === undefined ? {} : { scenario: args.scenario }),
    ...(args.netns === undefined ? {} : { netns: args.netns }),
    ...(args.hosts === undefined ? {} : { hosts: args.hosts }),
    format: args.json ? 'ndjson' : args.format,
    ...(args.output === undefined ? {} : { output: args.output }),
    quiet: args.quiet,
    live: args.live,
    ascii: args.ascii,
    failOn: args['fail-on'] === undefined ? [] : parseKinds(args['fail-on']),
    ...(args['on-stall'] === undefined ? {} : { onStall: args['on-stall'] }),
    ...toRecordingOptions(args),
  };
}
