import assert from 'node:assert/strict';

/**
 * Fails where somebody innocent is accused. The words matter: a run that finds them in a failure does not give the test
 * another try (scripts/test/again.mjs).
 *
 * @param accused whom, and of what; nobody is right
 */
export function assertNobodyAccused(accused: readonly unknown[]): void {
  assert.equal(accused.length, 0, `somebody innocent is accused: ${JSON.stringify(accused, null, 1)}`);
}
