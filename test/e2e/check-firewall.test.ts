import assert from 'node:assert/strict';
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { NodeCheck } from '../../src/model/node-check.js';
import { needsRoot } from './lab-probing.js';
import { records, rxrayIn } from './rxray.js';

const NETNS = `rxray-firewall-${process.pid}`;
const RULES = 21_000;
const within = ['ip', 'netns', 'exec', NETNS];

/** Says of a check in the namespace what tells situations apart. */
async function said(name: string): Promise<string[]> {
  const { out } = await rxrayIn({ through: within }, 'check', '--json', '--only', name, '-i', '1s');
  return records<NodeCheck>(out, 'check').map(({ state, subject, detail }) => `${state} ${subject}: ${detail}`);
}

function restore(program: string): void {
  const rules = Array.from(
    { length: RULES },
    (_, i) => `-A MANY -d 10.0.${i >> 8}.${i & 255}/32 -p tcp --dport 80 -j ACCEPT`,
  );
  execFileSync(within[0] ?? '', [...within.slice(1), program], {
    input: ['*nat', ':MANY - [0:0]', ...rules, 'COMMIT', ''].join('\n'),
  });
}

suite('what check says of the firewall', { ...needsRoot, timeout: 60_000 }, () => {
  before(() => execFileSync('ip', ['netns', 'add', NETNS]));
  after(() => execFileSync('ip', ['netns', 'del', NETNS]));

  test('rules are counted in nftables and in the tables of the old iptables', async (t) => {
    assert.deepEqual(await said('firewall-rules'), ['ok IPv4: no rules', 'ok IPv6: no rules']);
    restore('iptables-nft-restore');
    const [ipv4, ipv6] = await said('firewall-rules');
    assert.match(ipv4 ?? '', /^notice IPv4: rules: 21000 in nftables; 21000 in chain MANY$/);
    assert.equal(ipv6, 'ok IPv6: no rules');
    execFileSync('ip', ['netns', 'exec', NETNS, 'iptables-nft', '-t', 'nat', '-F']);
    if (!existsSync('/usr/sbin/iptables-legacy-restore')) return t.diagnostic('the old iptables is not here');
    restore('iptables-legacy-restore');
    // Those of the chains that are always there, and of the end of each chain, count as well.
    assert.match((await said('firewall-rules'))[0] ?? '', /^notice IPv4: rules: 2100\d in nat$/);
  });

  test('who holds the lock of iptables, and that somebody waits for it', async (t) => {
    if (!existsSync('/usr/sbin/iptables-legacy')) return t.skip('the old iptables is not here');
    const folder = mkdtempSync(join(tmpdir(), 'rxray-lock-'));
    const file = join(folder, 'xtables.lock');
    const env = { ...process.env, XTABLES_LOCKFILE: file };
    const children: ChildProcess[] = [];
    try {
      children.push(spawn('flock', [file, 'sh', '-c', 'echo held; read end'], { stdio: ['pipe', 'pipe', 'inherit'] }));
      await once(children[0]?.stdout as NonNullable<ChildProcess['stdout']>, 'data');
      children.push(
        spawn('ip', [...within.slice(1), 'iptables-legacy', '-w', '30', '-L', '-n'], { env, stdio: 'ignore' }),
      );
      // Others on the machine may wait for a lock of theirs.
      const waits = new RegExp(`-> FLOCK .* ${children[1]?.pid} `);
      while (!waits.test(readFileSync('/proc/locks', 'utf8'))) await sleep(20);
      const [lock] = await said('firewall-changes');
      assert.match(
        lock ?? '',
        /^wrong : flock\[\d+\] held the lock of iptables for 1\.\d s at least, 1 waited; iptables-legacy\[\d+\] at work/,
      );
    } finally {
      const ended = children.map((child) => (child.exitCode === null ? once(child, 'close') : undefined));
      children[0]?.stdin?.end();
      children[1]?.kill();
      await Promise.all(ended);
      rmSync(folder, { recursive: true });
    }
  });
});
