import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { packageFolder } from '../../src/installation/package-folder.js';
import { QUIET_CPU } from '../../src/lab/topology.js';
import type { FleetVerdict, LinkVerdict, NodeVerdict } from '../../src/model/fleet/fleet-verdict.js';
import { AgentLab } from './agent-lab.js';
import { alertingStore, type StoreKind } from './alerting-store.js';

const MAIN = join(packageFolder(), 'dist/bin/rxray.js');
const QUEUES = 4;

interface FiringAlert {
  readonly labels: Readonly<Record<string, string>>;
}

export interface FleetLabOptions {
  /** Nodes whose kernel is traced. */
  readonly traced?: readonly string[];
  /** Further lines of every agent's configuration. */
  readonly config?: string;
  readonly store?: StoreKind;
  /**
   * Receive queues of a node. Kernel threads serve them, which wait for a CPU as processes do; without any, packets are
   * received as they are sent, and wait for nobody.
   */
  readonly queues?: number;
}

/** Agents in namespaces, and beside their router a store that scrapes them, with its Alertmanager. */
export class FleetLab extends AgentLab {
  readonly #watchers: ChildProcess[] = [];
  readonly #store: StoreKind;
  #storeUrl = '';

  constructor(name: string, nodes: number, options: FleetLabOptions = {}) {
    const { traced = [], config = '', store = 'prometheus', queues = QUEUES } = options;
    super(name, nodes, {
      network: { queues, pods: true },
      open: true,
      ...(queues > 0 ? { cpu: QUIET_CPU } : {}),
      config,
      configOf: (node) => (traced.includes(node) ? 'tier: trace\n' : ''),
    });
    this.#store = store;
  }

  get #namespace(): string {
    return this.network.router;
  }

  /** @returns when the store and the Alertmanager answer */
  async watch(): Promise<void> {
    const targets = this.agents.map(({ node }) => `'${this.address(node)}:9469'`).join(', ');
    const access = readFileSync(this.access, 'utf8').trim();
    const job = `{ job_name: rxray, ${access}, static_configs: [{ targets: [${targets}] }] }`;
    const store = alertingStore(this.#store, join(this.folder, 'store'), job);
    this.#storeUrl = store.url;
    for (const { program, args, ready } of store.programs) {
      this.#spawn(program, args);
      await this.until(async () => (await this.fetch(this.#namespace, ready)) !== '', 30_000);
    }
  }

  /** What has reached the Alertmanager and is not resolved. */
  async alerts(): Promise<readonly FiringAlert[]> {
    const text = await this.fetch(this.#namespace, 'http://127.0.0.1:9093/api/v2/alerts?active=true');
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

  /** Whom `fleet` and `why` ask: the store. */
  get byStore(): string[] {
    return ['--prometheus', this.#storeUrl];
  }

  /** … or the agents. */
  get byAgents(): string[] {
    return ['--agents', this.agents.map(({ node }) => this.address(node)).join(','), '--http-config', this.access];
  }

  /** Matches of what goes between the first nodes, so many, and the others. */
  between(first: number): string[] {
    const [some, rest] = [this.network.nodes.slice(0, first), this.network.nodes.slice(first)];
    const list = (all: readonly string[]): string => all.map((node) => this.address(node)).join(',');
    return [`-s ${list(some)} -d ${list(rest)}`, `-s ${list(rest)} -d ${list(some)}`];
  }

  /** `rxray fleet` beside the store. */
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

  /** Ends the store and the Alertmanager, and forgets what they had. */
  async unwatch(): Promise<void> {
    for (const child of this.#watchers.splice(0)) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      const ended = once(child, 'exit');
      child.kill('SIGTERM');
      await ended;
    }
    rmSync(join(this.folder, 'store'), { recursive: true, force: true });
  }

  override async down(): Promise<void> {
    await this.unwatch();
    await super.down();
  }

  #spawn(program: string, args: readonly string[]): void {
    this.#watchers.push(
      spawn('ip', ['netns', 'exec', this.#namespace, program, ...args], { stdio: ['ignore', 'ignore', 'inherit'] }),
    );
  }
}
