import { causeName } from './account-name.js';
import type { Case } from './case.js';
import { CONVICTING, type Judgement } from './judgement.js';

/** Probability from which on a verdict may be final. */
const SETTLED = 0.99;
/** For so many incidents on end it must have led so clearly. */
const SETTLED_FOR = 3;
/**
 * A verdict that stays below that for so many incidents will not get surer by more of them; nor will one of causes at
 * different machines that look the same, as long as none of them falls behind.
 */
const UNMOVED_FOR = 12;
/** By so much the data must have come to fit one of them less well for more of them to tell. */
const FALLS_BEHIND = Math.LN2;
const LEAST_INCIDENTS = 5;
/** With none of rate r in T seconds, r is below 3 / T with 95 % confidence: less than one stall in 20 s after 60 s. */
const HEALTHY_AFTER_S = 60;

export interface Settlement {
  readonly settled: boolean;
  readonly leading: {
    readonly cause: string;
    readonly probability: number;
    /** Machines that are blamed, by accounts of equal standing too; for a network between two neither is. */
    readonly machines: readonly string[];
  } | null;
  readonly why: string;
}

/** Remembers since which incident the same verdict has been clear. */
export class StoppingRule {
  #clear = '';
  #sinceIncidents = 0;
  #behind = 0;

  decide(judgement: Judgement, { incidents, seconds }: Pick<Case, 'incidents' | 'seconds'>): Settlement {
    const leading = leadingOf(judgement);
    const open = (why: string): Settlement => ({ settled: false, leading, why });
    if (judgement.says === 'healthy') {
      this.#clear = '';
      return seconds >= HEALTHY_AFTER_S
        ? { settled: true, leading, why: `less than one stall in ${Math.round(seconds / 3)} s, with 95 % confidence` }
        : open(`nothing yet after ${Math.round(seconds)} s`);
    }
    if (judgement.probability < CONVICTING || !(judgement.says === 'cause' || judgement.why === 'alike')) {
      this.#clear = '';
      return open('no verdict yet');
    }
    if (judgement.says === 'cause' && judgement.unexplained !== undefined) {
      return open(`${judgement.unexplained} incidents are still to be explained`);
    }
    const name = judgement.alike.map(causeName).sort().join(',');
    const behind = farthestBehind(judgement);
    if (name !== this.#clear || (judgement.says !== 'cause' && behind > this.#behind + FALLS_BEHIND)) {
      this.#clear = name;
      this.#sinceIncidents = incidents.length;
      this.#behind = behind;
    }
    const held = incidents.length - this.#sinceIncidents;
    const enough = judgement.says === 'cause' && judgement.probability >= SETTLED ? SETTLED_FOR : UNMOVED_FOR;
    if (held < enough || incidents.length < LEAST_INCIDENTS) {
      return open(`clear for ${held} of ${enough} further incidents`);
    }
    return {
      settled: true,
      leading,
      why:
        judgement.says === 'cause'
          ? `the same verdict for ${held} incidents on end`
          : 'more of the same paths cannot tell the causes apart that are left',
    };
  }
}

/** How much less well the data fit the worst of the accounts that look the same. */
function farthestBehind({ leading, alike }: Exclude<Judgement, { says: 'healthy' }>): number {
  return Math.max(0, ...alike.map(({ bestScore }) => (leading?.bestScore ?? bestScore) - bestScore));
}

function leadingOf(judgement: Judgement): Settlement['leading'] {
  const { probability } = judgement;
  if (judgement.says === 'healthy') {
    return { cause: 'healthy', probability, machines: [] };
  }
  if (judgement.leading === null) {
    return null;
  }
  const blamed = judgement.alike.flatMap(({ shares }) => shares.map(({ hypothesis }) => hypothesis));
  const machines = blamed.flatMap(({ machines }) => (machines.length === 1 ? machines : []));
  return { cause: causeName(judgement.leading), probability, machines: [...new Set(machines)] };
}
