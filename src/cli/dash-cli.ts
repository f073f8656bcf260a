import type { Argv, CommandModule } from 'yargs';
import type { BisectOptions } from '../commands/bisect/bisect-options.js';
import type { ProbeOptions } from '../commands/probe/probe-options.js';
import { type CommandContext, UsageWanted } from './command.js';
import { type DeclaredProbe, declareProbe, toProbeOptions } from './probe-cli.js';
import * as shared from './shared-options.js';

function declare(yargs: Argv) {
  return declareProbe(yargs)
    .options({
      hosts: {
        ...shared.hosts,
        group: 'Means:',
        describe: 'all paths of this file from all its vantages, with the causes; with targets: their names',
      },
      only: { ...shared.only, group: 'Probe:', describe: "of --hosts: paths to measure, * for anything: 'shell>*'" },
      except: { ...shared.except, group: 'Probe:', describe: 'of --hosts: paths to leave out' },
    })
    .hide('live')
    .example('$0 dash 172.16.47.27:30927 10.0.0.7', 'two targets, until q')
    .example('$0 dash --hosts hosts.yaml', 'all paths, and which stage is to blame')
    .example('$0 dash nodeport -o run.ndjson --json', 'drawn, and every sample in a file')
    .epilogue(
      'Keys: ? for help, q to quit; then the summary (or the verdict) is printed. NO_COLOR and LANG are heeded.',
    );
}

type DashArgs = DeclaredProbe & { only?: string[] | undefined; except?: string[] | undefined };

/** `rxray dash`: `probe --live`, or with a hosts file alone `bisect --live` without an end. */
export function dashCommand({ run, isBare }: CommandContext): CommandModule<object, DashArgs> {
  return {
    command: 'dash [target..]',
    describe: 'watch paths live on the terminal',
    builder: declare as unknown as (yargs: Argv<object>) => Argv<DashArgs>,
    handler: (args) =>
      run(async (io) => {
        const options = { ...(await toProbeOptions(args)), live: true };
        if (isBare && options.targets.length === 0) throw new UsageWanted();
        if (options.hosts !== undefined && options.targets.length === 0) {
          const { bisect } = await import('../commands/bisect/bisect.js');
          return bisect(bisectOptionsOf(args, options), io);
        }
        const { probe } = await import('../commands/probe/probe.js');
        return probe(options, io);
      }),
  };
}

function bisectOptionsOf(args: DashArgs, options: ProbeOptions): BisectOptions {
  return {
    hosts: options.hosts,
    thresholdNs: options.thresholdNs,
    stallThresholdNs: options.stallThresholdNs,
    queues: options.queues,
    durationNs: options.durationNs,
    fixedDuration: true,
    only: shared.listed(args.only),
    except: shared.listed(args.except),
    family: options.family,
    plan: false,
    explain: false,
    trace: true,
    engine: options.engine === 'auto' || options.engine === 'sim' ? 'helper' : options.engine,
    json: options.format === 'ndjson',
    quiet: options.quiet,
    live: true,
    ascii: options.ascii,
    cpu: options.cpu,
    output: options.output,
  };
}
