import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { parse, parseAllDocuments } from 'yaml';
import { helmText } from '../../src/deploy/helm-text.js';
import { installation, manifests } from '../../src/deploy/manifests.js';
import { VALUES, valuesSchema, valuesWith } from '../../src/deploy/values.js';
import { agentConfigSchema } from '../../src/fleet/config/agent-config.js';
import { packageFolder } from '../../src/installation/package-folder.js';
import { list, type Plain, plain, violations } from './pod-security.js';

const PROFILE = readFileSync(join(packageFolder(), 'deploy/seccomp-trace.json'), 'utf8');

const KINDS = {
  restricted: { tier: 'restricted' },
  probe: { tier: 'probe' },
  trace: { tier: 'probe', 'trace.enabled': true },
  everything: {
    tier: 'probe',
    'trace.enabled': true,
    'podMonitor.enabled': true,
    'serviceMonitor.enabled': true,
    'events.enabled': true,
    'keys.existingSecret': 'rxray-keys',
    'webConfig.existingSecret': 'rxray-web',
    priorityClassName: 'system-node-critical',
  },
} as const;

function objectsOf(kind: keyof typeof KINDS): readonly Plain[] {
  return installation('watch', valuesWith(KINDS[kind]), PROFILE);
}

function named(objects: readonly Plain[], kind: string, name: string): Plain {
  const found = objects.find((object) => object.kind === kind && plain(object.metadata).name === name);
  assert.ok(found, `${kind} ${name}`);
  return found;
}

const podOf = (daemonSet: Plain): Plain => plain(plain(plain(daemonSet.spec).template).spec);
const podSpec = (kind: keyof typeof KINDS, part: string): Plain =>
  podOf(named(objectsOf(kind), 'DaemonSet', `rxray-${part}`));

suite('what is installed', () => {
  test('the chart and the kustomize folders are what src/deploy says', () => {
    execFileSync(process.execPath, [join(packageFolder(), 'scripts/generate-deploy.mjs'), '--check']);
  });

  const standards: readonly [kind: keyof typeof KINDS, part: string, baseline: string[], restricted: string[]][] = [
    ['restricted', 'restricted', [], []],
    ['probe', 'companion', [], []],
    [
      'probe',
      'probe',
      ['add NET_RAW', 'hostNetwork'],
      ['add NET_RAW', 'hostNetwork', 'not runAsNonRoot', 'runAsUser 0'],
    ],
    [
      'trace',
      'trace',
      ['add BPF', 'add PERFMON', 'hostNetwork', 'hostPID', 'hostPath /var/lib/kubelet/seccomp'],
      [
        'add BPF',
        'add PERFMON',
        'hostNetwork',
        'hostPID',
        'hostPath /var/lib/kubelet/seccomp',
        'not runAsNonRoot',
        'runAsUser 0',
      ],
    ],
  ];
  for (const [kind, part, baseline, restricted] of standards) {
    test(`${part}: against the baseline standard ${baseline.join(', ') || 'nothing'}, and no more against restricted`, () => {
      const spec = podSpec(kind, part);
      assert.deepEqual(violations(spec, 'baseline'), baseline);
      assert.deepEqual(violations(spec, 'restricted'), restricted);
    });
  }

  test('the rules of the standards find what is against them', () => {
    const bad = {
      hostIPC: true,
      volumes: [
        { name: 'x', hostPath: { path: '/' } },
        { name: 'y', nfs: {} },
      ],
      securityContext: { sysctls: [{ name: 'net.core.somaxconn', value: '1' }] },
      containers: [
        { ports: [{ hostPort: 80 }], securityContext: { privileged: true, seccompProfile: { type: 'Unconfined' } } },
      ],
    };
    assert.deepEqual(violations(bad, 'restricted'), [
      'allowPrivilegeEscalation',
      'does not drop ALL',
      'hostIPC',
      'hostPath /',
      'hostPort 80',
      'no seccomp profile',
      'not runAsNonRoot',
      'privileged',
      'seccomp Unconfined',
      'sysctl net.core.somaxconn',
      'volume nfs',
    ]);
  });

  test('nothing is cluster-wide but the namespace; rights are to list and watch pods of the own one', () => {
    for (const kind of Object.keys(KINDS) as (keyof typeof KINDS)[]) {
      for (const object of objectsOf(kind)) {
        assert.ok(!/^Cluster/.test(String(object.kind)), String(object.kind));
        const { namespace, name } = plain(object.metadata);
        if (object.kind === 'Namespace') continue;
        assert.equal(namespace, name === 'rxray-events' ? 'default' : 'watch', `${object.kind} ${name}`);
      }
      const { rules } = named(objectsOf(kind), 'Role', 'rxray');
      assert.deepEqual(rules, [{ apiGroups: [''], resources: ['pods'], verbs: ['list', 'watch'] }]);
    }
    assert.ok(!objectsOf('trace').some(({ metadata }) => plain(metadata).name === 'rxray-events'));
    assert.equal(plain(list(named(objectsOf('probe'), 'RoleBinding', 'rxray').subjects)[0]).namespace, 'watch');
  });

  test('the namespace enforces the strictest standard that its pods keep to', () => {
    const level = (kind: keyof typeof KINDS) =>
      plain(plain(named(objectsOf(kind), 'Namespace', 'watch').metadata).labels)['pod-security.kubernetes.io/enforce'];
    assert.deepEqual([level('restricted'), level('probe'), level('trace')], ['restricted', 'privileged', 'privileged']);
  });

  test('every pod: memory limit, no CPU limit, read-only root, no escalation, tolerations, architectures, probes', () => {
    for (const part of ['probe', 'companion', 'trace']) {
      const spec = podSpec('everything', part);
      assert.deepEqual(spec.tolerations, [{ operator: 'Exists' }]);
      assert.equal(spec.priorityClassName, 'system-node-critical');
      assert.match(JSON.stringify(spec.affinity), /"kubernetes.io\/arch".*"amd64","arm64"/);
      for (const container of [...list(spec.initContainers), ...list(spec.containers)]) {
        const { limits, requests } = plain(container.resources);
        assert.deepEqual(Object.keys(plain(limits)), ['memory'], part);
        assert.ok(plain(requests).cpu);
        const security = plain(container.securityContext);
        assert.equal(security.readOnlyRootFilesystem, true);
        assert.equal(security.allowPrivilegeEscalation, false);
        assert.deepEqual(plain(security.capabilities).drop, ['ALL']);
      }
      const [main = {}] = list(spec.containers);
      // The others are only there, and ask nobody.
      assert.equal(main.readinessProbe !== undefined && main.livenessProbe !== undefined, part === 'probe');
      assert.equal(spec.automountServiceAccountToken, part === 'probe');
    }
  });

  test('trace tells no more than its three rights: BPF, PERFMON and the processes of the node', () => {
    const spec = podSpec('trace', 'trace');
    const [main = {}] = list(spec.containers);
    assert.deepEqual(plain(plain(main.securityContext).capabilities).add, ['BPF', 'PERFMON']);
    assert.deepEqual(plain(main.securityContext).seccompProfile, {
      type: 'Localhost',
      localhostProfile: 'rxray/trace.json',
    });
    const kept = plain(named(objectsOf('trace'), 'ConfigMap', 'rxray-seccomp').data)['trace.json'];
    assert.deepEqual(JSON.parse(String(kept)), JSON.parse(PROFILE));
  });

  test('every agent.yaml is one that the agent takes', () => {
    for (const kind of ['restricted', 'everything'] as const) {
      const maps = objectsOf(kind).filter(({ data }) => plain(data)['agent.yaml'] !== undefined);
      assert.equal(maps.length, 1);
      for (const { data } of maps) agentConfigSchema.parse(parse(String(plain(data)['agent.yaml'])));
    }
  });

  test('a NodePort leads to the pod of its own node on the pod network, for both families', () => {
    for (const [kind, part] of [
      ['probe', 'companion'],
      ['restricted', 'restricted'],
    ] as const) {
      const spec = plain(named(objectsOf(kind), 'Service', 'rxray-paths').spec);
      assert.equal(spec.externalTrafficPolicy, 'Local');
      assert.equal(spec.ipFamilyPolicy, 'PreferDualStack');
      assert.equal(plain(spec.selector)['app.kubernetes.io/component'], part);
      assert.equal(podSpec(kind, part).hostNetwork, undefined);
    }
    const without = installation('watch', valuesWith({ 'paths.nodePort': 0 }), PROFILE);
    assert.ok(!without.some(({ metadata }) => plain(metadata).name === 'rxray-paths'));
  });

  test('a DaemonSet selects its own pods and no other part', () => {
    const sets = objectsOf('trace').filter(({ kind }) => kind === 'DaemonSet');
    const selectors = sets.map(({ spec }) => JSON.stringify(plain(spec).selector));
    assert.equal(new Set(selectors).size, sets.length);
    for (const { spec } of sets) {
      const wanted = plain(plain(plain(spec).selector).matchLabels);
      const has = plain(plain(plain(plain(spec).template).metadata).labels);
      for (const [key, value] of Object.entries(wanted)) assert.equal(has[key], value);
    }
  });
});

