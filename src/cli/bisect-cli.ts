import type { Argv, CommandModule } from 'yargs';
import { bisect } from '../commands/bisect/bisect.js';
import type { BisectOptions } from '../commands/bisect/bisect-options.js';
import { checkPort } from '../commands/probe/probe-targets.js';
import { parseDuration } from '../format/duration.js';
import { recordingOptions, toRecordingOptions } from './recording-cli-options.js';
import type { RunCommand } from './run-command.js';
import { DEFAULT_THRESHOLD_MS, parseCpu, parseThreshold } from './shared-options.js';

function declare(yargs: Argv) {
  return yargs
    .positional('target', { type: 'string', describe: 'without a hosts file: guess the paths around this address' })
    .options({
      hosts: { type: 'string', requiresArg: true, describe: 'file of vantages, targets and paths' },
      port: { alias: 'p', type: 'number', requiresArg: true, describe: 'port of TARGET; a closed one is fine' },
      threshold: {
        type: 'string',
        requiresArg: true,
        default: String(DEFAULT_THRESHOLD_MS),
        describe: 'what counts as slow, in ms',
      },
      duration: {
        alias: 'd',
        type: 'string',
        requiresArg: true,
        describe: 'measure exactly so long',
        defaultDescription: 'until settled, 5m at most',
      },
      only: { type: 'string', array: true, requiresArg: true, describe: "paths to measure, * for anything: 'shell>*'" },
      except: { type: 'string', array: true, requiresArg: true, describe: 'paths to leave out' },
      plan: {
        type: 'boolean',
        default: false,
        describe: 'send nothing: show paths, stages, and what they can tell apart',
      },
      explain: {
        type: 'boolean',
        default: false,
        describe: 'every term that moved the verdict by more than a factor of 2',
      },
      trace: {
        type: 'boolean',
        default: true,
        describe: 'trace the machine that comes to be blamed, where a vantage is on it: names the process (--no-trace)',
      },
      json: { type: 'boolean', default: false, describe: 'NDJSON; the verdict is the last line' },
      output: { alias: 'o', type: 'string', requiresArg: true, describe: 'write results to this file' },
      live: { type: 'boolean', default: false, describe: 'draw the run on the terminal; see rxray dash' },
      ascii: { type: 'boolean', default: false, describe: 'with --live: plain characters only' },
      quiet: { alias: 'q', type: 'boolean', default: false, describe: 'only the verdict' },
      ipv4: { alias: '4', type: 'boolean', describe: 'IPv4 only' },
      ipv6: { alias: '6', type: 'boolean', describe: 'IPv6 only' },
      engine: {
        type: 'string',
        choices: ['auto', 'helper', 'portable', 'connect'] as const,
        default: 'auto' as const,
        describe: 'what sends on this machine; auto and all other machines: the native helper',
      },
      cpu: {
        type: 'string',
        requiresArg: true,
        default: 'auto',
        describe: 'CPU of the probers: a number, auto or none',
      },
      ...recordingOptions,
    })
    .conflicts('ipv4', 'ipv6')
    .example('$0 bisect --hosts hosts.yaml', 'all paths at once, until settled')
    .example('$0 bisect --hosts hosts.yaml --plan', 'what this file can and cannot tell apart')
    .example("$0 bisect --hosts hosts.yaml --only 'shell>*' -d 2m --explain", 'one vantage, two minutes, every reason')
    .epilogue('Exit status: 0 healthy, 1 a fault, 3 inconclusive, 2 wrong use, 4 privilege or system.');
}

type Declared = Awaited<ReturnType<typeof declare>['argv']>;

const LONGEST = '5m';

/** `rxray bisect`, which is installed as `bisect` too. */
export function bisectCommand(run: RunCommand): CommandModule<object, Declared> {
  return {
    command: 'bisect [target]',
    describe: 'probe all paths at once and say which stage is to blame',
    builder: declare as unknown as (yargs: Argv<object>) => Argv<Declared>,
    handler: (args) => run((io) => bisect(toOptions(args), io)),
  };
}

function toOptions(args: Declared): BisectOptions {
  const { target } = args as { target?: unknown };
  return {
    ...(target === undefined ? {} : { target: String(target) }),
    ...(args.port === undefined ? {} : { port: checkPort(args.port, '-p') }),
    ...(args.hosts === undefined ? {} : { hosts: args.hosts }),
    thresholdNs: parseThreshold(args.threshold),
    durationNs: parseDuration(args.duration ?? LONGEST, '-d'),
    fixedDuration: args.duration !== undefined,
    only: args.only ?? [],
    except: args.except ?? [],
    family: args.ipv4 ? 'ipv4' : args.ipv6 ? 'ipv6' : 'any',
    plan: args.plan,
    explain: args.explain,
    trace: args.trace,
    json: args.json,
    quiet: args.quiet,
    // A verdict rests on precise stamps, so nothing less is taken without being asked for by name.
    engine: args.engine === 'auto' ? 'helper' : args.engine,
    live: args.live && !args.plan,
    ascii: args.ascii,
    cpu: parseCpu(args.cpu),
    ...(args.output === undefined ? {} : { output: args.output }),
    ...toRecordingOptions(args),
  };
}
