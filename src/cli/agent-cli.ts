import type { Argv, CommandModule, Options } from 'yargs';
import { type CommandContext, UsageWanted } from './command.js';
import * as shared from './shared-options.js';

interface AgentArguments {
  readonly config: string | undefined;
  readonly node: string | undefined;
  readonly zone: string | undefined;
  readonly members: string | undefined;
  readonly listen: string | undefined;
  readonly 'secret-file': string | undefined;
}

/** Options of a command that its own commands do not have. */
function ofThisAlone<O extends Record<string, Options>>(options: O): { [K in keyof O]: O[K] & { global: false } } {
  const alone = Object.entries(options).map(([name, option]) => [name, { ...option, global: false }]);
  return Object.fromEntries(alone) as { [K in keyof O]: O[K] & { global: false } };
}

/** `rxray agent`: watches from one node, always, and exports what it sees. */
export function agentCommand({ run, isBare }: CommandContext): CommandModule<object, AgentArguments> {
  return {
    command: 'agent',
    describe: 'watch the neighbours of this node, always, and export what is seen to Prometheus',
    builder: (yargs: Argv) =>
      yargs
        .command(check(run))
        .command(example(run))
        .command(key(run))
        .options(
          ofThisAlone({
            config: { ...shared.word, describe: 'agent.yaml; it is taken up again when it changes, and on SIGHUP' },
            node: { ...shared.word, describe: 'name of this node', defaultDescription: 'NODE_NAME, else the host’s' },
            zone: { ...shared.word, describe: 'zone of this node' },
            members: { ...shared.word, describe: 'file of the members of the fleet' },
            listen: {
              ...shared.word,
              describe: 'where metrics are served',
              defaultDescription: '127.0.0.1:9469',
            },
            'secret-file': { ...shared.word, describe: 'file of the secret of the fleet, for what arrives' },
          }),
        )
        .example('$0 agent --config /etc/rxray/agent.yaml', 'as a service of every node')
        .example('$0 agent --node node-1 --members members.yaml', 'without a file of its own')
        .example('$0 agent example > agent.yaml', 'a file with every entry, explained')
        .example('$0 agent check agent.yaml', 'all that is wrong in it, by line; sends nothing')
        .epilogue(
          'Exit status: 0 it was told to end, 2 configuration, 4 privilege or system. What goes wrong later is told on standard error and lived with.',
        ) as Argv<AgentArguments>,
    handler: ({ config, node, zone, members, listen, 'secret-file': secretFile }) =>
      run(async (io) => {
        if (isBare || (config === undefined && members === undefined)) throw new UsageWanted();
        const { runAgent } = await import('../commands/agent/agent.js');
        return runAgent({ config, overrides: { node, zone, members, listen, secretFile } }, io);
      }),
  };
}

type Run = CommandContext['run'];

function check(run: Run): CommandModule<object, { file: string; json: boolean }> {
  return {
    command: 'check [file]',
    describe: 'all that is wrong in an agent.yaml, by line; sends nothing',
    builder: (yargs: Argv) =>
      yargs
        .positional('file', { type: 'string', default: 'agent.yaml', describe: 'the configuration' })
        .options({ json: shared.json })
        .epilogue('Exit status: 0 it can be used, 2 it cannot.'),
    handler: ({ file, json }) =>
      run(async (io) => {
        const { checkAgentConfig } = await import('../commands/agent/agent-files.js');
        return checkAgentConfig(file, json, io);
      }),
  };
}

function example(run: Run): CommandModule<object, { output: string | undefined; members: boolean }> {
  return {
    command: 'example',
    describe: 'print an agent.yaml with every entry, explained',
    builder: (yargs: Argv) =>
      yargs.options({
        output: shared.output,
        members: { ...shared.flag, describe: 'a file of members instead' },
      }),
    handler: ({ output, members }) =>
      run(async (io) => {
        const { exampleAgentConfig } = await import('../commands/agent/agent-files.js');
        return exampleAgentConfig(output, members, io);
      }),
  };
}

function key(run: Run): CommandModule<object, { file: string }> {
  return {
    command: 'key <file>',
    describe: 'make a private key of this node, and print the public one for the list of members',
    builder: (yargs: Argv) =>
      yargs.positional('file', { type: 'string', demandOption: true, describe: 'where to; none that is there' }),
    handler: ({ file }) =>
      run(async (io) => {
        const { makeAgentKey } = await import('../commands/agent/agent-files.js');
        return makeAgentKey(file, io);
      }),
  };
}
