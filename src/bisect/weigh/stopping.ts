import { causeName } from '../words/account-words.js';
import type { Case } from './case.js';
import { CONVICTING, type Judgement } from './judgement.js';

/** Probability from which on a verdict may be final. */
const SETTLED = 0.99;
/** For so many incidents on end it must have led so clearly. */
const SETTLED_FOR = 3;
/** A verdict that stays below that for so many incidents will not get surer by more of them. */
const UNMOVED_FOR = 12;
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
    const name = judgement.alike.map(causeName).sort().join(',');
    if (name !== this.#clear) {
      this.#clear = name;
      this.#sinceIncidents = incidents.length;
    }
    const held = incidents.length - this.#sinceIncidents;
    const enough = judgement.probability >= SETTLED ? SETTLED_FOR : UNMOVED_FOR;
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
