import { heldLengthNs } from '../../detect/fleet/held-length.js';
import type { InboundStall } from '../../detect/fleet/inbound-watch.js';
import type { KnownSenders } from '../../fleet/inbound/heard-probes.js';
import { type PairSecrets, pathSecret } from '../../fleet/inbound/pair-keys.js';
import type { Pause } from '../../model/engine-event.js';
import type { Arrived } from '../../model/fleet/arrived.js';
import type { Heard } from '../../model/heard.js';
import type { Hear } from '../../model/plan.js';
import { type AgentSetup, arrivalInterfaces } from './agent-setup.js';
import { InboundGroup } from './inbound-group.js';
import type { Membership } from './membership.js';
import type { RunClock } from './own-clock.js';
import type { WatchRecord } from './watch-record.js';

/** Secrets of paths are made anew where more are asked for. */
const MOST_SECRETS = 1_024;

/** What arrives at this node from those that probe it, as long as one configuration holds. */
export class Hearing {
  #group: InboundGroup | undefined;
  #hears: readonly Hear[] = [];
  #text = '';

  constructor(
    private readonly setup: AgentSetup,
    private readonly membership: Membership,
    private readonly record: WatchRecord,
  ) {}

  get group(): InboundGroup | undefined {
    return this.#group;
  }

  /** Where the prober of this node is to listen: nowhere as long as nobody probes it. */
  get hears(): readonly Hear[] {
    return this.#hears;
  }

  /** What the prober of this node heard, by its time line. */
  heard(packets: readonly Heard[], run: RunClock): void {
    this.#group?.heard(packets, run);
  }

  /** All that it heard until then has been told. */
  advance(timeNs: number, run: RunClock): void {
    this.#group?.advance(timeNs, run);
  }

  /** It paused. */
  pause(pause: Pause, run: RunClock): void {
    this.#group?.pause(pause, run);
  }

  /** Replies to its own probes. */
  replied(replies: readonly Arrived[], run: RunClock): void {
    this.#group?.replied(replies, run);
  }

  /** It ended by itself. */
  interrupted(): void {
    this.#group?.interrupted();
  }

  /** Members, or interfaces of this machine, may be others than before. */
  update(): void {
    const { config, secrets, node } = this.setup;
    const { probers } = this.membership;
    const ports = config.probe.sourcePorts;
    if (secrets === undefined || config.tier === 'restricted') return;
    const interfaces = config.inbound?.interfaces ?? arrivalInterfaces(this.membership.member(node));
    const senders = this.#senders();
    const text = JSON.stringify([
      interfaces,
      probers,
      [...senders].map(([address, { name, key }]) => [address, name, key]),
    ]);
    if (text === this.#text) return;
    this.#text = text;
    this.record.inbound.keep(new Set(probers));
    this.stop();
    this.#hears = probers.length === 0 ? [] : interfaces.map((name) => ({ interface: name, ports }));
    if (this.#hears.length === 0) return;
    this.#group = new InboundGroup(
      { node, intervalNs: this.#intervalNs },
      { nameOf: (source) => senders.get(source)?.name, secretOf: this.#secrets(secrets) },
      (stall, clock) => this.#stalled(stall, clock),
    );
  }

  /** What a group has counted is kept when it goes. */
  stop(): void {
    const group = this.#group;
    this.#group = undefined;
    if (group === undefined) return;
    this.record.arrivals += group.arrivals;
    for (const [reason, count] of Object.entries(group.refused)) {
      this.record.refused[reason as keyof typeof this.record.refused] += count;
    }
  }

  /** From one arriving packet to the next: probes of others, and replies to this node's own. */
  get #intervalNs(): number {
    const { probers, neighbours } = this.membership;
    return this.setup.config.probe.interval / Math.max(1, probers.length + neighbours.length);
  }

  /** Ready members by each of their addresses. */
  #senders() {
    return new Map(
      this.membership.ready.flatMap((member) =>
        member.name === this.setup.node
          ? []
          : Object.values(member.addresses).flatMap((place) =>
              place === undefined ? [] : [[place.address, member] as const],
            ),
      ),
    );
  }

  #secrets(secrets: PairSecrets): KnownSenders['secretOf'] {
    const { node } = this.setup;
    const keyOf = (name: string) => ({ name, key: this.membership.member(name)?.key });
    const cached = new Map<string, string | undefined>();
    return (sender, port) => {
      const name = `${sender} ${port}`;
      if (!cached.has(name)) {
        if (cached.size >= MOST_SECRETS) cached.clear();
        const pair = secrets.between(keyOf(node), keyOf(sender));
        cached.set(name, pair === undefined ? undefined : pathSecret(pair, sender, node, port));
      }
      return cached.get(name);
    };
  }

  #stalled(stall: InboundStall, clock: RunClock): void {
    const { finding, place, sender, held, passed, backlogNs } = stall;
    const selfInflicted = finding.selfInflicted;
    const release = clock.unixSeconds(finding.release);
    const [startMin, startMax] = [clock.unixSeconds(finding.startMin), clock.unixSeconds(finding.startMax)];
    if (!selfInflicted) this.record.inbound.add(stall, release);
    this.record.log.add({
      type: 'inbound-finding',
      node: this.setup.node,
      startMin,
      startMax,
      release,
      durationNs: heldLengthNs(finding, this.#intervalNs),
      probes: finding.probes,
      place,
      ...(sender === undefined ? {} : { sender }),
      held: held.map((flows) => ({ ...flows })),
      passed: passed.map((flows) => ({ ...flows })),
      repliesHeld: held.reduce((sum, { replies }) => sum + replies, 0),
      backlogNs,
      selfInflicted,
    });
  }
}
