import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { checkOf, saidBy } from './fake-node.js';

const ONLINE = '/sys/devices/system/cpu/online';
const SOFTNET = '/proc/net/softnet_stat';

/** A line of softnet_stat: processed, dropped, time_squeeze, flow limit, and the columns after it. */
function line(dropped: number, squeezed: number, flowLimit: number | undefined, ...last: number[]): string {
  const limit = flowLimit === undefined ? [] : [flowLimit];
  const columns = [4096, dropped, squeezed, 0, 0, 0, 0, 0, 0, 0, ...limit, ...last];
  return `${columns.map((column) => column.toString(16).padStart(8, '0')).join(' ')}\n`;
}

describe('softnet counters, by the kernels that wrote them', () => {
  it('15 columns (6.8 and later): the 13th is the CPU', async () => {
    const files = {
      [ONLINE]: '0-1\n',
      [SOFTNET]: [
        line(0, 3, 0, 0, 0, 0, 0) + line(7, 1, 0, 0, 1, 0, 0),
        line(0, 3, 0, 0, 0, 0, 0) + line(12, 1, 0, 0, 1, 0, 0),
      ],
    } as const;
    assert.deepEqual(await saidBy('softnet-drops', { files }), ['wrong CPU 1: 5 packets dropped in 2.0 s']);
    assert.deepEqual(await saidBy('softnet-squeeze', { files }), ['ok none in 2.0 s on each of 2 CPUs']);
  });

  it('13 columns (5.10): lines of offline CPUs are missing, so the second line is CPU 3', async () => {
    const text = (dropped: number) => line(0, 0, 0, 0, 0) + line(dropped, 0, 0, 0, 3);
    const files = { [ONLINE]: '0,3\n', [SOFTNET]: [text(0), text(40)] } as const;
    assert.deepEqual(await saidBy('softnet-drops', { files }), ['wrong CPU 3: 40 packets dropped in 2.0 s']);
  });

  it('11 columns (before 5.10): the lines follow the list of online CPUs', async () => {
    const text = (squeezed: number) => line(0, 0, 0) + line(0, squeezed, 0);
    const files = { [ONLINE]: '0,3\n', [SOFTNET]: [text(2), text(9)] } as const;
    assert.deepEqual(await saidBy('softnet-squeeze', { files }), ['notice CPU 3: 7 runs out of budget in 2.0 s']);
  });

  it('10 columns (before 3.11): no flow limit', async () => {
    const text = (dropped: number) => line(dropped, 0, undefined) + line(0, 0, undefined);
    const files = { [ONLINE]: '0-1\n', [SOFTNET]: [text(1), text(4)] } as const;
    assert.deepEqual(await saidBy('softnet-drops', { files }), ['wrong CPU 0: 3 packets dropped in 2.0 s']);
  });

  it('lines that cannot be given to CPUs are unknown, not guessed', async () => {
    const files = { [ONLINE]: '0-3\n', [SOFTNET]: line(0, 0, 0) + line(0, 0, 0) };
    assert.deepEqual(await saidBy('softnet-drops', { files }), [
      'unknown of a form that is not known here: softnet_stat has 2 lines without CPU ids for 4 CPUs',
    ]);
  });

  it('a CPU that went offline in between is left out, and said', async () => {
    const files = {
      [ONLINE]: ['0-1\n', '0\n'],
      [SOFTNET]: [line(0, 0, 0, 0, 0) + line(5, 0, 0, 0, 1), line(0, 0, 0, 0, 0)],
    } as const;
    assert.deepEqual(await saidBy('softnet-drops', { files }), [
      'ok no more than 1 in 2.0 s on each of 1 CPUs; CPU 1 came or went in between and is left out',
    ]);
  });

  it('a counter that wraps at 2^32 has counted on', async () => {
    const files = {
      [ONLINE]: '0\n',
      [SOFTNET]: [line(2 ** 32 - 2, 0, 0, 0, 0), line(3, 0, 0, 0, 0)],
    } as const;
    assert.deepEqual(await saidBy('softnet-drops', { files }), ['wrong CPU 0: 5 packets dropped in 2.0 s']);
  });

  it('drops at the limit of one flow count too; a single one is no rate', async () => {
    const files = (limited: number) => ({
      [ONLINE]: '0\n',
      [SOFTNET]: [line(9, 0, 0, 0, 0), line(9, 0, limited, 0, 0)] as const,
    });
    assert.deepEqual(await saidBy('softnet-drops', { files: files(6) }), [
      'wrong CPU 0: 0 packets dropped in 2.0 s, and 6 at the limit of one flow',
    ]);
    assert.deepEqual(await saidBy('softnet-drops', { files: files(1) }), [
      'ok no more than 1 in 2.0 s on each of 1 CPUs; since the start 9 on CPU 0',
    ]);
  });

  it('ten a minute are no more than ten: only a higher rate counts', async () => {
    const files = { [ONLINE]: '0\n', [SOFTNET]: [line(0, 0, 0, 0, 0), line(0, 2, 0, 0, 0)] as const };
    assert.deepEqual(await saidBy('softnet-squeeze', { files, seconds: 12 }), [
      'ok at most 2 in 12.0 s on each of 1 CPUs',
    ]);
    assert.deepEqual(await saidBy('softnet-squeeze', { files, seconds: 11 }), [
      'notice CPU 0: 2 runs out of budget in 11.0 s',
    ]);
  });

  it('without the file, or the right to it, the reason is told', async () => {
    assert.deepEqual(await saidBy('softnet-drops', {}), [`unknown ${SOFTNET}: not there`]);
    const files = { [ONLINE]: '0\n', [SOFTNET]: '' };
    const errors = { [SOFTNET]: 'EACCES' };
    assert.deepEqual(await saidBy('softnet-squeeze', { files, errors }), [
      `unknown ${SOFTNET}: no permission to read it`,
    ]);
  });
});

