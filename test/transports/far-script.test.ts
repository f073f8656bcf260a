import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { FAR_COMMAND, keeperScript } from '../../src/transports/far/far-script.js';
import { sshWord } from '../../src/transports/far/ssh-transport.js';

test('the keeper ends helpers that are left, and not who has the number of one by now', async (t) => {
  const place = mkdtempSync(join(tmpdir(), 'rxray keeper '));
  const sleeping = () => spawn('sleep', ['60'], { stdio: 'ignore' });
  const [helper, other] = [sleeping(), sleeping()];
  const [command, ...words] = FAR_COMMAND;
  const keeper = spawn(command, words, { env: { ...process.env, TMPDIR: place }, stdio: ['pipe', 'pipe', 'inherit'] });
  t.after(() => {
    for (const child of [helper, other, keeper]) child.kill('SIGKILL');
    rmSync(place, { recursive: true, force: true });
  });
  keeper.stdin.write(keeperScript('0123456789abcdef', 60));
  const [said] = await once(keeper.stdout.setEncoding('utf8'), 'data');
  const folder = /ready (?:\S+ ){4}(.*)/.exec(String(said))?.[1] ?? '';
  assert.ok(folder.startsWith(place), `${said}`);
  const born = (pid = 0): string => readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/.*\) /, '').split(' ')[19] ?? '';
  for (const [number, { pid }, since] of [
    [8, helper, born(helper.pid)],
    [9, other, '1'],
  ] as const) {
    mkdirSync(join(folder, String(number)));
    writeFileSync(join(folder, String(number), 'pid'), `${pid}:${since}\n`);
  }
  const helperEnded = once(helper, 'exit');
  keeper.stdin.end();
  await once(keeper, 'exit');
  const [, signal] = await helperEnded;
  assert.equal(signal, 'SIGTERM');
  assert.deepEqual([other.exitCode, other.signalCode], [null, null]);
  assert.equal(existsSync(folder), false);
});

test('a path with blanks and percent signs is one word to ssh, as it stands', () => {
  const path = '/tmp/a b/100 %h/s';
  const told = execFileSync('ssh', ['-G', '-o', `ControlPath=${sshWord(path)}`, 'nowhere'], { encoding: 'utf8' });
  assert.match(told, /^controlpath \/tmp\/a b\/100 %%?h\/s$/m);
});
