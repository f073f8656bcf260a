import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { parseAllDocuments } from 'yaml';
import { runCommandLine } from '../../src/cli/cli.js';
import { hostsAround } from '../../src/commands/kubernetes/bisect-subject.js';
import { install, valuesOf } from '../../src/commands/kubernetes/install.js';
import { subjectOf } from '../../src/commands/kubernetes/subject.js';
import { tracingPod } from '../../src/commands/kubernetes/tracing-pod.js';
import { installation } from '../../src/deploy/manifests.js';
import { valuesWith } from '../../src/deploy/values.js';
import { ownFile } from '../../src/installation/own-file.js';
import { packageFolder } from '../../src/installation/package-folder.js';
import { CodedError } from '../../src/model/errors.js';
import { fakeIo } from '../commands/fake-io.js';
import { fixtureCluster } from './fixture-cluster.js';

const CHOICE = { way: 'agents', here: true, externals: [] } as const;
const cluster = fixtureCluster('calico-ipip');

function coded(code: string, remedy: RegExp) {
  return (error: unknown) => error instanceof CodedError && error.code === code && remedy.test(error.remedy);
}

suite('kubectl rxray', () => {
  test('a word is a node, a pod or a service, by itself or with its kind', () => {
    const kindOf = (word: string, namespace?: string) => subjectOf(word, cluster, namespace).kind;
    assert.deepEqual(
      ['worker-1', 'node/worker-1', 'web-2a', 'po/web-2a', 'db', 'svc/db'].map((word) => kindOf(word)),
      ['node', 'node', 'pod', 'pod', 'service', 'service'],
    );
    assert.throws(() => kindOf('db', 'other'), coded('E_NODE', /did you mean db/));
    assert.throws(() => kindOf('svc/dbb'), coded('E_SERVICE', /did you mean db\?/));
    assert.throws(() => kindOf('deploy/web'), coded('E_NODE', /node\/, pod\/ or svc\//));
    assert.throws(() => kindOf('web-22a'), coded('E_NODE', /did you mean web-2a\?/));
  });

  test('the same name in two namespaces wants the namespace', () => {
    const [pod] = cluster.pods.filter(({ name }) => name === 'web-2a');
    assert.ok(pod);
    const twice = { ...cluster, pods: [...cluster.pods, { ...pod, namespace: 'stage' }] };
    assert.throws(() => subjectOf('web-2a', twice), coded('E_POD', /add -n/));
    assert.equal(subjectOf('web-2a', twice, 'stage').kind, 'pod');
  });

  test('around a pod it is that pod that is probed, on its node and two others', () => {
    const { hosts } = hostsAround(cluster, subjectOf('web-2a', cluster), CHOICE);
    assert.equal(hosts.targets['pod-worker-2']?.address, '10.244.2.22');
    assert.equal(Object.keys(hosts.vantages).length, 4);
  });

  test('of a service each pod is probed on its own node, and one NodePort with one pod', () => {
    const { hosts } = hostsAround(cluster, subjectOf('svc/web', cluster), CHOICE);
    const pods = [1, 2, 3, 4].map((index) => hosts.targets[`pod-worker-${index}`]?.address);
    assert.deepEqual(pods, ['10.244.1.21', '10.244.2.22', '10.244.3.23', '10.244.4.24']);
    const single = hostsAround(cluster, subjectOf('svc/db', cluster), CHOICE);
    assert.equal(single.hosts.targets['pod-worker-3']?.address, '10.244.3.23');
  });

  test('a trace goes through the tracing agent of the node, of a pod by its uid', () => {
    assert.throws(() => tracingPod('worker-1', cluster, {}), coded('E_TRACE', /trace\.enabled=true/));
    const traced = {
      ...cluster,
      pods: cluster.pods.map((pod) =>
        pod.rxray === 'probe' ? { ...pod, rxray: 'trace' } : pod.name === 'web-2a' ? { ...pod, uid: '0a1b-2c' } : pod,
      ),
    };
    const { far, podUid } = tracingPod('web-2a', traced, { context: 'prod' });
    assert.deepEqual(far, {
      transport: 'kubectl',
      namespace: 'rxray',
      pod: 'rxray-probe-2k2x7',
      container: 'agent',
      context: 'prod',
    });
    assert.equal(podUid, '0a1b-2c');
    assert.throws(() => tracingPod('svc/db', traced, {}), coded('E_TRACE', /name a pod/));
  });

  test('a vantage names the tracing agent of its own node', () => {
    const probes = cluster.pods.filter(({ rxray }) => rxray === 'probe');
    const tracers = probes.map((pod) => ({ ...pod, name: `tracer-of-${pod.node}`, rxray: 'trace' }));
    const [silent = ''] = probes.map(({ node }) => node);
    const pods = [...cluster.pods, ...tracers.map((pod) => ({ ...pod, ready: pod.node !== silent }))];
    const { hosts } = hostsAround({ ...cluster, pods }, { kind: 'node', node: silent }, CHOICE);
    const named = Object.entries(hosts.vantages).flatMap(([name, vantage]) =>
      vantage.transport === 'kubectl' ? [[name, vantage.tracer]] : [],
    );
    assert.ok(named.length > 2);
    assert.deepEqual(
      named,
      named.map(([name]) => [name, name === silent ? undefined : `tracer-of-${name}`]),
    );
  });

  test('install --dry-run prints what the chart installs with the same values', async () => {
    const { io, out } = fakeIo();
    const set = ['tier=restricted', 'agent.neighbours=4', 'nodeSelector={"pool":"a"}'];
    assert.equal(await install({ namespace: 'watch', set, dryRun: true }, io), 0);
    const printed = parseAllDocuments(out()).map((document) => document.toJS());
    const values = valuesWith({ tier: 'restricted', 'agent.neighbours': 4, nodeSelector: { pool: 'a' } });
    assert.deepEqual(printed, installation('watch', values, ownFile('deploy/seccomp-trace.json').toString()));
  });

  test('a value that is misspelt or of the wrong kind is refused', () => {
    assert.throws(() => valuesOf(['teir=probe']), coded('E_VALUE', /did you mean tier/));
    for (const word of [
      'tier=all',
      'agent.neighbours=11',
      'agent.neighbours=x',
      'trace.enabled=yes',
      'tolerations={}',
    ]) {
      assert.throws(() => valuesOf([word]), coded('E_VALUE', /kubernetes-values/), word);
    }
  });

  test('wrong words are answered in the name that was called', async () => {
    for (const [words, said] of [
      [['bisekt'], /^kubectl rxray: unknown command bisekt.*\n.*bisect/],
      [['trace'], /kubectl rxray trace needs to know what/],
      [['bisect', 'a', '--debugg'], /unknown option --debugg.*\n.*--debug/],
      [['probe', '10.0.0.1'], /unknown command probe/],
    ] as const) {
      const { io, err } = fakeIo();
      assert.equal(await runCommandLine('kubectl-rxray', words, io), 2);
      assert.match(err(), said);
    }
  });

  test('kubectl completes commands, options, and names of nodes', () => {
    const folder = mkdtempSync(join(tmpdir(), 'rc-'));
    try {
      writeFileSync(
        join(folder, 'kubectl'),
        '#!/bin/sh\ncase "$*" in "get nodes -o name") printf "node/worker-1\\nnode/worker-2\\n" ;; "get pods -o name") echo pod/web-1 ;; esac\n',
      );
      chmodSync(join(folder, 'kubectl'), 0o755);
      const script = join(packageFolder(), 'completions/kubectl_complete-rxray');
      const complete = (...words: string[]) =>
        execFileSync(script, words, { encoding: 'utf8', env: { PATH: `${folder}:/usr/bin:/bin` } })
          .trim()
          .split('\n');
      assert.deepEqual(complete('di'), ['discover', ':4']);
      assert.deepEqual(complete('trace', 's'), ['stall', 'syscalls', ':4']);
      assert.deepEqual(complete('trace', 'stall', 'w'), ['worker-1', 'worker-2', ':4']);
      assert.deepEqual(complete('trace', 'syscalls', 'w'), ['web-1', ':4']);
      assert.deepEqual(complete('why', 'worker-2'), ['worker-2', ':4']);
      assert.deepEqual(complete('bisect', 'worker-2'), ['worker-2', ':4']);
      assert.deepEqual(complete('discover', '--around', 'worker-1'), ['worker-1', ':4']);
      assert.deepEqual(complete('discover', '--deb'), ['--debug', ':4']);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
