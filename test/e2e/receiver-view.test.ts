import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { type LocalEvidence, spanBefore } from '../../src/bisect/evidence/local-evidence.js';
import { type ArrivalsView, ReceiverView } from '../../src/bisect/evidence/receiver-view.js';
import { createHelperEngine } from '../../src/engines/helper-engine.js';
import { createWatcher } from '../../src/engines/watcher.js';
import {
  CLOSED_PORT,
  HOST_ADDRESS,
  type HostName,
  NODEPORT_LOCAL,
  POD_NETWORK,
  POD_PORT,
} from '../../src/lab/addresses.js';
import type { FaultName } from '../../src/lab/fault-plan.js';
import { faultEnd, faultOff, faultOn } from '../../src/lab/faults.js';
import { labDown, labStatus, labUp } from '../../src/lab/lab.js';
import { queuedFlows } from '../../src/lab/queues.js';
import { namespaceOf } from '../../src/lab/state.js';
import { isGap, machineGaps, readTruth, type TruthGap, type TruthStall } from '../../src/lab/truth.js';
import { Directions } from '../../src/model/arrival.js';
import type { EngineEvent, ProberHello } from '../../src/model/engine-event.js';
import type { PlannedPath, ProbePlan } from '../../src/model/plan.js';
import { MS, SECOND, US } from '../../src/model/time.js';
import { watchesOf } from '../../src/model/watch.js';
import { netnsTransport } from '../../src/transports/local/netns-transport.js';
import { needsRoot, pathTo } from './lab-probing.js';

/** An instance of its own, so that a lab somebody works in is left alone. */
const LAB = 'recv';
const SECRET = '0f1e2d3c4b5a69788796a5b4c3d2e1f0';
const TOLERANCE_NS = 5 * MS;
const QUIET_MS = 2_500;
const LENGTH_MS = 130;
const TCP = 6;

const bad = HOST_ADDRESS.bad;
const nodePort = pathTo('shell>nodeport/syn', bad, {
  protocol: 'syn',
  port: NODEPORT_LOCAL,
  flows: 16,
  freshPerSecond: 5,
});
const node = pathTo('shell>node/syn', bad, { protocol: 'syn', port: CLOSED_PORT, flows: 4 });
const icmp = pathTo('shell>node/icmp', bad, { protocol: 'icmp' });
const ack = pathTo('shell>node/ack', bad, { protocol: 'ack', port: CLOSED_PORT, intervalNs: 100 * MS });
const udp = pathTo('shell>node/udp', bad, { protocol: 'udp', port: CLOSED_PORT, intervalNs: SECOND });
const pod = pathTo('client>pod/syn', POD_NETWORK.bad.pod, { protocol: 'syn', port: POD_PORT, flows: 4 });
const paths = [nodePort, node, icmp, ack, udp];

/** A prober on one host and a watcher on `bad`, from the hello of both until `stop`. */
class Watched {
  readonly sent: EngineEvent[] = [];
  readonly seen: EngineEvent[] = [];
  readonly view: ReceiverView;
  readonly #stopProber: () => Promise<void>;
  readonly #stopWatcher: () => Promise<void>;

  static async start(host: HostName, planned: readonly PlannedPath[], tunnel = false): Promise<Watched> {
    const plan: ProbePlan = {
      paths: planned,
      count: 0,
      durationNs: 90 * SECOND,
      waitNs: SECOND,
      matchNs: 30 * SECOND,
      timestamps: 'auto',
      cpu: 0,
      scheduling: 'auto',
      maxPacketsPerSecondToTarget: 1_000,
      secret: SECRET,
    };
    const watched = new Watched(planned);
    const run = createHelperEngine(netnsTransport(namespaceOf(LAB, host))).start(plan);
    const prober = watched.#follow(run, watched.sent);
    const watches = watchesOf(plan, await prober.hello, { interface: 'eth0', tunnel });
    const watch = createWatcher(netnsTransport(namespaceOf(LAB, 'bad'))).watch({
      secret: SECRET,
      watches,
      local: ['eth0'],
      cpu: 0,
    });
    const watcher = watched.#follow(watch, watched.seen);
    await watcher.hello;
    watched.#stops.push(prober.stop, watcher.stop);
    return watched;
  }

  readonly #stops: (() => Promise<void>)[] = [];

  private constructor(planned: readonly PlannedPath[]) {
    this.view = new ReceiverView(
      'bad',
      planned.map(({ name }) => name),
    );
    this.#stopProber = () => this.#stops[0]?.() ?? Promise.resolve();
    this.#stopWatcher = () => this.#stops[1]?.() ?? Promise.resolve();
  }

