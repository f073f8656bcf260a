import { isIP } from 'node:net';
import type { Argv, CommandModule } from 'yargs';
import { type CommandContext, UsageWanted, usage } from './command.js';
import { type DeclaredProbe, declareProbe, toProbeOptions } from './probe-cli.js';

function declare(yargs: Argv) {
  return declareProbe(yargs)
    .positional('file', { type: 'string', describe: 'the recording; packed where it ends in .gz or .zst' })
    .hide('record')
    .example('$0 record run.rxr.zst 10.0.0.7:443', 'until Ctrl-C')
    .example('$0 record run.rxr 10.0.0.7 --rotate 100MB --keep 20', 'the last 2 GB of a long watch')
    .epilogue('The same as probe --record FILE. All paths of a hosts file: bisect --hosts hosts.yaml --record FILE.');
}

/** `rxray record`: `probe`, and what it brings written down. */
export function recordCommand({ run, isBare }: CommandContext): CommandModule<object, DeclaredProbe> {
  return {
    command: 'record [file] [target..]',
    describe: 'probe, and write down all that replay, export and report need',
    builder: declare as unknown as (yargs: Argv<object>) => Argv<DeclaredProbe>,
    handler: (args) =>
      run(async (io) => {
        const { file } = args as { file?: string };
        if (file === undefined) {
          if (isBare) throw new UsageWanted();
          throw usage('record needs a FILE', 'write rxray record run.rxr TARGET');
        }
        if (readsAsTarget(file)) {
          throw usage(`${file} reads as a target, and the FILE comes first`, `write rxray record run.rxr ${file}`);
        }
        const options = await toProbeOptions({ ...args, record: file });
        if (isBare && options.targets.length === 0) throw new UsageWanted();
        const { probe } = await import('../commands/probe/probe.js');
        return probe(options, io);
      }),
  };
}

/** An address, with a port or a length of prefix or neither; a name with a port; a URL. */
export function readsAsTarget(file: string): boolean {
  const [, host = file] = /^\[?([^[\]]+?)\]?(?::\d+|\/\d+)?$/.exec(file) ?? [];
  return isIP(file) !== 0 || isIP(host) !== 0 || /^[^/]+:\d+$/.test(file) || /^[a-z][a-z0-9+.-]*:\/\//i.test(file);
}
