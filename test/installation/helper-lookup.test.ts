import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { sha256 } from '../../src/installation/sha256.js';
import { grantedHelpers } from '../../src/transports/granted-helper.js';
import { locateHelper } from '../../src/transports/helper-binary.js';

const BYTES = Buffer.from('the helper');
const OWNER = process.getuid?.() ?? 0;

describe('where a helper is taken from', () => {
  let folder = '';
  let path = '';

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'rxray-granted-'));
    chmodSync(folder, 0o755);
    path = join(folder, 'rxray-prober');
    writeFileSync(path, BYTES, { mode: 0o750 });
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const granted = (expected: string | undefined = sha256(BYTES), owner = OWNER) =>
    grantedHelpers('rxray-prober', () => expected, [folder], owner);
  const refusal = (expected?: string, owner?: number): string => {
    const [found] = granted(expected, owner);
    assert.ok(found !== undefined && !found.taken, 'it was taken');
    return found.why;
  };

  test('a granted one with the bytes that belong to this rxray is taken', () => {
    assert.deepEqual(granted(), [{ path, taken: true }]);
  });

  test('none is no refusal', () => {
    rmSync(path);
    assert.deepEqual(granted(), []);
    assert.deepEqual(
      grantedHelpers('rxray-prober', () => undefined, [join(folder, 'nowhere')]),
      [],
    );
  });

  test('one of another build is passed over', () => {
    assert.match(refusal(sha256(Buffer.from('another'))), /another build/);
  });

  test('one that others than root can change is passed over, by its own mode or by its folder', () => {
    chmodSync(path, 0o770);
    assert.match(refusal(), /rxray-prober can be changed by others/);
    chmodSync(path, 0o750);
    chmodSync(folder, 0o757);
    assert.match(refusal(), /can be changed by others/);
  });

  test('one that belongs to somebody else is passed over', () => {
    assert.match(refusal(sha256(BYTES), OWNER + 1), /does not belong to root/);
  });

  test('a link is passed over, to a helper or to a folder of them', () => {
    const elsewhere = join(folder, 'elsewhere');
    mkdirSync(elsewhere, { mode: 0o755 });
    const link = join(elsewhere, 'rxray-prober');
    symlinkSync(path, link);
    const by = (place: string) => grantedHelpers('rxray-prober', () => sha256(BYTES), [place], OWNER);
    assert.deepEqual(by(elsewhere), [{ path: link, taken: false, why: `${link} is a link` }]);
    const linked = join(folder, 'linked');
    symlinkSync(folder, linked);
    assert.deepEqual(by(linked), [{ path: join(linked, 'rxray-prober'), taken: false, why: `${linked} is a link` }]);
  });

  test('the folder that RXRAY_HELPERS names is the only one', () => {
    process.env.RXRAY_HELPERS = folder;
    try {
      assert.deepEqual(locateHelper('rxray-prober'), { path, origin: 'environment', refused: [] });
      assert.throws(() => locateHelper('rxray-tracer'), { code: 'E_HELPER', message: /RXRAY_HELPERS names/ });
    } finally {
      delete process.env.RXRAY_HELPERS;
    }
  });

  test('in a checkout it is the one that was built, unless the same was granted its capabilities', () => {
    const { origin } = locateHelper('rxray-prober');
    assert.ok(origin === 'build' || origin === 'granted', origin);
  });
});
