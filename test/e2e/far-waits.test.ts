import assert from 'node:assert/strict';
import { chmodSync, readlinkSync, realpathSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { withFolder } from '../recording/temporary-folder.js';
import { processes } from '../transports/process-list.js';
import { needsRoot } from './lab-probing.js';
import { startRxrayIn } from './rxray.js';

/** Two vantages that probe loopback: one here, one behind a program called ssh. */
const HOSTS = `vantages:
  here: { transport: local }
  far: { transport: ssh, host: ops@far-node }
targets:
  node: { kind: node, address: 127.0.0.2 }
paths:
  - { from: here, to: node, probe: icmp }
  - { from: far, to: node, probe: icmp }
`;

/** The same, where the key of the card of the node is asked for over there before anything is sent. */
const ASKED = `vantages:
  here: { transport: local }
  far: { transport: ssh, host: ops@far-node }
targets:
  node: { kind: node, address: 127.0.0.2, port: 9876, vantage: far }
  other: { kind: node, address: 127.0.0.3 }
paths:
  - { from: here, to: node, probe: icmp }
  - { from: here, to: node, probe: syn }
  - { from: far, to: other, probe: icmp }
`;

/** What a login shell over there may do: the last word of ssh is what is to be run there. */
const SHELLS = {
  'hangs at once': 'exec sleep 300',
  'answers once, and then hangs': `case "$*" in (*ControlMaster=yes*) for last do :; done; exec sh -c "$last";; esac; exec sleep 300`,
} as const;

async function withFarShell(
  shell: string,
  work: (start: (...args: string[]) => ReturnType<typeof startRxrayIn>, folder: string) => Promise<void>,
  hosts = HOSTS,
) {
  await withFolder(async (folder) => {
    writeFileSync(join(folder, 'ssh'), `#!/bin/sh\n${shell}\n`);
    chmodSync(join(folder, 'ssh'), 0o755);
    writeFileSync(join(folder, 'hosts.yaml'), hosts);
    const env = { ...process.env, PATH: `${folder}:${process.env.PATH}`, TMPDIR: folder };
    await work((...args) => startRxrayIn({ env, cwd: folder }, ...args), folder);
  });
}

/** Whether a process has that working directory: of rxray in these tests, and of what it starts. */
function isIn(pid: number, folder: string): boolean {
  try {
    return readlinkSync(`/proc/${pid}/cwd`) === realpathSync(folder);
  } catch {
    return false;
  }
}

/** What asking for a card may add, where nobody answers: the grace of half a second, and a watcher that is given up. */
const MOST_FOR_ASKING_S = 4;

/** A bisection of 5 s to its end, with a verdict. */
async function fiveSeconds(
  start: (...args: string[]) => ReturnType<typeof startRxrayIn>,
  t: TestContext,
): Promise<{ readonly seconds: number; readonly err: string }> {
  const since = performance.now();
  const { ended } = start('bisect', '--hosts', 'hosts.yaml', '-d', '5s', '--no-trace');
  const { status, out, err } = await ended;
  const seconds = (performance.now() - since) / 1_000;
  t.diagnostic(`ended after ${seconds.toFixed(1)} s`);
  assert.ok(seconds < 30, `${seconds} s: ${err}`);
  assert.match(out, /VERDICT/);
  assert.ok(status === 0 || status === 3, `${status}`);
  return { seconds, err };
}

describe('a shell over there that hangs', () => {
  for (const [what, shell] of Object.entries(SHELLS)) {
    let plainSeconds = Number.NaN;

    test(
      `${what}: a run of 5 s ends in about its time, names the vantage, and goes on with the others`,
      needsRoot,
      async (t) => {
        await withFarShell(shell, async (start) => {
          const { seconds, err } = await fiveSeconds(start, t);
          plainSeconds = seconds;
          assert.match(err, /far is out: .*far-node.*does not answer|far is out: .*no answer/);
        });
      },
    );

    test(`${what}, where its card is asked for: as soon`, needsRoot, async (t) => {
      await withFarShell(
        shell,
        async (start) => {
          const { seconds, err } = await fiveSeconds(start, t);
          assert.ok(seconds < plainSeconds + MOST_FOR_ASKING_S, `${seconds} s, ${plainSeconds} without`);
          assert.doesNotMatch(err, /by the key of/);
        },
        ASKED,
      );
    });

    test(`${what}: Ctrl-C while it is waited for ends the run`, needsRoot, async (t) => {
      await withFarShell(shell, async (start) => {
        const { child, ended } = start('bisect', '--hosts', 'hosts.yaml', '--no-trace');
        await sleep(5_000);
        assert.equal(child.exitCode, null);
        const since = performance.now();
        child.kill('SIGINT');
        await ended;
        const seconds = (performance.now() - since) / 1_000;
        t.diagnostic(`ended after ${seconds.toFixed(1)} s`);
        assert.ok(seconds < 10, `${seconds} s`);
      });
    });
  }

  test('a second Ctrl-C ends the run at once, whatever is waited for', needsRoot, async () => {
    await withFarShell(SHELLS['hangs at once'], async (start, folder) => {
      const { child, ended } = start('trace', 'stall', '--ssh', 'ops@far-node');
      const hanging = () => processes().filter(({ pid }) => isIn(pid, folder)).length;
      await sleep(3_000);
      assert.ok(hanging() > 1, 'rxray, and the ssh that hangs');
      child.kill('SIGINT');
      await sleep(300);
      const since = performance.now();
      child.kill('SIGINT');
      await ended;
      assert.ok(performance.now() - since < 2_000);
      await sleep(200);
      assert.equal(hanging(), 0, 'and nothing that hangs outlives it');
    });
  });
});
