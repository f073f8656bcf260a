import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { createHelperEngine } from '../../src/engines/helper-engine.js';
import type { EngineEvent } from '../../src/model/engine-event.js';
import type { Heard } from '../../src/model/heard.js';
import type { Hear, PlannedPath, ProbePlan } from '../../src/model/plan.js';
import { MS, SECOND } from '../../src/model/time.js';
import { netnsTransport } from '../../src/transports/local/netns-transport.js';
import { loopbackPlan } from '../transports/loopback-plan.js';
import { CollectedRun, collect } from './collected-run.js';
import { PROBER_ADDRESS, RoutedNamespaces, TARGET_ADDRESS } from './routed-namespaces.js';

const skip = process.getuid?.() === 0 ? undefined : 'makes network namespaces: needs root';
const PORTS = [18_432, 18_500] as const;
const OTHER_PORTS = [19_432, 19_500] as const;
const COUNT = 60;

suite('a prober that hears beside what it sends', { ...(skip && { skip }) }, () => {
  const net = new RoutedNamespaces(`rxray-hears-${process.pid}`);
  before(() => net.up());
  after(() => net.down());

  const paths = (address: string, told: boolean): PlannedPath[] => {
    const common = { address, freshPerSecond: 0, intervalNs: 10 * MS };
    const secret = '0123456789abcdef0123456789abcdef';
    return [
      { ...common, name: 'a>b/icmp', protocol: 'icmp', flows: 1, ...(told && { told: { secret, announces: [1] } }) },
      { ...common, name: 'a>b/syn', protocol: 'syn', port: 9876, flows: 4, ...(told && { told: { secret } }) },
    ];
  };

  /** Both send to each other: the target begins first, ends last, and hears. */
  async function heardBy(hears: readonly Hear[], more: Partial<ProbePlan> = {}): Promise<CollectedRun[]> {
    const atTarget = { paths: paths(PROBER_ADDRESS, false), sourcePorts: OTHER_PORTS, hears, sparesOthers: true };
    const limits = { count: 0, durationNs: 40 * SECOND };
    const hearing = createHelperEngine(netnsTransport(net.target)).start(
      loopbackPlan({ ...atTarget, ...limits, ...more }),
    );
    const begins = more.paths?.length === 0 ? 'hello' : 'samples';
    const events: EngineEvent[] = [];
    let sent: Promise<CollectedRun> | undefined;
    for await (const event of hearing.events) {
      events.push(event);
      if (event.kind !== begins || sent !== undefined) continue;
      const plan = loopbackPlan({ paths: paths(TARGET_ADDRESS, true), sourcePorts: PORTS, count: COUNT });
      sent = collect(createHelperEngine(netnsTransport(net.prober)).start(plan));
      sent.finally(() => hearing.stop()).catch(() => {});
    }
    assert.ok(sent !== undefined, 'it has sent nothing');
    return [new CollectedRun(events), await sent];
  }
  const heardOf = (run: CollectedRun | undefined): Heard[] =>
    run?.events.flatMap((event) => (event.kind === 'heard' ? event.heard : [])) ?? [];
  const sentOf = (run: CollectedRun | undefined): number => run?.totals.reduce((sum, { sent }) => sum + sent, 0) ?? 0;

  test('tells every probe once, and its own are answered as ever', async () => {
    const [target, prober] = await heardBy([{ interface: 'eth0', ports: PORTS }]);
    const heard = heardOf(target);
    assert.equal(heard.length, sentOf(prober));
    assert.ok(heard.length > COUNT, `${heard.length}`);
    const wrong = heard.filter(({ source, target: to }) => source !== PROBER_ADDRESS || to !== TARGET_ADDRESS);
    assert.deepEqual(wrong, []);
    const syns = heard.filter(({ protocol }) => protocol === 'syn');
    assert.equal(new Set(syns.map(({ tcpSeq }) => tcpSeq)).size, syns.length);
    assert.ok(syns.every(({ sourcePort }) => sourcePort >= PORTS[0] && sourcePort <= PORTS[1]));
    assert.ok(heard.every(({ timeNs }, i) => i === 0 || timeNs >= (heard[i - 1] as Heard).timeNs));
    for (const { sent, received, duplicates } of target?.totals ?? [])
      assert.deepEqual([received, duplicates], [sent, 0]);
    // Nothing it heard counts among its own answers.
    const counters = target?.events.findLast((event) => event.kind === 'counters');
    assert.ok(counters?.kind === 'counters');
    assert.deepEqual([counters.counters.received, counters.counters.strays], [sentOf(target), 0]);
  });

  test('tells nothing of what comes in where it does not listen, and warns of an interface that is not there', async () => {
    const [target] = await heardBy([
      { interface: 'lo', ports: PORTS },
      { interface: 'nowhere0', ports: PORTS },
    ]);
    assert.deepEqual(heardOf(target), []);
    for (const { sent, received } of target?.totals ?? []) assert.equal(received, sent);
    const warnings = target?.events.flatMap((event) => (event.kind === 'warning' ? [event.code, event.message] : []));
    assert.ok(warnings?.includes('nothing is heard on nowhere0: there is no such interface'), `${warnings}`);
    assert.ok(warnings?.includes('W_NOT_HEARD'));
  });

  test('tells as much where it sends nothing', async () => {
    const [target, prober] = await heardBy([{ interface: 'eth0', ports: PORTS }], { paths: [] });
    assert.equal(heardOf(target).length, sentOf(prober));
    assert.ok(sentOf(prober) > COUNT);
  });

  test('the clock of a card is refused for what is heard', async () => {
    await assert.rejects(heardBy([{ interface: 'eth0', ports: PORTS }], { timestamps: 'hw' }), /not those of cards/);
  });
});
