import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { Hypothesis } from '../../src/bisect/causes/hypothesis.js';
import { causeName } from '../../src/bisect/weigh/account-name.js';
import { judgePosterior } from '../../src/bisect/weigh/judgement.js';
import type { Posterior, WeighedAccount } from '../../src/bisect/weigh/posterior.js';
import { surenessOf } from '../../src/bisect/weigh/sureness.js';
import { equalCauses } from '../../src/bisect/words/account-words.js';
import type { Cause } from '../../src/model/cause.js';

const made = new Map<string, Hypothesis>();
/** `cause@machine`; the same hypothesis each time. */
function hypothesis(label: string): Hypothesis {
  const [cause = '', machine = ''] = label.split('@');
  const known = made.get(label) ?? ({ cause: cause as Cause, machines: [machine], label } as unknown as Hypothesis);
  made.set(label, known);
  return known;
}

/** Accounts by their labels; each is so far behind the one before it that they are not of equal standing. */
function posterior(accounts: Readonly<Record<string, number>>, incidents = 9): Posterior {
  return Object.entries(accounts).map(
    ([labels, probability], i) =>
      ({
        shares: labels.split(' ').map((label) => ({
          hypothesis: hypothesis(label),
          incidents: Array.from({ length: incidents }, (_, j) => j),
        })),
        background: [],
        score: -20 * i,
        bestScore: -20 * i,
        prior: 0.01,
        quiet: false,
        probability,
      }) as unknown as WeighedAccount,
  );
}

function said(accounts: Readonly<Record<string, number>>, incidents?: number): string {
  const judgement = judgePosterior(posterior(accounts, incidents));
  if (judgement.says !== 'cause') return judgement.says === 'inconclusive' ? judgement.why : judgement.says;
  const beside = equalCauses(judgement).map((cause) => `, or ${cause}`);
  return `${causeName(judgement.leading)} ${surenessOf(judgement).probability}${beside.join('')}`;
}

suite('a full queue at the port, and a process that may stand still besides', () => {
  const rows: readonly (readonly [what: string, accounts: Readonly<Record<string, number>>, verdict: string])[] = [
    ['the queue alone', { 'accept-queue@web': 0.97, 'accept-queue@web server@web': 0.03 }, 'accept-queue 0.97'],
    ['both for sure', { 'accept-queue@web server@web': 0.95, 'accept-queue@web': 0.05 }, 'accept-queue+server 0.95'],
    [
      'the queue for sure, the second not yet',
      { 'accept-queue@web server@web': 0.55, 'accept-queue@web': 0.44 },
      'accept-queue 0.99, or accept-queue+server',
    ],
    [
      'the second by a quota, perhaps',
      { 'accept-queue@web': 0.5, 'accept-queue@web server@web': 0.3, 'accept-queue@web throttled@web': 0.17 },
      'accept-queue 0.97, or accept-queue+server, or accept-queue+throttled',
    ],
    [
      'the process of another machine is another story',
      { 'accept-queue@web': 0.55, 'accept-queue@web server@other': 0.44 },
      'divided',
    ],
    ['the process for sure, the queue not', { 'server@web': 0.55, 'accept-queue@web server@web': 0.44 }, 'divided'],
  ];
  for (const [what, accounts, verdict] of rows) test(what, () => assert.equal(said(accounts), verdict));

  test('two incidents accuse nobody', () => {
    const accounts = { 'accept-queue@web': 0.55, 'accept-queue@web server@web': 0.44 };
    assert.equal(said(accounts, 2), 'few-incidents');
  });
});
