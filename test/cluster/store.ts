import { type ChildProcess, spawn } from 'node:child_process';
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageFolder } from '../../src/installation/package-folder.js';
import { GATEWAY } from './node-machine.js';
import type { RunningCluster } from './running-cluster.js';

const SCRAPE = '2s';
const EVALUATE = '5s';

/** A real Prometheus that scrapes the agents, with the rules of deploy/ and its Alertmanager; pods reach it too. */
export class Store {
  readonly url = `http://${GATEWAY}:9090`;
  readonly #alerts = 'http://127.0.0.1:9093';
  readonly #children: ChildProcess[] = [];

  private constructor(private readonly cluster: RunningCluster) {}

  static async start(cluster: RunningCluster): Promise<Store> {
    const store = new Store(cluster);
    const { plane, nodes } = cluster;
    const scrape = {
      job_name: 'rxray',
      static_configs: nodes.map(({ name, address }) => ({ targets: [`${address}:9469`], labels: { node: name } })),
    };
    mkdirSync(plane.file('store'));
    copyFileSync(join(packageFolder(), 'deploy/prometheus/rules.yaml'), plane.file('store/rules.yaml'));
    const settings = {
      global: { scrape_interval: SCRAPE, evaluation_interval: EVALUATE },
      rule_files: ['rules.yaml'],
      alerting: { alertmanagers: [{ static_configs: [{ targets: ['127.0.0.1:9093'] }] }] },
      scrape_configs: [scrape],
    };
    writeFileSync(plane.file('store/prometheus.json'), JSON.stringify(settings));
    const route = { receiver: 'none', group_wait: '1s', group_interval: '1s' };
    writeFileSync(plane.file('store/alerts.json'), JSON.stringify({ route, receivers: [{ name: 'none' }] }));
    store.#spawn('prometheus', [
      `--config.file=${plane.file('store/prometheus.json')}`,
      `--storage.tsdb.path=${plane.file('store/tsdb')}`,
      '--web.listen-address=0.0.0.0:9090',
      '--log.level=error',
    ]);
    store.#spawn('alertmanager', [
      `--config.file=${plane.file('store/alerts.json')}`,
      `--storage.path=${plane.file('store/alerts')}`,
      '--web.listen-address=127.0.0.1:9093',
      '--cluster.listen-address=',
      '--log.level=error',
    ]);
    for (const url of [store.url, store.#alerts]) {
      await plane.until(`${url} answers`, 60_000, async () => (await fetch(`${url}/-/ready`)).ok);
    }
    return store;
  }

  stop(): void {
    for (const child of this.#children) child.kill('SIGKILL');
  }

  /** The first value that a query gives. */
  async value(query: string): Promise<number> {
    const answer = await fetch(`${this.url}/api/v1/query?query=${encodeURIComponent(query)}`);
    const { data } = (await answer.json()) as { data: { result: { value: [number, string] }[] } };
    return Number(data.result[0]?.value[1] ?? 0);
  }

  /** Nodes that an alert accuses, each with the cause: what has reached the Alertmanager. */
  async accused(): Promise<string[]> {
    const answer = await fetch(`${this.#alerts}/api/v2/alerts?active=true`);
    const alerts = (await answer.json()) as { labels: Readonly<Record<string, string>> }[];
    const bad = alerts.filter(({ labels }) => labels.alertname === 'RxrayNodeBad');
    return bad.map(({ labels }) => `${labels.node} ${labels.cause}`).sort();
  }

  #spawn(name: string, args: readonly string[]): void {
    this.#children.push(spawn(this.cluster.programs[name] ?? name, args, { stdio: ['ignore', 'ignore', 'inherit'] }));
  }
}
