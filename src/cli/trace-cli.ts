import type { Argv, CommandModule } from 'yargs';
import { traceRx } from '../commands/trace/trace-rx.js';
import { traceStall } from '../commands/trace/trace-stall.js';
import { parseDuration } from '../format/duration.js';
import type { RunCommand } from './run-command.js';
import { whole } from './shared-options.js';
import { traceSyscallsCommand } from './trace-syscalls-cli.js';

/** `rxray trace`: what the kernel of a machine does with received packets, asked of tracepoints. */
export function traceCommand(run: RunCommand, behindDashes: readonly string[]): CommandModule {
  return {
    command: 'trace <question>',
    describe: 'ask the kernel why packets waited (needs root or cap_bpf and cap_perfmon)',
    builder: (yargs) =>
      yargs
        // One question, one line here; each stands in a function of its own below.
        .command(stall(run))
        .command(rx(run))
        .command(traceSyscallsCommand(run, behindDashes))
        .demandCommand(1, 'say what to ask: stall, rx or syscalls')
        .example('$0 trace stall', 'who keeps received packets waiting for 10 ms and more')
        .example('$0 trace rx --follow-probes', 'where each probe of the running probe or bisect is received'),
    handler: () => {},
  };
}

/** Where and how long to trace: options of every question. */
export function traced<T>(yargs: Argv<T>) {
  return yargs
    .options({
      netns: { type: 'string', requiresArg: true, describe: 'a network namespace, as ip netns lists them' },
      ssh: { type: 'string', requiresArg: true, describe: 'another machine: user@host' },
      hosts: { type: 'string', requiresArg: true, implies: 'vantage', describe: 'hosts file, with --vantage' },
      vantage: { type: 'string', requiresArg: true, implies: 'hosts', describe: 'a vantage of that file' },
      'all-namespaces': { type: 'boolean', default: false, describe: 'packets of every network namespace' },
      cpus: { type: 'string', requiresArg: true, describe: 'keep to these CPUs: 0-3,8' },
      duration: {
        alias: 'd',
        type: 'string',
        requiresArg: true,
        describe: 'end after this',
        defaultDescription: 'at Ctrl-C',
      },
      json: { type: 'boolean', default: false, describe: 'NDJSON' },
    })
    .conflicts('netns', ['ssh', 'hosts'])
    .conflicts('ssh', 'hosts');
}

export interface TracedArgs {
  netns: string | undefined;
  ssh: string | undefined;
  hosts: string | undefined;
  vantage: string | undefined;
  'all-namespaces': boolean;
  cpus: string | undefined;
  duration: string | undefined;
  json: boolean;
}

export function tracedOptions(args: TracedArgs) {
  return {
    json: args.json,
    allNamespaces: args['all-namespaces'],
    ...(args.netns === undefined ? {} : { netns: args.netns }),
    ...(args.ssh === undefined ? {} : { ssh: args.ssh }),
    ...(args.hosts === undefined ? {} : { hosts: args.hosts }),
    ...(args.vantage === undefined ? {} : { vantage: args.vantage }),
    ...(args.cpus === undefined ? {} : { cpus: args.cpus }),
    ...(args.duration === undefined ? {} : { durationNs: parseDuration(args.duration, '-d') }),
  };
}

interface StallArgs extends TracedArgs {
  min: string;
  samples: boolean;
  folded: string | undefined;
}

function stall(run: RunCommand): CommandModule<object, StallArgs> {
  return {
    command: 'stall',
    describe: 'every time received packets waited for a CPU: how long, and who held it',
    builder: (yargs) =>
      traced(yargs)
        .options({
          min: { type: 'string', requiresArg: true, default: '10ms', describe: 'shortest wait to report' },
          samples: {
            type: 'boolean',
            default: false,
            describe: 'also every sample of the flight recorder, one line a millisecond, from 200 ms before',
          },
          folded: {
            type: 'string',
            requiresArg: true,
            describe: 'file for folded stacks of what ran meanwhile (FlameGraph, speedscope)',
          },
        })
        .example('$0 trace stall --min 5ms', 'shorter ones too')
        .example('$0 trace stall --ssh ops@node -d 1m --samples', 'on another machine, with all that was recorded')
        .epilogue('Exit status: 0 nobody kept packets waiting, 1 somebody did, 2 wrong use, 4 privilege or system.'),
    handler: ({ samples, folded, ...args }) =>
      run((io) =>
        traceStall(
          {
            ...tracedOptions(args),
            minNs: parseDuration(args.min, '--min'),
            samples,
            ...(folded === undefined ? {} : { folded }),
          },
          io,
        ),
      ),
  };
}

interface RxArgs extends TracedArgs {
  'follow-probes': boolean | undefined;
  'of-process': number | undefined;
  'icmp-id': number[] | undefined;
  'syn-port': number[] | undefined;
}

function rx(run: RunCommand): CommandModule<object, RxArgs> {
  return {
    command: 'rx',
    describe: 'every probe packet on the machine that receives it: where, on top of what, how long after the raise',
    builder: (yargs) =>
      traced(yargs)
        .options({
          'follow-probes': {
            type: 'boolean',
            describe: 'probes of the probe or bisect that started last on this host',
          },
          'of-process': { type: 'number', requiresArg: true, describe: 'of the one with this process id' },
          'icmp-id': { type: 'number', array: true, requiresArg: true, describe: 'echo requests with this identifier' },
          'syn-port': { type: 'number', array: true, requiresArg: true, describe: 'TCP SYN to this port' },
        })
        .conflicts('follow-probes', ['icmp-id', 'syn-port', 'of-process'])
        .conflicts('of-process', ['icmp-id', 'syn-port'])
        .example('$0 trace rx --follow-probes --ssh ops@node', 'the probes of this host, where that node receives them')
        .example('$0 trace rx --syn-port 30927 -d 10s --json', 'connection attempts of anybody, for 10 s')
        .epilogue('Without any of these: every echo request. Exit status: 0, 2 wrong use, 4 privilege or system.'),
    handler: (args) =>
      run((io) => {
        const process = args['of-process'];
        const follow = process ?? (args['follow-probes'] === true ? ('newest' as const) : undefined);
        return traceRx(
          {
            ...tracedOptions(args),
            ...(follow === undefined ? {} : { follow }),
            icmpIds: (args['icmp-id'] ?? []).map((id) => whole(id, '--icmp-id', 0, 65_535)),
            synPorts: (args['syn-port'] ?? []).map((port) => whole(port, '--syn-port', 1, 65_535)),
          },
          io,
        );
      }),
  };
}
