import type { Argv, CommandModule } from 'yargs';
import type { DiscoverOptions } from '../commands/discover/discover.js';
import { type CommandContext, usage } from './command.js';
import * as shared from './shared-options.js';

/** Which cluster, and how its nodes are reached: of every command that speaks to one. */
export const clusterOptions = {
  context: { ...shared.word, describe: "of your kubeconfig; default: kubectl's current one" },
  namespace: { ...shared.word, alias: 'n', describe: 'keep to this one where not all may be read' },
  kubectl: { ...shared.word, describe: 'the program', defaultDescription: 'kubectl' },
} as const;

export const reachOptions = {
  external: { ...shared.words, describe: 'a machine outside, to clear the way out: [NAME=]HOST[:PORT]' },
  debug: { ...shared.flag, describe: 'probe from debug containers in pods that are there, not from pods of rxray' },
  image: { ...shared.word, describe: 'of debug containers: needs a shell', defaultDescription: 'busybox' },
  here: { type: 'boolean', default: true, describe: 'probe from this machine too (--no-here)' },
} as const;

function declare(yargs: Argv) {
  return yargs
    .options({
      around: { ...shared.word, describe: 'this suspect, and the nodes that tell its causes apart best' },
      node: { ...shared.words, describe: 'these nodes only' },
      ...reachOptions,
      ...clusterOptions,
      from: { ...shared.words, describe: 'files of kubectl get … -o json, in place of a cluster' },
      json: { ...shared.json, describe: 'one record: all that was found, the hosts file under hosts' },
      output: shared.output,
    })
    .conflicts('around', 'node')
    .conflicts('from', ['context', 'kubectl', 'namespace'])
    .example('$0 discover --around worker-7 -o hosts.yaml', 'what to probe to find out what is wrong with worker-7')
    .example('$0 discover --around worker-7 --debug', 'nothing of rxray is installed there')
    .example('$0 discover --context staging --external 192.0.2.7:443', 'all nodes of another cluster')
    .epilogue(
      'Sends no packet. Reads nodes, pods, services, endpoint slices, DaemonSets, and by name the ConfigMaps of network plugins and kube-proxy; Secrets never. Exit status: 0, 2 wrong use, 4 no cluster.',
    );
}

type Declared = Awaited<ReturnType<typeof declare>['argv']>;

/** `rxray discover`. */
export function discoverCommand({ run }: CommandContext): CommandModule<object, Declared> {
  return {
    command: 'discover',
    describe: 'a hosts file of a Kubernetes cluster, for bisect',
    builder: declare as unknown as (yargs: Argv<object>) => Argv<Declared>,
    handler: (args) =>
      run(async (io) => {
        const options = toOptions(args);
        const { discover } = await import('../commands/discover/discover.js');
        return discover(options, io);
      }),
  };
}

function toOptions(args: Declared): DiscoverOptions {
  return {
    around: args.around,
    nodes: shared.listed(args.node),
    from: shared.listed(args.from),
    json: args.json,
    output: args.output,
    ...toReach(args),
  };
}

/** @throws CodedError E_USAGE for an image that nothing is started from */
export function toReach(args: {
  readonly external?: readonly string[] | undefined;
  readonly debug: boolean;
  readonly image?: string | undefined;
  readonly here: boolean;
  readonly context?: string | undefined;
  readonly namespace?: string | undefined;
  readonly kubectl?: string | undefined;
}) {
  if (args.image !== undefined && !args.debug) throw usage('--image is of debug containers', 'add --debug');
  return {
    externals: shared.listed(args.external),
    way: args.debug ? ('debug' as const) : ('agents' as const),
    image: args.image,
    here: args.here,
    context: args.context,
    namespace: args.namespace,
    kubectl: args.kubectl,
  };
}
