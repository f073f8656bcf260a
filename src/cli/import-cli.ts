import type { Argv, CommandModule } from 'yargs';
import { IMPORT_KINDS, type ImportOptions } from '../commands/import/import-options.js';
import { parseDuration } from '../format/duration.js';
import { DEFAULT_WAIT_NS } from '../model/plan.js';
import { REPORT_FORMATS } from '../model/report-format.js';
import { type CommandContext, usage } from './command.js';
import { parseKinds } from './finding-kinds.js';
import * as shared from './shared-options.js';

function declare(yargs: Argv) {
  return yargs
    .positional('file', {
      type: 'string',
      array: true,
      describe: 'capture or printed output, gzip or not; - is standard input. Two captures: both ends of a path',
    })
    .options({
      as: {
        type: 'string',
        choices: IMPORT_KINDS,
        requiresArg: true,
        describe: 'what wrote the files',
        defaultDescription: 'recognised by how each begins',
      },
      threshold: shared.threshold,
      wait: {
        ...shared.word,
        alias: 'W',
        default: shared.milliseconds(DEFAULT_WAIT_NS),
        describe: 'a later reply is late, none by then a loss',
      },
      interval: {
        ...shared.word,
        alias: 'i',
        describe: 'between probes, where a text does not show it: 10ms, u10000',
      },
      only: { ...shared.words, describe: "paths to follow, * for anything: '*>10.0.0.7:443/syn'" },
      together: { ...shared.flag, describe: 'take all sources of a capture together: one path a target' },
      hosts: { ...shared.hosts, describe: 'hosts file whose paths the files of --path were measured on' },
      path: {
        ...shared.words,
        describe: 'NAME=FILE: the file was measured on that path of --hosts; gives a verdict',
      },
      explain: { ...shared.explain, describe: 'with --hosts: every term that moved the verdict' },
      'fail-on': {
        ...shared.failOn,
        describe: 'exit 1 when such a finding is there: stall, spike, loss, congestion …',
      },
      format: {
        type: 'string',
        choices: REPORT_FORMATS,
        requiresArg: true,
        default: 'text' as const,
        describe: 'how to print results',
      },
      json: { ...shared.flag, describe: 'same as --format ndjson' },
      output: shared.output,
      quiet: shared.quiet,
    })
    .example('$0 import trace.pcap.gz', 'stalls in what tcpdump already wrote')
    .example("$0 import node.pcapng --only '*>10.0.0.7:443/syn' --together", 'how one service answered, whoever asked')
    .example('$0 import sender.pcap target.pcap', 'both ends of a path: where its packets waited')
    .example('$0 import hping.txt --threshold 50', 'printed output of hping3, ping, fping or nping')
    .example(
      '$0 import --hosts hosts.yaml --path shell\\>nodeport/syn=a.txt --path client\\>pod/icmp=b.txt',
      'a verdict from runs made one after the other',
    )
    .epilogue(
      'Exit status: 0 read, 1 no reply in it at all or --fail-on, 2 wrong use or nothing known; with --hosts as bisect.',
    );
}

type Declared = Awaited<ReturnType<typeof declare>['argv']>;

/** `rxray import`. */
export function importCommand({ run }: CommandContext): CommandModule<object, Declared> {
  return {
    command: 'import [file..]',
    describe: 'find stalls in captures and in the printed output of other tools',
    builder: declare as unknown as (yargs: Argv<object>) => Argv<Declared>,
    handler: (args) =>
      run(async (io) => {
        const options = await toOptions(args);
        const { importFiles } = await import('../commands/import/import.js');
        return importFiles(options, io);
      }),
  };
}

async function toOptions(args: Declared): Promise<ImportOptions> {
  return {
    files: ((args as { file?: readonly unknown[] }).file ?? []).map(String),
    as: args.as,
    thresholdNs: shared.parseThreshold(args.threshold),
    waitNs: parseDuration(args.wait, '-W'),
    intervalNs: shared.optionalDuration(args.interval, '-i'),
    only: shared.listed(args.only),
    together: args.together,
    format: args.json ? 'ndjson' : args.format,
    output: args.output,
    quiet: args.quiet,
    failOn: await parseKinds(args['fail-on']),
    hosts: args.hosts,
    paths: (args.path ?? []).map(parsePath),
    explain: args.explain,
  };
}

function parsePath(text: string): { name: string; file: string } {
  const at = text.indexOf('=');
  if (at > 0 && at < text.length - 1) return { name: text.slice(0, at), file: text.slice(at + 1) };
  throw usage(`--path ${text}: no NAME=FILE`, "write --path 'shell>nodeport/syn=run.txt'");
}
