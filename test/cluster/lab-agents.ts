import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parse, stringify } from 'yaml';
import { packageFolder } from '../../src/installation/package-folder.js';
import { inNamespace } from '../../src/lab/command.js';
import { RUN } from './cluster-run.js';
import type { ControlPlane } from './control-plane.js';
import type { Plain } from './objects.js';

const BRIDGE = 'br-agents';
const GATEWAY = '10.20.0.254';
const PORT = 9469;
const MAIN = join(packageFolder(), 'dist/bin/rxray.js');

/** An agent at work, and what it makes of the cluster by what it probes. */
class LabAgent {
  log = '';

  constructor(
    readonly node: string,
    readonly process: ChildProcess,
  ) {
    process.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.log = (this.log + text).slice(-50_000);
    });
  }

  get address(): string {
    return addressOf(numberOf(this.node));
  }

  /** Nodes that it takes for ready: itself, where it is, and whom it probes, by kinds. */
  async probed(): Promise<Map<string, Set<string>>> {
    const text = await this.#metrics();
    const found = new Map<string, Set<string>>();
    for (const [, labels = ''] of text.matchAll(/^rxray_path_probes_total\{(.*)\} /gm)) {
      const [to = '', kind = ''] = ['to', 'kind'].map((name) => new RegExp(`\\b${name}="([^"]*)"`).exec(labels)?.[1]);
      found.set(to, (found.get(to) ?? new Set()).add(kind));
    }
    return found;
  }

  /** Members that it knows, ready or not. */
  async known(): Promise<number> {
    const text = await this.#metrics();
    const counts = [...text.matchAll(/^rxray_agent_members\{.*\} (\d+)$/gm)].map(([, count]) => Number(count));
    return counts.reduce((sum, count) => sum + count, 0);
  }

  /** Probes sent to a node by a kind, and those that were answered. */
  async answered(to: string, kind: string): Promise<number> {
    const text = await this.#metrics();
    const of = (name: string): number =>
      [...text.matchAll(new RegExp(`^rxray_path_${name}_total\\{(.*)\\} (\\S+)$`, 'gm'))]
        .filter(([, labels = '']) => labels.includes(`to="${to}"`) && labels.includes(`kind="${kind}"`))
        .reduce((sum, [, , value]) => sum + Number(value), 0);
    return of('probes') - of('lost');
  }

  async #metrics(): Promise<string> {
    return (await fetch(`http://${this.address}:${PORT}/metrics`)).text();
  }
}

/**
 * Real agents, each in a network namespace with the addresses that a kubelet would have reported of its pods: with the
 * configuration that the chart makes for them, the token of their service account, and the API server's address.
 */
export class LabAgents {
  #agents: LabAgent[] = [];
  /** As they would be mounted into its pods. */
  #files: Readonly<Record<string, string>> = {};

  constructor(
    private readonly plane: ControlPlane,
    private readonly nodes: readonly string[],
    private readonly tokenFile: string,
  ) {}

  get running(): readonly LabAgent[] {
    return this.#agents;
  }

  /** All that they complained of. */
  get troubles(): string {
    return this.#agents.map(({ log }) => log).join('');
  }

  /** Lays the cables, which go with the namespace of the tests, and reads what the chart would mount. */
  lay(): void {
    const kept = this.plane.kubectl(['-n', 'rxray', 'get', 'configmap', 'rxray-probe', '-o', 'json']);
    this.#files = (JSON.parse(kept) as { data: Readonly<Record<string, string>> }).data;
    const ip = (...words: string[]): unknown => execFileSync('ip', words);
    ip('link', 'add', BRIDGE, 'type', 'bridge');
    ip('address', 'add', `${GATEWAY}/16`, 'dev', BRIDGE);
    ip('link', 'set', BRIDGE, 'up');
    writeFileSync('/proc/sys/net/ipv4/ip_forward', '1');
    for (const node of this.nodes) {
      const [number, network] = [numberOf(node), networkOf(node)];
      const own = (...words: string[]): unknown => ip('-n', network, ...words);
      ip('netns', 'add', network);
      ip('link', 'add', `a${number}`, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', network);
      ip('link', 'set', `a${number}`, 'master', BRIDGE, 'up');
      own('link', 'set', 'lo', 'up');
      own('address', 'add', `${addressOf(number)}/16`, 'dev', 'eth0');
      own('address', 'add', `10.244.${number}.9/32`, 'dev', 'lo');
      own('link', 'set', 'eth0', 'up');
      own('route', 'add', 'default', 'via', GATEWAY);
      ip('route', 'add', `10.244.${number}.0/24`, 'via', addressOf(number));
      inNamespace(network, ['sysctl', '-qw', 'net.ipv4.ip_forward=1']);
    }
  }

  start(): void {
    const data = this.#files;
    const config = parse(data['agent.yaml'] ?? '') as Record<string, Plain>;
    const members = config.members?.kubernetes as Plain;
    writeFileSync(this.plane.file('web.yml'), data['web.yml'] ?? '');
    this.#agents = this.nodes.map((node) => {
      const own = {
        ...config,
        members: {
          kubernetes: {
            ...members,
            namespace: 'rxray',
            api: this.plane.url,
            tokenFile: this.tokenFile,
            caFile: this.plane.caFile,
          },
        },
        recorder: { folder: this.plane.file(`recordings-${node}`) },
        listen: { ...config.listen, webConfig: this.plane.file('web.yml') },
      };
      const file = this.plane.file(`${node}.yaml`);
      writeFileSync(file, stringify(own));
      const words = ['netns', 'exec', networkOf(node), process.execPath, MAIN, 'agent', '--config', file];
      const child = spawn('ip', words, {
        stdio: ['ignore', 'ignore', 'pipe'],
        env: { ...process.env, NODE_NAME: node, MALLOC_ARENA_MAX: '1' },
      });
      return new LabAgent(node, child);
    });
  }

  async end(): Promise<void> {
    const ended = this.#agents.splice(0).map(async ({ process: child }) => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const gone = once(child, 'exit');
      child.kill('SIGTERM');
      await gone;
    });
    await Promise.all(ended);
  }

  /** Waits until it is so of all of them, which are started where they are not. @returns milliseconds */
  async all(limitMs: number, what: string, isSo: (agent: LabAgent) => boolean | Promise<boolean>): Promise<number> {
    if (this.#agents.length === 0) this.start();
    const began = performance.now();
    let last: unknown = 'not so';
    for (const end = began + limitMs; performance.now() < end; await sleep(100)) {
      try {
        const told = await Promise.all(this.#agents.map(isSo));
        if (told.every(Boolean)) return performance.now() - began;
      } catch (error) {
        last = error;
      }
    }
    throw new Error(`not within ${limitMs / 1000} s: ${what}; ${last}\n${this.troubles.slice(-3_000)}`);
  }
}

const numberOf = (node: string): number => Number(node.split('-')[1]);
const networkOf = (node: string): string => `${RUN.name}-${node}`;
/** As the node objects of the tests have it. */
const addressOf = (number: number): string => `10.20.0.${number}`;
