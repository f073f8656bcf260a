import assert from 'node:assert/strict';
import { test } from 'node:test';
import { needsRoot } from './lab-probing.js';
import { rxrayIn } from './rxray.js';

/** Whatever went wrong there: an empty network namespace has nobody to send to. */
const NOWHERE = { through: ['unshare', '--net'], cwd: '/' };

for (const words of [['probe'], ['dash'], ['record'], ['record', 'run.rxr']]) {
  test(`${words.join(' ')} without a target prints how it is used`, needsRoot, async () => {
    const { status, out, err } = await rxrayIn(NOWHERE, ...words);
    assert.deepEqual([status, out], [2, '']);
    assert.match(err, new RegExp(`^rxray ${words[0]} .*target`));
    assert.match(err, /Examples:/);
  });
}

test('options without a target look for one, and say that there is none', needsRoot, async () => {
  const { status, err } = await rxrayIn(NOWHERE, 'probe', '--icmp', '--threshold', '100');
  assert.equal(status, 2);
  assert.match(err, /no target given, no \.\/hosts\.yaml, and no default gateway \[E_TARGET\]/);
});
