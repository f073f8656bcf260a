import type { Hypothesis } from '../causes/hypothesis.js';
import { ACCOUNT_SIGNS, type MachineAccount, SIGN_BY_CHANCE, shows } from '../evidence/machine-account.js';

/** An account may be that of another server, or its control group not the one that is limited. */
const UNTRUSTED = 0.02;

/** Log of how much likelier, or less likely, what machines counted is under a cause than while it is not at work. */
export function scoreAccounts(
  { machines, signs }: Pick<Hypothesis, 'machines' | 'signs'>,
  accounts: ReadonlyMap<string, MachineAccount>,
): number {
  if (signs === undefined) return 0;
  let score = 0;
  for (const machine of machines) {
    const account = accounts.get(machine);
    if (account === undefined) continue;
    for (const sign of ACCOUNT_SIGNS) {
      const [here, shown] = [signs[sign], shows(account, sign)];
      if (here === undefined || shown === undefined) continue;
      const chance = SIGN_BY_CHANCE[sign];
      const [as, otherwise] = shown ? [here, chance] : [1 - here, 1 - chance];
      score += Math.log((1 - UNTRUSTED) * (as / otherwise) + UNTRUSTED);
    }
  }
  return score;
}
