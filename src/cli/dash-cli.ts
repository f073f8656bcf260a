import type { Argv, CommandModule } from 'yargs';
import { bisect } from '../commands/bisect/bisect.js';
import type { BisectOptions } from '../commands/bisect/bisect-options.js';
import { probe } from '../commands/probe/probe.js';
import { type DeclaredProbe, declareProbe, toProbeOptions } from './probe-cli.js';
import type { RunCommand } from './run-command.js';

function declare(yargs: Argv) {
  return declareProbe(yargs)
    .options({
      hosts: {
        type: 'string',
        requiresArg: true,
        group: 'Means:',
        describe: 'all paths of this file from all its vantages, with the causes; with targets: their names',
      },
      only: {
        type: 'string',
        array: true,
        requiresArg: true,
        group: 'Probe:',
        describe: "of --hosts: paths to measure, * for anything: 'shell>*'",
      },
      except: {
        type: 'string',
        array: true,
        requiresArg: true,
        group: 'Probe:',
        describe: 'of --hosts: paths to leave out',
      },
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
export function dashCommand(run: RunCommand): CommandModule<object, DashArgs> {
  return {
    command: 'dash [target..]',
    describe: 'watch paths live on the terminal',
    builder: declare as unknown as (yargs: Argv<object>) => Argv<DashArgs>,
    handler: (args) =>
      run((io) => {
        const options = { ...toProbeOptions(args), live: true };
        return options.hosts !== undefined && options.targets.length === 0
          ? bisect(bisectOptionsOf(args, options), io)
          : probe(options, io);
      }),
  };
}

function bisectOptionsOf(args: DashArgs, options: ReturnType<typeof toProbeOptions>): BisectOptions {
  return {
    ...(options.hosts === undefined ? {} : { hosts: options.hosts }),
    thresholdNs: options.thresholdNs,
    durationNs: options.durationNs,
    fixedDuration: true,
    only: args.only ?? [],
    except: args.except ?? [],
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
    ...(options.output === undefined ? {} : { output: options.output }),
  };
}