  #follow(run: { events: AsyncIterable<EngineEvent>; stop: () => void }, into: EngineEvent[]) {
    let greet: (hello: ProberHello) => void = () => {};
    let refuse: (error: unknown) => void = () => {};
    const hello = new Promise<ProberHello>((resolve, reject) => {
      greet = resolve;
      refuse = reject;
    });
    const ended = (async () => {
      for await (const event of run.events) {
        into.push(event);
        if (event.kind === 'hello') greet(event.hello);
        if (event.kind === 'samples') this.view.takeSamples(event.samples);
        if (event.kind === 'arrivals') this.view.takeArrivals(event.arrivals);
      }
    })();
    ended.catch(refuse);
    const stop = async (): Promise<void> => {
      run.stop();
      await ended;
    };
    return { hello, stop };
  }

  /** The prober first, so that the watcher sees the last probe. */
  async stop(): Promise<void> {
    await this.#stopProber();
    await this.#stopWatcher();
  }

  /** CLOCK_MONOTONIC, as the injectors log it, on the prober's time line. */
  at(monoNs: number): number {
    const start = this.sent[0];
    assert.ok(start?.kind === 'start');
    return monoNs - Number(start.epochMonoNs);
  }

  local(): LocalEvidence[] {
    return this.seen.flatMap((event) => this.view.localEvidence(event) ?? []);
  }

  explain(path: PlannedPath, stall: TruthStall): ArrivalsView[] {
    const [startMin, release] = [this.at(stall.startMonoNs), this.at(stall.endMonoNs)];
    // What is left over of another pause of this machine is not what the stall did.
    return this.view
      .explain({ path: path.name, startMin, release })
      .filter(({ excessNs }) => excessNs > (LENGTH_MS * MS) / 4);
  }
}

async function withRecvLab(work: () => Promise<void>): Promise<void> {
  const down = (): Promise<void> => labDown({ name: LAB }, () => {});
  try {
    await labUp({ name: LAB, queues: 4 }, () => {});
    await work();
  } finally {
    await down();
  }
}

/** Every fault, where its probes wait as the watcher on bad sees it, and on which paths. */
interface Expected {
  readonly fault: FaultName;
  readonly where: ArrivalsView['where'];
  readonly on: PlannedPath;
  readonly order?: ArrivalsView['order'];
  /** What the machine itself tells: a receive thread waited, or only that its CPU did not run. */
  readonly local?: 'thread' | 'gap';
}
const FAULTS: readonly Expected[] = [
  { fault: 'network-last-mile', where: 'before-capture', on: nodePort, order: 'fifo' },
  { fault: 'nat', where: 'inside-node', on: nodePort, order: 'fifo' },
  { fault: 'pod', where: 'inside-node', on: nodePort, order: 'fifo' },
  // A software stamp is taken when the driver's poll hands the packet up: the wait for that poll comes before it.
  { fault: 'rx-queue', where: 'before-capture', on: nodePort, local: 'thread' },
  { fault: 'host', where: 'before-capture', on: nodePort, local: 'thread' },
  { fault: 'starved', where: 'before-capture', on: nodePort, local: 'thread' },
  // With RPS the poll has stamped the packet before it waits for the other CPU (net.core.netdev_tstamp_prequeue).
  { fault: 'softirq', where: 'inside-node', on: icmp, local: 'gap' },
  { fault: 'sender', where: 'on-the-way-back', on: icmp },
  // The card holds what the driver's poll has not seen yet, and nobody on the machine waits.
  { fault: 'device', where: 'before-capture', on: nodePort, order: 'fifo' },
];

