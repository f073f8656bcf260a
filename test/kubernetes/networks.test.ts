import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { suite, test } from 'node:test';
import { fixtureCluster, fixturePath } from './fixture-cluster.js';

/** Fixture, plugin, overlay, across subnets only, mode of the service proxy. */
const CLUSTERS: readonly [string, string, string, boolean, string][] = [
  ['calico-ipip', 'calico', 'ipip', false, 'ipvs'],
  ['calico-vxlan-subnets', 'calico', 'vxlan', true, 'iptables'],
  ['calico-bgp', 'calico', 'none', false, 'iptables'],
  ['calico-ebpf', 'calico', 'vxlan', false, 'ebpf'],
  ['cilium-vxlan', 'cilium', 'vxlan', false, 'iptables'],
  ['cilium-geneve-old', 'cilium', 'geneve', false, 'ebpf'],
  ['cilium-native', 'cilium', 'none', false, 'ebpf'],
  ['cilium-wireguard', 'cilium', 'wireguard', false, 'ebpf'],
  ['flannel-vxlan', 'flannel', 'vxlan', false, 'nftables'],
  ['flannel-host-gw', 'flannel', 'none', false, 'iptables'],
  ['k3s', 'flannel', 'vxlan', false, 'unknown'],
  ['weave', 'weave', 'vxlan', false, 'iptables'],
  ['antrea-hybrid', 'antrea', 'geneve', true, 'iptables'],
  ['kubenet', 'kubenet', 'none', false, 'ipvs'],
  ['eks', 'aws-vpc-cni', 'none', false, 'iptables'],
  ['gke', 'gke', 'none', false, 'iptables'],
  ['gke-dataplane-v2', 'gke-dataplane-v2', 'none', false, 'ebpf'],
  ['aks-kubenet', 'kubenet', 'none', false, 'iptables'],
  ['aks-cni-overlay', 'azure-cni-overlay', 'none', false, 'iptables'],
];

suite('the network of a cluster', () => {
  test('every cluster that is kept here has a row', () => {
    const kept = readdirSync(dirname(fixturePath('x'))).map((name) => name.replace(/\.yaml$/, ''));
    assert.deepEqual(CLUSTERS.map(([name]) => name).sort(), kept.sort());
  });

  for (const [name, plugin, overlay, across, proxy] of CLUSTERS) {
    test(`${name}: ${plugin}, overlay ${overlay}${across ? ' across subnets' : ''}, services by ${proxy}`, () => {
      const { network, proxy: found } = fixtureCluster(name);
      assert.deepEqual(
        [network.plugin, network.overlay, network.acrossSubnetsOnly, found.mode],
        [plugin, overlay, across, proxy],
        `${network.because}; ${found.because}`,
      );
    });
  }

  const calicoPool = (name: string, spec: object) => ({ kind: 'IPPool', metadata: { name }, spec });
  const policyOnly = { kind: 'DaemonSet', metadata: { name: 'calico-node', namespace: 'kube-system' }, spec: {} };

  test('IP pools that differ tell of no one overlay', () => {
    const other = calicoPool('v', { cidr: '10.250.0.0/16', ipipMode: 'Never', vxlanMode: 'Always' });
    assert.equal(fixtureCluster('calico-ipip', other).network.overlay, 'unknown');
  });

  test('a pool that is switched off does not count', () => {
    const off = calicoPool('v', { cidr: '10.250.0.0/16', ipipMode: 'Never', vxlanMode: 'Always', disabled: true });
    assert.equal(fixtureCluster('calico-ipip', off).network.overlay, 'ipip');
  });

  test('Calico that is there for its policies alone leaves the cloud in charge', () => {
    assert.equal(fixtureCluster('eks', policyOnly).network.plugin, 'aws-vpc-cni');
    assert.equal(fixtureCluster('gke', policyOnly).network.plugin, 'gke');
  });

  test('Calico of which neither pools nor annotations can be read is Calico with an unknown overlay', () => {
    const { network } = fixtureCluster('kubenet', policyOnly);
    assert.deepEqual([network.plugin, network.overlay], ['calico', 'unknown']);
  });

  test('Cilium chained behind the VPC plugin has no overlay', () => {
    const config = {
      kind: 'ConfigMap',
      metadata: { name: 'cilium-config', namespace: 'kube-system' },
      data: { 'cni-chaining-mode': 'aws-cni', 'routing-mode': 'native' },
    };
    const { network } = fixtureCluster('eks', config);
    assert.deepEqual([network.plugin, network.overlay], ['cilium on aws-cni', 'none']);
  });

  test('a broken setting is no setting, and no exception', () => {
    const broken = {
      kind: 'ConfigMap',
      metadata: { name: 'kube-proxy', namespace: 'kube-system' },
      data: { 'config.conf': 'mode: [' },
    };
    assert.equal(fixtureCluster('k3s', broken).proxy.mode, 'iptables');
  });
});
