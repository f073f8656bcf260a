import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { hashSync } from 'bcryptjs';
import { packageFolder } from '../../src/installation/package-folder.js';
import { command } from '../../src/lab/command.js';
import type { FleetLine } from '../../src/model/records/agent.js';
import { NodeFaults } from './node-faults.js';
import { NODEPORT, NodeNetwork, type NodeNetworkShape } from './node-network.js';

const MAIN = join(packageFolder(), 'dist/bin/rxray.js');
const USER = 'watcher';
const PASSWORD = 'of-the-lab';

/** One agent and its namespace. */
export interface LabAgent {
  readonly node: string;
  readonly namespace: string;
  readonly config: string;
  process: ChildProcess | undefined;
  log: string;
}

export interface AgentLabOptions {
  readonly network?: NodeNetworkShape;
  /** Further lines of every agent's configuration. */
  readonly config?: string;
  /** … and of one. */
  readonly configOf?: (node: string) => string;
  /** Agents are reached from other machines, by whoever has the password. */
  readonly open?: boolean;
  /** The CPU that agents keep to, so that a fault which takes another one leaves them alone. */
  readonly cpu?: number;
}

const ENDING = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Nodes as network namespaces behind one router, and an agent on each. */
export class AgentLab {
  readonly folder = mkdtempSync(join(tmpdir(), 'rxray-agents-'));
  readonly agents: readonly LabAgent[];
  readonly network: NodeNetwork;
  readonly faults: NodeFaults;
  readonly #leaveNothing = (): void => {
    const leave = (): void => process.exit(1);
    this.down().then(leave, leave);
  };

  constructor(
    name: string,
    nodes: number,
    private readonly options: AgentLabOptions = {},
  ) {
    const { network = {}, config = '', configOf = () => '', open = false } = options;
    this.network = new NodeNetwork(name, nodes, network);
    this.faults = new NodeFaults(this.network, this.folder);
    writeFileSync(join(this.folder, 'key'), Buffer.alloc(32, 5));
    const listen = open ? `listen: { address: '0.0.0.0:9469', webConfig: ${this.#file('web.yaml')} }\n` : '';
    if (open) {
      writeFileSync(this.#file('web.yaml'), `basic_auth_users: { ${USER}: '${hashSync(PASSWORD, 4)}' }\n`);
      writeFileSync(this.access, `basic_auth: { username: ${USER}, password: ${PASSWORD} }\n`);
    }
    this.agents = this.network.nodes.map((node) => {
      const file = this.#file(`${node}.yaml`);
      writeFileSync(
        file,
        `node: ${node}\nmembers: { file: ${this.#file('members.yaml')} }\nkeys: { secretFile: ${this.#file('key')} }\nrecorder: { folder: ${this.#file(`recordings-${node}`)} }\n${listen}${config}${configOf(node)}`,
      );
      return { node, namespace: this.network.namespace(node), config: file, process: undefined, log: '' };
    });
    this.setMembers(this.network.nodes);
  }

  /** How to ask agents that are open, as `--http-config` and Prometheus take it. */
  get access(): string {
    return this.#file('access.yaml');
  }

  address(node: string): string {
    return this.network.address(node);
  }

  /** The list of members that all agents read. */
  setMembers(names: readonly string[]): void {
    const lines = names.map((name) => {
      const address = this.address(name);
      const pod =
        this.options.network?.pods === true ? `, pod: { address: ${this.network.pod(name)}, port: 8080 }` : '';
      return `  ${name}: { node: { address: ${address}, port: 9876 }, nodeport: { address: ${address}, port: ${NODEPORT} }${pod} }`;
    });
    writeFileSync(this.#file('members.yaml'), `members:\n${lines.join('\n')}\n`);
  }

  up(): void {
    for (const signal of ENDING) process.once(signal, this.#leaveNothing);
    this.network.up();
  }

  async down(): Promise<void> {
    for (const signal of ENDING) process.off(signal, this.#leaveNothing);
    await this.faults.end();
    await Promise.all(this.agents.map((agent) => this.end(agent)));
    this.network.down();
    rmSync(this.folder, { recursive: true, force: true });
  }

  start(agent: LabAgent): void {
    const { cpu } = this.options;
    const words = [
      ...(cpu === undefined ? [] : ['taskset', '-c', String(cpu)]),
      ...[process.execPath, MAIN, 'agent', '--config', agent.config],
    ];
    const child = spawn('ip', ['netns', 'exec', agent.namespace, ...words], {
      stdio: ['ignore', 'ignore', 'pipe'],
      // As the chart has it.
      env: { ...process.env, MALLOC_ARENA_MAX: '1' },
    });
    agent.process = child;
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      agent.log = (agent.log + text).slice(-20_000);
    });
  }

  async startAll(): Promise<void> {
    for (const agent of this.agents) this.start(agent);
    for (const agent of this.agents)
      await this.until(() => this.get(agent, '/readyz').then((text) => text.startsWith('ready')), 60_000);
  }

  /** @returns its exit status, or the signal that ended it */
  async end(agent: LabAgent, signal: NodeJS.Signals = 'SIGTERM'): Promise<number | string | null> {
    const child = agent.process;
    if (child === undefined) return null;
    agent.process = undefined;
    if (child.exitCode !== null || child.signalCode !== null) return child.exitCode ?? child.signalCode;
    const ended = new Promise<number | string | null>((resolve) => {
      child.once('exit', (code, by) => resolve(code ?? by));
    });
    child.kill(signal);
    return ended;
  }

  /** What it answers; empty when it does not. */
  async get(agent: LabAgent, path: string): Promise<string> {
    return this.fetch(agent.namespace, `http://127.0.0.1:9469${path}`);
  }

  async findings(agent: LabAgent): Promise<FleetLine[]> {
    const text = await this.get(agent, '/findings');
    return text.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line) as FleetLine]));
  }

  /** One metric's series: labels as they stand, and value. */
  async metric(agent: LabAgent, name: string): Promise<Map<string, number>> {
    const text = await this.get(agent, '/metrics');
    const lines = [...text.matchAll(new RegExp(`^rxray_${name}(?:\\{(.*)\\})? (\\S+)$`, 'gm'))];
    return new Map(lines.map(([, labels = '', value = '']) => [labels, Number(value)]));
  }

  async until(isSo: () => Promise<boolean>, mostMs: number): Promise<void> {
    const end = performance.now() + mostMs;
    while (!(await isSo())) {
      if (performance.now() > end)
        throw new Error(`not so within ${mostMs / 1000} s:\n${this.agents.map(({ log }) => log).join('\n')}`);
      await sleep(500);
    }
  }

  /** Processes in an agent's namespace: pid and name. */
  processes(agent: LabAgent): { readonly pid: number; readonly name: string }[] {
    return command(['ip', 'netns', 'pids', agent.namespace])
      .split('\n')
      .filter((line) => line !== '')
      .flatMap((pid) => {
        try {
          return [{ pid: Number(pid), name: readFileSync(`/proc/${pid}/comm`, 'utf8').trim() }];
        } catch {
          return []; // It has ended meanwhile.
        }
      });
  }

  /** What answers in a namespace; empty where nothing does. */
  protected fetch(namespace: string, url: string): Promise<string> {
    return new Promise((resolve) => {
      const child = spawn('ip', [
        'netns',
        'exec',
        namespace,
        'curl',
        '-sf',
        '-m',
        '20',
        '-u',
        `${USER}:${PASSWORD}`,
        url,
      ]);
      let text = '';
      child.stdout.setEncoding('utf8').on('data', (more: string) => {
        text += more;
      });
      child.once('close', () => resolve(text));
    });
  }

  #file(name: string): string {
    return join(this.folder, name);
  }
}
