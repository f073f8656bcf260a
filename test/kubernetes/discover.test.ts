import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { identifiability } from '../../src/bisect/words/identifiability.js';
import { type DiscoverOptions, discover, discoveryOf } from '../../src/commands/discover/discover.js';
import { type Hosts, parseHosts } from '../../src/hosts/hosts-file.js';
import { measuredPaths } from '../../src/hosts/measured-paths.js';
import { plannedOf } from '../../src/hosts/planned.js';
import { CodedError } from '../../src/model/errors.js';
import { discoverySchema } from '../../src/model/records/discovery.js';
import { stageKey } from '../../src/model/stage.js';
import { fakeIo } from '../commands/fake-io.js';
import { fixtureCluster, fixturePath } from './fixture-cluster.js';

const PLAIN: DiscoverOptions = { from: [], nodes: [], externals: [], way: 'agents', here: true, json: false };
const NOTHING_UNREAD = { unread: [], ask: undefined };

/** The hosts file of a cluster, read back as bisect reads it. */
async function hostsOf(name: string, options: Partial<DiscoverOptions> = {}): Promise<{ hosts: Hosts; err: string }> {
  const { io, out, err } = fakeIo();
  assert.equal(await discover({ ...PLAIN, from: [fixturePath(name)], ...options }, io), 0);
  return { hosts: parseHosts(out(), name), err: err() };
}

function stagesOf(hosts: Hosts): Map<string, string[]> {
  return new Map(measuredPaths(hosts).map(({ measured }) => [measured.name, measured.out.map(stageKey)]));
}

