import { fileURLToPath } from 'node:url';
import type { MachineAccount } from '../../src/bisect/evidence/machine-account.js';
import { MS, SECOND } from '../../src/model/time.js';
import type { Verdict } from '../../src/model/verdict.js';
import {
  ACCEPT_QUEUE,
  asked,
  QUIET_ACCOUNT,
  RESOLVER_DROPS,
  RESOLVER_SLOW,
  SERVER_STOPS,
  THROTTLED,
} from '../bisect/request-cluster.js';
import { type FaultInput, stalls } from '../bisect/sim-cluster.js';

/** What may be wrong, what a right verdict names, and what the kernel of the server's machine counts then. */
interface Truth {
  readonly name: string;
  readonly faults: readonly FaultInput[];
  readonly causes: readonly string[];
  readonly account?: Partial<MachineAccount>;
}

const TRUTHS: readonly Truth[] = [
  { name: 'nothing', faults: [], causes: ['healthy'] },
  {
    name: 'network delays',
    faults: [stalls({ stage: 'network', from: 'here', to: 'web' } as never)],
    causes: ['network', 'host', 'device', 'rx-queue', 'sender'],
  },
  {
    name: 'network loses',
    faults: [
      {
        kind: 'loss',
        stage: 'network',
        to: 'web',
        when: { period: [500 * MS, 3 * SECOND], length: [60 * MS, 200 * MS] },
      } as FaultInput,
    ],
    causes: ['network'],
  },
  { name: 'server stops', faults: [SERVER_STOPS], causes: ['server'] },
  { name: 'throttled', faults: [THROTTLED], causes: ['throttled', 'server'], account: { throttledNs: 3 * SECOND } },
  { name: 'accept queue', faults: [ACCEPT_QUEUE], causes: ['accept-queue'], account: { overflows: 40 } },
  { name: 'resolver drops', faults: [RESOLVER_DROPS], causes: ['resolver'] },
  { name: 'resolver slow', faults: [RESOLVER_SLOW], causes: ['resolver'] },
  {
    name: 'receive queue',
    faults: [stalls({ stage: 'rx-queue', machine: 'web', queue: 'random' } as never)],
    causes: ['rx-queue', 'host', 'device', 'network'],
  },
];

export interface WireOrServer {
  readonly truth: string;
  readonly seed: number;
  /** A vantage is on the server's machine. */
  readonly account: boolean;
  readonly verdict: Verdict;
  readonly outcome: 'right' | 'inconclusive' | 'wrong';
}

/** One random run: what is wrong, when, over how many queues, and whether the server's kernel can be asked. */
export function wireOrServer(seed: number): WireOrServer {
  const random = (salt: number, below: number): number =>
    ((Math.imul(seed + 7 * salt, 0x9e3779b1) >>> 8) % 9973) % below;
  const truth = TRUTHS[random(1, TRUTHS.length)] as Truth;
  const hasAccount = random(2, 2) === 0;
  const { verdict } = asked(truth.faults, {
    seed,
    queues: [1, 2, 4, 8][random(3, 4)] ?? 4,
    ...(hasAccount ? { account: { ...QUIET_ACCOUNT, ...truth.account } } : {}),
  });
  // With the kernel's word a quota is told from the process.
  const causes = hasAccount && truth.name === 'throttled' ? ['throttled'] : truth.causes;
  const outcome = causes.includes(verdict.cause)
    ? 'right'
    : verdict.cause === 'inconclusive'
      ? 'inconclusive'
      : 'wrong';
  return { truth: truth.name, seed, account: hasAccount, verdict, outcome };
}

export function wireOrServerText(runs: readonly WireOrServer[]): string {
  const names = [...new Set(runs.map(({ truth }) => truth))].sort();
  const lines = names.map((name) => {
    const own = runs.filter(({ truth }) => truth === name);
    const count = (outcome: WireOrServer['outcome']): number => own.filter((run) => run.outcome === outcome).length;
    const verdicts = [...new Set(own.map(({ verdict }) => verdict.cause))].join(', ');
    return `${name.padEnd(16)} ${String(own.length).padStart(3)} runs: ${count('right')} right, ${count('inconclusive')} inconclusive, ${count('wrong')} wrong (${verdicts})`;
  });
  const surely = runs.filter(({ outcome, verdict }) => outcome === 'wrong' && verdict.probability >= 0.9);
  return [...lines, `wrong with 0.9 and more: ${surely.length}`].join('\n');
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [runs = 100, seed = 1] = process.argv.slice(2).map(Number);
  console.log(wireOrServerText(Array.from({ length: runs }, (_, i) => wireOrServer(seed + i))));
}
