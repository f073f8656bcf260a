import type { Argv } from 'yargs';
import type { TraceScope } from '../commands/trace/trace-scope.js';
import { usage } from './command.js';
import * as shared from './shared-options.js';

/** Where and how long to trace: the same words for every question. */
export function traced<T>(yargs: Argv<T>) {
  return yargs
    .positional('vantage', { type: 'string', describe: 'trace there: its name in the hosts file; default: this host' })
    .options({
      vantage: { ...shared.word, describe: 'the same as the name by itself' },
      hosts: { ...shared.hosts, describe: 'hosts file that says how to reach the vantage' },
      ssh: { ...shared.word, describe: 'another machine: user@host' },
      netns: { ...shared.word, describe: 'a network namespace, as ip netns lists them' },
      cpus: { ...shared.word, describe: 'keep to these CPUs: 0-3,8' },
      duration: { ...shared.duration, describe: 'end after this', defaultDescription: 'at Ctrl-C' },
      json: shared.json,
      output: shared.output,
    })
    .conflicts('netns', ['ssh', 'hosts'])
    .conflicts('ssh', 'hosts');
}

export interface TracedArgs {
  vantage: string | undefined;
  hosts: string | undefined;
  ssh: string | undefined;
  netns: string | undefined;
  cpus: string | undefined;
  duration: string | undefined;
  json: boolean;
  output: string | undefined;
}

export function toTraceScope(args: TracedArgs): TraceScope {
  if (args.vantage !== undefined && args.hosts === undefined) {
    throw usage(
      `${args.vantage} is a name of a hosts file, and none is given`,
      'add --hosts FILE; a machine by its address: --ssh USER@HOST',
    );
  }
  if (args.hosts !== undefined && args.vantage === undefined) {
    throw usage(`--hosts ${args.hosts}: which of its vantages?`, 'add its name');
  }
  return {
    netns: args.netns,
    ssh: args.ssh,
    hosts: args.hosts,
    vantage: args.vantage,
    cpus: args.cpus,
    durationNs: shared.optionalDuration(args.duration, '-d'),
    json: args.json,
    output: args.output,
  };
}
