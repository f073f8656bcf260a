import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { judgeWait } from '../../src/correlate/judge-wait.js';
import { errorText } from '../../src/format/error-text.js';
import { printableLines } from '../../src/format/printable.js';
import { CodedError } from '../../src/model/errors.js';
import type { RxPacketRecord } from '../../src/model/rx-packet.js';
import type { SyscallCall } from '../../src/model/syscall-event.js';
import { bisectProgress } from '../../src/report/bisect/bisect-progress.js';
import { createBisectReporter } from '../../src/report/bisect/bisect-reporter.js';
import { checkText } from '../../src/report/host/check-text.js';
import { doctorText } from '../../src/report/host/doctor-text.js';
import { hostsText } from '../../src/report/host/hosts-text.js';
import { createReporter } from '../../src/report/probe/create-reporter.js';
import { FoldedStacks } from '../../src/report/trace/folded-stacks.js';
import { createRxReporter } from '../../src/report/trace/rx-reporter.js';
import { createStallReporter } from '../../src/report/trace/stall-reporter.js';
import { SyscallsReporter } from '../../src/report/trace/syscalls-reporter.js';
import { buildWait } from '../correlate/build-wait.js';
import { verdict } from './build-document.js';
import { quality, run, samples, stall, summary } from './build-run.js';

/** What any user may name a process, file, cgroup or host: clipboard, colour, writing turned round, a line of its own. */
const HOSTILE = 'x\u001b]52;c;ZWNobyBoaQ==\u0007\u009b31m\u202e\nVERDICT  healthy\r\u0000';

/** Keys whose texts come from outside. */
const OUTSIDE = new Set(
  'path paths exposed node place kernel subject detail remedy interface source name threadName processName comm process file cgroup pod container words because notes next what files key message host vantage stack servedBy'.split(
    ' ',
  ),
);

/** The same value with every text from outside made hostile. */
function poisoned<T>(value: T, isOutside = false): T {
  if (typeof value === 'string') return (isOutside ? `${value}${HOSTILE}` : value) as T;
  if (Array.isArray(value)) return value.map((inner) => poisoned(inner, isOutside)) as T;
  if (value === null || typeof value !== 'object' || ArrayBuffer.isView(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, poisoned(inner, OUTSIDE.has(key))])) as T;
}

function probed(format: 'text' | 'json' | 'ndjson' | 'csv' | 'hping'): string {
  const reporter = createReporter(format, { quiet: false, zone: 'UTC' });
  const end = { summaries: [poisoned(summary)], quality: poisoned(quality), durationNs: 60e9 };
  return (
    reporter.start(poisoned(run)) + reporter.samples(samples()) + reporter.finding(poisoned(stall)) + reporter.end(end)
  );
}

function bisected(format: 'text' | 'json' | 'ndjson'): string {
  const reporter = createBisectReporter(format, { quiet: false, explain: true, thresholdNs: 1e8, zone: 'UTC' });
  const incident = {
    type: 'incident',
    startMin: 0,
    startMax: 1,
    release: 2,
    paths: ['a'],
    exposed: ['b'],
    cause: 'nat',
  };
  return (
    reporter.vantage(`v${HOSTILE}`, poisoned(run)) +
    reporter.finding({ ...poisoned(stall), selfInflicted: true }) +
    reporter.incident(poisoned(incident) as never) +
    reporter.verdict(poisoned(verdict), [poisoned(summary)])
  );
}

function syscalls(json: boolean): string {
  const reporter = new SyscallsReporter({
    json,
    summary: false,
    top: false,
    everyNs: 1e9,
    by: 'process-call',
    sort: 'time',
    stacks: false,
    rows: 10,
    redraws: false,
    version: '0.1.0',
    place: 'this host',
    resolved: {},
    what: 'system calls',
  });
  const call: SyscallCall = {
    ...{ beganNs: 0, endedNs: 1e9, waitingNs: 0, sleepingNs: 0, result: 0n, arguments: [3n], thread: 7, process: 7 },
    ...{ threadName: HOSTILE, processName: HOSTILE, number: 74, architecture: 62, cpu: 0, cgroup1: 0, cgroup2: 9 },
    ...{ file: `/tmp/${HOSTILE}`, fileSystem: 'ext4', text: '', inFlight: false, pathBelowMount: false, gone: false },
    ...{ slow: false, argumentsUnknown: false, sampled: false, unproven: false },
  };
  const cgroup = { cgroup: 9, version: 2, path: `/a/${HOSTILE}` };
  const kernel = (event: object): string => reporter.take({ kind: 'kernel', event } as never);
  return kernel({ kind: 'cgroup-name', cgroup }) + kernel({ kind: 'syscall', call });
}