suite('a hosts file of a cluster', () => {
  test('is taken by bisect as it is, for every cluster, with agents and with debug containers', async () => {
    for (const name of ['calico-ipip', 'cilium-native', 'flannel-vxlan', 'eks', 'gke-dataplane-v2', 'aks-kubenet']) {
      const { hosts } = await hostsOf(name, { way: 'debug' });
      const paths = measuredPaths(hosts).map(({ measured }) => measured);
      assert.ok(paths.length > 0, name);
      const { vantages, targets } = plannedOf(hosts);
      const found = identifiability(paths, vantages, targets);
      assert.ok(found.stages.length >= 5, `${name}: ${found.stages}`);
      for (const { vantage, answeredBy, targetKind } of paths) {
        if (targetKind !== 'control') assert.notEqual(vantage, answeredBy, `${name}: a machine to itself`);
      }
    }
  });

  test('crosses the tunnel between nodes, and the NAT of a NodePort on the way to its own pod', async () => {
    const { hosts, err } = await hostsOf('calico-ipip', { nodes: ['worker-1', 'worker-2', 'worker-3'] });
    const stages = stagesOf(hosts);
    assert.deepEqual(stages.get('here>nodeport-worker-1-30903/syn'), [
      'sender@here',
      'network@here+worker-1',
      'rx-queue@worker-1',
      'nat@worker-1',
      'pod@worker-1',
    ]);
    assert.deepEqual(stages.get('here>nodeport-worker-1-30927/syn'), [
      'sender@here',
      'network@here+worker-1',
      'rx-queue@worker-1',
      'nat@worker-1',
      'ipip@worker-1+worker-3',
      'network@worker-1+worker-3',
      'rx-queue@worker-3',
      'pod@worker-3',
    ]);
    assert.deepEqual(hosts.vantages['worker-2'], {
      transport: 'kubectl',
      namespace: 'rxray',
      pod: 'rxray-probe-2k2x7',
      container: 'agent',
      overlay: true,
    });
    assert.equal(hosts.targets['worker-2']?.vantage, 'worker-2');
    // Four pods answer at shop/web: which one a flow meets is not known, so nobody may be judged by it.
    assert.ok(!Object.values(hosts.targets).some(({ port }) => port === 30080));
    assert.match(err, /shop\/web:8080: several pods answer/);
  });

  test('a node with addresses of both families is one machine with two targets', async () => {
    const { hosts } = await hostsOf('cilium-native', { way: 'debug', nodes: ['worker-1', 'worker-2'] });
    assert.deepEqual(hosts.targets['worker-2-v6'], { kind: 'node', address: 'fd00:10::12', node: 'worker-2' });
    assert.equal(hosts.targets['pod-worker-2-v6']?.address, 'fd00:244:2::22');
    const answered = measuredPaths(hosts).map(({ measured }) => measured.answeredBy);
    assert.ok(answered.includes('worker-2') && !answered.includes('worker-2-v6'));
  });

  test('debug containers go into pods that take them: none that is static, on the host network first', async () => {
    const { hosts, err } = await hostsOf('gke', { way: 'debug', image: 'registry.example/tools:1', context: 'prod' });
    const vantages = Object.values(hosts.vantages).filter(({ transport }) => transport === 'kubectl');
    assert.equal(vantages.length, 3);
    for (const vantage of vantages) {
      assert.ok(vantage.transport === 'kubectl' && /^web-/.test(vantage.pod));
      assert.deepEqual([vantage.debug, vantage.image, vantage.context], [true, 'registry.example/tools:1', 'prod']);
    }
    // A pod's own network is not the node's: its view of packets is not taken for the node's.
    assert.ok(Object.values(hosts.targets).every(({ vantage }) => vantage === undefined));
    assert.equal(err.match(/no vantage/), null);
    const { hosts: eks } = await hostsOf('eks', { way: 'debug' });
    const names = Object.values(eks.vantages).map((one) => (one.transport === 'kubectl' ? one.pod : one.transport));
    assert.deepEqual(names, ['local', 'aws-node-1x2v4', 'aws-node-2x2v4', 'aws-node-3x2v4']);
  });

  test('where nothing of rxray runs it says so, and what to do', async () => {
    const { hosts, err } = await hostsOf('flannel-vxlan');
    assert.deepEqual(Object.keys(hosts.vantages), ['here']);
    assert.match(err, /no vantage on worker-1, .*rxray is not installed in this cluster; --debug/);
  });

  test('an overlay across subnets only is said where all vantages are across', () => {
    const cluster = fixtureCluster('calico-vxlan-subnets');
    const overlays = (nodes: string[]) => {
      const found = discoveryOf(cluster, NOTHING_UNREAD, { ...PLAIN, way: 'debug', nodes }, []);
      const { targets } = found.hosts as Hosts;
      return { of: nodes.map((node) => targets[`pod-${node}`]?.overlay), notes: found.notes };
    };
    assert.deepEqual(overlays(['worker-1', 'worker-2']), { of: [undefined, undefined], notes: [] });
    assert.deepEqual(overlays(['worker-1', 'worker-3']), { of: ['vxlan', 'vxlan'], notes: [] });
    const mixed = overlays(['worker-1', 'worker-2', 'worker-3']);
    assert.deepEqual(mixed.of, [undefined, undefined, 'vxlan']);
    assert.match(mixed.notes.join(), /not the same, or not known, for all vantages of the pods on worker-1, worker-2/);
  });

  test('external machines are named and resolved', async () => {
    const { hosts } = await hostsOf('eks', { externals: ['192.0.2.7:443', 'dns=192.0.2.53'] });
    assert.deepEqual(hosts.targets.external, { kind: 'external', address: '192.0.2.7', port: 443 });
    assert.deepEqual(hosts.targets.dns, { kind: 'external', address: '192.0.2.53' });
  });

  test('names and settings of a cluster put nothing but comments into the file', async () => {
    const cluster = fixtureCluster('eks');
    const evil = { ...cluster, network: { ...cluster.network, because: 'x\nvantages: { a: { transport: local } }' } };
    const { discoveredHostsText } = await import('../../src/report/discover/discovered-hosts-text.js');
    const text = discoveredHostsText(discoveryOf(evil, NOTHING_UNREAD, PLAIN, []));
    assert.deepEqual(Object.keys(parseHosts(text, 'evil').vantages), ['here']);
  });

  test('--json is one record as the schema has it', async () => {
    const { io, out } = fakeIo();
    await discover({ ...PLAIN, from: [fixturePath('calico-ipip')], around: 'worker-2', json: true }, io);
    const found = discoverySchema.parse(JSON.parse(out()));
    assert.equal(found.chosen[0], 'worker-2');
    assert.equal(found.nodes.length, 4);
    assert.equal(found.proxy.mode, 'ipvs');
  });
});

