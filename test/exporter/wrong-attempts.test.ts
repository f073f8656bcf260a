import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { WrongAttempts } from '../../src/exporter/http/wrong-attempts.js';

suite('how many passwords an address may try', () => {
  const attempts = (): { readonly tries: WrongAttempts; readonly clock: { ms: number } } => {
    const clock = { ms: 0 };
    return { tries: new WrongAttempts(() => clock.ms), clock };
  };
  const allowed = (tries: WrongAttempts, address: string, count: number): number =>
    Array.from({ length: count }, () => tries.mayTry(address)).filter(Boolean).length;

  test('five at once, then one a second', () => {
    const { tries, clock } = attempts();
    assert.equal(allowed(tries, '10.0.0.1', 12), 5);
    clock.ms = 999;
    assert.equal(allowed(tries, '10.0.0.1', 3), 0);
    clock.ms = 3_000;
    assert.equal(allowed(tries, '10.0.0.1', 9), 3);
    clock.ms = 1e9;
    assert.equal(allowed(tries, '10.0.0.1', 9), 5);
  });

  test('another address has its own', () => {
    const { tries } = attempts();
    assert.equal(allowed(tries, '10.0.0.1', 9), 5);
    assert.equal(allowed(tries, '10.0.0.2', 9), 5);
  });

  test('a right password costs nothing', () => {
    const { tries } = attempts();
    for (let i = 0; i < 50; i += 1) {
      assert.ok(tries.mayTry('10.0.0.1'));
      tries.wasRight('10.0.0.1');
    }
  });

  test('ten thousand addresses take no more memory than 256, and the busiest stays known', () => {
    const { tries } = attempts();
    assert.equal(allowed(tries, 'busy', 9), 5);
    for (let i = 0; i < 10_000; i += 1) {
      tries.mayTry(`a${i}`);
      if (i % 100 === 0) assert.ok(!tries.mayTry('busy'));
    }
  });
});