test('a watcher on the target tells where probes wait', { ...needsRoot, timeout: 180_000 }, async (t) => {
  await withRecvLab(async () => {
    const watched = await Watched.start('shell', paths);
    const truth = new Map<FaultName, TruthStall[]>();
    const queues = new Map<string, number>();
    try {
      await sleep(QUIET_MS);
      for (const { sourcePort, protocol, queue, source } of queuedFlows('bad', { name: LAB })) {
        if (source === HOST_ADDRESS.shell && protocol === TCP) queues.set(String(sourcePort), queue);
      }
      for (const { fault } of FAULTS) {
        // One of a single queue must be one that the path looked at crosses.
        const queue = fault === 'rx-queue' || fault === 'starved' ? { queue: busiest(watched, queues) } : {};
        const settings = {
          ...queue,
          count: 2,
          lengthMs: [LENGTH_MS, LENGTH_MS],
          periodMs: [450, 550],
          seed: 3,
        } as const;
        const handle = await faultOn(fault, { lab: { name: LAB }, ...settings }, () => {});
        truth.set(fault, await faultEnd(handle));
        await faultOff(fault, { name: LAB });
      }
      await sleep(1_500);
    } finally {
      await watched.stop();
    }
    const { gapLog } = await labStatus({ name: LAB });
    const pauses = machineGaps(readTruth(gapLog).filter(isGap), [...truth.values()].flat());

    await t.test('every probe and every reply once, all keyed', () =>
      countsAreExact(watched, (text) => t.diagnostic(text)),
    );
    await t.test('the clocks are aligned by the probes', () => {
      const { alignment } = watched.view;
      assert.ok(alignment);
      // Both run on this kernel, so the true offset is known.
      const error = Math.abs(alignment.offsetNs - trueOffset(watched));
      t.diagnostic(`off by ${(error / US).toFixed(1)} µs, said ${(alignment.uncertaintyNs / US).toFixed(1)} µs`);
      assert.ok(error <= alignment.uncertaintyNs + 5 * US, `${error} ns`);
      assert.ok(alignment.uncertaintyNs < MS);
    });

    const local = watched.local();
    let judged = 0;
    for (const { fault, where, on, order, local: evidence } of FAULTS) {
      await t.test(`${fault}: ${where}`, (each) => {
        const stalls = truth.get(fault) ?? [];
        assert.equal(stalls.length, 2);
        const clean = stalls.filter((stall) => !pauses.some((pause) => spoils(pause, stall)));
        if (clean.length === 0) return each.skip('the machine itself paused during both stalls');
        judged += 1;
        for (const stall of clean) {
          const views = watched.explain(on, stall);
          assert.deepEqual(
            views.map((view) => view.where),
            [where],
            JSON.stringify(views),
          );
          const view = views[0] as ArrivalsView;
          const said = `${view.heldProbes} probes, ${(view.excessNs / MS).toFixed(1)} ms, ${view.order}, bunched ${view.bunched}`;
          t.diagnostic(`${fault}: ${view.where}, ${said}`);
          assert.ok(Math.abs(view.toNs - watched.at(stall.endMonoNs)) < TOLERANCE_NS, 'the release');
          assert.ok(view.heldProbes < 3 || view.bunched, 'released together');
          if (order !== undefined) assert.equal(view.order, order);
          if (fault === 'rx-queue' || fault === 'starved') onlyFlowsOfOneQueue(watched, view, queues);
          if (evidence !== undefined) matchesLocal(evidence, stall, watched, local);
          else noThreadWaited(stall, watched, local, pauses.length);
        }
      });
    }
    await t.test('enough faults were judged', () => {
      assert.ok(judged >= FAULTS.length / 2, `${judged} of ${FAULTS.length}: the machine itself paused at the others`);
    });
    await t.test('inside a tunnel, too: every probe and every reply once, all keyed', async () => {
      const inside = await Watched.start('client', [pod], true);
      await sleep(QUIET_MS);
      await inside.stop();
      countsAreExact(inside, (text) => t.diagnostic(text));
    });
  });
});

/** A pause of the machine that is long enough to change what the stall shows. */
function spoils(pause: TruthGap, stall: TruthStall): boolean {
  const nearNs = 20 * MS;
  return (
    pause.toMonoNs - pause.fromMonoNs > TOLERANCE_NS &&
    pause.fromMonoNs < stall.endMonoNs + nearNs &&
    pause.toMonoNs > stall.startMonoNs - nearNs
  );
}

/** Probes under way before the watcher listened are not its fault; of all others it must have seen both ways. */
function countsAreExact(watched: Watched, tell: (text: string) => void): void {
  const arrivals = watched.seen.flatMap((event) => (event.kind === 'arrivals' ? [event.arrivals] : []));
  const counters = watched.seen.flatMap((event) => (event.kind === 'counters' ? [event.counters] : [])).at(-1);
  assert.ok(counters);
  const seen = [new Set<string>(), new Set<string>()];
  let records = 0;
  for (const columns of arrivals) {
    for (let i = 0; i < columns.length; i += 1) {
      const key = `${columns.path[i]}:${columns.seq[i]}:${columns.flow[i]}`;
      const direction = seen[columns.direction[i] as number];
      assert.ok(direction && !direction.has(key), `${key} twice`);
      direction.add(key);
      records += 1;
    }
  }
  const firstNs = Math.min(...arrivals.map((columns) => columns.timeNs[0] as number)) + trueOffset(watched);
  const sent = new Set<string>();
  const answered = new Set<string>();
  const unseen: string[] = [];
  for (const event of watched.sent) {
    if (event.kind !== 'samples') continue;
    const { samples } = event;
    for (let i = 0; i < samples.length; i += 1) {
      const key = `${samples.path[i]}:${samples.seq[i]}:${samples.flow[i]}`;
      sent.add(key);
      if ((samples.rttNs[i] as number) < 0) continue;
      answered.add(key);
      if ((samples.sentNs[i] as number) > firstNs && !seen.every((set) => set.has(key))) unseen.push(key);
    }
  }
  const early = answered.size - [...answered].filter((key) => seen[Directions.in]?.has(key)).length;
  tell(`${records} arrivals and departures of ${answered.size} answered probes, ${early} before the watcher listened`);
  assert.deepEqual(unseen, []);
  assert.deepEqual(
    [...(seen[Directions.in] ?? [])].filter((key) => !sent.has(key)),
    [],
    'arrivals of probes that were never sent',
  );
  const { strays, forged, duplicates, kernelDrops, droppedRecords } = counters;
  assert.deepEqual(
    { strays, forged, duplicates, kernelDrops, droppedRecords, sent: counters.sent },
    { strays: 0, forged: 0, duplicates: 0, kernelDrops: 0, droppedRecords: 0, sent: 0 },
  );
  assert.equal(counters.received, records);
}

