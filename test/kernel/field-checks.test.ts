import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ALL_CHECKS } from '../../src/kernel/checks/all-checks.js';
import { checkOf, type FakeNodeOptions, saidBy } from './fake-node.js';

const NETSTAT = '/proc/net/netstat';
const SNMP = '/proc/net/snmp';

const pairs = (group: string, values: Readonly<Record<string, number>>): string =>
  `${group}: ${Object.keys(values).join(' ')}\n${group}: ${Object.values(values).join(' ')}\n`;
/** Counters of TcpExt and Tcp, before and after. */
function tcp(
  before: Readonly<Record<string, number>>,
  after: Readonly<Record<string, number>>,
): NonNullable<FakeNodeOptions['files']> {
  const own = new Set(['OutSegs', 'RetransSegs']);
  const part = (values: Readonly<Record<string, number>>, ofTcp: boolean): Record<string, number> =>
    Object.fromEntries(Object.entries(values).filter(([name]) => own.has(name) === ofTcp));
  return {
    [NETSTAT]: [pairs('TcpExt', part(before, false)), pairs('TcpExt', part(after, false))],
    [SNMP]: [pairs('Tcp', part(before, true)), pairs('Tcp', part(after, true))],
  };
}

const state = async (name: string, options: FakeNodeOptions): Promise<string[]> =>
  (await checkOf(name, options)).map((result) => `${result.state}${result.subject === '' ? '' : ` ${result.subject}`}`);

