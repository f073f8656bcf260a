import type { Argv, CommandModule } from 'yargs';
import type { FaultOptions, LabOverlay } from '../commands/lab/lab.js';
import { parseDuration } from '../format/duration.js';
import { present } from '../model/present.js';
import { MS, SECOND } from '../model/time.js';
import { type CommandContext, usage } from './command.js';
import * as shared from './shared-options.js';

type Run = CommandContext['run'];

/** Loaded with the first of its commands. */
const lab = () => import('../commands/lab/lab.js');

/** `rxray lab`: a small cluster in network namespaces, with faults to switch on. */
export function labCommand({ run, behindDashes }: CommandContext): CommandModule {
  return {
    command: 'lab',
    describe: 'a small cluster in network namespaces, with faults to switch on (needs root)',
    builder: (yargs) =>
      yargs
        .command(up(run))
        .command(down(run))
        .command(status(run))
        .command(fault(run))
        .command(exec(run, behindDashes))
        .command(demo(run))
        .demandCommand(1, 'say what to do: rxray lab up, down, status, fault, exec or demo')
        .example('$0 lab up --queues 4', 'bring the lab up')
        .example('$0 lab fault rx-queue on', 'one receive queue of the bad node stalls about once a second')
        .example('$0 lab exec shell -- npx rxray probe 172.16.47.27:30927', 'probe its NodePort from outside')
        .example('$0 lab down', 'take everything away'),
    handler: () => {},
  };
}

function named(yargs: Argv, byDefault = 'lab') {
  return yargs.option('name', { ...shared.word, default: byDefault, describe: 'instance of the lab' });
}

function demo(run: Run): CommandModule<object, { name: string }> {
  return {
    command: 'demo',
    describe: 'show it all once: lab up, a queue stalls, reconstruction beside truth, lab down',
    builder: (yargs) => named(yargs, 'demo'),
    handler: ({ name }) => run(async (io) => (await import('../commands/lab/lab-demo.js')).labDemo(name, io)),
  };
}

interface UpArgs {
  name: string;
  queues: string | undefined;
  overlay: LabOverlay | undefined;
}

function up(run: Run): CommandModule<object, UpArgs> {
  return {
    command: 'up',
    describe: 'bring the lab up; does nothing when it is',
    builder: async (yargs) =>
      named(yargs)
        .option('queues', {
          ...shared.word,
          describe: 'receive queues of every host, 1 to 8',
          defaultDescription: '4',
        })
        .option('overlay', {
          choices: (await lab()).labOverlays,
          describe: 'by which the pods of the two nodes are joined',
          defaultDescription: 'ipip',
        }),
    handler: ({ name, queues, overlay }) =>
      run(async (io) => {
        const count = shared.optionalWhole(queues, '--queues', 1, 1_024);
        return (await lab()).labUpCommand({ name, ...present({ queues: count, overlay }) }, io);
      }),
  };
}

function down(run: Run): CommandModule<object, { name: string }> {
  return {
    command: 'down',
    describe: 'take everything away, whatever state it is in',
    builder: (yargs) => named(yargs),
    handler: ({ name }) => run(async (io) => (await lab()).labDownCommand({ name }, io)),
  };
}

function status(run: Run): CommandModule<object, { name: string; json: boolean }> {
  return {
    command: 'status',
    describe: 'what is up; exit 0 when the lab is',
    builder: (yargs) => named(yargs).options({ json: shared.json }),
    handler: ({ name, json }) => run(async (io) => (await lab()).labStatusCommand({ name }, json, io)),
  };
}

interface FaultArgs {
  name: string;
  fault: string | undefined;
  wanted: 'on' | 'off' | undefined;
  period: string | undefined;
  length: string | undefined;
  queue: string | undefined;
  seed: string | undefined;
  count: string | undefined;
  duration: string | undefined;
  spread: 'flow' | 'random' | undefined;
}

