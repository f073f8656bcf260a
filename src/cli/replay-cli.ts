import type { Argv, CommandModule } from 'yargs';
import { REPORT_FORMATS } from '../model/report-format.js';
import { type CommandContext, usage } from './command.js';
import { parseKinds } from './finding-kinds.js';
import * as shared from './shared-options.js';

function declare(yargs: Argv) {
  return yargs
    .positional('file', {
      type: 'string',
      demandOption: true,
      describe: 'a recording, or the name that one cut by size was given',
    })
    .options({
      threshold: shared.recordedThreshold,
      ...shared.judging,
      'fail-on': { ...shared.failOn, describe: 'probe: exit 1 if such a finding is there' },
      explain: { ...shared.explain, describe: 'bisect: every term that moved the verdict' },
      format: {
        type: 'string',
        choices: REPORT_FORMATS,
        describe: 'how to print',
        default: 'text' as const,
        requiresArg: true,
      },
      json: { ...shared.flag, describe: 'the same as --format ndjson' },
      output: shared.output,
      live: { ...shared.live, describe: 'draw it on the terminal, by default as fast as it happened' },
      ascii: shared.ascii,
      quiet: { ...shared.quiet, describe: 'only the summary, or the verdict' },
      speed: {
        ...shared.word,
        describe: '1: as fast as it happened, 10: ten times as fast',
        defaultDescription: 'as fast as it can',
      },
    })
    .example('$0 replay run.rxr', 'the results of the live run again')
    .example('$0 replay run.rxr --live --speed 5', 'watch it again, five times as fast')
    .example('$0 replay run.rxr.zst --threshold 20 --fail-on stall', 'what a lower threshold would have found')
    .epilogue('Exit status as of the recorded command; 4 where the recording is damaged, after what could be read.');
}

type Declared = Awaited<ReturnType<typeof declare>['argv']>;

export function replayCommand({ run }: CommandContext): CommandModule<object, Declared> {
  return {
    command: 'replay <file>',
    describe: 'feed a recording through the same analysis, with other thresholds if wanted',
    builder: declare as unknown as (yargs: Argv<object>) => Argv<Declared>,
    handler: (args) =>
      run(async (io) => {
        const options = {
          file: String(args.file),
          thresholdNs: args.threshold === undefined ? undefined : shared.parseThreshold(args.threshold),
          ...shared.parseJudging(args),
          format: args.json ? ('ndjson' as const) : args.format,
          output: args.output,
          quiet: args.quiet,
          explain: args.explain,
          failOn: await parseKinds(args['fail-on']),
          live: args.live,
          ascii: args.ascii,
          speed: parseSpeed(args.speed ?? (args.live ? '1' : undefined)),
        };
        const { replay } = await import('../commands/recording/replay.js');
        return replay(options, io);
      }),
  };
}

function parseSpeed(text: string | undefined): number {
  if (text === undefined) return 0;
  const speed = Number(text);
  if (speed > 0 && Number.isFinite(speed)) return speed;
  throw usage(`--speed ${text}: not a number above 0`, 'use --speed 1 for real time');
}
