import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { campaignText, runCampaign } from '../bench/verdict-campaign.js';
import { runTrial } from '../bench/verdict-trial.js';

suite('random scenarios, seeds fixed', () => {
  test('20 of them: right where it can be told, and hardly ever wrong', async (t) => {
    const campaign = await runCampaign({ scenarios: 20, seed: 1, workers: 2 });
    t.diagnostic(campaignText(campaign));
    const { tellable, others, calibration } = campaign;
    assert.equal(tellable.wrong, 0);
    assert.ok(tellable.right >= 0.95 * tellable.scenarios, `${tellable.right} of ${tellable.scenarios}`);
    // What cannot be told may be named wrongly, hardly ever, and by something that says how unsure it is.
    const wrong = campaign.trials.filter(({ outcome }) => outcome === 'wrong' || outcome === 'missed');
    assert.ok(others.wrong <= 1);
    assert.ok(
      wrong.every(({ probability }) => probability < 0.7),
      JSON.stringify(wrong),
    );
    assert.equal(campaign.surelyWrong, 0);
    const top = calibration.at(-1);
    assert.ok((top?.right ?? 0) >= 0.95 * (top?.verdicts ?? 1), JSON.stringify(top));
    // A tool that always says inconclusive would pass all of the above.
    assert.ok((top?.right ?? 0) >= 10, JSON.stringify(top));
    assert.ok(tellable.scenarios >= 14, `${tellable.scenarios}`);
  });
});

suite('scenarios that were once named wrongly for sure', () => {
  for (const [seed, what] of [
    [5031, 'one of two ways and a whole card: two that hold by flow are not the only pair'],
    [5197, 'one of two pods, on the node that the port does not name'],
    [20_018, 'a queue of the card between two nodes: what a port passes on shares the queue of the two'],
    [20_075, 'congestion and a queue of the card: the card stands beside the receive queue in pairs too'],
    [20_101, 'one of several ways: what others equal is not sure'],
    [22_021, 'losses and a receive queue: what stands beside the best pair is looked at anew'],
    [22_036, 'a receive queue: an odd incident tells it from the card by chance'],
    [22_276, 'a receive queue between two nodes, and a vantage: hashing by addresses in pairs too'],
    [24_157, 'congestion, and a host that stalls: a cause that hides beside it keeps it from being sure'],
    [28_217, 'a tunnel that the hosts file forgets, of four paths: a path that contradicts'],
    [50_628, 'a pod that the hosts file puts on another node, on the one path that is left: priors decide'],
    [51_016, 'a queue of a card, and a machine that probes: its own side would hold the replies alone'],
    [51_751, 'a receive queue that few flows of others fall onto, of a machine that probes'],
    [20_135, 'a tunnel, and a port that leads elsewhere than the hosts file says: a path that contradicts'],
    [51_323, 'a queue that is chosen by addresses, and a port that draws its pods: were a pod without its tunnel'],
    [60_756, 'a pod, and a port that leads elsewhere than the hosts file says: were it where it is'],
    [61_354, 'the same where the wrong entry is the likelier'],
    [90_089, 'one of two ways, and a receive queue that showed once: an incident that is no chance'],
    [
      70_657,
      'a network and address translation on five paths: two queues of one machine in turn, each seen every time',
    ],
    [90_303, 'congestion, and a queue out that addresses choose: the network between the two would hold as much'],
  ] as const)
    test(`${what} (seed ${seed})`, () => {
      const { exact, said, probability, notes } = runTrial(seed);
      assert.ok(exact || said === 'inconclusive' || probability < 0.9, `${said} ${probability}: ${notes}`);
    });
});

suite('scenarios that were once left open', () => {
  for (const [seed, what] of [
    [31_079, 'a receive queue, and a port with two pods: flows to one pod differ by that alone'],
    [31_166, 'a network between two, and a port with two pods of which neither lies behind it'],
    [31_235, 'one of several ways between two, and a port whose pods may be behind it'],
    [50_661, 'a pod behind a port that draws one for every connection'],
    [50_025, 'one of several ways between two, from which a receive queue falls behind slowly'],
    [51_295, 'a vantage that waits, and two losses elsewhere that are too few for a cause'],
    [51_790, 'two receive queues that take turns among many slow probes: no pair of causes'],
    [28_445, 'the card of a vantage that nobody probes: its own side'],
  ] as const)
    test(`${what} (seed ${seed})`, () => {
      const { outcome, exact, said, probability, notes } = runTrial(seed);
      assert.ok(outcome === 'right' && exact, `${said} ${probability}: ${notes}`);
    });
});
