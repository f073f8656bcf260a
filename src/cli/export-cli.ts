import type { Argv, CommandModule } from 'yargs';
import { EXPORT_FORMATS } from '../model/report-format.js';
import { type CommandContext, usage } from './command.js';
import * as shared from './shared-options.js';

function declare(yargs: Argv) {
  return yargs
    .positional('file', { type: 'string', demandOption: true, describe: 'a recording' })
    .options({
      parquet: { type: 'boolean', describe: 'a table for DuckDB, pandas, Spark' },
      csv: { type: 'boolean', describe: 'as probe --format csv' },
      ndjson: { type: 'boolean', describe: 'as probe --json' },
      pcapng: { type: 'boolean', describe: 'a capture made from the samples, for Wireshark and tcpdump' },
      output: {
        ...shared.output,
        defaultDescription: 'standard output for text, else FILE.parquet or FILE.pcapng',
      },
    })
    .example('$0 export run.rxr --parquet', 'run.parquet')
    .example('$0 export run.rxr.zst --pcapng -o run.pcapng', 'to be looked at with Wireshark');
}

type Declared = Awaited<ReturnType<typeof declare>['argv']>;

export function exportCommand({ run }: CommandContext): CommandModule<object, Declared> {
  return {
    command: 'export <file>',
    describe: 'the samples of a recording as Parquet, CSV, NDJSON or a capture',
    builder: declare as unknown as (yargs: Argv<object>) => Argv<Declared>,
    handler: (args) =>
      run(async (io) => {
        const formats = EXPORT_FORMATS.filter((format) => args[format] === true);
        const [format] = formats;
        if (format === undefined || formats.length > 1) {
          throw usage(
            formats.length === 0
              ? 'say what to export to'
              : `${formats.map((name) => `--${name}`).join(' and ')} at once`,
            `give one of ${EXPORT_FORMATS.map((name) => `--${name}`).join(', ')}`,
          );
        }
        const { exportRecording } = await import('../commands/recording/export.js');
        return exportRecording({ file: String(args.file), format, output: args.output }, io);
      }),
  };
}
