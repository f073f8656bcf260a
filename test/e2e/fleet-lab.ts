import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageFolder } from '../../src/installation/package-folder.js';
import type { FleetVerdict, LinkVerdict, NodeVerdict } from '../../src/model/fleet/fleet-verdict.js';
import { AgentLab } from './agent-lab.js';

const MAIN = join(packageFolder(), 'dist/bin/rxray.js');
const RULES = join(packageFolder(), 'deploy/prometheus/rules.yaml');
const SCRAPE_S = 5;

interface FiringAlert {
  readonly labels: Readonly<Record<string, string>>;
}

/** Agents in namespaces, and a Prometheus with its Alertmanager beside their router that scrapes them. */
export class FleetLab extends AgentLab {
  readonly #namespace: string;
  readonly #watchers: ChildProcess[] = [];

  constructor(name: string, nodes: number) {
    super(name, nodes, "listen: { address: '0.0.0.0:9469' }\n");
    this.#namespace = `${name}-r`;
  }

  /** @returns when both answer */
  async watch(): Promise<void> {
    const data = join(this.folder, 'prometheus');
    mkdirSync(data);
    copyFileSync(RULES, join(data, 'rules.yaml'));
    const targets = this.agents.map(({ node }) => `'${this.address(node)}:9469'`).join(', ');
    writeFileSync(
      join(data, 'prometheus.yml'),
      `global: { scrape_interval: ${SCRAPE_S}s, evaluation_interval: ${SCRAPE_S}s }
rule_files: [rules.yaml]
alerting: { alertmanagers: [{ static_configs: [{ targets: ['127.0.0.1:9093'] }] }] }
scrape_configs: [{ job_name: rxray, static_configs: [{ targets: [${targets}] }] }]
`,
    );
    writeFileSync(
      join(data, 'alertmanager.yml'),
      'route: { receiver: none, group_wait: 1s, group_interval: 1s }\nreceivers: [{ name: none }]\n',
    );
    this.#spawn('/usr/bin/prometheus', [
      `--config.file=${data}/prometheus.yml`,
      `--storage.tsdb.path=${data}/tsdb`,
      '--web.listen-address=127.0.0.1:9090',
      '--log.level=error',
    ]);
    this.#spawn('/usr/bin/prometheus-alertmanager', [
      `--config.file=${data}/alertmanager.yml`,
      `--storage.path=${data}/alertmanager`,
      '--web.listen-address=127.0.0.1:9093',
      '--cluster.listen-address=',
      '--log.level=error',
    ]);
    for (const url of ['http://127.0.0.1:9090/-/ready', 'http://127.0.0.1:9093/-/ready']) {
      await this.until(async () => (await this.#fetch(url)) !== '', 30_000);
    }
  }

  /** What has reached the Alertmanager and is not resolved. */
  async alerts(): Promise<readonly FiringAlert[]> {
    const text = await this.#fetch('http://127.0.0.1:9093/api/v2/alerts?active=true');
    return text === '' ? [] : (JSON.parse(text) as FiringAlert[]);
  }

  /** Names of the nodes that an alert accuses, each with the cause. */
  async accused(): Promise<string[]> {
    const alerts = await this.alerts();
    return alerts
      .filter(({ labels }) => labels.alertname === 'RxrayNodeBad')
      .map(({ labels }) => `${labels.node} ${labels.cause}`)
      .sort();
  }

  /** `rxray fleet` beside the Prometheus. */
  async fleet(...args: readonly string[]): Promise<{
    readonly status: number | null;
    readonly nodes: readonly NodeVerdict[];
    readonly links: readonly LinkVerdict[];
    readonly verdict: FleetVerdict;
  }> {
    const { status, text } = await this.rxray('fleet', ...args, '--json');
    const records = text
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as { type: string });
    const of = <T>(type: string): T[] => records.filter((record) => record.type === type) as T[];
    return {
      status,
      nodes: of<NodeVerdict>('node-verdict'),
      links: of<LinkVerdict>('link-verdict'),
      verdict: of<FleetVerdict>('fleet-verdict')[0] as FleetVerdict,
    };
  }

  async rxray(...args: readonly string[]): Promise<{ readonly status: number | null; readonly text: string }> {
    const child = spawn('ip', ['netns', 'exec', this.#namespace, process.execPath, MAIN, ...args], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let text = '';
    child.stdout.setEncoding('utf8').on('data', (more: string) => {
      text += more;
    });
    await once(child, 'close');
    return { status: child.exitCode, text };
  }

  override async down(): Promise<void> {
    for (const child of this.#watchers) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      const ended = once(child, 'exit');
      child.kill('SIGTERM');
      await ended;
    }
    await super.down();
  }

  #spawn(program: string, args: readonly string[]): void {
    this.#watchers.push(
      spawn('ip', ['netns', 'exec', this.#namespace, program, ...args], { stdio: ['ignore', 'ignore', 'inherit'] }),
    );
  }

  /** Empty where nothing answers. */
  async #fetch(url: string): Promise<string> {
    const script = `fetch('${url}').then((r) => (r.ok ? r.text() : '')).then((t) => process.stdout.write(t), () => {})`;
    const child = spawn('ip', ['netns', 'exec', this.#namespace, process.execPath, '-e', script]);
    let text = '';
    child.stdout.setEncoding('utf8').on('data', (more: string) => {
      text += more;
    });
    await once(child, 'close');
    return text;
  }
}
