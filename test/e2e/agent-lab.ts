import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { packageFolder } from '../../src/installation/package-folder.js';
import type { FleetLine } from '../../src/model/records/agent.js';

const MAIN = join(packageFolder(), 'dist/bin/rxray.js');
const HOLD = join(packageFolder(), 'native/build/lab/rxray-lab-hold');
const NFQUEUE = '7';

/** One agent and its namespace. */
export interface LabAgent {
  readonly node: string;
  readonly namespace: string;
  readonly config: string;
  process: ChildProcess | undefined;
  log: string;
}

/** Nodes as network namespaces behind one router, an agent each, and a stage on the router that can hold packets. */
export class AgentLab {
  readonly folder = mkdtempSync(join(tmpdir(), 'rxray-agents-'));
  readonly agents: readonly LabAgent[];
  readonly #router: string;
  #holder: ChildProcess | undefined;

  constructor(name: string, nodes: number, more = '') {
    this.#router = `${name}-r`;
    writeFileSync(join(this.folder, 'key'), Buffer.alloc(32, 5));
    this.agents = Array.from({ length: nodes }, (_, index) => {
      const node = `node-${index + 1}`;
      const config = join(this.folder, `${node}.yaml`);
      writeFileSync(
        config,
        `node: ${node}\nmembers: { file: ${join(this.folder, 'members.yaml')} }\nkeys: { secretFile: ${join(this.folder, 'key')} }\nrecorder: { folder: ${join(this.folder, `recordings-${node}`)} }\n${more}`,
      );
      return { node, namespace: `${name}-${index + 1}`, config, process: undefined, log: '' };
    });
    this.setMembers(this.agents.map(({ node }) => node));
  }

  address(node: string): string {
    return `10.96.${node.replace('node-', '')}.2`;
  }

  /** The list of members that all agents read. */
  setMembers(names: readonly string[]): void {
    const lines = names.map((name) => {
      const address = this.address(name);
      return `  ${name}: { node: { address: ${address}, port: 9876 }, nodeport: { address: ${address}, port: 30927 } }`;
    });
    const file = join(this.folder, 'members.yaml');
    writeFileSync(file, `members:\n${lines.join('\n')}\n`);
  }

  up(): void {
    run(`ip netns add ${this.#router}`);
    run(`ip netns exec ${this.#router} sysctl -q -w net.ipv4.ip_forward=1`);
    for (const [index, { namespace }] of this.agents.entries()) {
      run(`ip netns add ${namespace}`);
      run(`ip -n ${namespace} link set lo up`);
      run(`ip link add eth0 netns ${namespace} type veth peer name to${index + 1} netns ${this.#router}`);
      run(`ip -n ${namespace} address add 10.96.${index + 1}.2/24 dev eth0`);
      run(`ip -n ${this.#router} address add 10.96.${index + 1}.1/24 dev to${index + 1}`);
      run(`ip -n ${namespace} link set eth0 up`);
      run(`ip -n ${this.#router} link set to${index + 1} up`);
      run(`ip -n ${namespace} route add default via 10.96.${index + 1}.1`);
    }
  }

  async down(): Promise<void> {
    this.release();
    await Promise.all(this.agents.map((agent) => this.end(agent)));
    for (const namespace of [this.#router, ...this.agents.map((agent) => agent.namespace)]) {
      try {
        run(`ip netns del ${namespace}`);
      } catch {
        // It was never made.
      }
    }
    rmSync(this.folder, { recursive: true, force: true });
  }

  start(agent: LabAgent): void {
    const child = spawn(
      'ip',
      ['netns', 'exec', agent.namespace, process.execPath, MAIN, 'agent', '--config', agent.config],
      {
        stdio: ['ignore', 'ignore', 'pipe'],
      },
    );
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
    const script = `fetch('http://127.0.0.1:9469${path}').then((r) => r.text()).then((t) => process.stdout.write(t), () => {})`;
    return new Promise((resolve) => {
      const child = spawn('ip', ['netns', 'exec', agent.namespace, process.execPath, '-e', script]);
      let text = '';
      child.stdout.setEncoding('utf8').on('data', (more: string) => {
        text += more;
      });
      child.once('close', () => resolve(text));
    });
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

  /** Holds packets of the router for 140 ms every `periodMs`: those that match the words of iptables. */
  hold(periodMs: number, ...matches: readonly string[]): void {
    const state = join(this.folder, 'hold');
    mkdirSync(state, { recursive: true });
    // The injector ends when this is gone, as it does with a lab.
    writeFileSync(join(state, 'lease'), '');
    const truth = join(state, 'truth');
    const words = ['--fault', 'network', '--host', 'router', '--kind', 'hold', '--state', state, '--truth', truth];
    const set = ['--set', `netns=${this.#router}`, '--set', `nfqueue=${NFQUEUE}`];
    const length = ['--period', String(periodMs), '--length', '140'];
    this.#holder = spawn(HOLD, [...words, ...set, ...length], { stdio: ['ignore', 'ignore', 'pipe'] });
    let said = '';
    this.#holder.stderr?.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
    this.#holder.once('exit', (code) => {
      if (code !== null && code !== 0) process.stderr.write(`rxray-lab-hold ended with ${code}: ${said}\n`);
    });
    for (const match of matches) {
      run(
        `ip netns exec ${this.#router} iptables -t mangle -A FORWARD ${match} -j NFQUEUE --queue-num ${NFQUEUE} --queue-bypass`,
      );
    }
  }

  release(): void {
    this.#holder?.kill();
    this.#holder = undefined;
    try {
      run(`ip netns exec ${this.#router} iptables -t mangle -F FORWARD`);
    } catch {
      // The router was never made.
    }
  }

  /** Processes in an agent's namespace: pid and name. */
  processes(agent: LabAgent): { readonly pid: number; readonly name: string }[] {
    return run(`ip netns pids ${agent.namespace}`)
      .split('\n')
      .filter((line) => line !== '')
      .map((pid) => ({ pid: Number(pid), name: readFileSync(`/proc/${pid}/comm`, 'utf8').trim() }));
  }
}

function run(words: string): string {
  const [command = '', ...args] = words.split(' ');
  return execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}
