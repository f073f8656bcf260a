import type { Argv, CommandModule } from 'yargs';
import { traceStall } from '../commands/trace-stall.js';
import { parseDuration } from '../format/duration.js';
import type { RunCommand } from './run-command.js';

/** `rxray trace`: what the kernel of a machine does with received packets, asked of tracepoints. */
export function traceCommand(run: RunCommand): CommandModule {
  return {
    command: 'trace <question>',
    describe: 'ask the kernel why packets waited (needs root or cap_bpf and cap_perfmon)',
    builder: (yargs) =>
      yargs
        // One question, one line here; each stands in a function of its own below.
        .command(stall(run))
        .demandCommand(1, 'say what to ask: stall')
        .example('$0 trace stall', 'who keeps received packets waiting for 10 ms and more'),
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
