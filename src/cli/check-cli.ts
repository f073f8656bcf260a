import type { Argv, CommandModule } from 'yargs';
import { type CheckOptions, check } from '../commands/host/check.js';
import { parseDuration } from '../format/duration.js';
import { CodedError } from '../model/errors.js';
import type { RunCommand } from './run-command.js';

const LONGEST_NS = 600e9;

function declare(yargs: Argv) {
  return yargs
    .positional('node', { type: 'string', array: true, describe: 'vantages of the hosts file; without one, this host' })
    .options({
      hosts: { type: 'string', requiresArg: true, describe: 'file that names the vantages' },
      interval: {
        alias: 'i',
        type: 'string',
        requiresArg: true,
        default: '2s',
        describe: 'watch counters for so long',
      },
      only: { type: 'string', array: true, requiresArg: true, describe: 'checks to make, by name' },
      except: { type: 'string', array: true, requiresArg: true, describe: 'checks to leave out' },
      list: { type: 'boolean', default: false, describe: 'read nothing: show the checks with thresholds and sources' },
      json: { type: 'boolean', default: false, describe: 'NDJSON: one result a line, then one line about the node' },
    })
    .example('$0 check', 'this host')
    .example('$0 check bad --hosts hosts.yaml', 'a node, over ssh or kubectl; nothing is installed there')
    .example('$0 check --hosts hosts.yaml -i 10s --json', 'every vantage of the file, for scripts')
    .example('$0 check --only memory-stat --only zombie-groups', 'the mechanism of slow memory.stat alone')
    .epilogue('Exit status: 0 nothing wrong, 1 something is, 2 wrong use, 4 privilege or system.');
}

type Declared = Awaited<ReturnType<typeof declare>['argv']>;

export function checkCommand(run: RunCommand): CommandModule<object, Declared> {
  return {
    command: 'check [node..]',
    describe: 'what on a node can make packets wait, with thresholds and remedies',
    builder: declare as unknown as (yargs: Argv<object>) => Argv<Declared>,
    handler: (args) => run((io) => check(toOptions(args), io)),
  };
}

function toOptions(args: Declared): CheckOptions {
  const { node } = args as { node?: unknown };
  const intervalNs = parseDuration(args.interval, '--interval');
  if (intervalNs > LONGEST_NS) {
    throw new CodedError('E_USAGE', `--interval ${args.interval}: at most 10 minutes`, 'write --interval 10s', 2);
  }
  return {
    nodes: Array.isArray(node) ? node.map(String) : [],
    ...(args.hosts === undefined ? {} : { hosts: args.hosts }),
    intervalNs,
    only: args.only ?? [],
    except: args.except ?? [],
    list: args.list,
    json: args.json,
  };
}
