import { Keys, KeyUse, secretFrom } from '../../codec/probe-key.js';
import type { Arrived } from '../../model/fleet/arrived.js';
import type { Refusal } from '../../model/fleet/metrics-table.js';
import type { Heard } from '../../model/heard.js';
import { MS, SECOND } from '../../model/time.js';
import { SlidingMinimum } from '../../stats/sliding-minimum.js';
import { type AnnouncedGrid, readAnnouncement } from './announcement.js';
import { ReplayWindow } from './replay-window.js';

/** Who may send, and what keys it has; by the address that its probes come from. */
export interface KnownSenders {
  /** Undefined for an address of no member. */
  nameOf(source: string): string | undefined;
  /** Secret of the path from `sender` to this node by port, 0 for echoes; undefined without a shared secret. */
  secretOf(sender: string, port: number): string | undefined;
}

/** Least lateness of the last 30 s: the constant part of the way, and of the distance of the clocks. */
const BASELINE = { stepNs: SECOND, steps: 30 } as const;
/** Another epoch of a sender counts once the present one was silent for so long. */
const SILENCE_NS = 1 * SECOND;
/** What a clock may gain on another within ten seconds: 1,000 ppm; NTP slews by 500 at most. */
const MOST_DRIFT_NS = 10 * MS;
/** Nothing is sent before it is due; clocks are read, and stamps taken, this well. */
const EARLY_NS = 5 * MS;
/** A grid whose echoes have been silent for so long is no current announcement. */
const CURRENT_NS = 10 * SECOND;
/** A later one is an old packet, not a late one. */
const MOST_LATE_NS = 30 * SECOND;
const MOST_GRIDS = 8;
const MOST_PAST = 16;
/** A prober that is replaced ends when the next one has begun, which takes its time where the CPU is taken. */
const TAKE_OVER_NS = 12 * SECOND;
/** SYNs of a run that is not known yet come so long before its first echo. */
const DOUBT_NS = 2 * SECOND;

/** What is known of one sender's present run. */
interface SenderState {
  epoch: bigint;
  /** Runs that are over, the latest last, and when the next one was believed. */
  readonly past: readonly { readonly epoch: bigint; readonly endedNs: number }[];
  /** Another run that was heard beside the present one. */
  other?: { readonly epoch: bigint; readonly sinceNs: number };
  /**
   * SYNs from ports of the known grid that are not of it. They are forged, unless another run begins meanwhile: its ports
   * may be those of a run before.
   */
  doubted?: { readonly sinceNs: number; forged: number; replayed: number } | undefined;
  lastNs: number;
  readonly echoes: Map<number, ReplayWindow>;
  readonly grids: Map<number, { readonly grid: AnnouncedGrid; readonly window: ReplayWindow; readonly keys: Keys }>;
  /** By the address that it was sent to. */
  readonly baselines: Map<string, Baseline>;
}

interface Baseline {
  readonly last30: SlidingMinimum;
  readonly last10: SlidingMinimum;
}

/**
 * Tells what arrives: which probe of which sender, when that was due, how late it came against the least of the last
 * 30 s. Keys, slots and announcements are checked here; what is not genuine or not current is refused and counted.
 * Nothing is known of a sender before its first echo of a run.
 */
export class HeardProbes {
  readonly #senders = new Map<string, SenderState>();
  readonly #refused: Record<Refusal, number> = { forged: 0, replayed: 0, unannounced: 0, clock: 0 };

  constructor(private readonly known: KnownSenders) {}

  get refused(): Readonly<Record<Refusal, number>> {
    return this.#refused;
  }

  /** Senders with a current announcement at this instant. */
  senders(nowNs: number): string[] {
    return [...this.#senders].filter(([, { lastNs }]) => nowNs - lastNs < CURRENT_NS).map(([name]) => name);
  }

  /** Forgets all senders but these. */
  keep(names: ReadonlySet<string>): void {
    for (const [name, state] of this.#senders) {
      if (names.has(name)) continue;
      // Who leaves in the middle of a change of runs will never say so.
      this.#explain(state);
      this.#senders.delete(name);
    }
  }

  /** @returns undefined for what is refused, and for packets of strangers, which are not counted */
  take(heard: Heard): Arrived | undefined {
    const sender = this.known.nameOf(heard.source);
    if (sender === undefined || heard.clockStepped) return undefined;
    if (heard.protocol === 'syn') return this.#syn(heard, sender);
    const secret = this.known.secretOf(sender, 0);
    return secret === undefined ? undefined : this.#echo(heard, sender, secret);
  }

  #echo(heard: Heard, sender: string, secret: string): Arrived | undefined {
    const said = readAnnouncement(heard.payload, secret);
    if (said === undefined) return this.#refuse('forged');
    let state = this.#senders.get(sender);
    if (state !== undefined) this.#settle(state, heard.timeNs);
    if (state !== undefined && state.epoch !== said.epoch && heard.timeNs - state.lastNs < SILENCE_NS) {
      const takesOver = isTakeOver(state, said.epoch, heard.timeNs);
      if (takesOver) this.#explain(state);
      return this.#refuse(takesOver ? 'unannounced' : 'replayed');
    }
    if (state === undefined || state.epoch !== said.epoch) {
      if (state !== undefined) this.#explain(state);
      const past =
        state === undefined ? [] : [...state.past, { epoch: state.epoch, endedNs: heard.timeNs }].slice(-MOST_PAST);
      const nothing = { echoes: new Map(), grids: new Map(), baselines: new Map() };
      state = { epoch: said.epoch, past, lastNs: heard.timeNs, ...nothing };
      this.#senders.set(sender, state);
    }
    const window = state.echoes.get(said.path) ?? new ReplayWindow();
    if (!window.take(said.seq)) return this.#refuse('replayed');
    if (state.echoes.size < MOST_GRIDS) state.echoes.set(said.path, window);
    const arrived = this.#arrived(heard, sender, state, said.dueNs, 0);
    if (arrived === undefined) return undefined;
    state.lastNs = heard.timeNs;
    const { grid } = said;
    if (grid !== undefined && (state.grids.has(grid.path) || state.grids.size < MOST_GRIDS)) {
      const before = state.grids.get(grid.path)?.grid;
      const same = before !== undefined && before.firstPort === grid.firstPort && before.firstNs === grid.firstNs;
      const ofGrid = this.known.secretOf(sender, grid.port);
      if (!same && ofGrid !== undefined) {
        state.grids.set(grid.path, { grid, window: new ReplayWindow(), keys: new Keys(secretFrom(ofGrid)) });
      }
    }
    return arrived;
  }

