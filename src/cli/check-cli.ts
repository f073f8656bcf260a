import type { Argv, CommandModule } from 'yargs';
import type { CheckOptions } from '../commands/host/check.js';
import { parseDuration } from '../format/duration.js';
import { type CommandContext, usage } from './command.js';
import * as shared from './shared-options.js';

const LONGEST_NS = 600e9;

function declare(yargs: Argv) {
  return yargs
    .positional('node', { type: 'string', array: true, describe: 'vantages of the hosts file; without one, this host' })
    .options({
      hosts: { ...shared.hosts, describe: 'file that names the vantages' },
      interval: { ...shared.word, alias: 'i', default: '2s', describe: 'watch counters for so long' },
      only: { ...shared.words, describe: 'checks to make, by name' },
      except: { ...shared.words, describe: 'checks to leave out' },
      list: { ...shared.flag, describe: 'read nothing: show the checks with thresholds and sources' },
      verbose: { ...shared.flag, alias: 'v', describe: 'also what is fine, with what was read' },
      json: { ...shared.json, describe: 'NDJSON: one result a line, then one line about the node' },
      output: shared.output,
    })
    .example('$0 check', 'this host')
    .example('$0 check bad --hosts hosts.yaml', 'a node, over ssh or kubectl; nothing is installed there')
    .example('$0 check --hosts hosts.yaml -i 10s --json', 'every vantage of the file, for scripts')
    .example('$0 check --only memory-stat,zombie-groups', 'the mechanism of slow memory.stat alone')
    .epilogue('Exit status: 0 nothing wrong, 1 something is, 2 wrong use, 4 privilege or system.');
}

type Declared = Awaited<ReturnType<typeof declare>['argv']>;

export function checkCommand({ run }: CommandContext): CommandModule<object, Declared> {
  return {
    command: 'check [node..]',
    describe: 'what on a node can make packets wait, with thresholds and remedies',
    builder: declare as unknown as (yargs: Argv<object>) => Argv<Declared>,
    handler: (args) =>
      run(async (io) => {
        const options = toOptions(args);
        const { check } = await import('../commands/host/check.js');
        return check(options, io);
      }),
  };
}

function toOptions(args: Declared): CheckOptions {
  const { node } = args as { node?: unknown };
  const intervalNs = parseDuration(args.interval, '--interval');
  if (intervalNs > LONGEST_NS) throw usage(`--interval ${args.interval}: at most 10 minutes`, 'write --interval 10s');
  return {
    nodes: Array.isArray(node) ? node.map(String) : [],
    hosts: args.hosts,
    intervalNs,
    only: shared.listed(args.only),
    except: shared.listed(args.except),
    list: args.list,
    verbose: args.verbose,
    json: args.json,
    output: args.output,
  };
}
