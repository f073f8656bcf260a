import type { CommandModule } from 'yargs';
import { parseDuration } from '../format/duration.js';
import type { CommandContext } from './command.js';
import * as shared from './shared-options.js';
import { type TracedArgs, toTraceScope, traced } from './trace-options.js';
import { traceSyscallsCommand } from './trace-syscalls-cli.js';

/** `rxray trace`: what the kernel of a machine does with received packets, asked of tracepoints. */
export function traceCommand(context: CommandContext): CommandModule {
  return {
    command: 'trace <question>',
    describe: 'ask the kernel why packets waited (needs root or cap_bpf and cap_perfmon)',
    builder: (yargs) =>
      yargs
        // One question, one line here; each stands in a function of its own below.
        .command(stall(context))
        .command(rx(context))
        .command(traceSyscallsCommand(context))
        .demandCommand(1, 'say what to ask: stall, rx or syscalls')
        .example('$0 trace stall', 'who keeps received packets waiting for 10 ms and more')
        .example('$0 trace rx --follow-probes', 'where each probe of the running probe or bisect is received'),
    handler: () => {},
  };
}

interface StallArgs extends TracedArgs {
  'all-namespaces': boolean;
  min: string;
  samples: boolean;
  folded: string | undefined;
}

const allNamespaces = { ...shared.flag, describe: 'packets of every network namespace' } as const;

function stall({ run }: CommandContext): CommandModule<object, StallArgs> {
  return {
    command: 'stall [vantage]',
    describe: 'every time received packets waited for a CPU: how long, and who held it',
    builder: (yargs) =>
      traced(yargs)
        .options({
          'all-namespaces': allNamespaces,
          min: { ...shared.word, default: '10ms', describe: 'shortest wait to report' },
          samples: {
            ...shared.flag,
            describe: 'also every sample of the flight recorder, one line a millisecond, from 200 ms before',
          },
          folded: {
            ...shared.word,
            describe: 'file for folded stacks of what ran meanwhile (FlameGraph, speedscope)',
          },
        })
        .example('$0 trace stall --min 5ms', 'shorter ones too')
        .example('$0 trace stall --ssh ops@node -d 1m --samples', 'on another machine, with all that was recorded')
        .example('$0 trace stall bad --hosts hosts.yaml', 'on the machine of a vantage')
        .epilogue('Exit status: 0 nobody kept packets waiting, 1 somebody did, 2 wrong use, 4 privilege or system.'),
    handler: (args) =>
      run(async (io) => {
        const options = {
          ...toTraceScope(args),
          allNamespaces: args['all-namespaces'],
          minNs: parseDuration(args.min, '--min'),
          samples: args.samples,
          folded: args.folded,
        };
        const { traceStall } = await import('../commands/trace/trace-stall.js');
        return traceStall(options, io);
      }),
  };
}

interface RxArgs extends TracedArgs {
  'all-namespaces': boolean;
  'follow-probes': boolean | undefined;
  'of-process': string | undefined;
  'icmp-id': string[] | undefined;
  'syn-port': string[] | undefined;
}

function rx({ run }: CommandContext): CommandModule<object, RxArgs> {
  return {
    command: 'rx [vantage]',
    describe: 'every probe packet on the machine that receives it: where, on top of what, how long after the raise',
    builder: (yargs) =>
      traced(yargs)
        .options({
          'all-namespaces': allNamespaces,
          'follow-probes': {
            type: 'boolean',
            describe: 'probes of the probe or bisect that started last on this host',
          },
          'of-process': { ...shared.word, describe: 'of the one with this process id' },
          'icmp-id': { ...shared.words, describe: 'echo requests with this identifier' },
          'syn-port': { ...shared.words, describe: 'TCP SYN to this port' },
        })
        .conflicts('follow-probes', ['icmp-id', 'syn-port', 'of-process'])
        .conflicts('of-process', ['icmp-id', 'syn-port'])
        .example('$0 trace rx --follow-probes --ssh ops@node', 'the probes of this host, where that node receives them')
        .example('$0 trace rx --syn-port 30927 -d 10s --json', 'connection attempts of anybody, for 10 s')
        .epilogue('Without any of these: every echo request. Exit status: 0, 2 wrong use, 4 privilege or system.'),
    handler: (args) =>
      run(async (io) => {
        const process = shared.optionalWhole(args['of-process'], '--of-process', 1, 4_194_304);
        const options = {
          ...toTraceScope(args),
          allNamespaces: args['all-namespaces'],
          follow: process ?? (args['follow-probes'] === true ? ('newest' as const) : undefined),
          icmpIds: shared.listed(args['icmp-id']).map((id) => shared.whole(id, '--icmp-id', 0, 65_535)),
          synPorts: shared.listed(args['syn-port']).map((port) => shared.whole(port, '--syn-port', 1, 65_535)),
        };
        const { traceRx } = await import('../commands/trace/trace-rx.js');
        return traceRx(options, io);
      }),
  };
}
