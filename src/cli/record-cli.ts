import type { Argv, CommandModule } from 'yargs';
import { probe } from '../commands/probe/probe.js';
import { type DeclaredProbe, declareProbe, toProbeOptions } from './probe-cli.js';
import type { RunCommand } from './run-command.js';

function declare(yargs: Argv) {
  return declareProbe(yargs)
    .positional('file', {
      type: 'string',
      demandOption: true,
      describe: 'the recording; packed where it ends in .gz or .zst',
    })
    .hide('record')
    .example('$0 record run.rxr.zst 10.0.0.7:443', 'until Ctrl-C')
    .example('$0 record run.rxr 10.0.0.7 --rotate 100MB --keep 20', 'the last 2 GB of a long watch')
    .epilogue('The same as probe --record FILE. All paths of a hosts file: bisect --hosts hosts.yaml --record FILE.');
}

/** `rxray record`: `probe`, and what it brings written down. */
export function recordCommand(run: RunCommand): CommandModule<object, DeclaredProbe> {
  return {
    command: 'record <file> [target..]',
    describe: 'probe, and write down all that replay, export and report need',
    builder: declare as unknown as (yargs: Argv<object>) => Argv<DeclaredProbe>,
    handler: (args) =>
      run((io) => probe(toProbeOptions({ ...args, record: String((args as { file?: unknown }).file) }), io)),
  };
}