describe('conntrack', () => {
  const COUNT = '/proc/sys/net/netfilter/nf_conntrack_count';
  const MAX = '/proc/sys/net/netfilter/nf_conntrack_max';
  const STAT = '/proc/net/stat/nf_conntrack';
  const fill = (count: number) => saidBy('conntrack-fill', { files: { [COUNT]: `${count}\n`, [MAX]: '262144\n' } });

  it('a table is fine up to 85 %, wrong from 95 % on', async () => {
    assert.deepEqual(await fill(222_822), ['ok 222822 of 262144 entries, 85.0 %']);
    assert.deepEqual(await fill(222_823), ['notice 222823 of 262144 entries, 85.0 %']);
    assert.deepEqual(await fill(249_036), ['notice 249036 of 262144 entries, 95.0 %']);
    assert.deepEqual(await fill(249_037), ['wrong 249037 of 262144 entries, 95.0 %']);
  });

  it('0 is no limit, and no file is no conntrack', async () => {
    assert.deepEqual(await saidBy('conntrack-fill', { files: { [COUNT]: '17\n', [MAX]: '0\n' } }), [
      'ok 17 entries, no limit',
    ]);
    assert.deepEqual(await saidBy('conntrack-fill', {}), ['unknown connection tracking is not loaded here']);
    assert.deepEqual(await saidBy('conntrack-insert', {}), ['unknown connection tracking is not loaded here']);
  });

  it('columns go by their names: clashres took the place of searched in 5.10', async () => {
    const older =
      'entries  searched found new invalid ignore delete delete_list insert insert_failed drop early_drop icmp_error  expect_new expect_create expect_delete search_restart\n';
    const newer =
      'entries  clashres found new invalid ignore delete chainlength insert insert_failed drop early_drop icmp_error  expect_new expect_create expect_delete search_restart\n';
    const row = (failed: number, drop: number, early: number) =>
      `${[100, 0, 0, 0, 5, 0, 0, 0, 0, failed, drop, early, 0, 0, 0, 0, 0].map((n) => n.toString(16).padStart(8, '0')).join(' ')}\n`;
    for (const head of [older, newer]) {
      const said = (failed: number, drop: number, early: number) =>
        saidBy('conntrack-insert', {
          files: { [STAT]: [head + row(1, 2, 3) + row(0, 0, 0), head + row(1, 2, 3) + row(failed, drop, early)] },
        });
      assert.deepEqual(await said(0, 0, 0), ['ok 0 dropped, 0 entries pushed out early, 0 not inserted in 2.0 s']);
      assert.deepEqual(await said(11, 0, 0), [
        'notice 0 dropped, 0 entries pushed out early, 11 not inserted in 2.0 s',
      ]);
      assert.deepEqual(await said(0, 1, 0), ['wrong 1 dropped, 0 entries pushed out early, 0 not inserted in 2.0 s']);
      assert.deepEqual(await said(0, 0, 26), ['wrong 0 dropped, 26 entries pushed out early, 0 not inserted in 2.0 s']);
    }
  });
});

