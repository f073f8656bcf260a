import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { after, before, suite, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { createHelperEngine } from '../../src/engines/helper-engine.js';
import { addProgram } from '../../src/lab/program.js';
import type { PlannedPath } from '../../src/model/plan.js';
import { MS, SECOND } from '../../src/model/time.js';
import { netnsTransport } from '../../src/transports/local/netns-transport.js';
import { loopbackPlan } from '../transports/loopback-plan.js';
import { type CollectedRun, collect } from './collected-run.js';
import { RoutedNamespaces, TARGET_ADDRESS } from './routed-namespaces.js';

const skip = process.getuid?.() === 0 ? undefined : 'makes network namespaces: needs root';
/** Replies to this address are put into IPIP by the lab's program, and unpacked where they arrive. */
const TUNNELLED = '10.125.21.1';
const MOST_MS = 12_000;

suite('a prober that spares others looks before programs at the interface', { ...(skip && { skip }) }, () => {
  const net = new RoutedNamespaces(`rxray-tap-${process.pid}`);
  /** Somebody there, by whom its sockets can be looked at without a start of anything. */
  let resident: ChildProcess | undefined;
  before(async () => {
    net.up();
    resident = spawn('ip', ['netns', 'exec', net.prober, 'sh', '-c', 'echo here; exec sleep 300']);
    if (resident.stdout) await once(resident.stdout, 'data');
    net.in(net.prober, `ip address add ${TUNNELLED}/32 dev eth0`);
    net.in(net.router, `ip route add ${TUNNELLED}/32 via 10.97.1.1`);
    net.in(net.target, `ip route add ${TUNNELLED}/32 via 10.97.2.254`);
  });
  after(() => {
    resident?.kill();
    net.down();
  });

  const unpack = (): void => {
    addProgram(net.router, 'left', 'egress', 1, 'encap');
    addProgram(net.prober, 'eth0', 'ingress', 1, 'decap');
  };
  const path = (protocol: 'icmp' | 'syn', more: Partial<PlannedPath> = {}): PlannedPath => ({
    name: `a>b/${protocol}`,
    protocol,
    address: TARGET_ADDRESS,
    source: TUNNELLED,
    flows: 1,
    freshPerSecond: 0,
    intervalNs: 10 * MS,
    ...more,
  });
  const paths = [path('icmp'), path('syn', { port: 9876, flows: 4 })];

  /** Bounded, should nobody stop it. */
  const probe = () => {
    const plan = loopbackPlan({ paths, count: 0, durationNs: 40 * SECOND, sparesOthers: true });
    const run = createHelperEngine(netnsTransport(net.prober)).start(plan);
    const collecting = collect(run);
    return {
      stopped: (): Promise<CollectedRun> => {
        run.stop();
        return collecting;
      },
    };
  };

  /** Protocols of the packet sockets there that the kernel hands packets to. */
  const looking = (): string[] =>
    readFileSync(`/proc/${resident?.pid}/net/packet`, 'utf8')
      .split('\n')
      .map((line) => line.trim().split(/\s+/))
      .flatMap(([, , , protocol = '', , running]) =>
        running === '1' && ['0003', '0800', '86dd'].includes(protocol) ? [protocol] : [],
      );

  const until = async (wanted: readonly string[]): Promise<void> => {
    const end = performance.now() + MOST_MS;
    while (looking().sort().join() !== wanted.join()) {
      assert.ok(performance.now() < end, `${looking()} in place of ${wanted}`);
      await sleep(5);
    }
  };

  const outcomes = (run: CollectedRun): Record<string, number> => {
    const counts: Record<string, number> = {};
    for (const { outcome } of [...run.final(0), ...run.final(1)]) counts[outcome] = (counts[outcome] ?? 0) + 1;
    return counts;
  };
  const duplicates = (run: CollectedRun): number => run.totals.reduce((sum, total) => sum + total.duplicates, 0);

  test('at first it looks at both places and counts each reply once, then at the early one alone', async () => {
    const probing = probe();
    await until(['0003', '0800']);
    await until(['0003']);
    await sleep(500);
    const run = await probing.stopped();
    assert.deepEqual(Object.keys(outcomes(run)), ['reply']);
    assert.equal(duplicates(run), 0);
  });

  test('replies that a program unpacks there first are seen behind it, from the first on', async () => {
    unpack();
    const probing = probe();
    await until(['0003', '0800']);
    await until(['0800']);
    await sleep(500);
    const run = await probing.stopped();
    net.in(net.router, 'tc qdisc del dev left clsact');
    net.in(net.prober, 'tc qdisc del dev eth0 clsact');
    assert.deepEqual(Object.keys(outcomes(run)), ['reply']);
    assert.equal(duplicates(run), 0);
  });

  test('a program that comes later hides them for little more than the wait for a reply', async () => {
    const probing = probe();
    await until(['0003', '0800']);
    await until(['0003']);
    unpack();
    const unpackedMs = performance.now();
    await until(['0800']);
    const hiddenMs = performance.now() - unpackedMs;
    await sleep(1_500);
    const run = await probing.stopped();
    const { lost = 0, reply = 0 } = outcomes(run);
    assert.ok(lost > 0 && lost <= (2 * (hiddenMs + 100)) / 10, `${lost} lost in ${hiddenMs} ms`);
    assert.ok(reply > 0);
    const last = run.final(0).slice(-50);
    assert.ok(
      last.every(({ outcome }) => outcome === 'reply'),
      'the last half second',
    );
  });
});
