// What a guest's files say, by rxray's own code.
import { decoded, firstWords, json, ours } from './guest-files.mjs';
import { stallsResult, waysOf } from './read-stalls.mjs';
import { sparingResult, syscallsResult } from './read-syscalls.mjs';

const { SampleFlags, Outcomes } = await ours('model/sample.js');
const { receiveSideSchema } = await ours('codec/receive-side.js');
const { predictQueues } = await ours('bisect/paths/queue-prediction.js');

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
    sparing: () => ({ sparing: sparingResult(out) }),
    limits: () => ({ limits: limitsResult(out) }),
    tunnels: () => ({ tunnels: tunnelsResult(out) }),
    netem: () => ({ netem: netemResult(out) }),
  };
  return Object.assign({}, ...parts.map((part) => results[part]?.() ?? {}));
}

/** The same of a short run: what the helpers can do, and how those were named that guest/stalls-short has. */
export function readShortResults(out) {
  const named = Object.fromEntries(['hold-irq', 'hold-bh'].map((name) => [name, waysOf(out, name)]));
  return { tracer: tracerResult(out), prober: proberResult(out), named };
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
              hooks: got.hooks.filter((hook) => hook.got).map(({ tracepoint }) => tracepoint),
              without: got.hooks.filter((hook) => !hook.got).map(({ tracepoint }) => tracepoint),
              ...(got.flightRecorder === undefined ? {} : { flightRecorder: got.flightRecorder }),
              ...(sparing === undefined ? {} : { sparing }),
            }
          : { because: message },
      ]),
    ),
  };
}

/** Whether the tracer works with little memory that it may lock, or says so. */
function limitsResult(out) {
  const told = json(out, 'limited.json');
  if (told === undefined) return { because: firstWords(out, 'limits.txt') };
  const refused = told.questions.filter(({ works }) => !works);
  return refused.length === 0 ? { works: true } : { because: `${refused[0].message}; ${refused[0].remedy}` };
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
