import type { Argv, CommandModule } from 'yargs';
import type { CommandContext } from './command.js';
import { fleetOptions, toFleetOptions } from './fleet-options.js';
import * as shared from './shared-options.js';

function declare(yargs: Argv) {
  return yargs
    .options({
      ...fleetOptions,
      json: { ...shared.json, describe: 'NDJSON; the verdict on the fleet is the last line' },
      output: shared.output,
      watch: { ...shared.flag, describe: 'draw a map of the fleet on the terminal, nodes by nodes, worst first' },
      ascii: { ...shared.flag, describe: 'with --watch: plain characters only' },
      events: { ...shared.flag, describe: 'in a pod of the cluster: write a Kubernetes Event on each bad node' },
      quiet: { ...shared.quiet, describe: 'one line a bad node' },
    })
    .conflicts('prometheus', 'agents')
    .example('$0 fleet --prometheus http://prom:9090', 'which nodes are bad, and why')
    .example('$0 fleet --agents agents.txt --window 30m', 'the same from the agents, without a store')
    .example('$0 fleet --prometheus URL --http-config F --json', 'for a script')
    .epilogue(
      'It sends no probe and runs nothing on any node. Exit status: 0 healthy, 1 a fault, 3 inconclusive, 2 wrong use, 4 nobody could be asked.',
    );
}

type Declared = Awaited<ReturnType<typeof declare>['argv']>;

export function fleetCommand({ run }: CommandContext): CommandModule<object, Declared> {
  return {
    command: 'fleet',
    describe: 'which nodes of a fleet are bad, and why, from what its agents have seen',
    builder: declare as unknown as (yargs: Argv<object>) => Argv<Declared>,
    handler: (args) =>
      run(async (io) => {
        const options = {
          ...toFleetOptions(args),
          json: args.json,
          quiet: args.quiet,
          watch: args.watch,
          events: args.events,
          ascii: args.ascii,
          output: args.output,
        };
        const { fleet } = await import('../commands/fleet/fleet.js');
        return fleet(options, io);
      }),
  };
}