describe('what reports from the field turned out to be, as checks', () => {
  const none = { ListenOverflows: 5, ListenDrops: 5, TCPReqQFullDrop: 0, TCPReqQFullDoCookies: 0 };
  const quiet = { OutSegs: 0, RetransSegs: 0 };

  it('an accept queue that was full in the interval is wrong; one long ago is told and fine', async () => {
    assert.deepEqual(
      await state('listen-queue', { files: tcp({ ...none, ...quiet }, { ...none, ListenOverflows: 9, ...quiet }) }),
      ['wrong'],
    );
    assert.deepEqual(await saidBy('listen-queue', { files: tcp({ ...none, ...quiet }, { ...none, ...quiet }) }), [
      'ok 0 connections found an accept queue full, 0 a SYN queue, 0 got SYN cookies in 2.0 s; 5 overflows since the start',
    ]);
    assert.deepEqual(
      await state('listen-queue', {
        files: tcp({ ...none, ...quiet }, { ...none, TCPReqQFullDoCookies: 3, ...quiet }),
      }),
      ['notice'],
    );
  });

  it('retransmissions count from one in a hundred of enough segments, or by time-outs', async () => {
    const of = (OutSegs: number, RetransSegs: number, TCPTimeouts = 0) =>
      state('tcp-retransmissions', {
        files: tcp(
          { ...quiet, TCPTimeouts: 0, TCPSynRetrans: 0 },
          { OutSegs, RetransSegs, TCPTimeouts, TCPSynRetrans: 1 },
        ),
      });
    assert.deepEqual(await of(10_000, 150), ['notice']);
    assert.deepEqual(await of(10_000, 50), ['ok']);
    assert.deepEqual(await of(20, 5), ['ok']);
    assert.deepEqual(await of(20, 5, 6), ['notice']);
  });

  it('memory of TCP: above the pressure mark is wrong, near it a notice', async () => {
    const of = (pages: number) =>
      state('tcp-memory', {
        files: {
          ...tcp({ ...quiet, TCPAbortOnMemory: 0 }, { ...quiet, TCPAbortOnMemory: 0 }),
          '/proc/net/sockstat': `sockets: used 9\nTCP: inuse 4 orphan 0 tw 0 alloc 5 mem ${pages}\n`,
          '/proc/sys/net/ipv4/tcp_mem': '100\t200\t300\n',
        },
      });
    assert.deepEqual([await of(20), await of(180), await of(250)], [['ok'], ['notice'], ['wrong']]);
  });

  it('neighbours: found full, or as many as may be', async () => {
    const of = (entries: number, fulls: number) => {
      const head = 'entries  allocs destroys table_fulls\n';
      const line = (count: number): string => `${entries.toString(16)} 0 0 ${count.toString(16)}\n`;
      return state('neighbour-table', {
        files: {
          '/proc/net/stat/arp_cache': [head + line(2) + line(0), head + line(2 + fulls) + line(0)],
          '/proc/sys/net/ipv4/neigh/default/gc_thresh3': '1024\n',
        },
      });
    };
    assert.deepEqual(
      [await of(100, 0), await of(900, 0), await of(100, 3), await of(1024, 0)],
      [['ok IPv4'], ['notice IPv4'], ['wrong IPv4'], ['wrong IPv4']],
    );
  });

  it('IPVS: reuse of client ports before 5.9, and estimators of very many services before 6.2', async () => {
    const of = (release: string, mode: string, services = 0) =>
      state('ipvs-modes', {
        files: {
          '/proc/sys/kernel/osrelease': `${release}\n`,
          '/proc/sys/net/ipv4/vs/conn_reuse_mode': `${mode}\n`,
          '/proc/net/ip_vs': `IP Virtual Server version 1.2.1\n${'TCP  0A600001:0050 rr\n'.repeat(services)}`,
        },
      });
    assert.deepEqual(await of('5.4.0-42-generic', '1'), ['wrong conn_reuse_mode']);
    assert.deepEqual(await of('5.10.0', '1'), ['ok']);
    assert.deepEqual(await of('5.10.0', '0', 6_000), ['notice run_estimation']);
    assert.deepEqual(await of('6.6.0', '0', 6_000), ['ok']);
    assert.deepEqual(await saidBy('ipvs-modes', {}), ['unknown IPVS is not loaded here']);
  });

  it('rules of the firewall: very many in a table or in a chain, of both kinds', async () => {
    const none = { rules: 0, complete: true, longest: 0, chain: '' };
    const of = async (ipv4: object) => {
      const ipv6 = { tables: {}, nftables: none, atWork: [] };
      const said = await saidBy('firewall-rules', {
        rules: { ipv4: { tables: {}, nftables: none, atWork: [], ...ipv4 }, ipv6 },
      });
      assert.equal(said[1], 'ok IPv6: no rules');
      return said[0];
    };
    const nftables = (rules: number, longest: number, complete = true) => ({
      nftables: { rules, complete, longest, chain: 'KUBE-SERVICES' },
    });
    assert.equal(await of({ tables: { nat: 12, filter: 40 } }), 'ok IPv4: rules: 12 in nat, 40 in filter');
    assert.equal(await of({ tables: { nat: 30_000 } }), 'notice IPv4: rules: 30000 in nat');
    assert.equal(await of({ tables: { nat: 164_757 } }), 'wrong IPv4: rules: 164757 in nat');
    assert.equal(await of(nftables(900, 300)), 'ok IPv4: rules: 900 in nftables');
    assert.equal(
      await of(nftables(12_000, 6_000)),
      'notice IPv4: rules: 12000 in nftables; 6000 in chain KUBE-SERVICES',
    );
    assert.equal(await of(nftables(60_000, 400, false)), 'notice IPv4: rules: more than 60000 in nftables');
    assert.deepEqual(
      await saidBy('firewall-rules', { rules: { ipv4: { tables: null, nftables: null, atWork: [] } } }),
      [
        'unknown IPv4: the kernel does not say without CAP_NET_ADMIN',
        'unknown IPv6: the kernel does not say without CAP_NET_ADMIN',
      ],
    );
  });

  it('changes of rules: who holds the lock of iptables, who waits, and how long it takes', async () => {
    const held = (process: number) => `1: FLOCK  ADVISORY  WRITE ${process} 00:19:1053 0 EOF\n`;
    const waits = (process: number) => `1: -> FLOCK  ADVISORY  WRITE ${process} 00:19:1053 0 EOF\n`;
    const other = '2: FLOCK  ADVISORY  WRITE 77 00:19:9999 0 EOF\n3: POSIX  ADVISORY  READ 78 08:01:4 0 EOF\n';
    const at = (process: number, ageS: number) => ({
      tables: {},
      nftables: null,
      atWork: [{ process, name: 'iptables-restor', ageNs: ageS * 1e9 }],
    });
    const idle = { tables: {}, nftables: null, atWork: [] };
    const of = (locks: readonly [string, string], ipv4: object | readonly [object, object]) =>
      saidBy('firewall-changes', {
        files: {
          '/proc/locks': locks,
          '/proc/10/comm': 'kube-proxy\n',
          '/proc/11/comm': 'iptables-restor\n',
          '/proc/77/comm': 'dpkg\n',
        },
        rules: { ipv4 },
      });
    assert.deepEqual(await of([other, other], idle), ['ok nobody held the lock of iptables']);
    assert.deepEqual(await of([other + held(11), other], [at(11, 0.02), idle]), [
      'ok iptables-restor[11] held the lock of iptables, 0 waited; iptables-restor[11] at work for 0.0 s',
    ]);
    assert.deepEqual(await of([held(11), held(11)], [at(11, 4), at(11, 6)]), [
      'notice iptables-restor[11] held the lock of iptables for 2.0 s at least, 0 waited; iptables-restor[11] at work for 6.0 s',
    ]);
    // Whoever waits tells which file it is, whatever the holder is called.
    assert.deepEqual(await of([held(10) + waits(11), held(10) + waits(11)], [at(11, 1), at(11, 3)]), [
      'wrong kube-proxy[10] held the lock of iptables for 2.0 s at least, 1 waited; iptables-restor[11] at work for 3.0 s',
    ]);
    // nftables has no such lock.
    assert.deepEqual(await of(['', ''], [at(11, 2), at(11, 4)]), [
      'notice nobody held the lock of iptables; iptables-restor[11] at work for 4.0 s',
    ]);
  });

  it('idle states: the deepest that is allowed', async () => {
    const of = (disabled: string) => {
      const base = '/sys/devices/system/cpu/cpu0/cpuidle';
      return saidBy('idle-states', {
        files: {
          [`${base}/state0`]: '',
          [`${base}/state1`]: '',
          [`${base}/state0/name`]: 'POLL\n',
          [`${base}/state0/latency`]: '0\n',
          [`${base}/state0/disable`]: '0\n',
          [`${base}/state1/name`]: 'C6\n',
          [`${base}/state1/latency`]: '890\n',
          [`${base}/state1/disable`]: `${disabled}\n`,
        },
      });
    };
    assert.deepEqual(await of('0'), ['notice C6: 890 µs to leave, the deepest of 2 allowed']);
    assert.deepEqual(await of('1'), ['ok POLL: 0 µs to leave, the deepest of 1 allowed']);
  });

  it('compaction by whoever allocates', async () => {
    const of = (stalls: number) =>
      state('memory-compaction', {
        files: {
          '/proc/vmstat': [
            'compact_stall 4\nallocstall_normal 1\n',
            `compact_stall ${4 + stalls}\nallocstall_normal 1\n`,
          ],
        },
      });
    assert.deepEqual([await of(0), await of(40)], [['ok'], ['notice']]);
  });

  it('cards: counters that a driver has by other names, and cards that count nothing', async () => {
    const card = (counters: Readonly<Record<string, number>>) => ({
      interface: 'eth0',
      driver: 'ena',
      rxQueues: 1,
      threadedNapi: false,
      queues: [],
      deviceIrqCpus: null,
      rss: null,
      counters,
    });
    const options = (counters: Readonly<Record<string, number>>, later = counters): FakeNodeOptions => ({
      files: { '/sys/class/net/eth0': '', '/sys/class/net/eth0/device': '' },
      interfaces: { eth0: [card(counters), card(later)] },
    });
    const counters = { rx_missed_errors: 4, pps_allowance_exceeded: 2, rx_pause: 0 };
    assert.deepEqual(await saidBy('ring-overruns', options(counters)), [
      'ok eth0: none in the interval, 4 since the start',
    ]);
    assert.deepEqual(await saidBy('cloud-allowances', options(counters)), [
      'ok eth0: none in the interval, 2 since the start',
    ]);
    const later = { rx_missed_errors: 9, pps_allowance_exceeded: 5, rx_pause: 7 };
    assert.deepEqual(
      await Promise.all(
        ['ring-overruns', 'cloud-allowances', 'pause-frames'].map((name) => saidBy(name, options(counters, later))),
      ),
      [['wrong eth0: rx_missed_errors 5'], ['wrong eth0: pps_allowance_exceeded 3'], ['notice eth0: rx_pause 7']],
    );
    assert.deepEqual(await saidBy('cloud-allowances', options({})), ['unknown eth0: not a card with such limits']);
    assert.deepEqual(await saidBy('pause-frames', options({ rx_bytes: 1 })), ['unknown eth0: its driver counts none']);
  });

  it('living groups: tens of thousands are a notice, hundreds of thousands wrong', async () => {
    const of = (live: number) =>
      state('live-groups', {
        files: {
          '/proc/self/mountinfo': '29 24 0:26 / /sys/fs/cgroup rw shared:4 - cgroup2 cgroup2 rw\n',
          '/sys/fs/cgroup/cgroup.stat': `nr_descendants ${live}\nnr_subsys_memory ${live}\nnr_dying_descendants 0\nnr_dying_subsys_memory 0\n`,
        },
        trees: { '/sys/fs/cgroup': {} },
      });
    assert.deepEqual([await of(500), await of(30_000), await of(182_000)], [['ok'], ['notice'], ['wrong']]);
  });

  it('whatever is wrong says what to do about it, and where that is known from', async () => {
    const insert = 'entries insert_failed drop early_drop\n1 0 0 0\n';
    const [said] = await checkOf('conntrack-insert', {
      files: { '/proc/net/stat/nf_conntrack': [insert, insert.replace('1 0 0 0', '1 9 0 0')] },
    });
    assert.match(said?.remedy ?? '', /--random-fully/);
    for (const { name, threshold, source } of ALL_CHECKS)
      assert.ok(threshold.length > 0 && source.length > 0, `${name} has no threshold or source`);
  });

  const KERNELS: readonly (readonly [release: string, state: string])[] = [
    ['5.4.40-generic', 'notice flannel.1'],
    ['5.4.41-generic', 'ok flannel.1'],
    ['4.18.0-193.el8', 'notice flannel.1'],
    ['5.10.0', 'ok flannel.1'],
  ];
  for (const [release, expected] of KERNELS) {
    it(`checksums in VXLAN on ${release}`, async () => {
      const interfaces = {
        'flannel.1': {
          interface: 'flannel.1',
          driver: 'vxlan',
          rxQueues: 1,
          threadedNapi: null,
          queues: [],
          deviceIrqCpus: null,
          rss: null,
          offloads: { txChecksum: true },
        },
      };
      const files = { '/sys/class/net/flannel.1': '', '/proc/sys/kernel/osrelease': `${release}\n` };
      assert.deepEqual(await state('tunnel-checksums', { files, interfaces }), [expected]);
    });
  }
});
