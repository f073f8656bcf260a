import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ClockAligner, toProberClock } from '../../src/bisect/evidence/clock-alignment.js';
import { MS, SECOND, US } from '../../src/model/time.js';

/** Numbers in [0, 1) from a seed (mulberry32). */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

interface World {
  /** Watcher's clock when the prober's shows `ns`. */
  readonly watcherNs: (ns: number) => number;
  readonly thereNs?: number;
  readonly backNs?: number;
  readonly jitterNs?: number;
  /** Extra wait on the way there of a probe sent at `ns`. */
  readonly stallNs?: (ns: number) => number;
}

/** 100 probes a second for `seconds`. */
function aligned(world: World, seconds: number, seed = 1): ClockAligner {
  const { watcherNs, thereNs = 100 * US, backNs = 100 * US, jitterNs = 200 * US, stallNs = () => 0 } = world;
  const dice = random(seed);
  const aligner = new ClockAligner();
  for (let sentNs = 0; sentNs < seconds * SECOND; sentNs += 10 * MS) {
    const arrived = sentNs + thereNs + dice() * jitterNs + stallNs(sentNs);
    const left = arrived + 20 * US;
    const receivedNs = left + backNs + dice() * jitterNs;
    aligner.add({ sentNs, arrivedNs: watcherNs(arrived), leftNs: watcherNs(left), receivedNs });
  }
  return aligner;
}

function errorNs(aligner: ClockAligner, world: World, atNs: number): number {
  const { alignment } = aligner;
  assert.ok(alignment);
  return Math.abs(toProberClock(alignment, world.watcherNs(atNs)) - atNs);
}

describe('clock alignment', () => {
  const hour = 3_600 * SECOND;
  const situations: readonly { title: string; world: World; seconds: number; driftPpb: number }[] = [
    { title: 'the same clock', world: { watcherNs: (ns) => ns }, seconds: 10, driftPpb: 0 },
    { title: 'an offset of an hour', world: { watcherNs: (ns) => ns + hour }, seconds: 10, driftPpb: 0 },
    { title: 'one that is behind', world: { watcherNs: (ns) => ns - 7 * hour }, seconds: 10, driftPpb: 0 },
    {
      title: 'a clock that is 80 ppm fast',
      world: { watcherNs: (ns) => (ns + hour) * 1.000_08 },
      seconds: 60,
      driftPpb: -80_000,
    },
    {
      title: 'a long way with different directions',
      world: { watcherNs: (ns) => ns + hour, thereNs: 60 * MS, backNs: 40 * MS, jitterNs: 2 * MS },
      seconds: 30,
      driftPpb: 0,
    },
    {
      title: 'stalls of 1.5 s every 6 s on the way there',
      world: {
        watcherNs: (ns) => (ns + hour) * 1.000_01,
        stallNs: (ns) => Math.max(0, 1_500 * MS - (ns % (6 * SECOND))),
      },
      seconds: 60,
      driftPpb: -10_000,
    },
    {
      title: 'stalls that hold whole windows',
      world: {
        watcherNs: (ns) => ns + hour,
        stallNs: (ns) => (ns % (20 * SECOND) < 6 * SECOND ? 6 * SECOND - (ns % (20 * SECOND)) : 0),
      },
      seconds: 80,
      driftPpb: 0,
    },
  ];
  for (const { title, world, seconds, driftPpb } of situations) {
    it(title, () => {
      for (const seed of [1, 2, 3]) {
        const aligner = aligned(world, seconds, seed);
        const { alignment } = aligner;
        assert.ok(alignment);
        for (const atNs of [1 * SECOND, (seconds * SECOND) / 2, (seconds - 1) * SECOND]) {
          const error = errorNs(aligner, world, atNs);
          assert.ok(
            error <= alignment.uncertaintyNs + 20 * US,
            `off by ${error} ns, said ${alignment.uncertaintyNs} ns`,
          );
        }
        assert.ok(Math.abs(alignment.driftPpb - driftPpb) < 2_000, `drift ${alignment.driftPpb} ppb`);
      }
    });
  }

  it('states half of the shortest way there and back as its uncertainty', () => {
    const { alignment } = aligned({ watcherNs: (ns) => ns, thereNs: 3 * MS, backNs: 1 * MS, jitterNs: 0 }, 20);
    assert.ok(alignment);
    assert.equal(alignment.uncertaintyNs, 2 * MS);
    // All that the difference of the directions can do.
    assert.equal(alignment.offsetNs, -1 * MS);
  });

  it('says nothing before the first probe, and no drift after a few seconds', () => {
    assert.equal(new ClockAligner().alignment, undefined);
    const { alignment } = aligned({ watcherNs: (ns) => ns * 1.0001 }, 5);
    assert.equal(alignment?.driftPpb, 0);
  });

  it('keeps a bounded number of windows', () => {
    const aligner = aligned({ watcherNs: (ns) => ns + hour, jitterNs: 10 * US }, 1_200);
    assert.equal(aligner.alignment?.windows, 256);
  });
});
