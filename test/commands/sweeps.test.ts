import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { AgentSetup } from '../../src/commands/agent/agent-setup.js';
import type { EdgeGroup } from '../../src/commands/agent/edge-group.js';
import type { Membership } from '../../src/commands/agent/membership.js';
import { PendingWork } from '../../src/commands/agent/pending-work.js';
import { Sweeps } from '../../src/commands/agent/sweeps.js';
import type { WatchRecord } from '../../src/commands/agent/watch-record.js';
import type { SeenOnEdge } from '../../src/detect/fleet/edge-watch.js';
import { CodedError } from '../../src/model/errors.js';
import type { EdgePath } from '../../src/model/fleet/edge.js';
import { MS, SECOND } from '../../src/model/time.js';

const STATE = { throttled: false, mostEdgesStall: false };

interface Begun {
  readonly paths: readonly EdgePath[];
  readonly refuse: (error: CodedError) => void;
  hasBegun: boolean;
  stopped: boolean;
}

/** The sweeps of an agent, with its probers in place of packets. */
function agent({ engineName = 'helper' as 'helper' | 'connect', lengthNs = 180 * SECOND } = {}) {
  const member = { name: 'b', ready: true, addresses: { node: { address: '10.0.0.1', port: 9876 } } };
  const begun: Begun[] = [];
  const log: string[] = [];
  let ended = 0;
  const config = {
    probe: { kinds: ['node'], flows: 8, sourcePorts: [18_432, 22_527], maxPerTarget: 1_000 },
    escalation: { interval: 10 * MS, length: lengthNs, cooldown: 0 },
  };
  const pending = new PendingWork();
  const sweeps = new Sweeps(
    { config, engineName } as unknown as AgentSetup,
    { isLeaderOf: () => true, member: () => member, probers: ['b'] } as unknown as Membership,
    { escalations: 0, costs: { ended: () => (ended += 1) } } as unknown as WatchRecord,
    pending,
    (paths, refuse) => {
      const group: Begun = { paths, refuse: refuse ?? assert.fail, hasBegun: true, stopped: false };
      begun.push(group);
      const ports = paths.map(({ protocol, flows, fromPorts }) =>
        protocol === 'icmp' ? [] : (fromPorts ?? Array.from({ length: flows }, (_, flow) => 20_000 + flow)),
      );
      const stop = async (): Promise<void> => {
        group.stopped = true;
      };
      return {
        ...{ paths, ports, stop },
        get hasBegun() {
          return group.hasBegun;
        },
      } as unknown as EdgeGroup;
    },
    (words) => log.push(words),
  );
  sweeps.stall('b', STATE);
  sweeps.stall('b', STATE);
  /** A stall of the flows whose port leaves that rest by eight, as the sweep sees it. */
  const stall = (rest: number): void => {
    const { paths } = begun.at(-1) as Begun;
    const { fromPorts, flows } = paths.find(({ protocol }) => protocol === 'syn') as EdgePath;
    const all = Array.from({ length: flows }, (_, flow) => flow);
    const isHeld = (flow: number): boolean => (fromPorts?.[flow] ?? 20_000 + flow) % 8 === rest;
    const part = (own: readonly number[]) => [{ kind: 'node', protocol: 'syn', flows: own }] as const;
    const seen = { to: 'b', hit: part(all.filter(isHeld)), exposed: part(all.filter((flow) => !isHeld(flow))) };
    sweeps.saw({ ...seen, paths: [], finding: {} } as unknown as SeenOnEdge);
  };
  const stop = async (): Promise<number> => {
    sweeps.stop();
    pending.drop();
    await pending.ended();
    return ended;
  };
  return { begun, log, member, sweeps, stall, settled: () => pending.ended(), stop };
}

const flowsOf = ({ paths }: Begun): number[] => paths.map(({ flows }) => flows);
const intervalsOf = ({ paths }: Begun): number[] => paths.map(({ intervalNs }) => intervalNs);

