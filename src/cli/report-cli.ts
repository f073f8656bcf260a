import type { Argv, CommandModule } from 'yargs';
import { PAGE_FORMATS, type PageFormat } from '../model/report-format.js';
import { type CommandContext, usage } from './command.js';
import * as shared from './shared-options.js';

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
      output: { ...shared.output, describe: 'write it to this file; - is standard output' },
      format: {
        type: 'string',
        choices: PAGE_FORMATS,
        requiresArg: true,
        describe: 'html: one page that needs no network',
        defaultDescription: 'by the extension of -o, else md',
      },
      threshold: shared.recordedThreshold,
      quiet: { ...shared.quiet, describe: 'no progress' },
    })
    .example('$0 report run.rxr -o report.html', 'one page for an incident ticket')
    .example('$0 report run.rxr.zst --format md', 'the same as Markdown, without plots')
    .epilogue('Exit status 0 whatever was found; 4 where the recording is damaged, after the report of what was read.');
}

type Declared = Awaited<ReturnType<typeof declare>['argv']>;

export function reportCommand({ run }: CommandContext): CommandModule<object, Declared> {
  return {
    command: 'report <file>',
    describe: 'one page for an incident ticket, from a recording',
    builder: declare as unknown as (yargs: Argv<object>) => Argv<Declared>,
    handler: (args) =>
      run(async (io) => {
        const options = {
          file: String(args.file),
          output: args.output,
          format: args.format ?? formatOf(args.output),
          thresholdNs: args.threshold === undefined ? undefined : shared.parseThreshold(args.threshold),
          quiet: args.quiet,
        };
        const { report } = await import('../commands/recording/report.js');
        return report(options, io);
      }),
  };
}

function formatOf(output: string | undefined): PageFormat {
  if (output === undefined || output === '-') return 'md';
  const format = BY_EXTENSION[/\.(\w+)$/.exec(output)?.[1]?.toLowerCase() ?? ''];
  if (format !== undefined) return format;
  throw usage(`-o ${output}: no format goes by that ending`, 'add --format html, md or json');
}
