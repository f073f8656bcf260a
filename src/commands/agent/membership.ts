import type { AgentConfig } from '../../fleet/config/agent-config.js';
import { DnsSource } from '../../fleet/members/dns.js';
import { KubernetesSource } from '../../fleet/members/kubernetes/kubernetes-source.js';
import type { MemberSource } from '../../fleet/members/member-source.js';
import { StaticFileSource } from '../../fleet/members/static-file.js';
import { Neighbours } from '../../fleet/ring/neighbours.js';
import type { Member } from '../../model/fleet/member.js';

/** Members come and go in groups: what follows within this is one change. */
const SETTLE_MS = 500;

/** Where members come from, as the configuration says. */
export function memberSource({ members }: Pick<AgentConfig, 'members'>, environment: NodeJS.ProcessEnv): MemberSource {
  const { file, dns, kubernetes } = members;
  if (file !== undefined) return new StaticFileSource(file);
  if (dns !== undefined) return new DnsSource({ names: dns.names, port: dns.port, everyNs: dns.every });
  return new KubernetesSource(kubernetes ?? { selector: '' }, environment);
}

export interface MembershipEvents {
  /** The ready members, or what is said of them, are others than before. */
  changed(): void;
  trouble(words: string): void;
}

/** Who belongs to the fleet at present, and whom this node has to probe. */
export class Membership {
  #members: readonly Member[] = [];
  #text = '';
  #rings: Neighbours;
  #refreshed = 0;
  #failures = 0;
  #settling: NodeJS.Timeout | undefined;

  constructor(
    private readonly source: MemberSource,
    private readonly self: { readonly name: string; readonly zone: string | undefined },
    private readonly shape: AgentConfig['ring'],
    private readonly events: MembershipEvents,
  ) {
    this.#rings = this.#newRings();
  }

  start(): void {
    this.source.start({
      members: (members) => this.#take(members),
      trouble: (words) => {
        this.#failures += 1;
        this.events.trouble(words);
      },
    });
  }

  stop(): void {
    clearTimeout(this.#settling);
    this.source.stop();
  }

  get all(): readonly Member[] {
    return this.#members;
  }

  get ready(): readonly Member[] {
    return this.#members.filter(({ ready }) => ready);
  }

  /** Seconds since 1970, 0 never. */
  get refreshed(): number {
    return this.#refreshed;
  }

  get failures(): number {
    return this.#failures;
  }

  get zone(): string | undefined {
    return this.member(this.self.name)?.zone ?? this.self.zone;
  }

  member(name: string): Member | undefined {
    return this.#members.find((member) => member.name === name);
  }

  /** Members that this node probes. */
  get neighbours(): Member[] {
    return this.#rings.probedBy(this.self.name).flatMap((name) => this.member(name) ?? []);
  }

  /** Names of the members that probe this node. */
  get probers(): readonly string[] {
    return this.#rings.probersOf(this.self.name);
  }

  /** Which of how many probers of a neighbour this node is. */
  turnOf(to: string): { readonly rank: number; readonly of: number } {
    const probers = this.#rings.probersOf(to);
    return { rank: Math.max(0, probers.indexOf(this.self.name)), of: Math.max(1, probers.length) };
  }

  isLeaderOf(to: string): boolean {
    return this.#rings.leadersOf(to).includes(this.self.name);
  }

  #take(members: readonly Member[]): void {
    this.#refreshed = Date.now() / 1000;
    const sorted = [...members].sort((one, other) => (one.name < other.name ? -1 : 1));
    const text = JSON.stringify(sorted);
    if (text === this.#text) return;
    this.#text = text;
    this.#members = sorted;
    this.#rings = this.#newRings();
    clearTimeout(this.#settling);
    this.#settling = setTimeout(() => this.events.changed(), SETTLE_MS);
  }

  /** This node is on the rings whether it is listed or not. */
  #newRings(): Neighbours {
    const others = this.ready.filter(({ name }) => name !== this.self.name);
    return new Neighbours([...others, { name: this.self.name, zone: this.zone }], this.shape);
  }
}
