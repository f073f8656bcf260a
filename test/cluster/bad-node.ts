import assert from 'node:assert/strict';
import { NodeFaults } from '../e2e/node-faults.js';
import { hurryProbers } from './cluster-run.js';
import { IMAGE, type RunningCluster } from './running-cluster.js';
import type { Store } from './store.js';

const BAD = 'node-2';
const PERIOD_MS = 2_100;
/** After that no alert is awaited any more. */
const ALERT_MS = 210_000;
/** Nor one node by `fleet`. */
const FLEET_MS = 150_000;
/** A pod starts, and asks again where it found nobody. */
const EVENT_MS = 90_000;
/** From the alert in hand to the process. */
const MOST_WHY_S = 30;
/** The shortest that `fleet` takes. */
const WINDOW_S = 120;

export const FAULT_TITLE =
  'one node is made bad: alert, fleet, and kubectl rxray why name it, the process and the cordon line within 30 s; an Event is written on it';

/** A process that, of its card's four receive queues, starves the one that is served on another CPU. */
export async function badNode(cluster: RunningCluster, store: Store): Promise<void> {
  const { plane } = cluster;
  const network = {
    router: '',
    namespace: (node: string) => cluster.node(node).netns,
    address: (node: string) => cluster.node(node).address,
    queueThreads: (node: string) => cluster.node(node).queueThreads(),
  };
  const faults = new NodeFaults(network, plane.file('faults'));
  const began = performance.now();
  const seconds = (since: number): number => Number(((performance.now() - since) / 1000).toFixed(1));
  const wronglyAccused: string[] = [];
  const endHurry = hurryProbers();
  faults.begin(BAD, 'starved', { periodMs: PERIOD_MS });
  try {
    let accused: string[] = [];
    await plane.until('the alert', ALERT_MS, async () => {
      accused = await store.accused();
      return accused.length > 0;
    });
    console.log(`  alert after ${seconds(began)} s: ${accused.join(', ')}`);
    assert.deepEqual(
      accused.map((one) => one.split(' ')[0]),
      [BAD],
    );
    const window = (): string[] => {
      return ['--prometheus', store.url, '--window', `${Math.max(WINDOW_S, Math.ceil(seconds(began)))}s`];
    };
    // Agents that a busy machine has paused accuse nobody until they have watched again.
    await plane.until('fleet names it', FLEET_MS, () => {
      const fleetBegan = performance.now();
      const { stdout, stderr } = cluster.kubectl('rxray', 'fleet', ...window(), '--json');
      console.log(`  fleet after ${seconds(fleetBegan)} s: ${stdout.trim().split('\n').at(-1)}`);
      const verdict = JSON.parse(stdout.trim().split('\n').at(-1) ?? '{}') as { readonly bad?: string[] };
      if (verdict.bad?.some((node) => node !== BAD)) wronglyAccused.push(stdout + stderr);
      return verdict.bad?.includes(BAD) === true;
    });
    assert.deepEqual(wronglyAccused, []);

    // Before anything is measured: what probes beside them pauses the agents where all share a CPU.
    writeEventFromPod(cluster, window());
    await plane
      .until('the Event', EVENT_MS, () => /PacketsWait/.test(plane.kubectl(['describe', 'node', BAD])))
      .catch((error: Error) => {
        throw new Error(`${error.message}\n${saidByPod(cluster)}`);
      });
    console.log(saidByPod(cluster));
    const others = plane.kubectl(['get', 'events', '--field-selector', 'reason=PacketsWait', '-o', 'json']);
    const { items } = JSON.parse(others) as { items: { involvedObject: { name: string }; message: string }[] };
    console.log(`  ${items.map(({ message }) => message).join('\n  ')}`);
    assert.deepEqual([...new Set(items.map(({ involvedObject }) => involvedObject.name))], [BAD]);

    const whyBegan = performance.now();
    const why = cluster.kubectl('rxray', 'why', BAD, ...window());
    const took = seconds(whyBegan);
    console.log(`  why after ${took} s, status ${why.status}:\n${why.stdout}${why.stderr}`);
    assert.match(why.stdout, /^WHY {4}node-2: its fault$/m);
    assert.match(why.stdout, /kubectl cordon node-2/);
    assert.match(why.stdout, /memstat-reader\[\d+\]/);
    assert.doesNotMatch(why.stderr, / is out: /, 'every vantage takes part');
    assert.ok(took <= MOST_WHY_S, `${took} s`);
  } finally {
    endHurry();
    await faults.end();
  }
}

/** As a CronJob of an installation would: with the service account that the chart gives the right to. */
function writeEventFromPod({ plane }: RunningCluster, window: readonly string[]): void {
  const version = plane.kubectl(['-n', 'rxray', 'get', 'daemonset', 'rxray-probe', '-o', 'json']);
  const image = new RegExp(`"image": "(${IMAGE}:[^"]+)"`).exec(version)?.[1];
  const container = { name: 'fleet', image, imagePullPolicy: 'Never', args: ['fleet', ...window, '--events'] };
  const spec = {
    serviceAccountName: 'rxray',
    automountServiceAccountToken: true,
    // What is inconclusive at first is asked again.
    restartPolicy: 'OnFailure',
    containers: [{ ...container, env: [{ name: 'HOME', value: '/tmp' }] }],
  };
  const object = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'events', namespace: 'rxray' }, spec };
  plane.kubectl(['apply', '-f', '-'], JSON.stringify(object));
}

/** What the pod of the Event said in its runs, and what became of it. */
function saidByPod({ plane }: RunningCluster): string {
  const of = (...words: string[]): string => {
    try {
      return plane.kubectl(['-n', 'rxray', ...words]);
    } catch (error) {
      return (error as Error).message;
    }
  };
  const status = of('get', 'pod', 'events', '-o', 'jsonpath={.status.containerStatuses}');
  return [of('logs', 'events', '--previous'), of('logs', 'events'), status].join('\n');
}
