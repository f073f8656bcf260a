import type { Hypothesis } from '../causes/hypothesis.js';
import {
  ACCOUNT_SIGNS,
  type AccountSign,
  coincidence,
  type MachineAccount,
  SIGN_BY_CHANCE,
  shows,
} from '../evidence/machine-account.js';
import type { Observation } from '../evidence/observation.js';

/** An account may be that of another server; of control groups all above the server's are read. */
const UNTRUSTED = 0.005;
/** A cause that goes with a sign more often than not makes it: it shows whenever the cause is at work. */
const MAKES_IT = 0.5;
/** How often a reading beside an incident shows what made the incident. */
const SEEN_BESIDE = 0.7;
/** Beside so many of the incidents a sign is no stranger: other things made the rest, and nobody is cleared. */
const NO_STRANGER = 0.2;
const NOT_CLEARED = 0.5;
/** Chances are never taken for nought or one. */
const LEAST_CHANCE = 0.02;
const MOST_CHANCE = 0.95;

/**
 * Log of how much likelier, or less likely, what machines counted is under a cause than while it is not at work: that
 * it was counted at all, and that it was while requests waited.
 */
export function scoreAccounts(
  { machines, signs }: Pick<Hypothesis, 'machines' | 'signs'>,
  accounts: readonly MachineAccount[],
  incidents: readonly Pick<Observation, 'startMaxNs' | 'releaseNs'>[],
): number {
  if (signs === undefined) return 0;
  let score = 0;
  for (const account of ofMachines(accounts, machines)) {
    for (const sign of ACCOUNT_SIGNS) {
      const here = signs[sign];
      if (here !== undefined) score += scoreSign(account, sign, here, incidents);
    }
  }
  return score;
}

/** Of several servers on one machine the one that shows most: one of them is in trouble, and the others are not. */
function ofMachines(accounts: readonly MachineAccount[], machines: readonly string[]): MachineAccount[] {
  return machines.flatMap((machine) => {
    const own = accounts.filter((account) => account.machine === machine);
    const troubled = own.filter((account) => ACCOUNT_SIGNS.some((sign) => (shows(account, sign) ?? 'none') !== 'none'));
    return troubled.length > 0 ? troubled : own.slice(0, 1);
  });
}

function scoreSign(
  account: MachineAccount,
  sign: AccountSign,
  here: number,
  incidents: readonly Pick<Observation, 'startMaxNs' | 'releaseNs'>[],
): number {
  const shown = shows(account, sign);
  if (shown === undefined) return 0;
  const chance = SIGN_BY_CHANCE[sign];
  if (shown === 'none') return mixed((1 - here) / (1 - chance.some));
  const makesIt = here >= MAKES_IT;
  // What does not make the sign shows much of it as seldom as anything does.
  const [as, otherwise] =
    shown === 'some' ? [here, chance.some] : [makesIt ? here : (here * chance.much) / chance.some, chance.much];
  const beside = makesIt ? coincidence(account, sign, incidents) : undefined;
  if (beside === undefined) return mixed(as / otherwise);
  const expected = Math.min(MOST_CHANCE, Math.max(LEAST_CHANCE, beside.chance));
  // At no time less likely than by chance, if it is the cause.
  const made = Math.max(SEEN_BESIDE, expected);
  const apart = beside.incidents - beside.coincide;
  const together =
    beside.coincide * Math.log(made / expected) + apart * Math.log((1 - made + 0.01) / (1 - expected + 0.01));
  const ratio = (as / otherwise) * Math.exp(together);
  return beside.coincide >= NO_STRANGER * beside.incidents ? Math.log(Math.max(NOT_CLEARED, ratio)) : mixed(ratio);
}

const mixed = (ratio: number): number => Math.log((1 - UNTRUSTED) * ratio + UNTRUSTED);