  #syn(heard: Heard, sender: string): Arrived | undefined {
    const state = this.#senders.get(sender);
    const known = [...(state?.grids.values() ?? [])].find(
      ({ grid }) =>
        grid.port === heard.targetPort &&
        heard.sourcePort >= grid.firstPort &&
        heard.sourcePort < grid.firstPort + grid.flows,
    );
    const baseline = state?.baselines.get(heard.target)?.last30.minimum;
    if (
      state === undefined ||
      known === undefined ||
      baseline === undefined ||
      heard.timeNs - state.lastNs > CURRENT_NS
    )
      return this.#refuse('unannounced');
    const { grid, window, keys } = known;
    const flow = heard.sourcePort - grid.firstPort;
    // By the sender's clock no slot after this one can have been sent yet.
    const newestSlot = Math.floor((heard.timeNs - baseline + EARLY_NS - grid.firstNs) / grid.intervalNs);
    const newest = Math.floor((newestSlot - flow) / grid.flows);
    const n = newest < 0 ? undefined : keys.index(KeyUse.sequence, grid.path, flow, heard.tcpSeq, newest);
    if (n === undefined) return this.#doubt(state, 'forged', heard.timeNs);
    const slot = n * grid.flows + flow;
    const dueNs = grid.firstNs + slot * grid.intervalNs;
    if (heard.timeNs - baseline - dueNs > MOST_LATE_NS || !window.take(slot))
      return this.#doubt(state, 'replayed', heard.timeNs);
    return this.#arrived(heard, sender, state, dueNs, heard.sourcePort);
  }

  #arrived(heard: Heard, sender: string, state: SenderState, dueNs: number, sourcePort: number): Arrived | undefined {
    const lateNs = heard.timeNs - dueNs;
    let baseline = state.baselines.get(heard.target);
    if (baseline === undefined) {
      if (state.baselines.size >= MOST_GRIDS) return this.#refuse('unannounced');
      const { stepNs, steps } = BASELINE;
      baseline = { last30: new SlidingMinimum(stepNs, steps), last10: new SlidingMinimum(stepNs, steps / 3) };
      state.baselines.set(heard.target, baseline);
    }
    // What RPS or a backlog held behind the driver's stamp came that much later.
    baseline.last30.push(heard.timeNs, lateNs);
    baseline.last10.push(heard.timeNs, lateNs);
    if (baseline.last10.minimum - baseline.last30.minimum > 3 * MOST_DRIFT_NS) return this.#refuse('clock');
    return {
      what: 'probe',
      sender,
      target: heard.target,
      protocol: heard.protocol,
      sourcePort,
      targetPort: heard.targetPort,
      timeNs: heard.timeNs + heard.backlogNs,
      lateNs: Math.max(0, lateNs - baseline.last30.minimum) + heard.backlogNs,
      backlogNs: heard.backlogNs,
    };
  }

  /** Refuses a SYN for what it seems to be, which another run that begins may explain. */
  #doubt(state: SenderState, reason: 'forged' | 'replayed', timeNs: number): undefined {
    if (isChanging(state, timeNs)) return this.#refuse('unannounced');
    this.#settle(state, timeNs);
    state.doubted ??= { sinceNs: timeNs, forged: 0, replayed: 0 };
    state.doubted[reason] += 1;
    return undefined;
  }

  /** Counts what was doubted for what it seemed to be, once nothing explained it in time. */
  #settle(state: SenderState, nowNs: number): void {
    const { doubted } = state;
    if (doubted === undefined || nowNs - doubted.sinceNs <= DOUBT_NS) return;
    this.#refused.forged += doubted.forged;
    this.#refused.replayed += doubted.replayed;
    state.doubted = undefined;
  }

  /** It was of another run, which is heard of now, or may never be. */
  #explain(state: SenderState): void {
    this.#refused.unannounced += (state.doubted?.forged ?? 0) + (state.doubted?.replayed ?? 0);
    state.doubted = undefined;
  }

  #refuse(reason: Refusal): undefined {
    this.#refused[reason] += 1;
    return undefined;
  }
}

/** Whether another run was heard of a moment ago: the present one ends, or has just begun. */
function isChanging({ other, past }: SenderState, nowNs: number): boolean {
  const changes = [other?.sinceNs, past.at(-1)?.endedNs];
  return changes.some((atNs) => atNs !== undefined && nowNs - atNs < TAKE_OVER_NS);
}

/** Whether another run is about to take over, or was just taken over and is on its way out. */
function isTakeOver(state: SenderState, epoch: bigint, nowNs: number): boolean {
  const past = state.past.findLast((run) => run.epoch === epoch);
  if (past !== undefined) return nowNs - past.endedNs < TAKE_OVER_NS;
  if (state.other?.epoch !== epoch) state.other = { epoch, sinceNs: nowNs };
  return nowNs - state.other.sinceNs < TAKE_OVER_NS;
}
