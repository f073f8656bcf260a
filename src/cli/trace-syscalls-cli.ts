import type { Argv, CommandModule } from 'yargs';
import { describeSyscallsFilter, type TraceSyscallsOptions, traceSyscalls } from '../commands/trace/trace-syscalls.js';
import { parseDuration } from '../format/duration.js';
import { CodedError } from '../model/errors.js';
import type { SyscallsQuestion } from '../model/syscalls-question.js';
import { SECOND } from '../model/time.js';
import type { RunCommand } from './run-command.js';
import { whole } from './shared-options.js';

const DEFAULT_MIN = '200ms';

interface SyscallsArgs {
  vantage: string | undefined;
  hosts: string | undefined;
  netns: string | undefined;
  cpus: string | undefined;
  duration: string | undefined;
  json: boolean;
  output: string | undefined;
  min: string | undefined;
  exact: boolean;
  summary: boolean;
  top: boolean;
  'in-flight': boolean;
  interval: string;
  by: 'process-call' | 'process' | 'comm' | 'call';
  sort: 'time' | 'calls';
  rows: number;
  stacks: boolean;
  pid: (string | number)[] | undefined;
  follow: boolean;
  comm: string[] | undefined;
  cgroup: string[] | undefined;
  container: string[] | undefined;
  pod: string[] | undefined;
  calls: string | undefined;
  'flight-recorder': boolean;
  'dump-on': string | undefined;
  'recorder-cgroups': number;
  ring: number;
}

const list = { type: 'string', array: true, requiresArg: true, nargs: 1 } as const;
const text = { type: 'string', requiresArg: true } as const;

/**
 * `rxray trace syscalls`.
 *
 * @param behindDashes the words behind `--`: a command to run and trace
 */
export function traceSyscallsCommand(
  run: RunCommand,
  behindDashes: readonly string[],
): CommandModule<object, SyscallsArgs> {
  return {
    command: 'syscalls [vantage]',
    describe: 'how long system calls took and who made them, as strace -T, perf trace and traceloop tell it',
    builder: (yargs) => options(yargs) as unknown as Argv<SyscallsArgs>,
    handler: (args) => run((io) => traceSyscalls(toOptions(args, behindDashes), io)),
  };
}

function options(yargs: Argv) {
  return yargs
    .positional('vantage', { type: 'string', describe: 'trace there: its name in the hosts file; default: here' })
    .options({
      hosts: { ...text, describe: 'hosts file that says how to reach the vantage' },
      netns: { ...text, describe: 'keep to a network namespace of this host' },
      cpus: { ...text, describe: 'keep to these CPUs: 0-3,8' },
      duration: { ...text, alias: 'd', describe: 'end after this', defaultDescription: 'at Ctrl-C' },
      json: { type: 'boolean', default: false, describe: 'NDJSON' },
      output: { ...text, alias: 'o', describe: 'write results to this file' },
      min: {
        ...text,
        describe: 'tell calls of this length and longer; the kernel side passes over the others',
        defaultDescription: `${DEFAULT_MIN}; with -- COMMAND 0; with --summary or the like none`,
      },
      exact: {
        type: 'boolean',
        default: false,
        describe: 'read the clock twice a call, never go by ticks',
      },
      summary: { type: 'boolean', alias: 's', default: false, describe: 'totals of each call in each process' },
      top: { type: 'boolean', default: false, describe: 'the same as a table that follows what happens' },
      'in-flight': { type: 'boolean', default: false, describe: 'tell at every interval what has not returned' },
      interval: { ...text, default: '1s', describe: 'of --top and --in-flight' },
      by: {
        choices: ['process-call', 'process', 'comm', 'call'] as const,
        default: 'process-call' as const,
        describe: 'what rows of the tables are made of',
      },
      sort: { choices: ['time', 'calls'] as const, default: 'time' as const, describe: 'order of the tables' },
      rows: { type: 'number', default: 40, requiresArg: true, describe: 'most rows of a table' },
      stacks: {
        type: 'boolean',
        default: false,
        describe: 'kernel stack where it slept, user stack by frame pointers',
      },
      pid: { alias: 'p', array: true, requiresArg: true, describe: 'these processes, with all threads: 17,42' },
      follow: { type: 'boolean', alias: 'f', default: false, describe: '-p: also what they start from now on' },
      comm: { ...list, describe: 'threads or processes of this name' },
      cgroup: { ...list, describe: 'a cgroup with all below it, v1 or v2: its folder' },
      container: { ...list, describe: 'a container: the beginning of its id' },
      pod: { ...list, describe: 'a pod: its uid' },
      calls: { ...text, alias: 'e', describe: 'these calls: read,write; all but these: !futex,epoll_wait' },
      'flight-recorder': { type: 'boolean', default: false, describe: 'keep the last 4096 calls of each cgroup' },
      'dump-on': {
        ...text,
        describe: 'tell what it keeps when a call is slow: slow=100ms',
        defaultDescription: 'the end',
      },
      'recorder-cgroups': {
        type: 'number',
        default: 64,
        requiresArg: true,
        describe: 'that it keeps calls of (352 KiB each)',
      },
      ring: { type: 'number', default: 4, requiresArg: true, describe: 'MiB for events on their way, a power of 2' },
    })
    .example('$0 trace syscalls', `whatever takes ${DEFAULT_MIN} and longer    (perf trace --duration 200)`)
    .example('$0 trace syscalls -p 17 --summary -d 10s', 'counts, errors, times    (perf trace -p 17 -s; strace -c)')
    .example('$0 trace syscalls --top --by comm --sort calls', 'who calls most    (perf top -e raw_syscalls:sys_enter)')
    .example('$0 trace syscalls -p 17 --min 0 -f', 'every call    (strace -T -f -p 17)')
    .example('$0 trace syscalls --min 0 -o FILE -- ls /', 'every call of a command    (strace -o FILE ls /)')
    .example('$0 trace syscalls --pod UID -e "!futex,epoll_wait,poll"', 'slow calls of a pod, idle waits left out')
    .example('$0 trace syscalls -p 17 --stacks', 'where it slept and who called    (perf trace record -g)')
    .example(
      '$0 trace syscalls --cgroup /sys/fs/cgroup/x --flight-recorder --dump-on slow=100ms',
      'what led to it    (traceloop cgroups --dump-on-exit)',
    )
    .example('$0 trace syscalls bad --hosts hosts.yaml --min 50ms', 'on another machine, nothing installed there');
}

