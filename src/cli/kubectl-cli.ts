import type { Argv, CommandModule } from 'yargs';
import { parseDuration } from '../format/duration.js';
import { EPILOGUE, type MeasuringArgs, measuring, toMeasuring } from './bisect-cli.js';
import type { CommandContext } from './command.js';
import { clusterOptions, reachOptions, toReach } from './discover-cli.js';
import * as shared from './shared-options.js';
import { declaredNode, toWhyOptions, WHY_EPILOGUE, type WhyArgs, whyOptions } from './why-cli.js';

/** `kubectl rxray bisect`. */
export function kubectlBisectCommand({ run }: CommandContext): CommandModule {
  return {
    command: 'bisect <subject>',
    describe: 'find out what there is to measure around a node, pod or service, and measure it',
    builder: (yargs) =>
      yargs
        .positional('subject', { type: 'string', describe: 'NODE, pod/POD, svc/SERVICE' })
        .options({ ...reachOptions, ...clusterOptions, ...measuring })
        .example('$0 bisect worker-7', 'the suspect and the nodes that tell its causes apart best')
        .example('$0 bisect svc/web -n shop --debug --plan', 'what would be measured, from debug containers')
        .epilogue(EPILOGUE),
    handler: (args) =>
      run(async (io) => {
        const { bisectSubject } = await import('../commands/kubernetes/bisect-subject.js');
        const given = args as unknown as MeasuringArgs & Parameters<typeof toReach>[0];
        return bisectSubject(String(args.subject), toReach(given), toMeasuring(given), io);
      }),
  };
}

/** `kubectl rxray why`. */
export function kubectlWhyCommand({ run }: CommandContext): CommandModule {
  return {
    command: 'why <node>',
    describe: 'from alert to process: why a node is bad, by what was recorded and by its agents now',
    builder: (yargs) =>
      declaredNode(yargs)
        .options({ ...whyOptions, ...clusterOptions })
        .example('$0 why worker-7 --prometheus http://prom:9090', 'and which process holds its packets, now')
        .example('$0 why worker-7 --agents agents.txt --no-live', 'what is known of it, with no new packet')
        .epilogue(WHY_EPILOGUE),
    handler: (args) =>
      run(async (io) => {
        const given = args as unknown as WhyArgs & TracedArgs;
        const options = toWhyOptions(given);
        const { context, kubectl, namespace } = given;
        const { whyNode } = await import('../commands/kubernetes/why-node.js');
        return whyNode(options, { context, kubectl, namespace }, io);
      }),
  };
}

/** `kubectl rxray trace`. */
export function kubectlTraceCommand(context: CommandContext): CommandModule {
  return {
    command: 'trace <question>',
    describe: 'ask the kernel of a node, through its tracing agent',
    builder: (yargs) =>
      yargs
        .command(stall(context))
        .command(syscalls(context))
        .demandCommand(1, 'say what to ask: stall or syscalls')
        .example('$0 trace stall worker-7', 'who keeps received packets waiting there')
        .example('$0 trace syscalls web-1 -n shop', 'slow system calls of a pod'),
    handler: () => {},
  };
}

function traced(yargs: Argv) {
  return yargs.positional('subject', { type: 'string', describe: 'NODE or pod/POD' }).options({
    ...clusterOptions,
    duration: { ...shared.duration, describe: 'end after this', defaultDescription: 'at Ctrl-C' },
    json: shared.json,
    output: shared.output,
  });
}

interface TracedArgs {
  readonly subject?: unknown;
  readonly context?: string | undefined;
  readonly namespace?: string | undefined;
  readonly kubectl?: string | undefined;
  readonly duration?: string | undefined;
  readonly json?: boolean;
  readonly output?: string | undefined;
  readonly min?: string;
}

async function placeOf(args: TracedArgs) {
  const { tracedSubject } = await import('../commands/kubernetes/tracing-pod.js');
  const { far, podUid } = await tracedSubject(String(args.subject), args);
  const durationNs = shared.optionalDuration(args.duration, '-d');
  const { kubectl, output } = args;
  return { podUid, scope: { far, kubectl, durationNs, json: args.json === true, output } };
}

function stall({ run }: CommandContext): CommandModule {
  return {
    command: 'stall <subject>',
    describe: 'every time received packets waited for a CPU of the node: how long, and who held it',
    builder: (yargs) =>
      traced(yargs).options({
        min: { ...shared.word, default: '10ms', describe: 'shortest wait to report' },
      }) as unknown as Argv,
    handler: (args) =>
      run(async (io) => {
        const { scope } = await placeOf(args as TracedArgs);
        const { traceStall } = await import('../commands/trace/trace-stall.js');
        const minNs = parseDuration(String(args.min), '--min');
        return traceStall({ ...scope, allNamespaces: true, minNs, samples: false, folded: undefined }, io);
      }),
  };
}

function syscalls({ run }: CommandContext): CommandModule {
  return {
    command: 'syscalls <subject>',
    describe: 'how long system calls of a pod took, or of all processes of a node',
    builder: (yargs) =>
      traced(yargs).options({
        min: { ...shared.word, default: '200ms', describe: 'tell calls of this length and longer' },
        summary: { ...shared.flag, alias: 's', describe: 'totals of each call in each process' },
      }) as unknown as Argv,
    handler: (args) =>
      run(async (io) => {
        const { scope, podUid } = await placeOf(args as TracedArgs);
        const { podSyscalls } = await import('../commands/kubernetes/pod-syscalls.js');
        const minNs = parseDuration(String(args.min), '--min');
        return podSyscalls({ scope, podUid, minNs, summary: args.summary === true }, io);
      }),
  };
}

/** `kubectl rxray install`. */
export function kubectlInstallCommand({ run }: CommandContext): CommandModule {
  return {
    command: 'install',
    describe: 'install the agents, or print what would be installed',
    builder: (yargs) =>
      yargs
        .options({
          'dry-run': { ...shared.flag, describe: 'print the objects; nothing is asked of the cluster' },
          set: { ...shared.words, describe: 'a value of the chart: tier=restricted, trace.enabled=true' },
          namespace: { ...shared.word, alias: 'n', default: 'rxray', describe: 'where; it is made' },
          context: clusterOptions.context,
          kubectl: clusterOptions.kubectl,
          output: shared.output,
        })
        .example('$0 install --dry-run --set image.repository=registry.example/rxray', 'what would be applied')
        .epilogue('The same objects as the Helm chart and kustomize folders of deploy/.'),
    handler: (args) =>
      run(async (io) => {
        const { install } = await import('../commands/kubernetes/install.js');
        const { context, kubectl, output } = args as TracedArgs;
        return install(
          {
            context,
            kubectl,
            output,
            namespace: String(args.namespace),
            dryRun: args['dry-run'] === true,
            set: (args.set as readonly string[] | undefined) ?? [],
          },
          io,
        );
      }),
  };
}
