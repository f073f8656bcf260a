import assert from 'node:assert/strict';
import { test } from 'node:test';
import { refusal } from './import-io.js';

for (const format of ['csv', 'hping'] as const) {
  test(`a verdict has no samples: --hosts with --format ${format} is refused, not printed as text`, async () => {
    const paths = [{ name: 'a>b/icmp', file: '/nonexistent' }];
    assert.equal(await refusal({ hosts: '/nonexistent/hosts.yaml', paths, format }), 'E_USAGE');
  });
}
