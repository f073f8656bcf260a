import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { createHelperEngine } from '../../src/engines/helper-engine.js';
import { createPortableEngine, PORTABLE_PROGRAM } from '../../src/engines/portable-engine.js';
import { createWatcher } from '../../src/engines/watcher.js';
import type { EngineEvent } from '../../src/model/engine-event.js';
import { CodedError } from '../../src/model/errors.js';
import type { PlannedPath } from '../../src/model/plan.js';
import { MS } from '../../src/model/time.js';
import { type Watch, watchesOf } from '../../src/model/watch.js';
import { netnsTransport } from '../../src/transports/local/netns-transport.js';
import { nodeTransport } from '../../src/transports/local/node-transport.js';
import { loopbackPlan } from '../transports/loopback-plan.js';
import { type CollectedRun, collect } from './collected-run.js';
import { PROBER_ADDRESS, RoutedNamespaces, TARGET_ADDRESS } from './routed-namespaces.js';

const skip = process.getuid?.() === 0 ? undefined : 'makes network namespaces: needs root';
const PORTS = [18_500, 18_433, 18_470, 18_471, 18_440];
const COUNT = 40;

suite('source ports that a plan names one by one', { ...(skip && { skip }) }, () => {
  const net = new RoutedNamespaces(`rxray-ports-${process.pid}`);
  before(() => net.up());
  after(() => net.down());

  const path = (address: string, fromPorts: readonly number[]): PlannedPath => ({
    ...{ name: 'a>b/syn', protocol: 'syn', address, port: 9876, freshPerSecond: 5, intervalNs: 10 * MS },
    flows: fromPorts.length,
    fromPorts,
  });
  const engine = () => createHelperEngine(netnsTransport(net.prober));

  /** With the source ports of what the target hears, in order. */
  async function sentFrom(paths: readonly PlannedPath[]): Promise<{ heard: number[]; run: CollectedRun }> {
    const { fromPorts: _, ...back } = path(PROBER_ADDRESS, [1]);
    const hears = [{ interface: 'eth0', ports: [18_432, 18_600] as const }];
    const hearing = createHelperEngine(netnsTransport(net.target)).start(
      loopbackPlan({ paths: [back], sourcePorts: [19_432, 20_455], hears, count: 0 }),
    );
    const heard: number[] = [];
    let sent: Promise<CollectedRun> | undefined;
    for await (const event of hearing.events) {
      if (event.kind === 'heard') heard.push(...event.heard.map(({ sourcePort }) => sourcePort));
      if (event.kind !== 'samples' || sent !== undefined) continue;
      sent = collect(engine().start(loopbackPlan({ paths, count: COUNT })));
      sent.finally(() => hearing.stop()).catch(() => {});
    }
    assert.ok(sent !== undefined, 'it has sent nothing');
    return { heard, run: await sent };
  }

  test('each flow leaves from its port, in turn, and every answer is told by it', async () => {
    const { heard, run } = await sentFrom([path(TARGET_ADDRESS, PORTS)]);
    const hello = run.events.find((event: EngineEvent) => event.kind === 'hello');
    assert.ok(hello?.kind === 'hello');
    assert.deepEqual([...(hello.hello.paths[0]?.ports ?? [])], PORTS);
    assert.deepEqual(hello.hello.paths[0]?.sourcePorts, [18_433, 18_500]);
    const samples = run.final();
    // On a busy machine some slots are missed.
    assert.ok(samples.length >= COUNT / 4, `${samples.length}`);
    for (const { seq, flow, outcome } of samples)
      assert.deepEqual([flow, outcome], [seq % PORTS.length, 'reply'], `${seq}`);
    assert.deepEqual(
      heard.filter((port) => PORTS.includes(port)),
      samples.map(({ seq }) => PORTS[seq % PORTS.length]),
    );
    assert.ok(run.fresh().length > 0 && run.fresh().every(({ outcome }) => outcome === 'reply'));
  });

  test('a watcher at the target knows each flow by its port, and fresh ones, both ways', async () => {
    const secret = '00112233445566778899aabbccddeeff';
    const plan = loopbackPlan({ paths: [path(TARGET_ADDRESS, PORTS)], count: 0, secret });
    const probing = engine().start(plan);
    const seen = new Map<string, number>();
    let watching: ReturnType<ReturnType<typeof createWatcher>['watch']> | undefined;
    let watched: Promise<void> | undefined;
    const watch = async (watches: Watch[]): Promise<void> => {
      watching = createWatcher(netnsTransport(net.target)).watch({ secret, watches, local: [] });
      for await (const event of watching.events) {
        if (event.kind !== 'arrivals') continue;
        const { arrivals } = event;
        for (let i = 0; i < arrivals.length; i += 1) {
          const key = `${arrivals.direction[i]} ${arrivals.flow[i]}`;
          seen.set(key, (seen.get(key) ?? 0) + 1);
          const flow = arrivals.flow[i] as number;
          if (flow < PORTS.length) assert.equal((arrivals.seq[i] as number) % PORTS.length, flow);
        }
        if (seen.size === 2 * (PORTS.length + 1)) probing.stop();
      }
    };
    for await (const event of probing.events) {
      if (event.kind === 'hello') watched = watch(watchesOf(plan, event.hello, { interface: 'eth0' }));
    }
    watching?.stop();
    await watched;
    const flows = [...PORTS.keys(), 0xffff];
    assert.deepEqual([...seen.keys()].sort(), [0, 1].flatMap((way) => flows.map((flow) => `${way} ${flow}`)).sort());
  });

  test('ports of another run are refused by their number', async () => {
    const first = engine().start(loopbackPlan({ paths: [path(TARGET_ADDRESS, PORTS)], count: 0 }));
    for await (const event of first.events) {
      if (event.kind !== 'samples') continue;
      const second = engine().start(loopbackPlan({ paths: [path(TARGET_ADDRESS, [18_445])], count: 1 }));
      await assert.rejects(collect(second), (error: unknown) => {
        assert.ok(error instanceof CodedError);
        assert.equal(error.code, 'E_PORTS');
        assert.match(error.message, /18445 cannot be had/);
        return true;
      });
      break;
    }
    first.stop();
  });

  test('ports that another has meanwhile are replaced where the plan says so, and every flow is answered', async () => {
    const first = engine().start(loopbackPlan({ paths: [path(TARGET_ADDRESS, PORTS)], count: 0 }));
    for await (const event of first.events) {
      if (event.kind !== 'samples') continue;
      // Blocks of the other: 18432 to 18559.
      const fromPorts = [18_445, 18_600, 18_446];
      const planned = { ...path(TARGET_ADDRESS, fromPorts), insteadPorts: [18_610, 18_611, 18_447] };
      const run = await collect(engine().start(loopbackPlan({ paths: [planned], count: COUNT })));
      const hello = run.events.find(({ kind }) => kind === 'hello');
      assert.ok(hello?.kind === 'hello');
      const [one, two, any] = hello.hello.paths[0]?.ports ?? [];
      assert.deepEqual([one, two], [18_610, 18_600]);
      assert.ok(any !== undefined && any > 18_559 && ![18_600, 18_610, 18_611].includes(any), `${any}`);
      const samples = run.final();
      assert.ok(samples.length >= COUNT / 4, `${samples.length}`);
      for (const { seq, flow, outcome } of samples) assert.deepEqual([flow, outcome], [seq % 3, 'reply'], `${seq}`);
      break;
    }
    first.stop();
  });

  test('an engine that takes ports in a row only says so', async () => {
    const portable = createPortableEngine(nodeTransport(PORTABLE_PROGRAM, { netns: net.prober }));
    await assert.rejects(
      collect(portable.start(loopbackPlan({ paths: [path(TARGET_ADDRESS, PORTS)], count: 1 }))),
      /in a row only/,
    );
  });
});