suite('the chart', () => {
  test('names every value that is declared, and no other', () => {
    const text = helmText(manifests(PROFILE));
    const used = new Set([...text.matchAll(/\.Values\.([\w.]+)/g)].map(([, path]) => path));
    const declared = VALUES.map(({ path }) => path);
    assert.deepEqual(
      [...used].filter((path) => !declared.includes(path ?? '')),
      [],
    );
    assert.deepEqual(
      declared.filter((path) => !used.has(path)),
      [],
    );
  });

  test('has values.yaml with the defaults, and a schema that refuses what is misspelt and a limit of CPU', () => {
    const file = parse(readFileSync(join(packageFolder(), 'deploy/helm/rxray/values.yaml'), 'utf8'));
    assert.deepEqual(file, valuesWith());
    const schema = valuesSchema() as { properties: Record<string, Plain>; additionalProperties: boolean };
    assert.equal(schema.additionalProperties, false);
    const limits = plain(plain(plain(schema.properties.resources).properties).limits);
    assert.deepEqual([limits.additionalProperties, Object.keys(plain(limits.properties))], [false, ['memory']]);
  });

  test('names the version of the package as its own and as that of the image', () => {
    const { version } = JSON.parse(readFileSync(join(packageFolder(), 'package.json'), 'utf8')) as { version: string };
    const chart = parse(readFileSync(join(packageFolder(), 'deploy/helm/rxray/Chart.yaml'), 'utf8'));
    assert.deepEqual([chart.version, chart.appVersion, plain(valuesWith().image).tag], [version, version, version]);
  });

  test('kustomize folders hold the same objects as the installation with their values', () => {
    for (const kind of ['restricted', 'probe', 'trace'] as const) {
      const text = readFileSync(join(packageFolder(), 'deploy/kustomize', kind, 'rxray.yaml'), 'utf8');
      const objects = parseAllDocuments(text).map((document) => document.toJS() as Plain);
      assert.deepEqual(objects, installation('rxray', valuesWith(KINDS[kind]), PROFILE));
    }
  });
});
