import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { wireOrServer, wireOrServerText } from '../bench/wire-or-server.js';

suite('wire or server, random runs with fixed seeds', () => {
  test('18 of them: right in most, and never surely wrong', (t) => {
    const runs = Array.from({ length: 18 }, (_, i) => wireOrServer(i + 1));
    t.diagnostic(wireOrServerText(runs));
    const wrong = runs.filter(({ outcome, verdict }) => outcome === 'wrong' && verdict.probability >= 0.9);
    assert.deepEqual(
      wrong.map(({ truth, seed, verdict }) => `${seed}: ${truth} read ${verdict.cause}`),
      [],
    );
    assert.ok(runs.filter(({ outcome }) => outcome === 'right').length >= 14);
  });
});
