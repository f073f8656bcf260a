import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { capabilityText, HELPER_RIGHTS, PRIVILEGED_HELPERS } from '../../src/kernel/helper-rights.js';

test('the installation page tells each capability of each helper, with the reason, in the order of the one list', () => {
  const rows = [
    ...readFileSync('docs/install.md', 'utf8').matchAll(/^\| (?:`(rxray-\w+)`)? ?\| `(cap_\w+)` \| (.+) \|$/gm),
  ];
  const listed = PRIVILEGED_HELPERS.flatMap((helper) =>
    HELPER_RIGHTS[helper].map(({ capability, why }, index) => [index === 0 ? helper : undefined, capability, why]),
  );
  assert.deepEqual(
    rows.map(([, helper, capability, why]) => [helper, capability, why]),
    listed,
  );
});

test('no other page names a capability that no helper is granted', () => {
  const granted = PRIVILEGED_HELPERS.map(capabilityText).join();
  for (const page of ['README.md', 'native/README.md', 'docs/reference/engines.md']) {
    for (const [name] of readFileSync(page, 'utf8').matchAll(/\bcap_\w+/g)) assert.ok(granted.includes(name), name);
  }
});
