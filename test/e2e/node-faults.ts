import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { command, nativePath, tryCommand } from '../../src/lab/command.js';
import { QUIET_CPU, STALL_CPU } from '../../src/lab/topology.js';
import { NODEPORT, type NodeNetwork, VXLAN_PORT } from './node-network.js';

/** What can go wrong with a node, by the cause that is to be found. */
export const NODE_FAULTS = ['rx-queue', 'starved', 'host', 'nat', 'overlay', 'sender'] as const;
export type NodeFault = (typeof NODE_FAULTS)[number];

export interface FaultTimes {
  /** From the start of one stall to the start of the next, in ms. */
  readonly periodMs: number;
  readonly lengthMs?: number;
}

/** A rule that hands packets over to an injector, and the place where it stands. */
interface HoldRule {
  readonly namespace: string;
  readonly table: 'raw' | 'mangle';
  readonly chain: 'PREROUTING' | 'FORWARD' | 'OUTPUT';
  readonly match: readonly string[];
}

const LENGTH_MS = 140;
/** What the rules had handed over is passed on by then. */
const SETTLE_MS = 60;

/** What injectors want to know of the nodes. */
export type FaultyNetwork = Pick<NodeNetwork, 'namespace' | 'address' | 'queueThreads' | 'router'>;

/** Faults of nodes that are on, and their injectors. */
export class NodeFaults {
  #on: { readonly injector: ChildProcess; readonly rules: readonly HoldRule[]; readonly queue: number }[] = [];
  #nextQueue = 7;
  readonly #state: string;

  constructor(
    private readonly network: FaultyNetwork,
    folder: string,
  ) {
    this.#state = join(folder, 'injectors');
    mkdirSync(this.#state, { recursive: true });
    // Injectors end when this is gone, as they do with a lab.
    writeFileSync(join(this.#state, 'lease'), '');
  }

  /** Makes a node bad from now on. */
  begin(node: string, fault: NodeFault, times: FaultTimes): void {
    const namespace = this.network.namespace(node);
    const raw = (match: string): HoldRule => ({
      namespace,
      table: 'raw',
      chain: 'PREROUTING',
      match: match.split(' '),
    });
    switch (fault) {
      case 'rx-queue':
      case 'host': {
        const threads = this.network.queueThreads(node);
        this.#spawn('rxray-lab-hog', fault, times, {
          threads: fault === 'host' ? threads : threads.slice(1, 2),
        });
        return;
      }
      case 'starved':
        this.#spawn('rxray-lab-spin', fault, times, {
          threads: this.network.queueThreads(node).slice(1, 2),
          words: ['--kind', 'syscall', '--comm', 'memstat-reader'],
        });
        return;
      case 'nat':
        this.#hold(fault, times, [raw(`-p tcp -d ${this.network.address(node)} --dport ${NODEPORT}`)]);
        return;
      case 'overlay':
        this.#hold(fault, times, [raw(`-p udp --dport ${VXLAN_PORT}`)]);
        return;
      case 'sender': {
        const out = (match: string): HoldRule => ({
          namespace,
          table: 'mangle',
          chain: 'OUTPUT',
          match: match.split(' '),
        });
        // Its own probes, not its answers to those of others.
        this.#hold(fault, times, [out('-p tcp --syn'), out('-p icmp --icmp-type echo-request')]);
      }
    }
  }

  /** Holds packets on the router: those that match the words of iptables. */
  beginOnRouter(times: FaultTimes, ...matches: readonly string[]): void {
    this.#hold(
      'network',
      times,
      matches.map((match) => ({
        namespace: this.network.router,
        table: 'mangle',
        chain: 'FORWARD',
        match: match.split(' '),
      })),
    );
  }

  /** Ends all faults; packets that are held go on. */
  async end(): Promise<void> {
    const on = this.#on;
    this.#on = [];
    for (const { rules, queue } of on) for (const rule of rules) tryCommand(ruleWords('-D', rule, queue));
    if (on.some(({ rules }) => rules.length > 0)) await sleep(SETTLE_MS);
    await Promise.all(
      on.map(async ({ injector }) => {
        if (injector.exitCode !== null || injector.signalCode !== null) return;
        const ended = once(injector, 'exit');
        injector.kill('SIGTERM');
        await ended;
      }),
    );
  }

  #hold(fault: string, times: FaultTimes, rules: readonly HoldRule[]): void {
    const queue = this.#nextQueue;
    this.#nextQueue += 1;
    const words = ['--kind', 'hold', '--set', `netns=${rules[0]?.namespace}`, '--set', `nfqueue=${queue}`];
    this.#spawn('rxray-lab-hold', fault, times, { words, rules, queue });
    for (const rule of rules) command(ruleWords('-A', rule, queue));
  }

  #spawn(
    program: string,
    fault: string,
    { periodMs, lengthMs = LENGTH_MS }: FaultTimes,
    {
      threads = [],
      words = [],
      rules = [],
      queue = 0,
    }: {
      readonly threads?: readonly number[];
      readonly words?: readonly string[];
      readonly rules?: readonly HoldRule[];
      readonly queue?: number;
    },
  ): void {
    const injector = spawn(
      nativePath(program),
      [
        ...['--state', this.#state, '--fault', fault, '--host', 'node', '--queue', 'all'],
        ...['--truth', join(this.#state, `truth-${this.#nextQueue}-${Date.now()}`)],
        ...['--cpu', String(STALL_CPU), '--home-cpu', String(QUIET_CPU), '--seed', '1'],
        ...['--period', String(periodMs), '--length', String(lengthMs), '--duration', '3600'],
        ...(threads.length === 0 ? [] : ['--threads', threads.join(',')]),
        ...words,
      ],
      { stdio: ['ignore', 'ignore', 'pipe'] },
    );
    let said = '';
    injector.stderr?.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
    injector.once('exit', (code) => {
      if (code !== null && code !== 0) process.stderr.write(`${program} ended with ${code}: ${said}\n`);
    });
    this.#on.push({ injector, rules, queue });
  }
}

function ruleWords(what: '-A' | '-D', { namespace, table, chain, match }: HoldRule, queue: number): string[] {
  // biome-ignore format: one command line
  return ['ip', 'netns', 'exec', namespace, 'iptables', '-w', '-t', table, what, chain, ...match, '-j', 'NFQUEUE',
    '--queue-num', String(queue), '--queue-bypass'];
}