function fault(run: Run): CommandModule<object, FaultArgs> {
  return {
    command: 'fault [fault] [wanted]',
    describe: 'switch a fault on or off; prints the file in which it logs what it did',
    builder: async (yargs) =>
      named(yargs)
        .positional('fault', { type: 'string', describe: 'name of the fault; `all` with off' })
        .positional('wanted', { choices: ['on', 'off'] as const, describe: 'on or off' })
        .option('period', {
          ...shared.word,
          describe: 'from stall to stall: 1s, or 400ms-3s at random',
        })
        .option('length', { ...shared.word, describe: 'of a stall: 130ms, or 60ms-200ms at random' })
        .option('queue', { ...shared.word, describe: 'receive queue' })
        .option('seed', { ...shared.word, describe: 'same seed, same stalls' })
        .option('count', { ...shared.word, describe: 'stalls after which it ends' })
        .option('duration', {
          ...shared.word,
          describe: 'ends after this',
          defaultDescription: '10m',
        })
        .option('spread', {
          choices: ['flow', 'random'] as const,
          describe: 'how the NodePort of backends chooses its pod',
          defaultDescription: 'flow',
        })
        .epilogue(
          `Faults:\n${(await lab()).labFaults.map(([name, sentence]) => `  ${name.padEnd(18)} ${sentence}`).join('\n')}`,
        ),
    handler: (args) =>
      run(async (io) => {
        const { name, fault: wantedFault, wanted } = args;
        if (wantedFault === undefined || wanted === undefined) {
          const example = `rxray lab fault ${wantedFault ?? 'rx-queue'} on`;
          throw usage('say which fault, and on or off', `${example}; rxray lab fault --help lists them`);
        }
        return (await lab()).labFaultCommand(wantedFault, wanted, { name, fault: faultOptions(args) }, io);
      }),
  };
}

function faultOptions(args: FaultArgs): FaultOptions {
  return {
    ...(args.period === undefined ? {} : { periodMs: parseRange(args.period, '--period') }),
    ...(args.length === undefined ? {} : { lengthMs: parseRange(args.length, '--length') }),
    ...(args.queue === undefined ? {} : { queue: shared.whole(args.queue, '--queue', 0, 1_023) }),
    ...(args.seed === undefined ? {} : { seed: shared.whole(args.seed, '--seed', 0, 0xffff_ffff) }),
    ...(args.count === undefined ? {} : { count: shared.whole(args.count, '--count', 1, 1_000_000) }),
    ...present({ spread: args.spread }),
    ...(args.duration === undefined ? {} : { durationS: parseDuration(args.duration, '--duration') / SECOND }),
  };
}

/** `130ms`, or `60ms-200ms`, in milliseconds. */
function parseRange(text: string, option: string): [number, number] {
  const [least = '', most = least, ...rest] = text.split('-');
  const range: [number, number] = [parseDuration(least, option) / MS, parseDuration(most, option) / MS];
  if (rest.length === 0 && range[0] <= range[1]) return range;
  throw usage(`${option} ${text}: not a range`, `write ${option} 60ms-200ms`);
}

function exec(run: Run, program: readonly string[]): CommandModule<object, { name: string; host: string | undefined }> {
  return {
    command: 'exec [host]',
    describe: 'run a program on a host of the lab: rxray lab exec HOST -- PROGRAM ARGUMENTS',
    builder: (yargs) =>
      named(yargs).positional('host', {
        type: 'string',
        describe: 'shell, client, bad, external, a pod, rack or fabric',
      }),
    handler: ({ name, host }) =>
      run(async () => {
        const { labExecCommand, labPlaces } = await lab();
        if (host !== undefined) return labExecCommand(host, program, { name });
        const remedy = `rxray lab exec shell -- ping 172.16.47.27; hosts are ${labPlaces.join(', ')}`;
        throw usage('say on which host, and what to run', remedy);
      }),
  };
}