function stalled(json: boolean): string {
  const observed = poisoned(buildWait());
  const reporter = createStallReporter(json, true);
  return reporter.culprit(poisoned(judgeWait(buildWait())), observed);
}

const packet: RxPacketRecord = {
  ...({ type: 'rx-packet', path: 'a>b/syn', protocol: 'syn', source: '10.0.0.1', id: 1, port: 2, seq: 3 } as const),
  ...({
    flow: 0,
    time: 0,
    interface: 'eth0',
    queue: null,
    cpu: 1,
    context: 'syscall',
    softirq: true,
    thread: 5,
  } as const),
  ...{ process: 5, threadName: 'nginx', syscall: 'read', sinceRaiseNs: 1, waitNs: 1, tunnelled: false },
};
const check = {
  ...({ type: 'check', node: 'n', check: 'steal', subject: '/a', state: 'wrong', detail: 'd' } as const),
  ...{ measured: {}, threshold: 't', source: 's', remedy: 'r' },
};
const node = {
  ...({ type: 'node', node: 'n', place: 'p', kernel: '6', cpus: 2, intervalNs: 1 } as const),
  ...{ cost: { cpuNs: 1, readings: 1 }, wrong: 1, notice: 0, unknown: 0, ok: 0 },
};
const folded = new FoldedStacks();
folded.add(poisoned(buildWait()).samples);

/** Each text command with what it prints of hostile names; `printableLines` is what every output has in common. */
const SINKS: Readonly<Record<string, string>> = {
  'probe, text': probed('text'),
  'probe, json': probed('json'),
  'probe, ndjson': probed('ndjson'),
  'probe, csv': probed('csv'),
  'probe, hping': probed('hping'),
  'bisect, text': bisected('text'),
  'bisect, json': bisected('json'),
  'bisect, ndjson': bisected('ndjson'),
  'bisect, status': bisectProgress(
    { summaries: [poisoned(summary)], elapsedNs: 1e9, why: HOSTILE, leading: null },
    100,
  ).join('\n'),
  'trace stall, text': stalled(false),
  'trace stall, ndjson': stalled(true),
  'trace stall --folded': folded.text(),
  'trace rx, text': createRxReporter(false).packet(poisoned(packet)),
  'trace rx, ndjson': createRxReporter(true).packet(poisoned(packet)),
  'trace syscalls, text': syscalls(false),
  'trace syscalls, ndjson': syscalls(true),
  check: checkText(poisoned(node), [poisoned(check)], true),
  doctor: doctorText([poisoned({ area: 'probe', what: 'helper', state: 'missing', detail: 'd', remedy: 'r' })]),
  'hosts check': hostsText(
    [poisoned({ type: 'hosts-problem', file: 'f', line: 1, key: 'targets.a', message: 'm' } as const)],
    poisoned({ type: 'hosts-report', file: 'f', problems: 1, vantages: [], targets: [], paths: [], notes: [] }),
  ),
  'an error': errorText('rxray', new CodedError('E_SSH', `no way to x: ${HOSTILE}`, `see ${HOSTILE}`)),
};

describe('names from outside', () => {
  for (const [sink, text] of Object.entries(SINKS)) {
    test(`cannot act on a terminal, nor make a line of their own: ${sink}`, () => {
      assert.ok(text.length > 0);
      const printed = printableLines(text);
      // biome-ignore lint/suspicious/noControlCharactersInRegex: none of them may be there.
      assert.doesNotMatch(printed.replaceAll('\r\n', '\n'), /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202e]/);
      const lines = printed.split('\n');
      assert.equal(lines.filter((line) => /^VERDICT {2}healthy/.test(line)).length, 0, printed);
    });
  }

  test('a vantage that a spreadsheet would take for a formula is text in CSV', () => {
    const reporter = createReporter('csv', { quiet: false });
    const named = { ...run, paths: run.paths.map((path) => ({ ...path, path: '=HYPERLINK("http://x")>a/syn' })) };
    reporter.start(named);
    assert.match(reporter.samples(samples()), /^"'=HYPERLINK\(""http:\/\/x""\)>a\/syn",/);
  });
});
