// What a guest's files say, by rxray's own code: decoder, judgement of waits, prediction of queues.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { root } from '../step.mjs';

const ours = (path) => import(pathToFileURL(join(root, 'dist/src', path)).href);
const { FrameDecoder } = await ours('codec/frame-decoder.js');
const { WaitAssembly } = await ours('kernel/wait-assembly.js');
const { judgeWait } = await ours('correlate/judge-wait.js');
const { SampleFlags, Outcomes } = await ours('model/sample.js');
const { receiveSideSchema } = await ours('codec/receive-side.js');
const { predictQueues } = await ours('bisect/paths/queue-prediction.js');
const { syscallName } = await ours('model/syscall-names.js');

/**
 * All that one boot shows, as it is committed. Whatever could not be had is `{ because }`.
 *
 * @param out folder with what the guest wrote
 * @param cards of the guest, by their drivers
 * @param parts that it ran, of guest/
 */
export function readResults(out, cards, parts) {
  const results = {
    capabilities: () => ({ tracer: tracerResult(out), prober: proberResult(out) }),
    probes: () => ({ cards: Object.fromEntries(cards.map(({ driver }) => [driver, cardResult(out, driver)])) }),
    queues: () => ({ queues: queuesResult(out) }),
    stalls: () => ({ stalls: stallsResult(out) }),
    syscalls: () => ({ syscalls: syscallsResult(out) }),
    tunnels: () => ({ tunnels: tunnelsResult(out) }),
    netem: () => ({ netem: netemResult(out) }),
  };
  return Object.assign({}, ...parts.map((part) => results[part]?.() ?? {}));
}

/** The same of a short run: what the helpers can do, and the stalls of guest/stalls-short. */
export function readShortResults(out) {
  return { tracer: tracerResult(out), prober: proberResult(out), stalls: stallsResult(out, 'stalls-short.txt') };
}

function tracerResult(out) {
  const told = json(out, 'tracer.json');
  if (told === undefined) return { because: firstWords(out, 'capabilities.txt') };
  return {
    btf: told.btf,
    questions: Object.fromEntries(
      told.questions.map(({ question, works, got, sparing, message }) => [
        question,
        works
          ? {
              by: got.flavour,
              without: got.hooks.filter((hook) => !hook.got).map(({ tracepoint }) => tracepoint),
              ...(got.flightRecorder === undefined ? {} : { flightRecorder: got.flightRecorder }),
              ...(sparing === undefined ? {} : { sparing }),
            }
          : { because: message },
      ]),
    ),
  };
}

function proberResult(out) {
  const told = json(out, 'prober.json');
  if (told === undefined) return { because: firstWords(out, 'capabilities.txt') };
  const { rawSocket, packetSocket, schedFifo, mlock } = told;
  return { rawSocket, packetSocket, realtime: schedFifo, lockedMemory: mlock };
}

function cardResult(out, driver) {
  const told = json(out, `interface-${driver}.json`);
  if (told === undefined) return { because: 'the kernel made no interface of it' };
  const { rss } = told;
  const frames = probes(out, `probe-${driver}`);
  return {
    rxQueues: told.rxQueues,
    rss:
      rss === null || rss.key === null
        ? { because: 'the driver tells no key' }
        : { function: rss.function, keyBytes: rss.key.length / 2, table: (rss.indirection ?? []).length },
    ...(frames.because === undefined ? { stamps: frames.hello?.got.timestamps, paths: frames.paths } : frames),
  };
}

/** The queue that each flow took, by the kernel's own account, against what key and table say. */
function queuesResult(out) {
  const told = json(out, 'interface-virtio_net.json');
  const events = decoded(out, 'rx');
  if (told === undefined || events.because !== undefined) return { because: events.because ?? 'no such card' };
  const seen = new Map();
  const packets = new Map();
  for (const event of events) {
    if (event.kind !== 'kernel' || event.event.kind !== 'rx-packet') continue;
    const { packet } = event.event;
    if (packet.protocol !== 'syn' || packet.queue < 0) continue;
    seen.set(packet.id, (seen.get(packet.id) ?? new Set()).add(packet.queue));
    packets.set(packet.id, {
      from: packet.source,
      to: '10.77.0.1',
      ports: { from: packet.id, to: packet.port ?? 9876 },
    });
  }
  if (seen.size === 0) return { because: 'no packet was seen with its queue' };
  const side = receiveSideSchema.parse(told);
  const predicted = predictQueues({ side, packets });
  const used = new Set([...seen.values()].flatMap((queues) => [...queues])).size;
  const queuesTold = new Set(told.rss?.indirection ?? []).size;
  const facts = {
    flows: seen.size,
    queuesUsed: used,
    queuesTold,
    moved: [...seen.values()].filter(({ size }) => size > 1).length,
  };
  if (predicted === null) return { ...facts, because: side.spread.why };
  const right = [...seen].filter(([flow, queues]) => queues.size === 1 && queues.has(predicted.get(flow)));
  return { ...facts, predictedRight: right.length };
}

/** A hold in which its holder did not run itself for more of the time shows nothing: the machine paused. */
const MOST_PAUSED = 0.25;

