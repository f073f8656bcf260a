import assert from 'node:assert/strict';
import {
  chmodSync,
  chownSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { PrivateFolder } from '../../src/commands/run/private-folder.js';
import { withFolder } from '../recording/temporary-folder.js';

const OWN = process.getuid?.() ?? 0;
const asRoot = { skip: OWN === 0 ? false : 'only root can make files of another user' };

/** The folder for a user that is not root, whoever runs the test. */
function folderIn(runtime: string, uid = OWN === 0 ? 0 : OWN): PrivateFolder {
  return new PrivateFolder('rxray', uid === 0 ? 4711 : uid, { XDG_RUNTIME_DIR: runtime });
}

describe('where the folder is', () => {
  test('root never takes XDG_RUNTIME_DIR, which may be that of whoever called su', () => {
    assert.equal(new PrivateFolder('rxray', 0, { XDG_RUNTIME_DIR: '/run/user/4711' }).path, '/run/rxray');
  });

  test('a user takes it where it is the user’s alone', asRoot, async () => {
    await withFolder(async (folder) => {
      chownSync(folder, 4711, 4711);
      chmodSync(folder, 0o700);
      assert.equal(folderIn(folder).path, join(folder, 'rxray'));
      chmodSync(folder, 0o750);
      assert.equal(folderIn(folder).path, join(tmpdir(), 'rxray-4711'));
      chmodSync(folder, 0o700);
      chownSync(folder, 4712, 4712);
      assert.equal(folderIn(folder).path, join(tmpdir(), 'rxray-4711'));
    });
  });
});

describe('a folder that somebody else prepared', () => {
  /** A PrivateFolder of the running user whose place is `at`. */
  const at = (path: string): PrivateFolder => Object.assign(new PrivateFolder('x', OWN), { path: join(path, 'rxray') });

  for (const [what, prepare, isFine] of [
    ['none there', () => {}, true],
    ['the user’s own', (path: string) => mkdirSync(path, { mode: 0o700 }), true],
    [
      'open to others',
      (path: string) => {
        mkdirSync(path);
        chmodSync(path, 0o777);
      },
      false,
    ],
    [
      'a link to a folder of the user’s own',
      (path: string) => {
        mkdirSync(`${path}.real`, { mode: 0o700 });
        symlinkSync(`${path}.real`, path);
      },
      false,
    ],
    ['a file', (path: string) => writeFileSync(path, ''), false],
  ] as const) {
    test(`${what}: ${isFine ? 'is used' : 'is refused'}`, async () => {
      await withFolder(async (folder) => {
        prepare(join(folder, 'rxray'));
        if (isFine) {
          at(folder).make();
          assert.equal(statSync(join(folder, 'rxray')).mode & 0o777, 0o700);
        } else assert.throws(() => at(folder).make());
      });
    });
  }

  test('of another user is refused', asRoot, async () => {
    await withFolder(async (folder) => {
      mkdirSync(join(folder, 'rxray'), { mode: 0o700 });
      chownSync(join(folder, 'rxray'), 4712, 4712);
      assert.throws(() => at(folder).make());
      assert.equal(at(folder).read('x'), undefined);
    });
  });

  test('a link where the file belongs is replaced, and what it leads to is left alone', async () => {
    await withFolder(async (folder) => {
      const own = at(folder);
      own.make();
      writeFileSync(join(folder, 'bashrc'), 'precious');
      symlinkSync(join(folder, 'bashrc'), join(own.path, 'probes-1.json'));
      own.write('probes-1.json', 'secret');
      assert.equal(readFileSync(join(folder, 'bashrc'), 'utf8'), 'precious');
      assert.equal(own.read('probes-1.json'), 'secret');
      assert.equal(statSync(join(own.path, 'probes-1.json')).mode & 0o777, 0o600);
      assert.deepEqual(readdirSync(own.path), ['probes-1.json']);
    });
  });

  test('a file that is a link, or that others may read or write, is not believed', async () => {
    await withFolder(async (folder) => {
      const own = at(folder);
      own.make();
      writeFileSync(join(own.path, 'open'), '{}');
      chmodSync(join(own.path, 'open'), 0o644);
      own.write('real', '{}');
      symlinkSync('real', join(own.path, 'link'));
      assert.deepEqual(
        ['open', 'link', 'real', 'none'].map((name) => own.read(name)),
        [undefined, undefined, '{}', undefined],
      );
    });
  });
});
