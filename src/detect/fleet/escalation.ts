import { MINUTE } from '../../model/time.js';

export interface EscalationRules {
  /** How long a full sweep lasts. */
  readonly lengthNs: number;
  /** From the end of one to the next of the same target. */
  readonly cooldownNs: number;
}

/** What else decides at the moment of a stall. */
export interface EscalationState {
  /** This agent is one of the two that look closer at the target. */
  readonly isLeader: boolean;
  /** Its CPU quota stopped it lately. */
  readonly throttled: boolean;
  readonly mostEdgesStall: boolean;
}

/** Two stalls within this are none by chance. */
const WITHIN_NS = 5 * MINUTE;
const MOST_AT_ONCE = 2;

/** Decides when an agent looks closer at a neighbour. Pure. */
export class Escalations {
  readonly #stalls = new Map<string, number[]>();
  readonly #until = new Map<string, number>();

  constructor(private readonly rules: EscalationRules) {}

  /** Targets that are swept now. */
  active(nowNs: number): string[] {
    return [...this.#until].filter(([, until]) => nowNs < until).map(([to]) => to);
  }

  /**
   * A stall of this agent's own, which no pause of its own explains.
   *
   * @returns whether a full sweep of the target begins now
   */
  stall(to: string, nowNs: number, { isLeader, throttled, mostEdgesStall }: EscalationState): boolean {
    const lately = (this.#stalls.get(to) ?? []).filter((at) => nowNs - at < WITHIN_NS);
    lately.push(nowNs);
    this.#stalls.set(to, lately.slice(-2));
    if (lately.length < 2 || !isLeader || throttled || mostEdgesStall) return false;
    const until = this.#until.get(to);
    if (until !== undefined && nowNs < until + this.rules.cooldownNs) return false;
    if (this.active(nowNs).length >= MOST_AT_ONCE) return false;
    this.#until.set(to, nowNs + this.rules.lengthNs);
    return true;
  }

  /** Forgets targets that are no neighbours any more. */
  keep(names: ReadonlySet<string>): void {
    for (const known of [this.#stalls, this.#until]) {
      for (const name of known.keys()) if (!names.has(name)) known.delete(name);
    }
  }
}
