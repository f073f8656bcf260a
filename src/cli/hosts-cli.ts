import type { Argv, CommandModule } from 'yargs';
import type { CommandContext } from './command.js';
import * as shared from './shared-options.js';

/** `rxray hosts`: the file that says what is probed, and from where. */
export function hostsCommand({ run }: CommandContext): CommandModule {
  return {
    command: 'hosts <action>',
    describe: 'write and check the file of vantages, targets and paths',
    builder: (yargs) =>
      yargs
        .command(check(run))
        .command(example(run))
        .command(init(run))
        .demandCommand(1, 'say what to do: check, example or init')
        .example('$0 hosts example > hosts.yaml', 'every kind of vantage and target, explained')
        .example('$0 hosts init 10.0.0.7:443 ops@node-3', 'a file with these, to go on from')
        .example('$0 hosts check hosts.yaml', 'all that is wrong in it, by line; then which paths it gives'),
    handler: () => {},
  };
}

type Run = CommandContext['run'];

function check(run: Run): CommandModule<object, { file: string; json: boolean }> {
  return {
    command: 'check [file]',
    describe: 'all that is wrong in a hosts file, by line; sends nothing',
    builder: (yargs: Argv) =>
      yargs
        .positional('file', { type: 'string', default: 'hosts.yaml', describe: 'the hosts file' })
        .options({ json: shared.json })
        .epilogue('Exit status: 0 it can be used, 2 it cannot.'),
    handler: ({ file, json }) =>
      run(async (io) => {
        const { checkHosts } = await import('../commands/host/hosts.js');
        return checkHosts(file, json, io);
      }),
  };
}

function example(run: Run): CommandModule<object, { output: string | undefined }> {
  return {
    command: 'example',
    describe: 'print a hosts file with every kind of vantage and target, explained',
    builder: (yargs: Argv) => yargs.options({ output: shared.output }),
    handler: ({ output }) =>
      run(async (io) => {
        const { exampleHosts } = await import('../commands/host/hosts.js');
        return exampleHosts(output, io);
      }),
  };
}

function init(run: Run): CommandModule<object, { place: string[] | undefined; output: string; force: boolean }> {
  return {
    command: 'init [place..]',
    describe: 'begin a hosts file from the places named: targets HOST[:PORT], vantages USER@HOST or netns:NAME',
    builder: (yargs: Argv) =>
      yargs
        .positional('place', {
          type: 'string',
          array: true,
          describe: 'HOST[:PORT] is a target; USER@HOST a machine reached by ssh: target and vantage',
        })
        .options({
          output: { ...shared.output, default: 'hosts.yaml' },
          force: { ...shared.flag, describe: 'write over a file that is there' },
        })
        .epilogue('Asks nobody but the resolver, and sends nothing.'),
    handler: ({ place, output, force }) =>
      run(async (io) => {
        const { initHosts } = await import('../commands/host/hosts.js');
        return initHosts({ places: place ?? [], output, force }, io);
      }),
  };
}
