import assert from 'node:assert/strict';
import {
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { checkOutputs } from '../../src/commands/terminal/check-output.js';
import { withOutput } from '../../src/commands/terminal/output.js';
import { CodedError } from '../../src/model/errors.js';
import { withFolder } from '../recording/temporary-folder.js';
import { fakeIo } from './fake-io.js';

describe('results appear whole or not at all', () => {
  test('under their name only when all is written, with the mode of what was there', async () => {
    await withFolder(async (folder) => {
      const file = join(folder, 'run.ndjson');
      writeFileSync(file, 'before\n', { mode: 0o600 });
      await withOutput({ output: file }, fakeIo().io, async (output) => {
        await output.write('first\n');
        assert.equal(readFileSync(file, 'utf8'), 'before\n');
        await output.write(Buffer.from('second\n'));
      });
      assert.equal(readFileSync(file, 'utf8'), 'first\nsecond\n');
      assert.equal(statSync(file).mode & 0o777, 0o600);
      assert.deepEqual(readdirSync(folder), ['run.ndjson']);
    });
  });

  test('of a run that failed: what was there before stays, what there was is kept beside it and told', async () => {
    await withFolder(async (folder) => {
      const file = join(folder, 'run.txt');
      writeFileSync(file, 'before\n');
      const { io, err } = fakeIo();
      const failing = withOutput({ output: file }, io, async (output) => {
        await output.write('half');
        throw new CodedError('E_HELPER', 'the prober died', 'see why');
      });
      await assert.rejects(failing, { code: 'E_HELPER' });
      assert.equal(readFileSync(file, 'utf8'), 'before\n');
      const [part = ''] = readdirSync(folder).filter((name) => name !== 'run.txt');
      assert.match(part, /^run\.txt\.[0-9a-f]{8}\.part$/);
      assert.equal(readFileSync(join(folder, part), 'utf8'), 'half');
      assert.match(err(), new RegExp(`run\\.txt was not finished: what there was is in .*${part}`));
    });
  });

  test('nothing at all of a run that failed before it had anything to say', async () => {
    await withFolder(async (folder) => {
      const failing = withOutput({ output: join(folder, 'x') }, fakeIo().io, async () => {
        throw new Error('at once');
      });
      await assert.rejects(failing, /at once/);
      assert.deepEqual(readdirSync(folder), []);
    });
  });

  test('through a link: the file behind it is replaced, the link stays', async () => {
    await withFolder(async (folder) => {
      mkdirSync(join(folder, 'far'));
      writeFileSync(join(folder, 'far', 'real'), 'before');
      symlinkSync('far/real', join(folder, 'link'));
      await withOutput({ output: join(folder, 'link') }, fakeIo().io, (output) => output.write('after'));
      assert.equal(readFileSync(join(folder, 'far', 'real'), 'utf8'), 'after');
      assert.deepEqual(readdirSync(folder).sort(), ['far', 'link']);
    });
  });

  test('writes of several vantages at once do not mix', async () => {
    await withFolder(async (folder) => {
      const file = join(folder, 'x');
      const lines = Array.from({ length: 50 }, (_, index) => `${String(index).repeat(2_000)}\n`);
      await withOutput({ output: file }, fakeIo().io, async (output) => {
        await Promise.all(lines.map((line) => output.write(line)));
      });
      assert.equal(readFileSync(file, 'utf8'), lines.join(''));
    });
  });

  test('a device is written to as results come, and a full one is E_OUTPUT with status 4', async () => {
    await withOutput({ output: '/dev/null' }, fakeIo().io, (output) => output.write('x'));
    assert.ok(statSync('/dev/null').isCharacterDevice());
    const full = withOutput({ output: '/dev/full' }, fakeIo().io, (output) => output.write('x'));
    await assert.rejects(full, { code: 'E_OUTPUT', exitCode: 4 });
  });

  test('a folder that is not there is E_OUTPUT with status 4', async () => {
    const nowhere = withOutput({ output: '/nonexistent/folder/x' }, fakeIo().io, (output) => output.write('x'));
    await assert.rejects(nowhere, { code: 'E_OUTPUT', exitCode: 4 });
  });

  test('- is standard output, and what acts on a terminal is taken out of it and of files', async () => {
    await withFolder(async (folder) => {
      const { io, out } = fakeIo();
      await withOutput({ output: '-' }, io, (output) => output.write('a\u001b[31m\n'));
      assert.equal(out(), 'a\\u001b[31m\n');
      assert.equal(existsSync('-'), false);
      const file = join(folder, 'x');
      await withOutput({ output: file }, io, (output) => output.write('a\u001b[31m\n'));
      assert.equal(readFileSync(file, 'utf8'), 'a\\u001b[31m\n');
    });
  });
});

describe('no output goes over an input', () => {
  const recording = 'the recording that is read';

  for (const [what, prepare, output, refused] of [
    ['the same name', () => {}, 'run.rxr', true],
    ['the same name by another way', () => {}, 'sub/../run.rxr', true],
    ['a symbolic link to it', (at: string) => symlinkSync('run.rxr', join(at, 'link')), 'link', true],
    ['a hard link to it', (at: string) => linkSync(join(at, 'run.rxr'), join(at, 'hard')), 'hard', true],
    [
      'a link to a link through a folder that is a link',
      (at: string) => {
        symlinkSync('.', join(at, 'here'));
        symlinkSync('here/run.rxr', join(at, 'twice'));
      },
      'here/twice',
      true,
    ],
    ['another file', () => {}, 'other.txt', false],
    ['a file of the same content', (at: string) => writeFileSync(join(at, 'copy'), 'content'), 'copy', false],
  ] as const) {
    test(`${what} is ${refused ? 'refused with status 2' : 'fine'}`, async () => {
      await withFolder(async (folder) => {
        mkdirSync(join(folder, 'sub'));
        writeFileSync(join(folder, 'run.rxr'), 'content');
        prepare(folder);
        const place = {
          output: join(folder, output),
          inputs: [{ path: join(folder, 'run.rxr'), what: recording }],
        };
        const writing = withOutput(place, fakeIo().io, (to) => to.write('results'));
        if (refused) await assert.rejects(writing, { code: 'E_OUTPUT', exitCode: 2 });
        else await writing;
        assert.equal(readFileSync(join(folder, 'run.rxr'), 'utf8'), 'content');
      });
    });
  }

  for (const [what, one, other, refused] of [
    ['two files that have yet to be made', { path: 'a' }, { path: 'b' }, false],
    ['one file that has yet to be made, twice', { path: 'a' }, { path: './a' }, true],
    ['a recording and one of its parts to be', { path: 'run.0002.rxr' }, { path: 'run.rxr', rotates: true }, true],
    ['a recording and a file of like name', { path: 'run.2.rxr' }, { path: 'run.rxr', rotates: true }, false],
    ['what is not given', { path: undefined }, { path: undefined }, false],
    ['a device, twice', { path: '/dev/null' }, { path: '/dev/null' }, false],
  ] as const) {
    test(`${what}: ${refused ? 'refused' : 'fine'}`, async () => {
      await withFolder(async (folder) => {
        const at = (file: { readonly path: string | undefined; readonly rotates?: boolean }) => ({
          ...file,
          path: file.path === undefined || file.path.startsWith('/') ? file.path : join(folder, file.path),
          what: 'x',
        });
        const check = (): void => checkOutputs([at(one)], [at(other)]);
        if (refused) assert.throws(check, { code: 'E_OUTPUT', exitCode: 2 });
        else check();
      });
    });
  }
});
