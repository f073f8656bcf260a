import type { Argv, CommandModule } from 'yargs';
import { EXPORT_FORMATS, exportRecording } from '../commands/recording/export.js';
import { CodedError } from '../model/errors.js';
import type { RunCommand } from './run-command.js';

function declare(yargs: Argv) {
  return yargs
    .positional('file', { type: 'string', demandOption: true, describe: 'a recording' })
    .options({
      parquet: { type: 'boolean', describe: 'a table for DuckDB, pandas, Spark' },
      csv: { type: 'boolean', describe: 'as probe --format csv' },
      ndjson: { type: 'boolean', describe: 'as probe --json' },
      pcapng: { type: 'boolean', describe: 'a capture made from the samples, for Wireshark and tcpdump' },
      output: {
        alias: 'o',
        type: 'string',
        requiresArg: true,
        describe: 'write to this file',
        defaultDescription: 'standard output for text, else FILE.parquet or FILE.pcapng',
      },
    })
    .example('$0 export run.rxr --parquet', 'run.parquet')
    .example('$0 export run.rxr.zst --pcapng -o run.pcapng', 'to be looked at with Wireshark');
}

type Declared = Awaited<ReturnType<typeof declare>['argv']>;

export function exportCommand(run: RunCommand): CommandModule<object, Declared> {
  return {
    command: 'export <file>',
    describe: 'the samples of a recording as Parquet, CSV, NDJSON or a capture',
    builder: declare as unknown as (yargs: Argv<object>) => Argv<Declared>,
    handler: (args) =>
      run((io) => {
        const formats = EXPORT_FORMATS.filter((format) => args[format] === true);
        const [format] = formats;
        if (format === undefined || formats.length > 1) {
          throw new CodedError(
            'E_USAGE',
            formats.length === 0
              ? 'say what to export to'
              : `${formats.map((name) => `--${name}`).join(' and ')} at once`,
            `give one of ${EXPORT_FORMATS.map((name) => `--${name}`).join(', ')}`,
            2,
          );
        }
        const output = args.output === undefined ? {} : { output: args.output };
        return exportRecording({ file: String(args.file), format, ...output }, io);
      }),
  };
}
