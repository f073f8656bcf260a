// What `trace syscalls` said of the long calls of a guest.
import { decoded, firstWords, ours, readText } from './guest-files.mjs';
import { holdsOf } from './read-stalls.mjs';

const { SyscallsRecords } = await ours('report/trace/syscalls-records.js');

/** Of a call so much must have been told that it counts as found. */
const LEAST_TOLD = 0.75;

/** With a hook on every call: a process that holds the CPU in write(). */
export function syscallsResult(out) {
  return callsFound(out, 'syscalls', 'hold-busy', 'write');
}

/** Without: one that sleeps in read() of a timer, with where it slept and who called; and the one that holds the CPU. */
export function sparingResult(out) {
  return {
    waits: callsFound(out, 'sparing', 'wait-timer', 'read', { stacks: true }),
    runs: callsFound(out, 'sparing', 'hold-busy', 'write'),
  };
}

/** Of the calls that a process says that it made, those that were told, each for most of its time. */
function callsFound(out, part, process, name, { stacks = false } = {}) {
  const events = decoded(out, part);
  if (events.because !== undefined) return events;
  const epochNs = Number(events.find(({ kind }) => kind === 'start')?.epochMonoNs ?? 0n);
  const made = holdsOf(readText(out, `${part}.txt`) ?? '', process, epochNs);
  if (made.length === 0) return { because: firstWords(out, `${part}.txt`) };
  const told = recordsOf(events).filter((call) => call.comm === process && call.name === name);
  if (told.length === 0) return { held: made.length, found: 0, because: 'no call was seen' };
  const enough = ({ fromNs, toNs }, { began, durationNs }) =>
    Math.min(began + durationNs, toNs) - Math.max(began, fromNs) >= LEAST_TOLD * (toNs - fromNs);
  const found = made.flatMap((hold) => told.find((call) => enough(hold, call)) ?? []);
  return {
    held: made.length,
    found: found.length,
    call: name,
    longestMs: Math.round(Math.max(...told.map(({ durationNs }) => durationNs)) / 1e6),
    ...(stacks ? stacksOf(found) : {}),
  };
}

/** Where the calls slept and who had called, of how many it is known, and of the first of them. */
function stacksOf(found) {
  const known = found.filter(({ kernelStack, userStack }) => kernelStack?.length > 0 && userStack?.length > 0);
  return {
    withStacks: known.length,
    kernelStack: known[0]?.kernelStack ?? [],
    userStack: known[0]?.userStack ?? [],
  };
}

/** The calls one by one, as `trace syscalls --json` has them. */
function recordsOf(events) {
  const records = new SyscallsRecords();
  return events.flatMap(({ kind, event }) => {
    if (kind !== 'kernel') return [];
    if (event.kind === 'syscall') return [records.call(event.call)];
    records.learn(event);
    return [];
  });
}
