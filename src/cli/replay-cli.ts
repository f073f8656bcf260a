import type { Argv, CommandModule } from 'yargs';
import { replay } from '../commands/recording/replay.js';
import { CodedError } from '../model/errors.js';
import { REPORT_FORMATS } from '../model/report-format.js';
import { parseKinds } from './finding-kinds.js';
import type { RunCommand } from './run-command.js';
import { parseThreshold } from './shared-options.js';

function declare(yargs: Argv) {
  return yargs
    .positional('file', {
      type: 'string',
      demandOption: true,
      describe: 'a recording, or the name that one cut by size was given',
    })
    .options({
      threshold: {
        type: 'string',
        requiresArg: true,
        describe: 'what counts as slow, in ms',
        defaultDescription: 'as recorded',
      },
      'fail-on': { type: 'string', requiresArg: true, describe: 'probe: exit 1 if such a finding is there' },
      explain: { type: 'boolean', default: false, describe: 'bisect: every term that moved the verdict' },
      format: { type: 'string', choices: REPORT_FORMATS, describe: 'how to print', default: 'text' as const },
      json: { type: 'boolean', describe: 'the same as --format ndjson' },
      output: { alias: 'o', type: 'string', requiresArg: true, describe: 'write results to this file' },
      live: { type: 'boolean', default: false, describe: 'draw it on the terminal, by default as fast as it happened' },
      ascii: { type: 'boolean', default: false, describe: 'with --live: plain characters only' },
      quiet: { alias: 'q', type: 'boolean', default: false, describe: 'only the summary, or the verdict' },
      speed: {
        type: 'number',
        requiresArg: true,
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

export function replayCommand(run: RunCommand): CommandModule<object, Declared> {
  return {
    command: 'replay <file>',
    describe: 'feed a recording through the same analysis, with other thresholds if wanted',
    builder: declare as unknown as (yargs: Argv<object>) => Argv<Declared>,
    handler: (args) =>
      run((io) =>
        replay(
          {
            file: String(args.file),
            ...(args.threshold === undefined ? {} : { thresholdNs: parseThreshold(args.threshold) }),
            format: args.json ? 'ndjson' : args.format,
            ...(args.output === undefined ? {} : { output: args.output }),
            quiet: args.quiet,
            explain: args.explain,
            failOn: args['fail-on'] === undefined ? [] : parseKinds(args['fail-on']),
            live: args.live,
            ascii: args.ascii,
            speed: parseSpeed(args.speed ?? (args.live ? 1 : undefined)),
          },
          io,
        ),
      ),
  };
}

function parseSpeed(speed: number | undefined): number {
  if (speed === undefined) return 0;
  if (speed > 0 && Number.isFinite(speed)) return speed;
  throw new CodedError('E_USAGE', `--speed ${speed}: a number above 0`, 'use --speed 1 for real time', 2);
}
