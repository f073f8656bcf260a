import type { Argv, CommandModule, InferredOptionTypes } from 'yargs';
import type { BisectOptions } from '../commands/bisect/bisect-options.js';
import { parseDuration } from '../format/duration.js';
import { SENDING_ENGINES } from '../model/engine-name.js';
import type { CommandContext } from './command.js';
import { recordingOptions, toRecordingOptions } from './recording-cli-options.js';
import * as shared from './shared-options.js';

export const EPILOGUE = 'Exit status: 0 healthy, 1 a fault, 3 inconclusive, 2 wrong use, 4 privilege or system.';

/** How is measured, whatever it is. */
export const measuring = {
  interval: {
    ...shared.word,
    alias: 'i',
    defaultDescription: '10ms',
    describe: 'one packet a path so often, requests apart; a longer one costs less, and takes longer to be sure',
  },
  threshold: shared.threshold,
  ...shared.judging,
  duration: {
    ...shared.duration,
    describe: 'measure exactly so long',
    defaultDescription: 'until settled, 5m at most',
  },
  only: shared.only,
  except: shared.except,
  plan: { ...shared.flag, describe: 'send nothing: show paths, stages, and what they can tell apart' },
  explain: shared.explain,
  trace: {
    type: 'boolean',
    default: true,
    describe: 'trace the machine that comes to be blamed, where a vantage is on it: names the process (--no-trace)',
  },
  json: { ...shared.json, describe: 'NDJSON; the verdict is the last line' },
  output: shared.output,
  live: shared.live,
  ascii: shared.ascii,
  quiet: { ...shared.quiet, describe: 'only the verdict' },
  cpu: { ...shared.cpu, describe: 'CPU of the probers: a number, auto or none' },
  ...recordingOptions,
} as const;

function declare(yargs: Argv) {
  return yargs
    .positional('target', {
      type: 'string',
      describe: 'guess the paths around this address or URL; with --hosts: ask this URL beside the paths of the file',
    })
    .options({
      hosts: shared.hosts,
      port: { ...shared.port, describe: 'port of TARGET; a closed one is fine' },
      ipv4: shared.ipv4,
      ipv6: shared.ipv6,
      engine: {
        type: 'string',
        choices: ['auto', ...SENDING_ENGINES] as const,
        default: 'auto' as const,
        requiresArg: true,
        describe: 'what sends on this machine; auto and all other machines: the native helper',
      },
      ...measuring,
    })
    .conflicts('ipv4', 'ipv6')
    .example('$0 bisect --hosts hosts.yaml', 'all paths at once, until settled')
    .example('$0 bisect https://shop.example/cart', 'slow requests: server, queue, or way there')
    .example('$0 bisect https://shop.example/cart --hosts h.yaml', 'the same with vantages where there are some')
    .example('$0 bisect --hosts hosts.yaml -i 20ms', 'half the packets')
    .example('$0 bisect --hosts hosts.yaml --plan', 'what this file can and cannot tell apart')
    .example("$0 bisect --hosts h.yaml --only 'shell>*' --explain", 'one vantage, every reason')
    .epilogue(EPILOGUE);
}

type Declared = Awaited<ReturnType<typeof declare>['argv']>;

const LONGEST = '5m';

/** `rxray bisect`, which is installed as `bisect` too. */
export function bisectCommand({ run }: CommandContext): CommandModule<object, Declared> {
  return {
    command: 'bisect [target]',
    describe: 'probe all paths at once and say which stage is to blame',
    builder: declare as unknown as (yargs: Argv<object>) => Argv<Declared>,
    handler: (args) =>
      run(async (io) => {
        const options = toOptions(args);
        const { bisect } = await import('../commands/bisect/bisect.js');
        return bisect(options, io);
      }),
  };
}

function toOptions(args: Declared): BisectOptions {
  const { target } = args as { target?: unknown };
  return {
    ...toMeasuring(args),
    target: target === undefined ? undefined : String(target),
    port: shared.parsePort(args.port),
    hosts: args.hosts,
    family: shared.family(args),
    // A verdict rests on precise stamps, so nothing less is taken without being asked for by name.
    engine: args.engine === 'auto' ? 'helper' : args.engine,
  };
}

export type MeasuringArgs = InferredOptionTypes<typeof measuring>;

export function toMeasuring(args: MeasuringArgs): Omit<BisectOptions, 'family'> {
  return {
    intervalNs: shared.optionalDuration(args.interval, '-i'),
    thresholdNs: shared.parseThreshold(args.threshold),
    ...shared.parseJudging(args),
    durationNs: parseDuration(args.duration ?? LONGEST, '-d'),
    fixedDuration: args.duration !== undefined,
    only: shared.listed(args.only),
    except: shared.listed(args.except),
    plan: args.plan,
    explain: args.explain,
    trace: args.trace,
    json: args.json,
    quiet: args.quiet,
    live: args.live && !args.plan,
    ascii: args.ascii,
    cpu: shared.parseCpu(args.cpu),
    output: args.output,
    ...toRecordingOptions(args),
  };
}
