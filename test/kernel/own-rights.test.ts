import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { startsWithRawSockets } from '../../src/kernel/own-rights.js';

const ALL = '         0          0 4294967295\n';
const status = (fields: Readonly<Record<string, string>> = {}): string =>
  Object.entries({
    Name: 'node',
    Uid: '0\t0\t0\t0',
    CapEff: '000001ffffffffff',
    CapBnd: '000001ffffffffff',
    Seccomp: '0',
    ...fields,
  })
    .map(([name, value]) => `${name}:\t${value}\n`)
    .join('');

describe('whether a helper may open raw sockets, without asking it', () => {
  test('root of the machine may', () => assert.equal(startsWithRawSockets(status(), ALL), true));

  const doubtful: readonly [string, string, string][] = [
    ['an ordinary user', status({ Uid: '1000\t1000\t1000\t1000', CapEff: '0000000000000000' }), ALL],
    ['root by its real user alone', status({ Uid: '0\t1000\t1000\t1000' }), ALL],
    ['root without the capability', status({ CapEff: '00000000a80405fb' }), ALL],
    ['root whose children cannot get it', status({ CapBnd: '00000000a80405fb' }), ALL],
    ['root behind a filter of system calls', status({ Seccomp: '2' }), ALL],
    ['root of a user namespace', status(), '         0       1000          1\n'],
    ['a machine that does not say', '', ''],
  ];
  for (const [who, text, users] of doubtful)
    test(`${who}: only trying tells`, () => assert.equal(startsWithRawSockets(text, users), false));
});
