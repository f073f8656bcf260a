import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { HOST_ADDRESS, type HostName, PLACES, type Place } from '../../src/lab/addresses.js';
import type { FaultName, FaultOptions } from '../../src/lab/fault-plan.js';
import { faultEnd, faultOff, faultOn } from '../../src/lab/faults.js';
import { labDown, labUp } from '../../src/lab/lab.js';
import { learnFlowQueues } from '../../src/lab/queues.js';
import { LabState } from '../../src/lab/state.js';
import { isGap, machineGaps, readTruth, type TruthStall } from '../../src/lab/truth.js';
import { type Probe, probe, type Seen } from './capture.js';

const STALL_MS = 160;
export const ONE_STALL: FaultOptions = { count: 1, periodMs: [350, 350], lengthMs: [STALL_MS, STALL_MS] };
/** A stall of that length shows at least this; what is not concerned stays below the other, unless the machine pauses. */
const HIT_MS = 110;
export const CLEAN_MS = 70;

const CLOSED_PORT = 9876;
/** Of any 70 on four queues 18 are on one. */
const PORTS = Array.from({ length: 70 }, (_, index) => 43_000 + index);

export const node = (sourcePort: number): Probe => ({
  kind: 'syn',
  to: HOST_ADDRESS.bad,
  port: CLOSED_PORT,
  sourcePort,
});
export const nodeport: Probe = { kind: 'syn', to: HOST_ADDRESS.bad, port: 30_927, sourcePort: 43_100 };
export const pingBad: Probe = { kind: 'ping', to: HOST_ADDRESS.bad };
export const pingExternal: Probe = { kind: 'ping', to: HOST_ADDRESS.external };

const missing = ['hping3', 'tcpdump', 'ping'].filter(
  (tool) => spawnSync('sh', ['-c', `command -v ${tool}`]).status !== 0,
);
/** Why faults cannot be looked at with plain tools here; false when they can. */
export const faultsMissing: string | false =
  process.getuid?.() !== 0
    ? 'needs root: network namespaces'
    : missing.length > 0
      ? `needs ${missing.join(', ')}`
      : false;

/** One fault at a time in a lab of its own, and what plain tools see of it. */
export class FaultLab {
  readonly state: LabState;
  /** Of the machine by itself, while packets flowed last: nothing that was clean may have waited longer. */
  #pausedMs = 0;
  #queues: ReadonlyMap<number, number> = new Map();

  constructor(readonly name: string) {
    this.state = new LabState(name);
  }

  /** Up, with the receive queue of some source ports known. */
  async up(): Promise<void> {
    await labUp({ name: this.name }, () => {});
    this.#queues = learnFlowQueues(PORTS, { name: this.name, port: CLOSED_PORT });
  }

  async down(): Promise<void> {
    await labDown({ name: this.name }, () => {});
  }

  /** A source port whose probes of {@link node} arrive on that queue; another one by `index`. */
  portOn(queue: number, index = 0): number {
    const port = this.#portsOn(queue)[index];
    assert.ok(port !== undefined, `a source port on queue ${queue}`);
    return port;
  }

  /** So many source ports that arrive on the same queue. */
  portsOnOneQueue(count: number): number[] {
    const all = [...new Set(this.#queues.values())].map((queue) => this.#portsOn(queue));
    const ports = all.find(({ length }) => length >= count);
    assert.ok(ports !== undefined, `${count} source ports on one queue`);
    return ports.slice(0, count);
  }

  #portsOn(queue: number): number[] {
    return PORTS.filter((port) => this.#queues.get(port) === queue);
  }

  run(place: Place, ...argv: string[]): string {
    const words = ['netns', 'exec', `${this.name}-${place}`, ...argv];
    return spawnSync('ip', words, { encoding: 'utf8', timeout: 10_000 }).stdout;
  }

  /** Switches a fault on while packets flow; returns what was seen and the truth. */
  async inject(
    fault: FaultName,
    options: FaultOptions,
    vantages: readonly { from: HostName; probes: readonly Probe[] }[],
  ): Promise<{ seen: Seen[][]; stalls: TruthStall[] }> {
    const lab = { name: this.name };
    let stalls: TruthStall[] = [];
    const seen = await Promise.all(
      vantages.map(({ from, probes }, index) =>
        probe(this.name, from, probes, async () => {
          if (index === 0) stalls = await faultEnd(await faultOn(fault, { ...ONE_STALL, ...options, lab }, () => {}));
        }),
      ),
    );
    await faultOff(fault, lab);
    const from = stalls[0]?.startMonoNs ?? 0;
    this.#pausedMs = machineGaps(readTruth(this.state.gapLog).filter(isGap), stalls)
      .filter((gap) => gap.toMonoNs > from - 1e9)
      .reduce((sum, gap) => sum + (gap.toMonoNs - gap.fromMonoNs) / 1e6, 0);
    assert.deepEqual(this.#leftRules(), [], 'rules are gone with the fault');
    assert.equal(stalls.length, 1);
    const [stall] = stalls;
    assert.ok(stall && stall.endMonoNs - stall.startMonoNs >= STALL_MS * 1e6);
    assert.equal(stall.fault, fault);
    return { seen, stalls };
  }

  hit(one: Seen | undefined, what: string): void {
    const tell = `${one?.sent} sent, ${one?.rttsMs.length} answered, ${one?.worstMs.toFixed(1)} ms at worst`;
    assert.ok(one && one.worstMs >= HIT_MS, `${what} should have been held: ${tell}`);
  }

  clean(one: Seen | undefined, what: string): void {
    const limit = CLEAN_MS + this.#pausedMs;
    assert.ok(
      one && one.worstMs < limit && one.rttsMs.length > 30,
      `${what}: ${one?.worstMs} ms at worst, ${one?.rttsMs.length} answers`,
    );
  }

  /** Splits flows by whether they were held; each has to be one or the other. */
  parted(seen: readonly Seen[], what: string): { held: number[]; passed: number[] } {
    const held = seen.flatMap((one, index) => (one.worstMs >= HIT_MS ? [index] : []));
    const passed = seen.flatMap((one, index) => (one.worstMs >= HIT_MS ? [] : [index]));
    for (const index of passed) this.clean(seen[index], `${what} ${index}`);
    assert.ok(held.length > 0 && passed.length > 0, `${what}: held ${held}, passed ${passed}`);
    return { held, passed };
  }

  #leftRules(): string[] {
    return PLACES.flatMap((place) =>
      ['raw', 'mangle'].flatMap((table) =>
        this.run(place, 'iptables', '-t', table, '-S')
          .split('\n')
          .filter((line) => line.startsWith('-A')),
      ),
    );
  }
}

/** How RTT falls over the probes above 20 ms: −1 ms per ms for a stall that ends at one instant. */
export function isStaircase(one: Seen | undefined): boolean {
  const held = one?.rttsMs.filter((rtt) => rtt > 20) ?? [];
  return held.length >= 5 && held.every((rtt, index) => index === 0 || rtt < (held[index - 1] ?? 0));
}
