import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { unpackProgram } from '../../src/installation/private-folder.js';

const BYTES = Buffer.from('#!/bin/sh\nexit 0\n');

describe('programs of the single executable', () => {
  const before = { cache: process.env.XDG_CACHE_HOME, temporary: process.env.TMPDIR };
  let folder = '';

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'rxray-unpack-'));
    process.env.XDG_CACHE_HOME = join(folder, 'cache');
    process.env.TMPDIR = join(folder, 'tmp');
    mkdirSync(process.env.TMPDIR);
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
    for (const [name, value] of [
      ['XDG_CACHE_HOME', before.cache],
      ['TMPDIR', before.temporary],
    ] as const) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
  });

  test('are unpacked into a folder of this user alone, once', () => {
    const path = unpackProgram('rxray-prober', BYTES);
    assert.equal(dirname(path), join(folder, 'cache', 'rxray'));
    assert.equal(statSync(dirname(path)).mode & 0o777, 0o700);
    assert.equal(statSync(path).mode & 0o777, 0o500);
    const { mtimeMs } = statSync(path);
    assert.equal(unpackProgram('rxray-prober', BYTES), path);
    assert.equal(statSync(path).mtimeMs, mtimeMs);
  });

  test('are unpacked again where they were changed, or opened to others', () => {
    const path = unpackProgram('rxray-prober', BYTES);
    chmodSync(path, 0o700);
    writeFileSync(path, '#!/bin/sh\nexit 1\n');
    chmodSync(path, 0o500);
    assert.deepEqual(readFileSync(unpackProgram('rxray-prober', BYTES)), BYTES);
    chmodSync(path, 0o777);
    assert.equal(statSync(unpackProgram('rxray-prober', BYTES)).mode & 0o777, 0o500);
  });

  test('of two versions lie side by side', () => {
    assert.notEqual(unpackProgram('rxray-prober', BYTES), unpackProgram('rxray-prober', Buffer.from('other')));
  });

  test('never go through a link, nor into a folder that others can write to', () => {
    const trap = join(folder, 'trap');
    mkdirSync(trap);
    mkdirSync(join(folder, 'cache'));
    symlinkSync(trap, join(folder, 'cache', 'rxray'));
    const path = unpackProgram('rxray-prober', BYTES);
    assert.equal(dirname(path), join(folder, 'tmp', `rxray-${process.getuid?.()}`));
    chmodSync(dirname(path), 0o777);
    unpackProgram('rxray-prober', BYTES);
    assert.equal(statSync(dirname(path)).mode & 0o777, 0o700);
  });

  test('are refused where no folder can be had', () => {
    mkdirSync(join(folder, 'cache'));
    writeFileSync(join(folder, 'cache', 'rxray'), '');
    writeFileSync(join(folder, 'tmp', `rxray-${process.getuid?.()}`), '');
    assert.throws(() => unpackProgram('rxray-prober', BYTES), { code: 'E_UNPACK' });
  });
});
