import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { NodeAnswer } from '../../src/kernel/node-answer.js';
import type { NodeReader } from '../../src/kernel/node-reader.js';
import { ServerFollower } from '../../src/kernel/server-account.js';

const V1 =
  '30 1 0:26 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu\n31 1 0:27 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n';
const V2 = '30 1 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n';

interface Reading {
  readonly overflows: number;
  readonly waiting: number;
  readonly delayNs: number;
  readonly files: Readonly<Record<string, string>>;
}

/** Of two CPUs that count the same, in hexadecimal. */
function perCpu(names: string, [entries = 0, ...counts]: readonly number[]): string {
  const row = [entries, ...counts].map((count) => count.toString(16).padStart(8, '0')).join(' ');
  return `${names}\n${row}\n${row}\n`;
}

function card(name: string, round: number) {
  const counters = { rx_missed_errors: 100 + round * 5, rx_pause: round };
  return {
    ...{ interface: name, driver: 'igb', rxQueues: 4, threadedNapi: false, queues: [], deviceIrqCpus: null, rss: null },
    counters,
  };
}

/** A node that answers each round of readings with the next of what is given. */
class Node implements NodeReader {
  readonly place = 'a fake';
  readonly cpuNs = 0;
  round = 0;

  constructor(
    private readonly mounts: string,
    private readonly group: string,
    private readonly readings: readonly Reading[],
  ) {}

  async ask(orders: readonly string[]): Promise<NodeAnswer[]> {
    return orders.map((order) => {
      const [verb = '', path = ''] = order.split(' ');
      const now = this.readings[Math.min(this.round, this.readings.length - 1)] as Reading;
      if (verb === 'interface') return { kind: 'interface', path, json: JSON.stringify(card(path, this.round)) };
      if (verb === 'list' && path === '/sys/class/net/*/device')
        return { kind: 'name', path: '/sys/class/net/eth0/device' };
      if (verb === 'list') return { kind: 'name', path: '/proc/17/task/18' };
      if (verb === 'listener')
        return {
          kind: 'listener',
          path,
          json: JSON.stringify([{ waiting: now.waiting, limit: 128, process: 17, name: 'nginx' }]),
        };
      const text = {
        '/proc/net/netstat': `TcpExt: SyncookiesSent ListenOverflows ListenDrops TCPReqQFullDoCookies\nTcpExt: 0 ${now.overflows} 9 ${now.overflows}\nIpExt: InNoRoutes\nIpExt: 0\n`,
        '/proc/net/snmp': 'Ip: Forwarding\nIp: 1\nTcp: RetransSegs\nTcp: 5\n',
        '/proc/self/mountinfo': this.mounts,
        '/proc/17/cgroup': this.group,
        '/proc/17/schedstat': `1 ${now.delayNs} 1\n`,
        '/proc/17/task/18/stat': `18 (ngi) nx) ${this.round > 0 ? 'D' : 'S'} 1 1`,
        '/proc/net/stat/nf_conntrack': perCpu('entries insert_failed drop early_drop', [300, this.round * 8, 2, 0]),
        '/proc/net/stat/arp_cache': perCpu('entries table_fulls', [300, this.round * 3]),
        ...now.files,
      }[path];
      if (text === undefined) return { kind: 'fail', path, error: 'ENOENT' };
      return { kind: 'text', path, text, atNs: 0, wallNs: 0, cpuNs: 0, cut: false };
    });
  }

  async close(): Promise<void> {}
}

async function followed(node: Node) {
  const follower = new ServerFollower({ network: node, machine: node }, 8080);
  await follower.read();
  node.round = 1;
  return follower.read();
}

suite('what the kernel of a machine counts of its server', () => {
  const before = { overflows: 4, waiting: 3, delayNs: 1_000 };
  const after = { overflows: 11, waiting: 129, delayNs: 81_001_000 };

  test('cgroup v1: throttled time of the group and of those above it, in nanoseconds', async () => {
    const stat = (ns: number): string => `nr_periods 10\nnr_throttled 5\nthrottled_time ${ns}\n`;
    const node = new Node(V1, '4:cpu:/shop/web\n0::/x\n', [
      {
        ...before,
        files: { '/sys/fs/cgroup/cpu/shop/web/cpu.stat': stat(1_000_000), '/sys/fs/cgroup/cpu/shop/cpu.stat': stat(0) },
      },
      {
        ...after,
        files: {
          '/sys/fs/cgroup/cpu/shop/web/cpu.stat': stat(301_000_000),
          '/sys/fs/cgroup/cpu/shop/cpu.stat': stat(50_000_000),
        },
      },
    ]);
    assert.deepEqual(await followed(node), {
      server: { process: 17, name: 'nginx' },
      throttledNs: 350_000_000,
      overflows: 7,
      waiting: 129,
      limit: 128,
      retransmitted: 0,
      runDelayNs: 81_000_000,
      blocked: { readings: 1, of: 2 },
      counted: {
        synCookies: 7,
        conntrackNotInserted: 16,
        conntrackDropped: 0,
        conntrackEarlyDrops: 0,
        neighboursFull: 6,
        cardDrops: 5,
      },
    });
  });

  test('cgroup v2: throttled_usec is in microseconds', async () => {
    const files = (us: number) => ({ '/sys/fs/cgroup/web.scope/cpu.stat': `usage_usec 1\nthrottled_usec ${us}\n` });
    const node = new Node(V2, '0::/web.scope\n', [
      { ...before, files: files(10) },
      { ...after, files: files(90_010) },
    ]);
    assert.equal((await followed(node)).throttledNs, 90_000_000);
  });

  test('a server in the root group has no quota; one whose group is not seen is not known to have none', async () => {
    const root = new Node(V2, '0::/\n', [
      { ...before, files: {} },
      { ...after, files: {} },
    ]);
    assert.equal((await followed(root)).throttledNs, 0);
    const hidden = new Node(V2, '0::/../other\n', [
      { ...before, files: {} },
      { ...after, files: {} },
    ]);
    assert.equal((await followed(hidden)).throttledNs, undefined);
  });
});
