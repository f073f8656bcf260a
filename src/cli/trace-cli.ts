import type { Argv, CommandModule } from 'yargs';
import { traceStall } from '../commands/trace-stall.js';
import { parseDuration } from '../format/duration.js';
import type { RunCommand } from './run-command.js';
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
        .command(traceSyscallsCommand(run, behindDashes))
        .demandCommand(1, 'say what to ask: stall or syscalls')
        .example('$0 trace stall', 'who keeps received packets waiting for 10 ms and more'),
    handler: () => {},
  };
}

/** Where and how long to trace: options of every question. */
export function traced<T>(yargs: Argv<T>) {
  return yargs.options({
    netns: { type: 'string', requiresArg: true, describe: 'network namespace, as ip netns lists them' },
    cpus: { type: 'string', requiresArg: true, describe: 'keep to these CPUs: 0-3,8' },
    duration: {
      alias: 'd',
      type: 'string',
      requiresArg: true,
      describe: 'end after this',
      defaultDescription: 'never',
    },
    json: { type: 'boolean', default: false, describe: 'NDJSON' },
  });
}

export interface TracedArgs {
  netns: string | undefined;
  cpus: string | undefined;
  duration: string | undefined;
  json: boolean;
}

export function tracedOptions(args: TracedArgs) {
  return {
    json: args.json,
    ...(args.netns === undefined ? {} : { netns: args.netns }),
    ...(args.cpus === undefined ? {} : { cpus: args.cpus }),
    ...(args.duration === undefined ? {} : { durationNs: parseDuration(args.duration, '-d') }),
  };
}

function stall(run: RunCommand): CommandModule<object, TracedArgs & { min: string }> {
  return {
    command: 'stall',
    describe: 'every time received packets waited for a CPU: how long, and who held it',
    builder: (yargs) =>
      traced(yargs).option('min', {
        type: 'string',
        requiresArg: true,
        default: '10ms',
        describe: 'shortest wait to report',
      }),
    handler: (args) => run((io) => traceStall({ ...tracedOptions(args), minNs: parseDuration(args.min, '--min') }, io)),
  };
}
