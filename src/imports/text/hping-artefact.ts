import { MS, SECOND } from '../../model/time.js';
import type { Numbered } from './interval.js';

/** An RTT this far above one second, alone, is the artefact and not a delay. */
const ARTEFACT_WIDTH_NS = 200 * MS;
/** Releases of one stall, printed to 0.1 ms each, lie this close together. */
const SAME_RELEASE_NS = 2 * MS;
/** The table in which hping3 remembers probes; a later reply is printed with rtt=0.0. */
const REMEMBERED_PROBES = 400;

/** RTTs that hping3 made up. */
export interface HpingArtefact {
  /**
   * `plus-one-second`: hping3 reads seconds and microseconds one after the other, and when a second passes in
   * between, 1000 ms too many are printed. `forgotten`: the reply came after 400 further probes and reads 0.0 ms.
   */
  readonly kind: 'plus-one-second' | 'forgotten';
  /** null where only the summary shows it. */
  readonly seq: number | null;
  readonly rttNs: number;
}

/** @param spacingNs from one number to the next */
export function findArtefacts(replies: readonly Numbered[], spacingNs: number, maxNs: number): HpingArtefact[] {
  const artefacts: HpingArtefact[] = [];
  const looksLike = (rttNs: number): boolean => rttNs >= SECOND && rttNs < SECOND + ARTEFACT_WIDTH_NS;
  for (const [i, { seq, rttNs }] of replies.entries()) {
    if (rttNs === 0) {
      artefacts.push({ kind: 'forgotten', seq, rttNs });
    } else if (looksLike(rttNs)) {
      // A true delay of that length holds the next probes too, and releases them at the same instant.
      const near = replies.slice(Math.max(0, i - REMEMBERED_PROBES), i + REMEMBERED_PROBES);
      const release = seq * spacingNs + rttNs;
      const shares = (other: Numbered): boolean =>
        other.seq !== seq && Math.abs(other.seq * spacingNs + other.rttNs - release) <= SAME_RELEASE_NS;
      if (!near.some(shares)) {
        artefacts.push({ kind: 'plus-one-second', seq, rttNs });
      }
    }
  }
  if (looksLike(maxNs) && !replies.some((reply) => looksLike(reply.rttNs))) {
    artefacts.push({ kind: 'plus-one-second', seq: null, rttNs: maxNs });
  }
  return artefacts;
}
