// What `trace stall` said of each of the processes that held a guest's CPU.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { decoded, firstWords, ours, readText } from './guest-files.mjs';

const { WaitAssembly } = await ours('kernel/wait-assembly.js');
const { judgeWait } = await ours('correlate/judge-wait.js');

/** A hold in which its holder did not run itself for more of the time shows nothing: the machine paused. */
const MOST_PAUSED = 0.25;

/** What `trace stall` says of each of the processes that held CPU 1, one after the other. */
export function stallsResult(out) {
  const log = 'stalls.txt';
  const events = decoded(out, 'stall');
  if (events.because !== undefined) return events;
  const told = toldOf(events);
  const epochNs = Number(events.find(({ kind }) => kind === 'start')?.epochMonoNs ?? 0n);
  const done = readText(out, log) ?? '';
  const threads = done.includes('threads yes');
  return Object.fromEntries(
    ['hold-irq', 'hold-bh', 'hold-busy', 'hog-fifo'].map((name) => {
      const holds = holdsOf(done, name, epochNs);
      if (holds.length === 0) return [name, { because: firstWords(out, log) }];
      const waiting = /^hold-busy|^hog/.test(name) ? { waiting: threads ? 'NAPI thread' : 'ksoftirqd' } : {};
      if (threads && 'waiting' in waiting && !existsSync(join(out, 'starved.frames')))
        return [name, { held: holds.length, found: 0, because: 'no packets were under way then' }];
      const result = { ...judgedHolds(name, holds, told), ...waiting };
      const preempts = name === 'hold-busy' && result.found === 0 ? preemption(out) : undefined;
      return [name, preempts === undefined ? result : { ...result, because: preempts }];
    }),
  );
}

/** In which ways a process was named at all, also where the machine paused: the class, and the system call. */
export function waysOf(out, name) {
  const events = decoded(out, 'stall');
  if (events.because !== undefined) return [];
  const own = toldOf(events).filter(({ process }) => process?.threadName === name);
  return [...new Set(own.map((culprit) => `${culprit.class} in ${culprit.syscall?.name ?? 'no call'}`))];
}

function toldOf(events) {
  const assembly = new WaitAssembly();
  return events.flatMap((event) => {
    const observed = event.kind === 'kernel' ? assembly.take(event.event) : undefined;
    return observed === undefined ? [] : [judgeWait(observed)];
  });
}

/** When a process held the CPU, by its own account. */
export function holdsOf(log, name, epochNs) {
  const lines = log.matchAll(new RegExp(`^${name} CPU \\d+ from (\\d+) for (\\d+) gap (\\d+)`, 'gm'));
  return [...lines].map(([, from, length, gap]) => ({
    fromNs: from - epochNs,
    toNs: from - epochNs + Number(length),
    paused: gap > MOST_PAUSED * length,
  }));
}

/** What was told of the holds in which the machine went on, of each by itself. */
function judgedHolds(name, holds, told) {
  const sound = holds.filter(({ paused }) => !paused);
  const then = ({ fromNs, toNs }) => told.filter(({ start, release }) => start < toNs && release > fromNs);
  const own = sound.map((hold) => then(hold).filter(({ process }) => process?.threadName === name));
  const paused = holds.length - sound.length;
  const counts = { held: sound.length, found: own.filter(({ length }) => length > 0).length, paused };
  const missed = sound.filter((_, index) => own[index].length === 0).flatMap((hold) => elseSeen(then(hold)));
  const because = sound.length === 0 ? 'the machine paused in each of them' : mostFrequent(missed);
  if (counts.found === 0) return { ...counts, because };
  const all = own.flat();
  return {
    ...counts,
    class: mostFrequent(all.map((culprit) => culprit.class)),
    // Looked up without samples, so not for each: who went to sleep, or was not the last one, is in no known call.
    syscall: mostFrequent(all.flatMap(({ syscall }) => syscall?.name ?? [])) ?? null,
    longestMs: Math.round(Math.max(...all.map(({ heldNs }) => heldNs)) / 1e6),
    ...(missed.length === 0 ? {} : { missed: because }),
  };
}

function mostFrequent(values) {
  const count = (value) => values.filter((one) => one === value).length;
  return [...new Set(values)].sort((one, other) => count(other) - count(one))[0];
}

/** What was told while somebody held the CPU, and he was not named. */
function elseSeen(told) {
  const [first] = told;
  if (first === undefined) return 'no packet waited for 40 ms';
  const who = first.process === null ? 'nobody' : first.process.threadName;
  return `seen as ${first.class}, and ${who} named: ${first.because.replace(/\[\d+\]|\d+\.\d+ ms/g, '…')}`;
}

/** Why an ordinary process does not keep a thread of the kernel waiting; undefined where it can. */
function preemption(out) {
  const version = readText(out, 'version') ?? '';
  const model = /\((\w+)\)/.exec(readText(out, 'preempt') ?? '')?.[1] ?? (/PREEMPT_RT/.test(version) ? 'rt' : 'none');
  if (model === 'none' || model === 'voluntary') return undefined;
  return `this kernel preempts (${model}): an ordinary process in a system call keeps no other from the CPU for 40 ms`;
}
