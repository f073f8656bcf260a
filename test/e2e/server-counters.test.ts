import assert from 'node:assert/strict';
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { after, before, suite, test } from 'node:test';
import { HelperNodeReader } from '../../src/kernel/node-reader.js';
import { type ServerAccount, ServerFollower } from '../../src/kernel/server-account.js';
import { localTransport } from '../../src/transports/local/local-transport.js';
import { netnsTransport } from '../../src/transports/local/netns-transport.js';
import { groupsMissing, withGroup } from './control-groups.js';
import { needsRoot } from './lab-probing.js';

const NETNS = `rxray-counts-${process.pid}`;
const PORT = 8080;
const BACKLOG = 4;
/** Of version 1: a frozen process there is one that is blocked, as by a disk. */
const FREEZER = '/sys/fs/cgroup/freezer';

const SERVER = `require('node:net').createServer((socket) => socket.on('error', () => {}))
  .listen({ port: ${PORT}, host: '127.0.0.1', backlog: ${BACKLOG} }, () => console.log('ready'));`;
/** Connections that nobody may accept. */
const CONNECTS = `for (let i = 0; i < 20; i += 1) require('node:net').connect(${PORT}, '127.0.0.1').on('error', () => {});
  setTimeout(() => process.exit(), 300);`;
/** Two flows of which only one can have the one port that its address is translated to. */
const SAME_PORT = `for (let i = 0; i < 4; i += 1) require('node:dgram').createSocket('udp4').send('x', 9, '127.0.0.1', () => {});
  setTimeout(() => process.exit(), 200);`;

const within = (...words: string[]): string[] => ['netns', 'exec', NETNS, ...words];
const shell = (script: string): void => {
  execFileSync('ip', within('sh', '-e', '-c', script), { stdio: 'pipe' });
};
const run = (program: string): void => {
  execFileSync('ip', within(process.execPath, '-e', program), { stdio: 'pipe' });
};

/**
 * Each counter is made to count by the kernel of this machine. Those of which all namespaces have one are left alone: see
 * docs/limits.md.
 */
suite('what the kernel counts of a server, made to happen', { ...needsRoot }, () => {
  let server: ChildProcess;
  const readers: HelperNodeReader[] = [];

  before(async () => {
    execFileSync('ip', ['netns', 'add', NETNS]);
    shell('ip link set lo up');
    server = spawn('ip', within(process.execPath, '-e', SERVER), { stdio: ['ignore', 'pipe', 'inherit'] });
    if (server.stdout) await once(server.stdout, 'data');
    readers.push(new HelperNodeReader(netnsTransport(NETNS)), new HelperNodeReader(localTransport));
  });
  after(async () => {
    server.kill('SIGKILL');
    await Promise.all(readers.map((reader) => reader.close()));
    execFileSync('ip', ['netns', 'del', NETNS]);
  });

  /** What was counted while that happened. */
  async function counted(what: () => void | Promise<void>): Promise<ServerAccount> {
    const [network, machine] = readers as [HelperNodeReader, HelperNodeReader];
    const follower = new ServerFollower({ network, machine }, PORT);
    await follower.read();
    await what();
    return follower.read();
  }

  /** With the server standing still. */
  async function stopped(what: () => void): Promise<ServerAccount> {
    server.kill('SIGSTOP');
    try {
      return await counted(what);
    } finally {
      server.kill('SIGCONT');
    }
  }

  test('an accept queue that nobody empties', async () => {
    const { overflows = 0, waiting = 0, limit } = await stopped(() => run(CONNECTS));
    assert.ok(overflows > 0);
    assert.deepEqual([waiting, limit], [BACKLOG + 1, BACKLOG]);
  });

  test('a SYN queue that is full: cookies, and without them dropped SYNs', async () => {
    shell(`iptables -w -A INPUT -p tcp --sport ${PORT} --tcp-flags SYN,ACK SYN,ACK -j DROP`);
    const cookies = await counted(() => run(CONNECTS));
    assert.ok((cookies.counted.synCookies ?? 0) > 0, JSON.stringify(cookies));
    const dropped = await counted(() => {
      shell('echo 0 > /proc/sys/net/ipv4/tcp_syncookies');
      run(CONNECTS);
      shell(`echo 1 > /proc/sys/net/ipv4/tcp_syncookies; iptables -w -F INPUT`);
    });
    assert.ok((dropped.counted.synQueueDrops ?? 0) > 0, JSON.stringify(dropped));
  });

  test('a connection that cannot be entered into connection tracking', async () => {
    const account = await counted(() => {
      shell('iptables -w -t nat -A POSTROUTING -p udp --dport 9 -j SNAT --to-source 127.0.0.1:5000');
      run(SAME_PORT);
    });
    assert.ok((account.counted.conntrackNotInserted ?? 0) > 0, JSON.stringify(account));
  });

  test('a server that is blocked', { skip: groupsMissing(FREEZER) }, async () => {
    await withGroup(FREEZER, async (group) => {
      writeFileSync(`${group}/cgroup.procs`, String(server.pid));
      const account = await counted(() => writeFileSync(`${group}/freezer.state`, 'FROZEN'));
      writeFileSync(`${group}/freezer.state`, 'THAWED');
      writeFileSync(`${FREEZER}/cgroup.procs`, String(server.pid));
      assert.deepEqual(account.blocked, { readings: 1, of: 2 });
      assert.deepEqual(account.server, { process: server.pid, name: 'node', workers: [] });
    });
  });
});
