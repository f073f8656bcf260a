import assert from 'node:assert/strict';
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { after, before, suite, test } from 'node:test';
import { HelperNodeReader } from '../../src/kernel/node-reader.js';
import { type ServerAccount, ServerFollower } from '../../src/kernel/server-account.js';
import { localTransport } from '../../src/transports/local/local-transport.js';
import { netnsTransport } from '../../src/transports/local/netns-transport.js';
import { groupsMissing, withGroup } from './control-groups.js';
import { needsRoot } from './lab-probing.js';
import { records, rxrayIn } from './rxray.js';

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

/** Sends to so many ports behind an interface that nobody listens to. */
const FLOWS = `const { createSocket } = require('node:dgram');
  const socket = createSocket('udp4');
  const sent = (flow) => new Promise((done) => socket.send('x', 1 + flow % 60000, '10.9.1.' + (1 + Math.floor(flow / 60000)), done));
  (async () => {
    for (let flow = 0; flow < Number(process.env.FLOWS); flow += 1000)
      await Promise.all(Array.from({ length: 1000 }, (_, index) => sent(flow + index)));
    socket.close();
  })();`;
const CONNTRACK_MAX = '/proc/sys/net/netfilter/nf_conntrack_max';
/** That many flows take some seconds; a machine that has room for more is left alone. */
const MOST_FLOWS = 600_000;
const NEIGHBOURS = 1_100;
const NEIGHBOURS_MAX = '/proc/sys/net/ipv6/neigh/default/gc_thresh3';

const within = (...words: string[]): string[] => ['netns', 'exec', NETNS, ...words];
const shell = (script: string): void => {
  execFileSync('ip', within('sh', '-e', '-c', script), { stdio: 'pipe' });
};
const run = (program: string): void => {
  execFileSync('ip', within(process.execPath, '-e', program), { stdio: 'pipe' });
};

/** States that `rxray check` gives, in its order. */
async function checked(name: string, ...through: string[]): Promise<string[]> {
  const { out } = await rxrayIn({ through }, 'check', '--only', name, '-i', '50ms', '--json');
  return records<{ state: string }>(out, 'check').map(({ state }) => state);
}

/**
 * Each counter is made to count by the kernel of this machine. Where all namespaces have one limit or table, it is filled
 * for a moment and emptied with the namespace; those that only a setting of the whole machine would move, or a card, are
 * left alone: see docs/limits.md.
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
    assert.ok((account.counted.conntrackDropped ?? 0) > 0, JSON.stringify(account));
  });

  test('a table of connection tracking that is full: others are pushed out, and check says so', async (t) => {
    const most = existsSync(CONNTRACK_MAX) ? Number(readFileSync(CONNTRACK_MAX, 'utf8')) : 0;
    assert.ok(most > 0, 'connection tracking is loaded by the test before');
    if (most > MOST_FLOWS) return t.skip(`this machine tracks ${most} connections`);
    shell(`ip link add name ways type veth peer name out; ip address add 10.9.0.1/16 dev ways
      ip link set dev ways arp off; ip link set dev ways up; ip link set dev out up`);
    const account = await counted(() => {
      execFileSync('ip', within('env', `FLOWS=${most + 4_000}`, process.execPath, '-e', FLOWS), { stdio: 'pipe' });
    });
    assert.ok((account.counted.conntrackEarlyDrops ?? 0) > 1_000, JSON.stringify(account));
    assert.deepEqual(await checked('conntrack-fill', 'ip', ...within()), ['wrong']);
  });

  test('a table of neighbours that is full, and check says so', async (t) => {
    const most = existsSync(NEIGHBOURS_MAX) ? Number(readFileSync(NEIGHBOURS_MAX, 'utf8')) : 0;
    if (most === 0 || most >= NEIGHBOURS) return t.skip(`this machine has room for ${most} neighbours`);
    const added = Array.from(
      { length: NEIGHBOURS },
      (_, index) => `neigh add fd00:9::${index + 1} lladdr 02:00:00:00:00:01 nud stale dev near`,
    );
    shell('ip link add name near type veth peer name far; ip link set dev near up; ip link set dev far up');
    // Only the namespace of the machine shows what was counted.
    const [, machine] = readers as [HelperNodeReader, HelperNodeReader];
    const follower = new ServerFollower({ network: machine, machine }, PORT);
    await follower.read();
    try {
      assert.throws(
        () => execFileSync('ip', ['-netns', NETNS, '-batch', '-'], { input: added.join('\n'), stdio: 'pipe' }),
        /No buffer space/,
      );
      const { counted: counts } = await follower.read();
      assert.ok((counts.neighboursFull ?? 0) > 0, JSON.stringify(counts));
      assert.deepEqual(await checked('neighbour-table'), ['ok', 'wrong']);
    } finally {
      shell('ip link del dev near');
    }
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
