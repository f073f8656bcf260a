import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { drawFleet, runTrial, TRIAL_KINDS } from './sim/fleet-trial.js';
import { SimulatedSource } from './sim/simulated-source.js';

const NODES = 150;
const SEEDS = [3, 5];

describe('fleets with known faults: exactly the bad nodes are named, or the network between zones or groups', () => {
  for (const kind of TRIAL_KINDS) {
    for (const seed of SEEDS) {
      test(`${kind}, seed ${seed}`, async () => {
        const { conclusion, ...outcome } = await runTrial(
          drawFleet(kind, seed, NODES),
          (fleet) => new SimulatedSource(fleet),
        );
        const told = JSON.stringify({ ...outcome, links: conclusion.links.length, bad: conclusion.verdict.bad });
        assert.equal(outcome.exact, true, told);
        assert.equal(outcome.causesRight, true, told);
      });
    }
  }
});