suite('the nodes around a suspect', () => {
  const pairsAt = (hosts: Hosts, suspect: string): number => {
    const { vantages, targets } = plannedOf(hosts);
    const groups = identifiability(
      measuredPaths(hosts).map(({ measured }) => measured),
      vantages,
      targets,
    );
    return groups.indistinguishable.filter((group) => group.some((label) => label.endsWith(`@${suspect}`))).length;
  };

  test('are two healthy ones of different zones, and no set tells more', () => {
    const cluster = fixtureCluster('calico-ipip');
    const found = discoveryOf(cluster, NOTHING_UNREAD, { ...PLAIN, around: 'worker-2' }, []);
    assert.deepEqual(found.chosen, ['worker-2', 'worker-1', 'worker-4']);
    const best = pairsAt(found.hosts as Hosts, 'worker-2');
    for (const nodes of [
      ['worker-1', 'worker-3'],
      ['worker-3', 'worker-4'],
      ['worker-1', 'worker-4'],
    ]) {
      const other = discoveryOf(cluster, NOTHING_UNREAD, { ...PLAIN, nodes: ['worker-2', ...nodes] }, []);
      assert.ok(best <= pairsAt(other.hosts as Hosts, 'worker-2'), nodes.join());
    }
  });

  test('leave out what is not ready or cordoned', () => {
    const cluster = fixtureCluster('calico-ipip');
    const nodes = cluster.nodes.map((node) =>
      node.name === 'worker-1'
        ? { ...node, ready: false }
        : node.name === 'worker-4'
          ? { ...node, cordoned: true }
          : node,
    );
    const found = discoveryOf({ ...cluster, nodes }, NOTHING_UNREAD, { ...PLAIN, around: 'worker-2' }, []);
    assert.deepEqual(found.chosen, ['worker-2', 'worker-3']);
  });

  test('prefer nodes that can be probed from to nodes that cannot', () => {
    const cluster = fixtureCluster('calico-ipip');
    const pods = cluster.pods.filter(({ node, rxray }) => node !== 'worker-1' || rxray === undefined);
    const found = discoveryOf({ ...cluster, pods }, NOTHING_UNREAD, { ...PLAIN, around: 'worker-2' }, []);
    assert.deepEqual([...found.chosen].sort(), ['worker-2', 'worker-3', 'worker-4']);
  });

  test('a name that is none of them is answered by the one that was meant', () => {
    const cluster = fixtureCluster('calico-ipip');
    assert.throws(
      () => discoveryOf(cluster, NOTHING_UNREAD, { ...PLAIN, around: 'worker2' }, []),
      (error) => error instanceof CodedError && error.code === 'E_NODE' && /worker-2/.test(error.remedy),
    );
  });

  test('are found among a thousand in little time', () => {
    const cluster = fixtureCluster('calico-ipip');
    const [node] = cluster.nodes;
    assert.ok(node);
    const many = Array.from({ length: 1_000 }, (_, index) => ({
      ...node,
      name: `n-${index}`,
      addresses: [`10.9.${index >> 8}.${index & 255}`],
    }));
    const pods = many.flatMap(({ name }, index) => {
      const [probe] = cluster.pods.filter(({ rxray }) => rxray === 'probe');
      return probe === undefined ? [] : [{ ...probe, name: `rxray-${index}`, node: name }];
    });
    const before = process.cpuUsage();
    const found = discoveryOf({ ...cluster, nodes: many, pods }, NOTHING_UNREAD, { ...PLAIN, around: 'n-500' }, []);
    const { user } = process.cpuUsage(before);
    assert.equal(found.chosen.length, 3);
    assert.ok(user < 5e6, `${user / 1e6} s of CPU`);
  });
});
