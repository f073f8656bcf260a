import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { createHelperEngine } from '../../src/engines/helper-engine.js';
import { packageFolder } from '../../src/installation/package-folder.js';
import { CodedError } from '../../src/model/errors.js';
import { kubectlTransport } from '../../src/transports/far/kubectl-transport.js';
import { collect } from '../engines/collected-run.js';
import { loopbackPlan } from '../transports/loopback-plan.js';
import { ControlPlane, clusterIngredients, type Ingredients } from './control-plane.js';
import { layBridge, NodeMachine } from './node-machine.js';
import { podsIn, type SeenPod } from './objects.js';

const NODES = Number(process.env.RXRAY_CLUSTER_NODES ?? 3);
const IMAGE = 'docker.io/library/rxray';

suite('a cluster whose pods run', { timeout: 580_000 }, () => {
  let programs: Ingredients;
  let plane: ControlPlane;
  const nodes: NodeMachine[] = [];
  const archive = imageArchive();

  before(async () => {
    if (archive === undefined) return;
    programs = await clusterIngredients();
    layBridge();
    plane = await ControlPlane.start(programs);
    for (let index = 1; index <= NODES; index += 1) {
      const node = await NodeMachine.start(plane, programs, index, NODES);
      nodes.push(node);
      node.importImage(archive, IMAGE);
    }
  });
  after(async () => {
    for (const node of nodes) await node.stop();
    await plane?.stop();
  });

  const skip = archive === undefined ? 'there is no image: npm run package' : false;

  async function podOf(part: string, node = 'node-1'): Promise<SeenPod> {
    const found = (await podsIn(plane, 'rxray', part)).find(({ spec }) => spec.nodeName === node);
    assert.ok(found, `no pod of ${part} on ${node}`);
    return found;
  }

  const stateOf = (pod: SeenPod): string => JSON.stringify(pod.status.containerStatuses ?? pod.status);
  const through = (pod: SeenPod, container: string, more: object = {}) => {
    process.env.KUBECONFIG = plane.kubeconfig;
    const { namespace, name } = pod.metadata;
    return kubectlTransport({ namespace, pod: name, container, kubectl: programs.kubectl ?? 'kubectl', ...more });
  };

  test('the chart, installed by helm, has its pods running from the image of npm run package', { skip }, async () => {
    const chart = join(packageFolder(), 'deploy/helm/rxray');
    const set = [`image.repository=${IMAGE}`, 'image.pullPolicy=Never', 'trace.enabled=true'];
    const words = ['install', 'rxray', chart, '--namespace', 'rxray', '--create-namespace'];
    plane.run('helm', [...words, ...set.flatMap((one) => ['--set', one])]);
    for (const part of ['companion', 'probe', 'trace']) {
      let last = 'no pod';
      await plane
        .until(`${part} runs`, 180_000, async () => {
          const pods = await podsIn(plane, 'rxray', part);
          last = pods.map((pod) => stateOf(pod)).join('\n') || 'no pod';
          if (pods.length !== NODES || !pods.every((pod) => /"state":\{"running"/.test(stateOf(pod)))) return false;
          if (part !== 'probe') return true;
          return pods.every((pod) => /"ready":true,"restartCount":0/.test(stateOf(pod)));
        })
        .catch((error: Error) => assert.fail(`${error.message}\n${last}\n${nodes[0]?.logs()}`));
    }
  });

  test('a helper is brought by kubectl exec into an agent, runs there, and leaves nothing behind', {
    skip,
  }, async () => {
    const pod = await podOf('probe');
    const transport = through(pod, 'agent');
    const run = await collect(createHelperEngine(transport).start(loopbackPlan()));
    const { sent = 0, received = 0, missedSlots = 0 } = run.totals[0] ?? {};
    // A machine that runs a cluster of three beside it may miss a slot; what was sent is answered.
    assert.deepEqual([received, sent + missedSlots], [sent, 20]);
    const { offsetNs = Number.NaN, uncertaintyNs = Number.NaN } = (await transport.exchangeClock?.()) ?? {};
    assert.ok(Math.abs(offsetNs) <= uncertaintyNs, `${offsetNs} ± ${uncertaintyNs} ns`);
    await transport.close?.();
    const left = plane.kubectl(['-n', 'rxray', 'exec', pod.metadata.name, '-c', 'agent', '--', 'sh', '-c', 'ls /tmp']);
    assert.doesNotMatch(left, /rxray-[0-9a-f]{8}/);
  });

  test('a companion, without a capability, says what it lacks', { skip }, async () => {
    const transport = through(await podOf('companion'), 'companion');
    const run = collect(createHelperEngine(transport).start(loopbackPlan()));
    await assert.rejects(run, (error) => error instanceof CodedError && error.exitCode === 4);
    await transport.close?.();
  });

  test('rxray discover sees the cluster, and bisect --plan what it can tell apart', { skip }, async () => {
    const { discover } = await import('../../src/commands/discover/discover.js');
    const { parseHosts } = await import('../../src/hosts/hosts-file.js');
    const { fakeIo } = await import('../commands/fake-io.js');
    process.env.KUBECONFIG = plane.kubeconfig;
    const { io, out } = fakeIo();
    const plain = { from: [], nodes: [], externals: [], way: 'agents' as const, here: true, json: false };
    assert.equal(await discover({ ...plain, kubectl: programs.kubectl }, io), 0);
    const hosts = parseHosts(out(), 'discovered');
    assert.equal(hosts.targets['node-1']?.address, nodes[0]?.address);
    const vantage = hosts.vantages['node-1'];
    assert.ok(vantage?.transport === 'kubectl' && vantage.pod === (await podOf('probe')).metadata.name);
  });

  test('kubectl rxray trace stall loads its programs in the tracing pod, with its two capabilities and its own seccomp profile', {
    skip,
  }, () => {
    const plugin = join(packageFolder(), 'dist/bin/kubectl-rxray.js');
    const words = ['trace', 'stall', 'node-1', '-d', '3s', '--kubectl', programs.kubectl ?? '', '--json'];
    const { status, stdout, stderr } = spawnSync(process.execPath, [plugin, ...words], {
      encoding: 'utf8',
      env: { ...process.env, KUBECONFIG: plane.kubeconfig },
    });
    assert.ok(status === 0 || status === 1, `${status} ${stdout}${stderr}`);
    const [run = ''] = stdout.split('\n');
    assert.match(run, /"command":"trace stall"/);
    assert.match(run, /"tracepoint":"softirq_entry","got":true/);
    assert.match(stdout, /"type":"trace-quality".*"end":"complete"/);
  });

  test('a real Prometheus scrapes the agents, and rxray fleet judges them by it: nobody is accused', {
    skip,
  }, async () => {
    const scrape = {
      job_name: 'rxray',
      scrape_interval: '2s',
      static_configs: nodes.map(({ name, address }) => ({ targets: [`${address}:9469`], labels: { node: name } })),
    };
    writeFileSync(plane.file('prometheus.json'), JSON.stringify({ scrape_configs: [scrape] }));
    const url = 'http://127.0.0.1:9090';
    const prometheus = spawn(
      programs.prometheus ?? '',
      [
        `--config.file=${plane.file('prometheus.json')}`,
        `--storage.tsdb.path=${plane.file('prometheus')}`,
        '--web.listen-address=127.0.0.1:9090',
      ],
      { stdio: 'ignore' },
    );
    try {
      const count = async (query: string): Promise<number> => {
        const answer = await fetch(`${url}/api/v1/query?query=${encodeURIComponent(query)}`);
        const { data } = (await answer.json()) as { data: { result: { value: [number, string] }[] } };
        return Number(data.result[0]?.value[1] ?? 0);
      };
      await plane.until(
        'all agents are scraped and ready',
        60_000,
        async () => (await count('sum(rxray_agent_ready)')) === NODES,
      );
      // Each of them probes each other one by node, pod and NodePort, and is answered.
      for (const kind of ['node', 'pod', 'nodeport']) {
        const probed = `count(count by (node, to) (rxray_path_probes_total{kind="${kind}"} > rxray_path_lost_total))`;
        await plane.until(`every path by ${kind}`, 60_000, async () => (await count(probed)) === NODES * (NODES - 1));
      }
      const main = join(packageFolder(), 'dist/bin/rxray.js');
      const judged = spawnSync(process.execPath, [main, 'fleet', '--prometheus', url, '--json'], { encoding: 'utf8' });
      console.log(`  fleet: status ${judged.status}: ${judged.stdout.trim().split('\n').at(-1)?.slice(0, 300)}`);
      assert.ok(judged.status === 0 || judged.status === 3, `${judged.stdout}${judged.stderr}`);
    } finally {
      prometheus.kill('SIGKILL');
    }
  });

  test('a node that dies in the middle of a run ends the run, with what was seen until then', { skip }, async () => {
    const transport = through(await podOf('probe', `node-${NODES}`), 'agent');
    const plan = { ...loopbackPlan(), count: 3_000 };
    let [seen, reason] = [0, 'none'];
    const began = performance.now();
    const run = (async () => {
      for await (const event of createHelperEngine(transport).start(plan).events) {
        if (event.kind === 'samples') seen += event.samples.length;
        if (event.kind === 'end') reason = event.reason;
      }
    })();
    await plane.until('probes are seen', 60_000, () => seen > 0);
    await nodes.pop()?.stop();
    const end = await run.then(
      () => reason,
      (error: unknown) => (error instanceof CodedError ? `${error.code} ${error.message}` : String(error)),
    );
    console.log(`  ${end} after ${((performance.now() - began) / 1000).toFixed(1)} s`);
    assert.ok(seen > 0 && seen < 3_000);
    assert.match(end, /cut-off|E_/);
    assert.ok(performance.now() - began < 60_000);
    await transport.close?.();
  });
});

function imageArchive(): string | undefined {
  const folder = join(packageFolder(), 'packages');
  const name = existsSync(folder) ? readdirSync(folder).find((one) => /-oci\.tar$/.test(one)) : undefined;
  return name === undefined ? undefined : join(folder, name);
}
