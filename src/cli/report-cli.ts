import type { Argv, CommandModule } from 'yargs';
import { PAGE_FORMATS, type PageFormat, report } from '../commands/recording/report.js';
import { CodedError } from '../model/errors.js';
import type { RunCommand } from './run-command.js';
import { parseThreshold } from './shared-options.js';

const BY_EXTENSION: Readonly<Record<string, PageFormat>> = {
  html: 'html',
  htm: 'html',
  md: 'md',
  markdown: 'md',
  json: 'json',
};

function declare(yargs: Argv) {
  return yargs
    .positional('file', {
      type: 'string',
      demandOption: true,
      describe: 'a recording of probe or bisect, or the name that one cut by size was given',
    })
    .options({
      output: { alias: 'o', type: 'string', requiresArg: true, describe: 'write it to this file' },
      format: {
        type: 'string',
        choices: PAGE_FORMATS,
        describe: 'html: one page that needs no network',
        defaultDescription: 'by the extension of -o, else md',
      },
      threshold: {
        type: 'string',
        requiresArg: true,
        describe: 'what counts as slow, in ms',
        defaultDescription: 'as recorded',
      },
      quiet: { alias: 'q', type: 'boolean', default: false, describe: 'no progress' },
    })
    .example('$0 report run.rxr -o report.html', 'one page for an incident ticket')
    .example('$0 report run.rxr.zst --format md', 'the same as Markdown, without plots')
    .epilogue('Exit status 0 whatever was found; 4 where the recording is damaged, after the report of what was read.');
}

type Declared = Awaited<ReturnType<typeof declare>['argv']>;

export function reportCommand(run: RunCommand): CommandModule<object, Declared> {
  return {
    command: 'report <file>',
    describe: 'one page for an incident ticket, from a recording',
    builder: declare as unknown as (yargs: Argv<object>) => Argv<Declared>,
    handler: (args) =>
      run((io) =>
        report(
          {
            file: String(args.file),
            ...(args.output === undefined ? {} : { output: args.output }),
            format: args.format ?? formatOf(args.output),
            ...(args.threshold === undefined ? {} : { thresholdNs: parseThreshold(args.threshold) }),
            quiet: args.quiet,
          },
          io,
        ),
      ),
  };
}

function formatOf(output: string | undefined): PageFormat {
  if (output === undefined) return 'md';
  const format = BY_EXTENSION[/\.(\w+)$/.exec(output)?.[1]?.toLowerCase() ?? ''];
  if (format !== undefined) return format;
  throw new CodedError('E_USAGE', `-o ${output}: no format goes by that ending`, 'add --format html, md or json', 2);
}
