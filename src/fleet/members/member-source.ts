import type { Member } from '../../model/fleet/member.js';

/** Hears of members. */
export interface MemberListener {
  /** The whole list, whenever it was confirmed or has changed. */
  members(members: readonly Member[]): void;
  /** The list could not be had; the last one stays. In words for the log. */
  trouble(words: string): void;
}

/** Says who belongs to the fleet: `static-file.ts`, `dns.ts`, `kubernetes/`. */
export interface MemberSource {
  /** Begins to tell; the first list or trouble comes soon. To be called once. */
  start(listener: MemberListener): void;
  /** Nothing is told any more. */
  stop(): void;
}
