import type { Argv, CommandModule } from 'yargs';
import { importFiles } from '../commands/import/import.js';
import { IMPORT_KINDS, type ImportOptions } from '../commands/import/import-options.js';
import { parseDuration } from '../format/duration.js';
import { CodedError } from '../model/errors.js';
import { DEFAULT_WAIT_NS } from '../model/plan.js';
import { REPORT_FORMATS } from '../model/report-format.js';
import { MS } from '../model/time.js';
import { parseKinds } from './finding-kinds.js';
import type { RunCommand } from './run-command.js';
import { DEFAULT_THRESHOLD_MS, parseThreshold } from './shared-options.js';

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
        describe: 'what wrote the files',
        defaultDescription: 'recognised by how each begins',
      },
      threshold: {
        type: 'string',
        requiresArg: true,
        default: String(DEFAULT_THRESHOLD_MS),
        describe: 'what counts as slow, in ms',
      },
      wait: {
        alias: 'W',
        type: 'string',
        requiresArg: true,
        default: `${DEFAULT_WAIT_NS / MS}ms`,
        describe: 'a later reply is late, none by then a loss',
      },
      interval: {
        alias: 'i',
        type: 'string',
        requiresArg: true,
        describe: 'between probes, where a text does not show it: 10ms, u10000',
      },
      only: {
        type: 'string',
        array: true,
        nargs: 1,
        requiresArg: true,
        describe: "paths to follow, * for anything: '*>10.0.0.7:443/syn'",
      },
      together: {
        type: 'boolean',
        default: false,
        describe: 'take all sources of a capture together: one path a target',
      },
      hosts: {
        type: 'string',
        requiresArg: true,
        describe: 'hosts file whose paths the files of --path were measured on',
      },
      path: {
        type: 'string',
        array: true,
        nargs: 1,
        requiresArg: true,
        describe: 'NAME=FILE: the file was measured on that path of --hosts; gives a verdict',
      },
      explain: { type: 'boolean', default: false, describe: 'with --hosts: every term that moved the verdict' },
      'fail-on': {
        type: 'string',
        requiresArg: true,
        describe: 'exit 1 when such a finding is there: stall, spike, loss, congestion, slow-drain',
      },
      format: { type: 'string', choices: REPORT_FORMATS, default: 'text' as const, describe: 'how to print results' },
      json: { type: 'boolean', default: false, describe: 'same as --format ndjson' },
      output: { alias: 'o', type: 'string', requiresArg: true, describe: 'write results to this file' },
      quiet: { alias: 'q', type: 'boolean', default: false, describe: 'only the summary' },
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
export function importCommand(run: RunCommand): CommandModule<object, Declared> {
  return {
    command: 'import [file..]',
    describe: 'find stalls in captures and in the printed output of other tools',
    builder: declare as unknown as (yargs: Argv<object>) => Argv<Declared>,
    handler: (args) => run((io) => importFiles(toOptions(args), io)),
  };
}

function toOptions(args: Declared): ImportOptions {
  if (args.output === '') throw new CodedError('E_USAGE', '-o needs a file name', 'write -o FILE', 2);
  return {
    files: ((args as { file?: readonly unknown[] }).file ?? []).map(String),
    ...(args.as === undefined ? {} : { as: args.as }),
    thresholdNs: parseThreshold(args.threshold),
    waitNs: parseDuration(args.wait, '-W'),
    ...(args.interval === undefined ? {} : { intervalNs: parseDuration(args.interval, '-i') }),
    only: args.only ?? [],
    together: args.together,
    format: args.json ? 'ndjson' : args.format,
    ...(args.output === undefined ? {} : { output: args.output }),
    quiet: args.quiet,
    failOn: args['fail-on'] === undefined ? [] : parseKinds(args['fail-on']),
    ...(args.hosts === undefined ? {} : { hosts: args.hosts }),
    paths: (args.path ?? []).map(parsePath),
    explain: args.explain,
  };
}

function parsePath(text: string): { name: string; file: string } {
  const at = text.indexOf('=');
  if (at > 0 && at < text.length - 1) return { name: text.slice(0, at), file: text.slice(at + 1) };
  throw new CodedError('E_USAGE', `--path ${text}: no NAME=FILE`, "write --path 'shell>nodeport/syn=run.txt'", 2);
}