function toOptions(args: SyscallsArgs, command: readonly string[]): TraceSyscallsOptions {
  const question = toQuestion(args, command.length > 0);
  if (args.top && args.summary) throw usage('--top shows the totals already', 'leave out --summary');
  if (args.follow && args.pid === undefined) throw usage('-f follows the processes of -p', 'add -p PID');
  return {
    question,
    command,
    what: describeSyscallsFilter(question, command),
    ...(args.vantage === undefined ? {} : { vantage: args.vantage }),
    ...(args.hosts === undefined ? {} : { hosts: args.hosts }),
    ...(args.netns === undefined ? {} : { netns: args.netns }),
    ...(args.cpus === undefined ? {} : { cpus: args.cpus }),
    ...(args.duration === undefined ? {} : { durationNs: parseDuration(args.duration, '-d') }),
    ...(args.output === undefined ? {} : { output: args.output }),
    ringBytes: ringBytes(args.ring),
    rows: whole(args.rows, '--rows', 1, 100_000),
    report: {
      json: args.json,
      top: args.top,
      everyNs: parseDuration(args.interval, '--interval'),
      by: args.by,
      sort: args.sort,
    },
  };
}

function toQuestion(args: SyscallsArgs, hasCommand: boolean): TraceSyscallsOptions['question'] {
  const totals = args.summary || args.top;
  const others = totals || args['flight-recorder'];
  const min = args.min ?? (others ? undefined : hasCommand ? '0' : DEFAULT_MIN);
  const dumpOnSlowNs = parseDumpOn(args);
  return {
    question: 'syscalls',
    ...(min === undefined ? {} : { minNs: min === '0' ? 0 : parseDuration(min, '--min') }),
    ...(args.exact ? { exact: true } : {}),
    ...(totals ? { summary: true } : {}),
    ...(args['in-flight'] ? { inFlight: true } : {}),
    ...(args.top || args['in-flight']
      ? { everyNs: Math.max(parseDuration(args.interval, '--interval'), SECOND / 100) }
      : {}),
    ...(args.stacks ? { stacks: true } : {}),
    ...(args['flight-recorder']
      ? { recorderCgroups: whole(args['recorder-cgroups'], '--recorder-cgroups', 1, 256) }
      : {}),
    ...(dumpOnSlowNs === undefined ? {} : { dumpOnSlowNs }),
    ...(args.pid === undefined ? {} : { pids: parsePids(args.pid) }),
    ...(args.follow ? { follow: true } : {}),
    ...(args.comm === undefined ? {} : { comms: args.comm.map(checkComm) }),
    ...(args.cgroup === undefined ? {} : { cgroups: args.cgroup }),
    ...(args.container === undefined ? {} : { containers: args.container.map((id) => checkId(id, '--container')) }),
    ...(args.pod === undefined ? {} : { pods: args.pod.map((id) => checkId(id, '--pod')) }),
    ...(args.calls === undefined ? {} : { calls: parseCalls(args.calls) }),
  };
}

function parseDumpOn(args: SyscallsArgs): number | undefined {
  const given = args['dump-on'];
  if (given === undefined) return undefined;
  if (!args['flight-recorder']) throw usage('--dump-on is about the flight recorder', 'add --flight-recorder');
  const length = /^slow=(.+)$/.exec(given)?.[1];
  if (length === undefined) throw usage(`--dump-on ${given}: not a trigger`, 'write --dump-on slow=100ms');
  return parseDuration(length, '--dump-on slow');
}

function parsePids(given: readonly (string | number)[]): number[] {
  return given.flatMap((word) => String(word).split(',')).map((word) => whole(Number(word), '-p', 1, 4_194_304));
}

function parseCalls(given: string): NonNullable<SyscallsQuestion['calls']> {
  const except = given.startsWith('!');
  return { except, names: given.slice(except ? 1 : 0).split(',') };
}

/** The kernel keeps 15 bytes of a name. */
function checkComm(name: string): string {
  if (name !== '' && new TextEncoder().encode(name).length <= 15) return name;
  throw usage(`--comm ${name}: the kernel keeps the first 15 bytes of a name`, `write --comm '${name.slice(0, 15)}'`);
}

function checkId(id: string, option: string): string {
  if (/^[0-9a-f][0-9a-f-]{5,}$/.test(id)) return id;
  const how =
    option === '--pod'
      ? 'give its uid: kubectl get pod NAME -o jsonpath={.metadata.uid}'
      : 'give at least six digits of its id, as docker ps or crictl ps print it';
  throw usage(`${option} ${id}: the kernel knows no names of containers and pods`, how);
}

function ringBytes(mib: number): number {
  if ([1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024].includes(mib)) return mib * 1_048_576;
  if (mib > 0 && mib < 1 && Number.isInteger(Math.log2(mib)) && mib >= 1 / 256) return mib * 1_048_576;
  throw usage(`--ring ${mib}: not a power of 2 up to 1024`, 'write --ring 16');
}

function usage(message: string, remedy: string): CodedError {
  return new CodedError('E_USAGE', message, remedy, 2);
}