/** Prober's time line less watcher's, from their epochs on the one clock of this machine. */
function trueOffset(watched: Watched): number {
  const [prober, watcher] = [watched.sent[0], watched.seen[0]];
  assert.ok(prober?.kind === 'start' && watcher?.kind === 'start');
  return Number(watcher.epochMonoNs - prober.epochMonoNs);
}

/** The queue that most flows of the first path are on, but not all of them. */
function busiest(watched: Watched, queues: ReadonlyMap<string, number>): number {
  const counts = new Map<number, number>();
  for (let flow = 0; flow < nodePort.flows; flow += 1) {
    const queue = queues.get(String(firstPort(watched) + flow));
    if (queue !== undefined) counts.set(queue, (counts.get(queue) ?? 0) + 1);
  }
  const [most] = [...counts].sort((a, b) => b[1] - a[1]);
  assert.ok(most, 'no flow of the path was seen on any queue');
  return most[0];
}

function firstPort(watched: Watched): number {
  const hello = watched.sent.find((event) => event.kind === 'hello');
  return hello?.kind === 'hello' ? (hello.hello.paths[0]?.sourcePorts?.[0] ?? 0) : 0;
}

/** The held flows of the path are exactly those that the kernel puts on one queue, as far as they were probed then. */
function onlyFlowsOfOneQueue(watched: Watched, view: ArrivalsView, queues: ReadonlyMap<string, number>): void {
  const onQueues = new Set(view.flowsHeld.map((flow) => queues.get(String(firstPort(watched) + flow))));
  assert.ok(!onQueues.has(undefined), 'a flow whose queue is not known');
  assert.equal(onQueues.size, 1, `flows ${view.flowsHeld} on queues ${[...onQueues]}`);
  assert.ok(view.flowsHeld.length < 16);
}

/** The watcher's own evidence begins and ends with the stall that the injector logged. */
function matchesLocal(wanted: 'thread' | 'gap', stall: TruthStall, watched: Watched, local: readonly LocalEvidence[]) {
  const [startNs, endNs] = [watched.at(stall.startMonoNs), watched.at(stall.endMonoNs)];
  const near = (ns: number, wantedNs: number): boolean => Math.abs(ns - wantedNs) <= TOLERANCE_NS;
  const gaps = local.filter(
    (evidence) =>
      evidence.kind === 'cpu-gap' &&
      evidence.cpu === stall.cpu &&
      evidence.servesInterface &&
      near(evidence.fromNs, startNs) &&
      near(evidence.toNs, endNs),
  );
  assert.equal(
    gaps.length,
    1,
    JSON.stringify({ startNs, endNs, local: local.filter(({ kind }) => kind === 'cpu-gap') }),
  );
  if (wanted !== 'thread') return;
  const waits = local.filter((evidence) => {
    if (evidence.kind !== 'napi-delay' || evidence.queue === undefined) return false;
    // It waits from the first packet on, and until the release; how late the watcher may have been, it says itself.
    const { fromNs, toNs } = spanBefore(evidence, endNs);
    return (stall.queue < 0 || evidence.queue === stall.queue) && fromNs >= startNs - TOLERANCE_NS && near(toNs, endNs);
  });
  assert.ok(
    waits.length > 0,
    JSON.stringify({ startNs, endNs, local: local.filter(({ kind }) => kind === 'napi-delay') }),
  );
}

/** No receive thread of this machine waited for anything like the length of a stall that was made elsewhere. */
function noThreadWaited(stall: TruthStall, watched: Watched, local: readonly LocalEvidence[], pauses: number): void {
  const [startNs, endNs] = [watched.at(stall.startMonoNs), watched.at(stall.endMonoNs)];
  const waits = local.filter(
    (evidence) =>
      evidence.kind === 'napi-delay' &&
      evidence.queue !== undefined &&
      evidence.fromNs < endNs &&
      evidence.fromNs + evidence.delayNs > startNs &&
      evidence.delayNs > (LENGTH_MS * MS) / 2,
  );
  assert.deepEqual(waits, [], `with ${pauses} pauses of the machine in the log`);
}
