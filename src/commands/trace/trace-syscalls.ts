import { isSyscallName } from '../../codec/syscall-words.js';
import { formatLength } from '../../format/duration.js';
import { readHosts } from '../../hosts/hosts-file.js';
import { packageVersion } from '../../installation/version.js';
import { startTracer } from '../../kernel/tracer.js';
import { CodedError } from '../../model/errors.js';
import type { SyscallsQuestion } from '../../model/syscalls-question.js';
import type { Vantage } from '../../model/vantage.js';
import { SyscallsReporter, type SyscallsReportOptions } from '../../report/trace/syscalls-reporter.js';
import { localTransport } from '../../transports/local/local-transport.js';
import { netnsTransport } from '../../transports/local/netns-transport.js';
import type { Transport } from '../../transports/transport.js';
import { transportFor } from '../../transports/transport-for.js';
import type { Io } from '../terminal/io.js';
import { OutputFile } from '../terminal/output-file.js';
import { ArmedCommand } from './armed-command.js';

export interface TraceSyscallsOptions {
  readonly question: Omit<SyscallsQuestion, 'command' | 'spare' | 'ownNetns'>;
  /** A vantage of the hosts file. */
  readonly vantage?: string;
  readonly hosts?: string;
  readonly netns?: string;
  readonly cpus?: string;
  readonly durationNs?: number;
  readonly ringBytes?: number;
  /** To run and to trace; empty: none. */
  readonly command: readonly string[];
  readonly output?: string;
  readonly report: Pick<SyscallsReportOptions, 'json' | 'top' | 'everyNs' | 'by' | 'sort'>;
  readonly rows: number;
  readonly what: string;
}

/** `rxray trace syscalls`: how long system calls took, and who made them. */
export async function traceSyscalls(options: TraceSyscallsOptions, io: Io): Promise<number> {
  checkCalls(options.question);
  const { transport, ownNetns } = await place(options);
  const command = options.command.length === 0 ? undefined : new ArmedCommand(options.command);
  const file = options.output === undefined ? undefined : await OutputFile.open(options.output);
  const { question, report } = options;
  const reporter = new SyscallsReporter({
    ...report,
    summary: question.summary === true && !report.top,
    stacks: question.stacks === true,
    rows: options.rows,
    redraws: io.outIsTerminal && file === undefined && command === undefined,
    version: packageVersion(),
    place: transport.place,
    resolved: { ...question, durationNs: options.durationNs ?? null },
    what: options.what,
  });
  // The command's own output is on standard output.
  const write = async (text: string): Promise<void> => {
    if (text === '') return;
    if (file) await file.write(text);
    else if (command) io.err(text);
    else await io.out(text);
  };
  const run = startTracer(transport, {
    questions: [
      {
        ...question,
        ...(command === undefined ? {} : { command: command.pid }),
        ...(transport === localTransport ? { spare: process.pid } : {}),
        ...(ownNetns ? { ownNetns } : {}),
      },
    ],
    ...(options.cpus === undefined ? {} : { cpus: options.cpus }),
    ...(options.durationNs === undefined ? {} : { durationNs: options.durationNs }),
    ...(options.ringBytes === undefined ? {} : { ringBytes: options.ringBytes }),
  });
  io.stop.addEventListener('abort', () => run.stop(), { once: true });
  void command?.ended.then(() => run.stop());
  try {
    for await (const event of run.events) {
      if (event.kind === 'warning') io.err(`rxray: ${event.message} [${event.code}]\n`);
      await write(reporter.take(event));
      if (event.kind === 'kernel' && event.event.kind === 'hello') command?.go();
    }
  } finally {
    command?.giveUp();
    await file?.close();
    await transport.close?.();
  }
  return command === undefined ? 0 : command.ended;
}

/** The question in words: `calls of 200 ms and longer of process 17`. */
export function describeSyscallsFilter(question: TraceSyscallsOptions['question'], command: readonly string[]): string {
  const names = question.calls?.names.join(', ');
  const which = names === undefined ? 'system calls' : question.calls?.except ? `calls but ${names}` : names;
  const length =
    question.minNs === undefined ? '' : question.minNs > 0 ? ` of ${formatLength(question.minNs)} and longer` : '';
  const of = [
    command.length > 0 ? [command[0] ?? ''] : [],
    (question.pids ?? []).map((pid) => `process ${pid}`),
    question.comms ?? [],
    (question.cgroups ?? []).map((path) => `cgroup ${path}`),
    (question.containers ?? []).map((id) => `container ${id}`),
    (question.pods ?? []).map((id) => `pod ${id}`),
  ].flat();
  const recorder = question.recorderCgroups === undefined ? '' : ', flight recorder on';
  return `${which}${length}${of.length > 0 ? `, made by ${of.join(', ')}` : ''}${recorder}`;
}

function checkCalls({ calls }: TraceSyscallsOptions['question']): void {
  const unknown = calls?.names.find((name) => !isSyscallName(name));
  if (unknown === undefined) return;
  throw new CodedError('E_USAGE', `-e ${unknown}: there is no such system call`, 'see man 2 syscalls', 2);
}

interface Place {
  readonly transport: Transport;
  /** Keep to the processes of the network namespace that the tracer runs in. */
  readonly ownNetns: boolean;
}

async function place(options: TraceSyscallsOptions): Promise<Place> {
  if (options.command.length > 0 && options.vantage !== undefined) {
    throw new CodedError('E_USAGE', 'a command is run and traced on this host only', 'leave out the vantage', 2);
  }
  if (options.netns !== undefined) return { transport: netnsTransport(options.netns), ownNetns: true };
  if (options.vantage === undefined) return { transport: localTransport, ownNetns: false };
  const hosts = options.hosts;
  if (hosts === undefined) {
    throw new CodedError('E_HOSTS', `where is ${options.vantage}?`, 'name the file that says so: --hosts FILE', 2);
  }
  const { vantages } = await readHosts(hosts);
  const vantage: Vantage | undefined = vantages[options.vantage];
  if (vantage !== undefined) return { transport: transportFor(vantage), ownNetns: vantage.transport === 'netns' };
  const names = Object.keys(vantages).join(', ');
  throw new CodedError('E_HOSTS', `${hosts} names no vantage ${options.vantage}`, `it has: ${names}`, 2);
}
