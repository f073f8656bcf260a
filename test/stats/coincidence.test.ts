import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { chanceOfCoincidence } from '../../src/stats/coincidence.js';
import { seeded } from '../detect/build-stream.js';

describe('the chance of a coincidence', () => {
  it('bounds what random arrivals do, from above and within a factor of 4', () => {
    const random = seeded(3);
    const mean = 0.05;
    const events = Float64Array.from({ length: 2_000_000 }, () => 0);
    let at = 0;
    for (let i = 0; i < events.length; i += 1) {
      at -= Math.log(1 - random()) / mean;
      events[i] = at;
    }
    let triples = 0;
    for (let i = 0; i + 2 < events.length; i += 1) {
      if ((events[i + 2] as number) - (events[i] as number) <= 1) triples += 1;
    }
    const seen = triples / events.length;
    const bound = chanceOfCoincidence(1, mean, 3);
    assert.ok(seen <= bound && seen >= bound / 4, `${seen} ${bound}`);
  });

  it('falls with each further event, and is a probability', () => {
    assert.ok(chanceOfCoincidence(0.01, 0.01, 3) < chanceOfCoincidence(0.01, 0.01, 2) / 50);
    assert.equal(chanceOfCoincidence(1, 30, 5), 1);
  });
});
