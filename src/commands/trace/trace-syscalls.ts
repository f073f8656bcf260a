import { isSyscallName } from '../../codec/syscall-words.js';
import { formatLength } from '../../format/duration.js';
import { packageVersion } from '../../installation/version.js';
import type { EngineEvent } from '../../model/engine-event.js';
import { CodedError } from '../../model/errors.js';
import type { SyscallsQuestion } from '../../model/syscalls-question.js';
import { SyscallsReporter, type SyscallsReportOptions } from '../../report/trace/syscalls-reporter.js';
import { localTransport } from '../../transports/local/local-transport.js';
import { EXIT } from '../run/exit-status.js';
import type { Io } from '../terminal/io.js';
import { type Output, withOutput } from '../terminal/output.js';
import { ArmedCommand } from './armed-command.js';
import { runTrace } from './run-trace.js';
import { type TracePlace, type TraceScope, traceInputs, tracePlace, tracePlanOf } from './trace-scope.js';

export interface TraceSyscallsOptions extends TraceScope {
  readonly question: Omit<SyscallsQuestion, 'command' | 'spare' | 'ownNetns'>;
  readonly ringBytes?: number | undefined;
  /** To run and to trace; empty: none. */
  readonly command: readonly string[];
  readonly report: Pick<SyscallsReportOptions, 'top' | 'everyNs' | 'by' | 'sort'>;
  readonly rows: number;
}

/**
 * `rxray trace syscalls`: how long system calls took, and who made them.
 *
 * @returns 0, or the exit status of the command that was run and traced
 */
export async function traceSyscalls(options: TraceSyscallsOptions, io: Io): Promise<number> {
  checkCalls(options.question);
  if (options.command.length > 0 && (options.vantage ?? options.ssh ?? options.netns) !== undefined) {
    throw new CodedError('E_USAGE', 'a command is run and traced on this host only', 'leave out the vantage', 2);
  }
  const place = await tracePlace(options);
  return withOutput({ output: options.output, inputs: traceInputs(options) }, io, (output) =>
    trace(options, place, output, io),
  );
}

async function trace(options: TraceSyscallsOptions, place: TracePlace, output: Output, io: Io): Promise<number> {
  const { transport } = place;
  const { question, report } = options;
  const command = options.command.length === 0 ? undefined : new ArmedCommand(options.command);
  const redraws = io.outIsTerminal && output.file === undefined && command === undefined;
  const reporter = new SyscallsReporter({
    ...report,
    json: options.json,
    summary: question.summary === true && !report.top,
    stacks: question.stacks === true,
    rows: options.rows,
    redraws,
    version: packageVersion(),
    place: transport.place,
    resolved: { ...question, durationNs: options.durationNs ?? null },
    what: describeSyscallsFilter(question, options.command),
  });
  const write = async (text: string): Promise<void> => {
    if (text === '') return;
    // The command's own output is on standard output.
    if (command !== undefined && options.output === undefined) io.err(text);
    else if (redraws && reporter.isPage) await io.outPage(text);
    else await output.write(text);
  };
  const plan = {
    ...tracePlanOf(options),
    questions: [
      {
        ...question,
        command: command?.pid,
        spare: transport === localTransport ? process.pid : undefined,
        ownNetns: place.isNamespace,
      },
    ],
    ringBytes: options.ringBytes,
  };
  try {
    const take = async (event: EngineEvent): Promise<void> => {
      await write(reporter.take(event));
      if (event.kind === 'kernel' && event.event.kind === 'hello') command?.go();
    };
    const status = await runTrace(transport, plan, { until: command?.ended, take }, io);
    return status === EXIT.completed && command !== undefined ? command.ended : status;
  } finally {
    command?.giveUp();
  }
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
