import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { assertNobodyAccused } from '../verdicts/innocent.js';
import { AgentLab } from './agent-lab.js';
import { accusations, killOne } from './kill-rounds.js';
import { needsRoot } from './lab-probing.js';

const ROUNDS = 10;
/** Each of the processes, each of the signals; primes, so that the choice does not repeat. */
const STEP = 104_729;

suite('processes of agents that are ended', needsRoot, () => {
  const lab = new AgentLab('rxki', 3, { configOf: (node) => (node === 'node-2' ? 'tier: trace\n' : '') });

  before(async () => {
    lab.up();
    await lab.startAll();
    await sleep(6_000);
  });
  after(() => lab.down());

  test('whichever it is, it is back within five seconds or says why not, and nothing is left of it', async () => {
    for (let round = 0; round < ROUNDS; round += 1) {
      const killed = await killOne(lab, (round + 1) * STEP);
      assert.ok(killed.backMs !== undefined || killed.saidWhy, JSON.stringify(killed));
      assert.deepEqual(killed.left, [], JSON.stringify(killed));
      await sleep(1_000);
    }
  });

  test('nobody is accused of it', async () => {
    await sleep(3_000);
    assertNobodyAccused(await accusations(lab));
  });

  test('at the end nothing runs any more', async () => {
    await Promise.all(lab.agents.map((agent) => lab.end(agent)));
    for (const agent of lab.agents) assert.deepEqual(lab.processes(agent), []);
  });
});
