import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { createHelperEngine } from '../../src/engines/helper-engine.js';
import { collect } from '../engines/collected-run.js';
import { loopbackPlan } from '../transports/loopback-plan.js';
import { BUSYBOX_IMAGE } from './node-machine.js';
import type { RunningCluster } from './running-cluster.js';

/**
 * `kubectl` that adds debug containers by the form of the API which Kubernetes 1.20 has (a PUT of EphemeralContainers,
 * which may not have a security context) and does all else as it is.
 */
const debugShim = (kubectl: string): string => `#!/usr/bin/env node
const { spawnSync } = require('node:child_process');
const words = process.argv.slice(2);
const at = words.indexOf('debug');
const real = (args, input) => spawnSync(${JSON.stringify(kubectl)}, args, { input, encoding: 'utf8' });
if (at < 0) {
  process.exitCode = spawnSync(${JSON.stringify(kubectl)}, words, { stdio: 'inherit' }).status ?? 1;
} else {
  const value = (name) => words.find((word) => word.startsWith(name + '='))?.slice(name.length + 1);
  const path = '/api/v1/namespaces/' + value('--namespace') + '/pods/' + words[at + 1] + '/ephemeralcontainers';
  const found = JSON.parse(real(['get', '--raw', path]).stdout);
  const container = { name: value('--container'), image: value('--image'), imagePullPolicy: 'Never', command: words.slice(words.indexOf('--') + 1) };
  found.ephemeralContainers = [...(found.ephemeralContainers ?? []), { ...container, terminationMessagePolicy: 'File' }];
  const done = real(['replace', '--raw', path, '-f', '-'], JSON.stringify(found));
  process.stderr.write(done.stderr);
  process.exitCode = done.status ?? 1;
}
`;

/** Ways into a pod beside `exec` into its own containers. */
export function farContainers(cluster: () => RunningCluster, skip: string | false): void {
  test('from a debug container of a pod without a capability helpers probe; it ends by itself, and the pod goes on', {
    skip,
  }, async () => {
    const pod = await cluster().podOf('companion');
    const kubectl = cluster().script('kubectl-debug', debugShim(cluster().programs.kubectl ?? ''));
    const transport = cluster().through(pod, { debug: true, image: BUSYBOX_IMAGE, kubectl });
    const run = await collect(createHelperEngine(transport).start(loopbackPlan()));
    const { sent = 0, received = 0, missedSlots = 0 } = run.totals[0] ?? {};
    assert.deepEqual([received, sent + missedSlots], [sent, 20]);
    await transport.close?.();
    const { plane } = cluster();
    const state = (kind: string): string =>
      plane.kubectl(['-n', 'rxray', 'get', 'pod', pod.metadata.name, '-o', `jsonpath={.status.${kind}[0].state}`]);
    await plane.until('the container has ended', 60_000, () =>
      state('ephemeralContainerStatuses').includes('"exitCode":0'),
    );
    assert.match(state('containerStatuses'), /running/);
  });

  test('kubectl debug itself is refused by a server of 1.20, and it is said by whom and why', { skip }, async () => {
    const pod = await cluster().podOf('companion', 'node-2');
    const transport = cluster().through(pod, { debug: true, image: BUSYBOX_IMAGE });
    const run = collect(createHelperEngine(transport).start(loopbackPlan()));
    await assert.rejects(run, (error: Error) => {
      console.log(`  ${error.message}`);
      return /pod rxray\/rxray-companion/.test(error.message);
    });
    await transport.close?.();
  });

  test('kubectl attach reaches what reads its stdin, and leaves it open when it goes: helpers are started by exec', {
    skip,
  }, async () => {
    const { plane, programs } = cluster();
    const container = { name: 'cat', image: BUSYBOX_IMAGE, imagePullPolicy: 'Never', command: ['cat'], stdin: true };
    const metadata = { name: 'attached', namespace: 'default' };
    const tolerations = [{ operator: 'Exists' }];
    const object = { apiVersion: 'v1', kind: 'Pod', metadata, spec: { tolerations, containers: [container] } };
    plane.kubectl(['apply', '-f', '-'], JSON.stringify(object));
    const phase = (): string => plane.kubectl(['get', 'pod', 'attached', '-o', 'jsonpath={.status.phase}']);
    await plane.until('it runs', 60_000, () => phase() === 'Running');
    const client = spawn(programs.kubectl ?? '', ['attach', '-i', 'attached'], {
      env: { ...process.env, KUBECONFIG: plane.kubeconfig },
    });
    let heard = '';
    client.stdout.setEncoding('utf8').on('data', (text: string) => {
      heard += text;
    });
    client.stdin.write('there\n');
    await plane.until('it answers', 30_000, () => heard.includes('there'));
    client.kill('SIGKILL');
    await once(client, 'exit');
    // What reads until its stdin ends is still there long after that would have ended it.
    const words = ['exec', 'attached', '--', 'sh', '-c', 'sleep 5; cat /proc/1/comm'];
    assert.equal(plane.kubectl(words), 'cat\n');
    assert.equal(phase(), 'Running');
    plane.kubectl(['delete', 'pod', 'attached', '--grace-period=0', '--force']);
  });
}
