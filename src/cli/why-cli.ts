import type { Argv, CommandModule, InferredOptionTypes } from 'yargs';
import type { WhyOptions } from '../commands/fleet/why.js';
import { parseDuration } from '../format/duration.js';
import type { CommandContext } from './command.js';
import { fleetOptions, toFleetOptions } from './fleet-options.js';
import * as shared from './shared-options.js';

/** Of `why`, whoever finds the vantages. */
export const whyOptions = {
  ...fleetOptions,
  hosts: {
    ...shared.hosts,
    describe:
      'vantages around the node: its paths are measured too, and its kernel is asked (rxray discover --around NODE)',
  },
  live: {
    type: 'boolean',
    default: true,
    describe: 'where there are vantages: send probes; --no-live judges only what was recorded',
  },
  duration: { ...shared.duration, default: '30s', describe: 'measure at most so long' },
  json: { ...shared.json, describe: 'NDJSON; the last verdict is the last line' },
} as const;

export const WHY_EPILOGUE = 'Exit status: 0 healthy, 1 at fault, 3 inconclusive, 2 wrong use, 4 nobody could be asked.';

export function declaredNode(yargs: Argv) {
  return yargs
    .positional('node', { type: 'string', demandOption: true, describe: 'the node, as agents and alerts name it' })
    .conflicts('prometheus', 'agents');
}

function declare(yargs: Argv) {
  return declaredNode(yargs)
    .options(whyOptions)
    .example('$0 why node-11 --prometheus http://prom:9090', 'what is known of it, with no new packet')
    .example('$0 why node-11 --agents agents.txt --hosts hosts.yaml', 'and which process holds its packets, now')
    .epilogue(WHY_EPILOGUE);
}

type Declared = Awaited<ReturnType<typeof declare>['argv']>;

export function whyCommand({ run }: CommandContext): CommandModule<object, Declared> {
  return {
    command: 'why <node>',
    describe: 'from alert to process: why a node is bad',
    builder: declare as unknown as (yargs: Argv<object>) => Argv<Declared>,
    handler: (args) =>
      run(async (io) => {
        const options = toWhyOptions(args);
        const { why } = await import('../commands/fleet/why.js');
        return why(options, io);
      }),
  };
}

export type WhyArgs = InferredOptionTypes<typeof whyOptions> & { readonly node: unknown };

export function toWhyOptions(args: WhyArgs): WhyOptions {
  return {
    ...toFleetOptions(args),
    node: String(args.node),
    hosts: args.hosts,
    live: args.live,
    liveNs: parseDuration(args.duration, '-d'),
    json: args.json,
  };
}
