import type { Argv, CommandModule } from 'yargs';
import type { TraceSyscallsOptions } from '../commands/trace/trace-syscalls.js';
import { parseDuration } from '../format/duration.js';
import { IDLE_SYSCALLS } from '../model/idle-syscalls.js';
import type { SyscallsQuestion } from '../model/syscalls-question.js';
import { MS, SECOND } from '../model/time.js';
import { type CommandContext, usage } from './command.js';
import * as shared from './shared-options.js';
import { listed, whole } from './shared-options.js';
import { type TracedArgs, toTraceScope, traced } from './trace-options.js';

const DEFAULT_MIN = '200ms';
/** Calls of this length show in switches and samples; shorter ones need a hook on each call. */
const LEAST_SPARING_NS = 10 * MS;

interface SyscallsArgs extends TracedArgs {
  min: string | undefined;
  exact: boolean;
  summary: boolean;
  top: boolean;
  'in-flight': boolean;
  interval: string;
  by: 'process-call' | 'process' | 'comm' | 'call';
  sort: 'time' | 'calls';
  rows: string;
  stacks: boolean;
  pid: string[] | undefined;
  follow: boolean;
  comm: string[] | undefined;
  cgroup: string[] | undefined;
  container: string[] | undefined;
  pod: string[] | undefined;
  calls: string[] | undefined;
  idle: boolean;
  'flight-recorder': boolean;
  'dump-on': string | undefined;
  'recorder-cgroups': string;
  ring: string;
}

const list = shared.words;
const text = shared.word;

/** `rxray trace syscalls`; behind `--` a command to run and trace. */
export function traceSyscallsCommand({ run, behindDashes }: CommandContext): CommandModule<object, SyscallsArgs> {
  return {
    command: 'syscalls [vantage]',
    describe: 'how long system calls took and who made them, as strace -T, perf trace and traceloop tell it',
    builder: (yargs) => options(yargs) as unknown as Argv<SyscallsArgs>,
    handler: (args) =>
      run(async (io) => {
        const options = toOptions(args, behindDashes);
        const { traceSyscalls } = await import('../commands/trace/trace-syscalls.js');
        return traceSyscalls(options, io);
      }),
  };
}

function options(yargs: Argv) {
  return traced(yargs)
    .options({
      min: {
        ...text,
        describe: 'tell calls of this length and longer; the kernel side passes over the others',
        defaultDescription: `${DEFAULT_MIN}; with -- COMMAND 0; with --summary or the like none`,
      },
      exact: {
        type: 'boolean',
        default: false,
        describe: 'see each call begin and return, also for --min of 10 ms and more: slows every call of the machine',
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
      rows: { ...text, default: '40', describe: 'most rows of a table' },
      stacks: {
        type: 'boolean',
        default: false,
        describe: 'kernel stack where it slept, user stack by frame pointers',
      },
      pid: { ...list, alias: 'p', describe: 'these processes, with all threads: 17,42' },
      follow: { type: 'boolean', alias: 'f', default: false, describe: '-p: also what they start from now on' },
      comm: { ...list, describe: 'threads or processes of this name' },
      cgroup: { ...list, describe: 'a cgroup with all below it, v1 or v2: its folder' },
      container: { ...list, describe: 'a container: the beginning of its id' },
      pod: { ...list, describe: 'a pod: its uid' },
      calls: { ...list, alias: 'e', describe: 'these calls: read,write; all but these: !futex,openat' },
      idle: {
        type: 'boolean',
        default: true,
        describe:
          'calls that wait for something to do: poll, epoll_wait, futex, nanosleep … (--no-idle leaves them out)',
      },
      'flight-recorder': { type: 'boolean', default: false, describe: 'keep the last 4096 calls of each cgroup' },
      'dump-on': {
        ...text,
        describe: 'tell what it keeps when a call is slow: slow=100ms',
        defaultDescription: 'the end',
      },
      'recorder-cgroups': {
        ...text,
        default: '64',
        describe: 'that it keeps calls of (352 KiB each)',
      },
      ring: { ...text, default: '4', describe: 'MiB for events on their way, a power of 2' },
    })
    .example('$0 trace syscalls', `whatever takes ${DEFAULT_MIN} and longer    (perf trace --duration 200)`)
    .example('$0 trace syscalls -p 17 --summary -d 10s', 'counts, errors, times    (perf trace -p 17 -s; strace -c)')
    .example('$0 trace syscalls --top --by comm --sort calls', 'who calls most    (perf top -e raw_syscalls:sys_enter)')
    .example('$0 trace syscalls -p 17 --min 0 -f', 'every call    (strace -T -f -p 17)')
    .example('$0 trace syscalls --min 0 -o FILE -- ls /', 'every call of a command    (strace -o FILE ls /)')
    .example('$0 trace syscalls --pod UID --no-idle', 'slow calls of a pod, waits for something to do left out')
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
    ...toTraceScope(args),
    ringBytes: ringBytes(args.ring),
    rows: whole(args.rows, '--rows', 1, 100_000),
    report: {
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
  const minNs = min === undefined ? undefined : min === '0' ? 0 : parseDuration(min, '--min');
  const isExact = args.exact || others;
  return {
    question: 'syscalls',
    minNs,
    exact: args.exact || undefined,
    sparing: !isExact && minNs !== undefined && minNs >= LEAST_SPARING_NS ? true : undefined,
    summary: totals || undefined,
    inFlight: args['in-flight'] || undefined,
    everyNs:
      args.top || args['in-flight'] ? Math.max(parseDuration(args.interval, '--interval'), SECOND / 100) : undefined,
    stacks: args.stacks || undefined,
    recorderCgroups: args['flight-recorder']
      ? whole(args['recorder-cgroups'], '--recorder-cgroups', 1, 256)
      : undefined,
    dumpOnSlowNs: parseDumpOn(args),
    pids: args.pid === undefined ? undefined : listed(args.pid).map((pid) => whole(pid, '-p', 1, 4_194_304)),
    follow: args.follow || undefined,
    comms: args.comm?.map(checkComm),
    cgroups: args.cgroup,
    containers: args.container?.map((id) => checkId(id, '--container')),
    pods: args.pod?.map((id) => checkId(id, '--pod')),
    calls: parseCalls(args),
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

function parseCalls({ calls, idle }: SyscallsArgs): SyscallsQuestion['calls'] {
  const given = listed(calls);
  const except = given[0]?.startsWith('!') === true;
  const names = except ? given.map((name) => name.replace(/^!/, '')) : given;
  if (names.length === 0) return idle ? undefined : { except: true, names: IDLE_SYSCALLS };
  if (idle) return { except, names };
  if (!except) throw usage('-e names what to trace, so --no-idle leaves nothing out', 'leave out --no-idle');
  return { except, names: [...new Set([...names, ...IDLE_SYSCALLS])] };
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

function ringBytes(text: string): number {
  const mib = Number(text);
  if ([1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024].includes(mib)) return mib * 1_048_576;
  if (mib > 0 && mib < 1 && Number.isInteger(Math.log2(mib)) && mib >= 1 / 256) return mib * 1_048_576;
  throw usage(`--ring ${text}: not a power of 2 up to 1024`, 'write --ring 16');
}