/** What `trace stall` says of each of the processes that held CPU 1, one after the other. */
function stallsResult(out, log = 'stalls.txt') {
  const events = decoded(out, 'stall');
  if (events.because !== undefined) return events;
  const assembly = new WaitAssembly();
  const told = [];
  for (const event of events) {
    const observed = event.kind === 'kernel' ? assembly.take(event.event) : undefined;
    if (observed) told.push(judgeWait(observed));
  }
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

/** When a process held the CPU, by its own account. */
function holdsOf(log, name, epochNs) {
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

function syscallsResult(out) {
  const events = decoded(out, 'syscalls');
  if (events.because !== undefined) return events;
  const epochNs = Number(events.find(({ kind }) => kind === 'start')?.epochMonoNs ?? 0n);
  const holds = holdsOf(readText(out, 'syscalls.txt') ?? '', 'hold-busy', epochNs);
  const calls = events
    .filter(({ kind, event }) => kind === 'kernel' && event.kind === 'syscall')
    .map(({ event }) => event.call)
    .filter((call) => call.threadName === 'hold-busy' && syscallName(call.number, call.architecture) === 'write');
  if (calls.length === 0) return { because: 'no call was seen' };
  const longest = calls.reduce((a, b) => (b.endedNs - b.beganNs > a.endedNs - a.beganNs ? b : a));
  const found = holds.filter(({ fromNs, toNs }) =>
    calls.some(({ beganNs, endedNs }) => beganNs < toNs && endedNs > fromNs),
  );
  return {
    held: holds.length,
    found: found.length,
    call: syscallName(longest.number, longest.architecture),
    longestMs: Math.round((longest.endedNs - longest.beganNs) / 1e6),
  };
}

const TUNNELS = ['ipip', 'vxlan', 'geneve', 'wireguard'];

function tunnelsResult(out) {
  const { because, paths } = probes(out, 'tunnels');
  if (because !== undefined) return { because };
  const reason = (kind) => ({ because: `no answer through it: ${firstWords(out, 'tunnels.txt', kind)}` });
  const entries = TUNNELS.map((kind, index) => {
    const [icmp, syn] = [paths[2 * index], paths[2 * index + 1]];
    return [kind, icmp?.replies > 0 || syn?.replies > 0 ? { icmp, syn } : reason(kind)];
  });
  const translated = (path, kind) => (path?.replies > 0 ? { syn: path } : reason(kind));
  entries.push(['nftables NAT', translated(paths[8], 'nft')], ['IPVS', translated(paths[9], 'ipvs')]);
  return Object.fromEntries(entries);
}

function netemResult(out) {
  return Object.fromEntries(
    ['delay', 'own', 'jitter', 'reorder', 'loss'].map((name) => {
      const { because, paths } = probes(out, `netem-${name}`);
      return [name, because === undefined ? paths[0] : { because }];
    }),
  );
}

/** What each path of a prober's stream came to. */
function probes(out, name) {
  const events = decoded(out, name);
  if (events.because !== undefined) return events;
  const hello = events.find(({ kind }) => kind === 'hello')?.hello;
  const failed = events.find(({ kind }) => kind === 'failure');
  if (hello === undefined) return { because: failed?.message ?? 'the prober did not start' };
  const paths = hello.paths.map(() => ({
    sent: 0,
    replies: 0,
    overtaken: 0,
    stamps: {},
    rtts: [],
    waits: [],
    last: -1,
  }));
  for (const event of events) {
    if (event.kind !== 'samples') continue;
    const { samples } = event;
    for (let i = 0; i < samples.length; i += 1) {
      const path = paths[samples.path[i]];
      path.sent += 1;
      const outcome = samples.outcome[i];
      if (outcome !== Outcomes.reply && outcome !== Outcomes.late) continue;
      path.replies += 1;
      path.rtts.push(samples.rttNs[i]);
      path.waits.push(samples.txDelayNs[i]);
      if (samples.seq[i] < path.last) path.overtaken += 1;
      path.last = Math.max(path.last, samples.seq[i]);
      const stamps = stampsOf(samples.flags[i]);
      path.stamps[stamps] = (path.stamps[stamps] ?? 0) + 1;
    }
  }
  return { hello, paths: paths.map(summary) };
}

function summary({ rtts, waits, last, ...path }) {
  const at = (values, share) => {
    const sorted = values.toSorted((a, b) => a - b);
    return sorted.length === 0 ? null : round(sorted[Math.floor(share * (sorted.length - 1))] / 1e6);
  };
  const rtt = { p10Ms: at(rtts, 0.1), medianMs: at(rtts, 0.5), p90Ms: at(rtts, 0.9) };
  return { ...path, ...rtt, ownWayOutMs: at(waits, 0.5) };
}

const round = (ms) => Math.round(ms * 10) / 10;

function stampsOf(flags) {
  if ((flags & SampleFlags.hardwareStamps) !== 0) return 'hardware';
  const user = flags & (SampleFlags.userSentStamp | SampleFlags.userReceivedStamp);
  if (user === 0) return (flags & SampleFlags.socketReceivedStamp) === 0 ? 'kernel' : 'received by the packet socket';
  if (user === SampleFlags.userSentStamp) return 'sent by user space';
  return user === SampleFlags.userReceivedStamp ? 'received by user space' : 'user space';
}

/** Events of a helper's stream; an array, or `{ because }`. */
function decoded(out, name) {
  const file = join(out, `${name}.frames`);
  const bytes = existsSync(file) ? readFileSync(file) : Buffer.alloc(0);
  if (bytes.length === 0) return { because: firstWords(out, `${name}.err`) };
  const decoder = new FrameDecoder();
  try {
    return decoder.push(bytes);
  } catch (error) {
    return { because: error.message };
  }
}

function json(out, name) {
  try {
    return JSON.parse(readText(out, name) ?? '');
  } catch {
    return undefined;
  }
}

function readText(out, name) {
  const file = join(out, name);
  return existsSync(file) ? readFileSync(file, 'utf8') : undefined;
}

/** The first line that a program wrote, of those that speak of something where that is asked for. */
function firstWords(out, name, about = '') {
  const lines = (readText(out, name) ?? '').split('\n').filter((line) => line.trim() !== '');
  return lines.find((line) => line.includes(about)) ?? lines[0] ?? 'it wrote nothing';
}
