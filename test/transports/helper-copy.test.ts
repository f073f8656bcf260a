import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { HelperCopy } from '../../src/transports/far/helper-copy.js';
import { posixCksum } from '../../src/transports/far/posix-cksum.js';

const bytes = (text: string) => new TextEncoder().encode(text);

suite('the copy of a helper', () => {
  for (const [text, sum] of [
    ['', 4294967295],
    ['123456789', 930766865],
    ['a'.repeat(300), 1664553091],
  ] as const) {
    test(`cksum of ${text.length} bytes is ${sum}`, () => assert.equal(posixCksum(bytes(text)), sum));
  }

  test('the checksum is what the tool over there prints first', () => {
    const copy = new HelperCopy('rxray-prober', bytes('abc'), '');
    assert.equal(copy.checksum('cksum'), '1219131554 3');
    assert.equal(copy.checksum('sha256sum'), 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
  });

  /** The part of an ELF header that says for which machine. */
  const elf = (machine: number, bigEndian = false) => {
    const view = new DataView(new ArrayBuffer(64));
    view.setUint32(0, 0x7f454c46);
    view.setUint8(5, bigEndian ? 2 : 1);
    view.setUint16(18, machine, !bigEndian);
    return new HelperCopy('rxray-prober', new Uint8Array(view.buffer), '/opt/helpers/rxray-prober');
  };
  const refused = (what: RegExp) => ({ code: 'E_ARCH', message: what });

  for (const [machine, name] of [
    [62, 'x86_64'],
    [183, 'aarch64'],
    [3, 'x86_64'],
    [243, 'riscv64'],
  ] as const) {
    test(`ELF machine ${machine} runs on ${name}`, () => {
      const copy = elf(machine);
      assert.equal(copy.forMachine('Linux', name, 'node'), copy);
    });
  }

  test('for a machine of another platform its helper is taken where it is at hand, and only if it is one', (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'rxray-helpers-'));
    t.after(() => rmSync(folder, { recursive: true }));
    const before = process.env.RXRAY_HELPERS;
    process.env.RXRAY_HELPERS = folder;
    t.after(() => {
      if (before === undefined) delete process.env.RXRAY_HELPERS;
      else process.env.RXRAY_HELPERS = before;
    });
    mkdirSync(join(folder, 'linux-arm64'));
    const path = join(folder, 'linux-arm64', 'rxray-prober');
    writeFileSync(path, elf(183).bytes);
    assert.deepEqual(elf(62).forMachine('Linux', 'aarch64', 'node').bytes, Buffer.from(elf(183).bytes));
    writeFileSync(path, elf(62).bytes);
    assert.throws(() => elf(62).forMachine('Linux', 'aarch64', 'node'), {
      code: 'E_ARCH',
      remedy: /npm install --no-save --force @rxray\/linux-arm64@/,
    });
  });

  test('another machine, another system and what is no program are refused, naming both sides', () => {
    const node = 'ops@node';
    assert.throws(
      () => elf(62).forMachine('Linux', 'aarch64', node),
      refused(/^rxray-prober is built for Linux x86_64, but ops@node is Linux aarch64$/),
    );
    assert.throws(() => elf(22, true).forMachine('Linux', 'x86_64', node), refused(/Linux s390x/));
    assert.throws(() => elf(62).forMachine('Darwin', 'x86_64', node), refused(/is Darwin x86_64/));
    assert.throws(() => elf(4242).forMachine('Linux', 'x86_64', node), refused(/ELF machine 4242/));
    const script = new HelperCopy('rxray-prober', bytes('#!/bin/sh\necho not a program\n'), '');
    assert.throws(() => script.forMachine('Linux', 'x86_64', node), refused(/no ELF machine/));
  });
});
