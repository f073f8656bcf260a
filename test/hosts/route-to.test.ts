import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseRoute } from '../../src/hosts/route-to.js';

for (const [what, text, expected] of [
  [
    'through a gateway',
    '10.1.1.1 via 10.0.2.2 dev eth0 src 10.0.2.15 uid 0 \n    cache \n',
    { gateway: '10.0.2.2', interface: 'eth0' },
  ],
  ['on the same link', '10.0.2.7 dev eth0 src 10.0.2.15 uid 0 \n', { gateway: undefined, interface: 'eth0' }],
  [
    "this host's own address",
    'local 10.0.2.15 dev lo src 10.0.2.15 uid 0 \n    cache <local> \n',
    { gateway: undefined, interface: 'lo' },
  ],
  [
    'IPv4 through a router known by IPv6',
    '10.1.1.1 via inet6 fe80::1 dev eth0 src 10.0.2.15 \n',
    { gateway: 'fe80::1', interface: 'eth0' },
  ],
  ['a route that refuses', 'unreachable 10.9.9.9 dev lo table 254 \n', undefined],
  ['no answer', '', undefined],
] as const) {
  test(`a route ${what}`, () => assert.deepEqual(parseRoute(text), expected));
}