describe('interfaces and their queues', () => {
  const queue = (number: number, more: object = {}) => ({
    queue: number,
    rpsCpus: null,
    irq: null,
    irqCpus: null,
    napi: 257 + number,
    thread: null,
    threadCpus: null,
    ...more,
  });
  const card = (more: object) => ({
    interface: 'eth0',
    driver: 'ixgbe',
    rxQueues: 1,
    threadedNapi: false,
    queues: [queue(0)],
    deviceIrqCpus: [0],
    rss: null,
    ...more,
  });
  const node = (cpus: string, more: object) => ({
    files: {
      [ONLINE]: `${cpus}\n`,
      '/sys/class/net/lo': '',
      '/sys/class/net/eth0': '',
      '/sys/class/net/eth0/device': '',
    },
    interfaces: { eth0: card(more) },
  });

  it('one queue without RPS is noticed from four CPUs on', async () => {
    assert.deepEqual(await saidBy('nic-queues', node('0-3', {})), ['notice eth0: 1 receive queue for 4 CPUs, no RPS']);
    assert.deepEqual(await saidBy('nic-queues', node('0-1', {})), ['ok eth0: 1 receive queue for 2 CPUs, no RPS']);
    const spread = { queues: [queue(0, { rpsCpus: [0, 1, 2, 3] })] };
    assert.deepEqual(await saidBy('nic-queues', node('0-3', spread)), [
      'ok eth0: 1 receive queue for 4 CPUs, RPS to CPUs 0-3',
    ]);
    const single = { rxQueues: 2, queues: [queue(0, { rpsCpus: [2] }), queue(1, { rpsCpus: [2] })] };
    assert.deepEqual(await saidBy('nic-queues', node('0-3', single)), [
      'notice eth0: 2 receive queues for 4 CPUs, RPS to CPU 2',
    ]);
  });

  it('an RSS table that leaves a queue out, or gives one too much, is noticed', async () => {
    const table = (indirection: number[]) => saidBy('rss-table', node('0-3', { rxQueues: 2, rss: { indirection } }));
    assert.deepEqual(await table([0, 1, 0, 1]), ['ok eth0: 2 of 2 queues in use, the largest with 2 of 4 entries']);
    assert.deepEqual(await table([0, 0, 0, 0]), ['notice eth0: 1 of 2 queues in use, the largest with 4 of 4 entries']);
    assert.deepEqual(await saidBy('rss-table', node('0-3', { rxQueues: 2 })), [
      'unknown eth0: the driver does not tell its table',
    ]);
    assert.deepEqual(await saidBy('rss-table', { files: { '/sys/class/net/lo': '' } }), [
      'unknown no network interface but loopback can be told of',
    ]);
  });

  it('NAPI threads want a real-time policy; a name with brackets and blanks does not confuse', async () => {
    const stat = (policy: number) => `266 (napi/eth (0) 1) S ${[2, ...Array(36).fill(0), policy].join(' ')} 0 0\n`;
    const threaded = (policy: number) => {
      const { files, interfaces } = node('0-3', { threadedNapi: true, queues: [queue(0, { thread: 266 })] });
      return saidBy('threaded-napi', { files: { ...files, '/proc/266/stat': stat(policy) }, interfaces });
    };
    assert.deepEqual(await threaded(0), ['notice eth0: on: 1 thread, 1 of them with an ordinary policy']);
    assert.deepEqual(await threaded(1), ['ok eth0: on: 1 thread, 0 of them with an ordinary policy']);
    const queues = [0, 1].map((number) => queue(number, { thread: 266, threadCpus: [3] }));
    const { files, interfaces } = node('0-3', { threadedNapi: true, queues });
    const bound = { files: { ...files, '/proc/266/stat': stat(1) }, interfaces };
    assert.deepEqual(await saidBy('threaded-napi', bound), [
      'notice eth0: on: 2 threads, 0 of them with an ordinary policy, all bound to CPU 3',
    ]);
    assert.deepEqual(await saidBy('threaded-napi', node('0', {})), ['ok eth0: off: packets are received in softirqs']);
    const unseen = node('0', { threadedNapi: true, queues: [queue(0, { thread: 266 })] });
    assert.deepEqual(await saidBy('threaded-napi', unseen), [
      'unknown eth0: on, but its threads cannot be seen from here',
    ]);
  });

  it('interrupts of several queues on one CPU are noticed; those for control do not count', async () => {
    const interrupts = `           CPU0       CPU2
  40:       9000          0  PCI-MSIX-0000:00:03.0   0-edge      eth0-TxRx-0
  41:          0       8000  PCI-MSIX-0000:00:03.0   1-edge      eth0-TxRx-1
  42:          1          0  PCI-MSIX-0000:00:03.0   2-edge      eth0
 NMI:          0          0  Non-maskable interrupts
`;
    const irqs = (affinity: readonly (readonly [number, string])[]) =>
      saidBy('irq-affinity', {
        files: {
          '/proc/interrupts': interrupts,
          ...Object.fromEntries([40, 41, 42].map((irq) => [`/sys/class/net/eth0/device/msi_irqs/${irq}`, ''])),
          ...Object.fromEntries(
            affinity.map(([irq, cpus]) => [`/proc/irq/${irq}/effective_affinity_list`, `${cpus}\n`]),
          ),
        },
      });
    assert.deepEqual(await irqs([]), ['ok eth0: 2 interrupts in use, taken by CPUs 0,2']);
    assert.deepEqual(
      await irqs([
        [40, '2'],
        [41, '2'],
        [42, '0'],
      ]),
      ['notice eth0: 2 interrupts in use, taken by CPU 2'],
    );
    assert.deepEqual(await saidBy('irq-affinity', { files: { '/proc/interrupts': 'nonsense' } }), [
      'unknown of a form that is not known here: /proc/interrupts names no CPUs',
    ]);
  });

  it('every notice names what to do, and every result where its threshold comes from', async () => {
    const [result] = await checkOf('nic-queues', node('0-3', {}));
    assert.match(result?.remedy ?? '', /ethtool -L eth0 combined N/);
    assert.equal(result?.source, 'Documentation/networking/scaling.rst');
  });
});