suite('the flows of a closer look', () => {
  test('are fewer once it is known which share a queue, at the same rate, and all again when that holds no more', async () => {
    const { begun, log, stall, settled, stop } = agent();
    for (let i = 0; i < 4; i += 1) stall(3);
    await settled();
    assert.deepEqual(begun.map(flowsOf), [
      [1, 16],
      [1, 11],
    ]);
    assert.deepEqual(begun.map(intervalsOf).map(String), new Array(2).fill(String(intervalsOf(begun[0] as Begun))));
    assert.deepEqual([begun[0]?.stopped, begun[1]?.stopped], [true, false]);
    assert.deepEqual(begun[1]?.paths[1]?.fromPorts?.slice(0, 1), [20_003]);
    for (let i = 0; i < 2; i += 1) stall(5);
    await settled();
    assert.deepEqual(begun.map(flowsOf).at(-1), [1, 16]);
    assert.equal(begun.at(-1)?.paths[1]?.fromPorts, undefined);
    assert.deepEqual(log, [
      'two stalls on the way to b: a closer look for 180 s',
      'the closer look at b goes on with 12 flows of 17: it is known which share a queue that stalls',
      'the closer look at b goes on with all flows: flows that had passed are held',
    ]);
    assert.equal(await stop(), 1);
    assert.ok(begun.every(({ stopped }) => stopped));
  });

  test('are all again where the ports cannot be had, for good', async () => {
    const { begun, log, stall, settled, stop } = agent();
    for (let i = 0; i < 4; i += 1) stall(3);
    await settled();
    begun[1]?.refuse(new CodedError('E_MEMORY', 'no memory', ''));
    assert.equal(begun.length, 2);
    begun[1]?.refuse(new CodedError('E_PORTS', 'source port 20003 cannot be had: Address already in use', ''));
    await settled();
    for (let i = 0; i < 8; i += 1) stall(3);
    assert.deepEqual(begun.map(flowsOf).slice(2), [[1, 16]]);
    assert.match(log.at(-1) ?? '', /with all flows: source port 20003 cannot be had/);
    await stop();
  });

  test('are those kept before when a further look begins, and all where the neighbour has another address', async () => {
    // Each look is over when the next stall comes.
    const { begun, log, member, stall, sweeps, settled, stop } = agent({ lengthNs: 0 });
    for (let i = 0; i < 4; i += 1) stall(3);
    await settled();
    const look = async (): Promise<number[]> => {
      sweeps.stop();
      sweeps.stall('b', STATE);
      await settled();
      return flowsOf(begun.at(-1) as Begun);
    };
    assert.deepEqual(await look(), [1, 11]);
    assert.match(log.at(-1) ?? '', /closer look for 0 s, with the 12 flows kept before$/);
    for (let i = 0; i < 2; i += 1) stall(5);
    await settled();
    assert.deepEqual(flowsOf(begun.at(-1) as Begun), [1, 16]);
    for (let i = 0; i < 4; i += 1) stall(5);
    await settled();
    assert.deepEqual(await look(), [1, 11]);
    member.addresses.node.address = '10.0.0.2';
    assert.deepEqual(await look(), [1, 16]);
    await stop();
  });

  test('are not given up for stalls that their prober had no time to see', async () => {
    const { begun, stall, settled, sweeps, stop } = agent();
    for (let i = 0; i < 4; i += 1) stall(3);
    await settled();
    const kept = begun.at(-1) as Begun;
    kept.hasBegun = false;
    for (let i = 0; i < 5; i += 1) sweeps.stall('b', STATE);
    assert.equal(kept.stopped, false);
    kept.hasBegun = true;
    for (let i = 0; i < 3; i += 1) sweeps.stall('b', STATE);
    assert.equal(kept.stopped, true);
    await stop();
  });

  test('are never chosen where the kernel chooses the ports', async () => {
    const { begun, stall, stop } = agent({ engineName: 'connect' });
    for (let i = 0; i < 8; i += 1) stall(3);
    assert.equal(begun.length, 1);
    await stop();
  });

  test('a look that ends while its prober is replaced begins no other', async () => {
    const { begun, stall, stop, sweeps } = agent();
    for (let i = 0; i < 4; i += 1) stall(3);
    sweeps.keep(new Set());
    assert.equal(sweeps.active, 0);
    await stop();
    assert.equal(begun.length, 1);
    assert.equal(begun[0]?.stopped, true);
  });
});
