import { setTimeout as sleep } from 'node:timers/promises';
import type { Check, NodeReadings } from './checks/check.js';
import type { NodeAnswer } from './node-answer.js';
import { NodeFiles } from './node-files.js';
import type { NodeReader } from './node-reader.js';
import { mergedOrders, takeNewOrders } from './orders.js';

/** Two views of a node: its network as the vantage sees it, and the machine with its control groups. */
export interface NodeViews {
  readonly network: NodeReader;
  /** The same, except for a network namespace: entering one hides the control groups. */
  readonly machine: NodeReader;
}

export interface NodeReadingRun extends NodeReadings {
  /** Between the two readings; 0 where nothing was read twice. */
  readonly intervalNs: number;
  /** Files that were read. */
  readonly count: number;
  readonly cpuNs: number;
}

/** The most time that one check may read for, where it names none of its own. */
const BUDGET_NS = 100_000_000;
/** What is wanted may depend on what was read; it never does so more often than this. */
const ROUNDS = 8;
const OF_NETWORK = /^(?:interface|rules) |^\w+ \/(sys\/class\/net|proc\/net|proc\/sys\/net)\//;

/**
 * Reads what the checks want, and after the interval once more what counts.
 *
 * @param stop ends the interval early
 * @throws CodedError when the node cannot be reached or no longer answers
 */
export async function readNode(
  checks: readonly Check[],
  views: NodeViews,
  intervalNs: number,
  stop: AbortSignal,
): Promise<NodeReadingRun> {
  const before = new NodeFiles();
  const given = new Map<string, number>();
  const spent = new Map<Check, number>();
  let began: number | undefined;
  let count = 0;
  const take = (answers: readonly NodeAnswer[]): number => {
    const texts = answers.filter((answer) => answer.kind === 'text');
    count += texts.length;
    return texts.reduce((sum, { wallNs }) => sum + wallNs, 0);
  };
  for (let round = 0; round < ROUNDS; round += 1) {
    let asked = 0;
    for (const check of checks) {
      const orders = takeNewOrders(check.reads(before), given);
      if (orders.length === 0) continue;
      asked += orders.length;
      const left = (check.budgetNs ?? BUDGET_NS) - (spent.get(check) ?? 0);
      const answers = await ask(views, orders, left);
      began ??= performance.now();
      before.add(answers);
      spent.set(check, (spent.get(check) ?? 0) + take(answers));
    }
    if (asked === 0) break;
  }
  const rereads = mergedOrders(checks.map((check) => check.rereads?.(before) ?? []));
  const after = new NodeFiles();
  const start = began ?? performance.now();
  if (rereads.length > 0) {
    await sleep(Math.max(0, intervalNs / 1e6 - (performance.now() - start)), undefined, { signal: stop }).catch(
      () => {},
    );
    const answers = await ask(views, rereads, BUDGET_NS * checks.length);
    after.add(answers);
    take(answers);
  }
  const cpuNs = new Set([views.network, views.machine]);
  return {
    before,
    after,
    count,
    intervalNs: rereads.length === 0 ? 0 : Math.round((performance.now() - start) * 1e6),
    cpuNs: [...cpuNs].reduce((sum, reader) => sum + reader.cpuNs, 0),
  };
}

async function ask(views: NodeViews, orders: readonly string[], budgetNs: number): Promise<NodeAnswer[]> {
  const { network, machine } = views;
  const budget = `budget ${Math.max(0, Math.round(budgetNs))}`;
  if (network === machine) return network.ask([budget, ...orders]);
  const ofNetwork = orders.filter((order) => OF_NETWORK.test(order));
  const ofMachine = orders.filter((order) => !OF_NETWORK.test(order));
  const answers = [
    ofNetwork.length > 0 ? await network.ask([budget, ...ofNetwork]) : [],
    ofMachine.length > 0 ? await machine.ask([budget, ...ofMachine]) : [],
  ];
  return answers.flat();
}
