import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Neighbours, type RingMember } from '../../src/fleet/ring/neighbours.js';

const shape = { neighbours: 10, sameZone: 6 };
const named = (count: number, zone?: (index: number) => string): RingMember[] =>
  Array.from({ length: count }, (_, index) => ({
    name: `node-${index}`,
    ...(zone === undefined ? {} : { zone: zone(index) }),
  }));

function edges(members: readonly RingMember[]): Map<string, Set<string>> {
  const rings = new Neighbours(members, shape);
  return new Map(members.map(({ name }) => [name, new Set(rings.probedBy(name))]));
}

function inDegrees(all: ReadonlyMap<string, ReadonlySet<string>>): number[] {
  const degrees = new Map([...all.keys()].map((name) => [name, 0]));
  for (const to of all.values()) for (const name of to) degrees.set(name, (degrees.get(name) ?? 0) + 1);
  return [...degrees.values()];
}

for (const count of [1, 2, 5, 11, 12]) {
  test(`${count} nodes: each probes all others or ten of them, and never itself`, () => {
    for (const [name, to] of edges(named(count))) {
      assert.equal(to.size, Math.min(10, count - 1));
      assert.ok(!to.has(name));
    }
  });
}

for (const [what, members] of [
  ['1,000 nodes without zones', named(1000)],
  ['1,000 nodes in three zones', named(1000, (index) => `z${index % 3}`)],
  ['1,000 nodes, 9 in 10 of them in one zone', named(1000, (index) => (index % 10 === 0 ? `z${index % 20}` : 'large'))],
  ['40 nodes in a zone each', named(40, (index) => `z${index}`)],
] as const) {
  test(`${what}: each is probed by eight to twelve`, () => {
    const degrees = inDegrees(edges(members));
    assert.ok(Math.min(...degrees) >= 8, `least ${Math.min(...degrees)}`);
    assert.ok(Math.max(...degrees) <= 12, `most ${Math.max(...degrees)}`);
  });
}

test('in a zone of three each is probed by the two others and by those that the rest of the paths bring', () => {
  const members = named(30, (index) => (index < 3 ? 'small' : 'large'));
  const degrees = inDegrees(edges(members));
  assert.ok(Math.min(...degrees.slice(0, 3)) >= 5);
  assert.ok(Math.min(...degrees.slice(3)) >= 8);
});

test('six neighbours lie in the own zone, and the rest in other zones as far as those have nodes', () => {
  const members = named(900, (index) => `z${index % 3}`);
  const zoneOf = new Map(members.map(({ name, zone }) => [name, zone]));
  let across = 0;
  for (const [name, to] of edges(members)) {
    const same = [...to].filter((other) => zoneOf.get(other) === zoneOf.get(name)).length;
    assert.ok(same >= 6);
    across += to.size - same;
  }
  assert.ok(Math.abs(across / 900 - 4 * (2 / 3)) < 0.2, `${across / 900} of each`);
});

for (const zoned of [false, true]) {
  test(`a join and a leave change at most 20 paths of others${zoned ? ', with zones' : ''}`, () => {
    for (let size = 20; size <= 300; size += 40) {
      const zone = zoned ? (index: number) => `z${index % 3}` : undefined;
      const larger = named(size + 1, zone);
      const without = edges(larger.slice(0, -1));
      const withAll = edges(larger);
      const newcomer = `node-${size}`;
      let [gone, come] = [0, 0];
      for (const [name, before] of without) {
        const after = withAll.get(name) ?? new Set();
        gone += [...before].filter((to) => !after.has(to)).length;
        come += [...after].filter((to) => !before.has(to)).length;
      }
      assert.ok(come <= 20, `${size} nodes: ${newcomer} makes ${come} new paths of others`);
      assert.ok(gone <= 20, `${size} nodes: ${newcomer} ends ${gone} paths of others`);
    }
  });
}

test('the order in which members are listed changes nothing', () => {
  const members = named(50, (index) => `z${index % 4}`);
  assert.deepEqual(edges(members).get('node-7'), edges([...members].reverse()).get('node-7'));
});

test('two of those that probe a node look closer at it, others at other nodes', () => {
  const members = named(200);
  const rings = new Neighbours(members, shape);
  const asked = new Map<string, number>();
  for (const { name } of members) {
    const leaders = rings.leadersOf(name);
    assert.equal(leaders.length, 2);
    for (const leader of leaders) {
      assert.ok(rings.probedBy(leader).includes(name));
      asked.set(leader, (asked.get(leader) ?? 0) + 1);
    }
  }
  assert.ok(Math.max(...asked.values()) <= 10);
});
