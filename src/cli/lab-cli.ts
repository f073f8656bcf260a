import type { Argv, CommandModule } from 'yargs';
import {
  type FaultOptions,
  labDownCommand,
  labExecCommand,
  labFaultCommand,
  labFaults,
  labStatusCommand,
  labUpCommand,
} from '../commands/lab/lab.js';
import { labDemo } from '../commands/lab/lab-demo.js';
import { parseDuration } from '../format/duration.js';
import { CodedError } from '../model/errors.js';
import { MS, SECOND } from '../model/time.js';
import type { RunCommand } from './run-command.js';

/**
 * `rxray lab`: a small cluster in network namespaces, with faults to switch on.
 *
 * @param program what stands behind `--` on the command line: a program for `exec`, with its own options
 */
export function labCommand(run: RunCommand, program: readonly string[]): CommandModule {
  return {
    command: 'lab <action>',
    describe: 'a small cluster in network namespaces, with faults to switch on (needs root)',
    builder: (yargs) =>
      named(yargs)
        .command(up(run))
        .command(down(run))
        .command(status(run))
        .command(fault(run))
        .command(exec(run, program))
        .command({
          command: 'demo',
          describe: 'show it all once: lab up, a queue stalls, reconstruction beside truth, lab down',
          handler: () => run(labDemo),
        })
        .demandCommand(1, 'say what to do: up, down, status, fault, exec or demo')
        .example('$0 lab up --queues 4', 'bring the lab up')
        .example('$0 lab fault rx-queue on', 'one receive queue of the bad node stalls about once a second')
        .example('$0 lab exec shell -- npx rxray probe 172.16.47.27:30927', 'probe its NodePort from outside')
        .example('$0 lab down', 'take everything away'),
    handler: () => {},
  };
}

function named(yargs: Argv) {
  return yargs.option('name', { type: 'string', default: 'lab', requiresArg: true, describe: 'instance of the lab' });
}

function up(run: RunCommand): CommandModule<object, { name: string; queues: number | undefined }> {
  return {
    command: 'up',
    describe: 'bring the lab up; does nothing when it is',
    builder: (yargs) =>
      named(yargs).option('queues', {
        type: 'number',
        requiresArg: true,
        describe: 'receive queues of every host, 1 to 8',
        defaultDescription: '4',
      }),
    handler: ({ name, queues }) => run((io) => labUpCommand({ name, ...(queues === undefined ? {} : { queues }) }, io)),
  };
}

function down(run: RunCommand): CommandModule<object, { name: string }> {
  return {
    command: 'down',
    describe: 'take everything away, whatever state it is in',
    builder: named,
    handler: ({ name }) => run((io) => labDownCommand({ name }, io)),
  };
}

function status(run: RunCommand): CommandModule<object, { name: string; json: boolean }> {
  return {
    command: 'status',
    describe: 'what is up; exit 0 when the lab is',
    builder: (yargs) => named(yargs).option('json', { type: 'boolean', default: false, describe: 'as JSON' }),
    handler: ({ name, json }) => run((io) => labStatusCommand({ name }, json, io)),
  };
}

interface FaultArgs {
  name: string;
  fault: string;
  wanted: 'on' | 'off';
  period: string | undefined;
  length: string | undefined;
  queue: number | undefined;
  seed: number | undefined;
  count: number | undefined;
  duration: string | undefined;
}

function fault(run: RunCommand): CommandModule<object, FaultArgs> {
  return {
    command: 'fault <fault> <wanted>',
    describe: 'switch a fault on or off; prints the file in which it logs what it did',
    builder: (yargs) =>
      named(yargs)
        .positional('fault', { type: 'string', demandOption: true, describe: 'name of the fault; `all` with off' })
        .positional('wanted', { choices: ['on', 'off'] as const, demandOption: true })
        .option('period', {
          type: 'string',
          requiresArg: true,
          describe: 'from stall to stall: 1s, or 400ms-3s at random',
        })
        .option('length', { type: 'string', requiresArg: true, describe: 'of a stall: 130ms, or 60ms-200ms at random' })
        .option('queue', { type: 'number', requiresArg: true, describe: 'receive queue' })
        .option('seed', { type: 'number', requiresArg: true, describe: 'same seed, same stalls' })
        .option('count', { type: 'number', requiresArg: true, describe: 'stalls after which it ends' })
        .option('duration', {
          type: 'string',
          requiresArg: true,
          describe: 'ends after this',
          defaultDescription: '10m',
        })
        .epilogue(`Faults:\n${labFaults.map(([name, sentence]) => `  ${name.padEnd(18)} ${sentence}`).join('\n')}`),
    handler: (args) =>
      run((io) => labFaultCommand(args.fault, args.wanted, { name: args.name, fault: faultOptions(args) }, io)),
  };
}

function faultOptions(args: FaultArgs): FaultOptions {
  return {
    ...(args.period === undefined ? {} : { periodMs: parseRange(args.period, '--period') }),
    ...(args.length === undefined ? {} : { lengthMs: parseRange(args.length, '--length') }),
    ...(args.queue === undefined ? {} : { queue: args.queue }),
    ...(args.seed === undefined ? {} : { seed: args.seed }),
    ...(args.count === undefined ? {} : { count: args.count }),
    ...(args.duration === undefined ? {} : { durationS: parseDuration(args.duration, '--duration') / SECOND }),
  };
}

/** `130ms`, or `60ms-200ms`, in milliseconds. */
function parseRange(text: string, option: string): [number, number] {
  const [least = '', most = least, ...rest] = text.split('-');
  const range: [number, number] = [parseDuration(least, option) / MS, parseDuration(most, option) / MS];
  if (rest.length === 0 && range[0] <= range[1]) return range;
  throw new CodedError('E_USAGE', `${option} ${text}: not a range`, `write ${option} 60ms-200ms`, 2);
}

function exec(run: RunCommand, program: readonly string[]): CommandModule<object, { name: string; host: string }> {
  return {
    command: 'exec <host>',
    describe: 'run a program on a host of the lab: rxray lab exec HOST -- PROGRAM ARGUMENTS',
    builder: (yargs) =>
      named(yargs).positional('host', {
        type: 'string',
        demandOption: true,
        describe: 'shell, client, bad, external, pod-bad, pod-client or fabric',
      }),
    handler: ({ name, host }) => run(() => labExecCommand(host, program, { name })),
  };
}
