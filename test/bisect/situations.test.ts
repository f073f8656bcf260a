import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { Inference } from '../../src/bisect/inference.js';
import { type Alternative, doubted } from '../../src/bisect/words/ruled-out.js';
import { parseHosts } from '../../src/hosts/hosts-file.js';
import { hostsFile } from '../../src/lab/hosts-file.js';
import { OVERLAY_KNOWLEDGE, OVERLAYS } from '../../src/model/overlay.js';
import { MS, SECOND } from '../../src/model/time.js';
import { incidentSchema, type Verdict, verdictSchema } from '../../src/model/verdict.js';
import {
  type Bisection,
  type BisectionOptions,
  bisectScenario,
  type FaultInput,
  LAB_HOSTS,
  labScenario,
  stalls,
} from './sim-cluster.js';

function run(
  faults: readonly FaultInput[],
  cluster: Omit<Parameters<typeof labScenario>[0] & object, 'faults'> = {},
  options: Partial<BisectionOptions> = {},
): Bisection {
  const result = bisectScenario({ scenario: labScenario({ ...cluster, faults }), untilSettled: true, ...options });
  verdictSchema.parse(result.verdict);
  for (const incident of result.incidents) incidentSchema.parse(incident);
  return result;
}

function said({ verdict }: Bisection): string {
  return `${verdict.cause} at ${String(verdict.where)}`;
}

const RX_QUEUE = stalls({ stage: 'rx-queue', machine: 'bad' });
const HOST = stalls({ stage: 'host', machine: 'bad' });
const NAT = stalls({ stage: 'nat', machine: 'bad' });
const IPIP = stalls({ stage: 'ipip', machine: 'bad' });
const NETWORK = stalls({ stage: 'network', from: 'shell', to: 'bad' } as never);
const LAST_MILE = stalls({ stage: 'network', to: 'bad' } as never);
const CONGESTION = {
  kind: 'congestion',
  stage: 'network',
  to: 'bad',
  peak: 150 * MS,
  when: { period: [3 * SECOND, 5 * SECOND], length: [1 * SECOND, 2 * SECOND] },
} as FaultInput;
const LOSS = {
  kind: 'loss',
  stage: 'network',
  to: 'bad',
  when: { period: [500 * MS, 3 * SECOND], length: [60 * MS, 200 * MS] },
} as FaultInput;

suite('one fault in the lab is named', () => {
  const table: [fault: string, input: FaultInput, queues: number, verdict: string, also?: string[]][] = [
    ['one of four receive queues (rx-queue, starved)', RX_QUEUE, 4, 'rx-queue at node', ['device', 'network']],
    ['one of eight receive queues', RX_QUEUE, 8, 'rx-queue at node', ['device', 'network']],
    [
      'another of six receive queues each time',
      stalls({ stage: 'rx-queue', machine: 'bad', queue: 'random' } as never),
      6,
      'rx-queue at node',
      ['device', 'network'],
    ],
    ['the only receive queue', RX_QUEUE, 1, 'host at node', ['device', 'network', 'rx-queue']],
    ['all receive queues (host, softirq)', HOST, 4, 'host at node', ['device', 'network']],
    ['NAT', NAT, 4, 'nat at node'],
    [
      'NAT, new connections only',
      stalls({ stage: 'nat', machine: 'bad', connections: 'new' } as never),
      4,
      'nat at node',
    ],
    ['IPIP', IPIP, 4, 'ipip at node,node-remote'],
    ['the pod', stalls({ stage: 'pod', machine: 'bad' }), 4, 'pod at node'],
    ['the network between two machines', NETWORK, 4, 'network at node,shell', ['sender']],
    ['the last stretch of the network', LAST_MILE, 4, 'host at node', ['device', 'network', 'rx-queue']],
    ['congestion', CONGESTION, 4, 'network at node'],
    ['loss', LOSS, 4, 'network at node'],
    ['the vantage', stalls({ stage: 'sender', machine: 'shell' }), 4, 'sender at shell', ['network']],
    ['the vantage, with one queue', stalls({ stage: 'sender', machine: 'shell' }), 1, 'sender at shell', ['network']],
    [
      'one queue of the vantage',
      stalls({ stage: 'sender', machine: 'shell', queue: 1 } as never),
      4,
      'sender at shell',
      ['network'],
    ],
  ];
  for (const [fault, input, queues, verdict, also = []] of table)
    test(`${fault}: ${verdict}${also.length > 0 ? `, or ${also.join(' or ')}` : ''}`, () => {
      const result = run([input], { queues });
      assert.equal(said(result), verdict, JSON.stringify(result.verdict.posterior));
      assert.deepEqual(result.verdict.indistinguishable, also);
      const { probability, together = 0 } = result.verdict;
      assert.ok(together >= 0.9, `${together}`);
      // Nobody is accused for sure as long as another machine part explains it as well.
      if (also.includes('device')) assert.ok(probability < 0.9, `${probability}`);
    });

  test('congestion and loss say how they show', () => {
    assert.equal(run([CONGESTION]).verdict.kind, 'congestion');
    assert.equal(run([LOSS]).verdict.kind, 'loss');
  });

  test('clocks that are 4 ms apart and drift change nothing', () => {
    const clocks = { shell: { offsetNs: 4 * MS, skewPpm: 20 }, client: { offsetNs: -3 * MS, startsAtNs: 300 * MS } };
    const uncertain = { shell: 5 * MS, client: 5 * MS, bad: 5 * MS, external: 5 * MS };
    for (const [fault, verdict] of [
      [NAT, 'nat at node'],
      [IPIP, 'ipip at node,node-remote'],
      [RX_QUEUE, 'rx-queue at node'],
    ] as const)
      assert.equal(said(run([fault], { clocks }, { clockUncertaintyNs: uncertain })), verdict);
  });
});

suite('tunnels go by their names', () => {
  for (const overlay of OVERLAYS) {
    const hosts = parseHosts(hostsFile('test', { overlay }), 'hosts.yaml');
    const fault = stalls({ stage: overlay, machine: 'bad' });
    test(`${overlay}: accused by its name, and none other is spoken of`, () => {
      const { verdict } = bisectScenario({ scenario: labScenario({ faults: [fault], overlay }), hosts });
      assert.equal(said({ verdict } as Bisection), `${overlay} at node,node-remote`, JSON.stringify(verdict.posterior));
      assert.ok(verdict.probability >= 0.9, `${verdict.probability}`);
      const others = OVERLAYS.filter((other) => other !== overlay);
      const told = JSON.stringify([verdict.posterior, verdict.priors, verdict.ruledOut]);
      assert.deepEqual(
        others.filter((other) => told.includes(other)),
        [],
      );
      assert.match(verdict.meaning ?? '', new RegExp(`the ${OVERLAY_KNOWLEDGE[overlay].title} tunnel`));
    });
  }

  test('what is likely beforehand does not depend on the kind of tunnel', () => {
    const priors = OVERLAYS.map((overlay) => {
      const hosts = parseHosts(hostsFile('test', { overlay }), 'hosts.yaml');
      const { priors } = bisectScenario({ scenario: labScenario({ overlay }), hosts, durationNs: 2 * SECOND }).verdict;
      return Object.entries(priors).map(([cause, prior]) => [cause === overlay ? 'overlay' : cause, prior]);
    });
    for (const other of priors) assert.deepEqual(other, priors[0]);
  });
});

suite('all that waits goes between the same two addresses', () => {
  for (const [fault, input, queues] of [
    [
      'the network between client and external',
      stalls({ stage: 'network', from: 'client', to: 'external' } as never),
      4,
    ],
    [
      'a queue of the card of client, chosen by addresses',
      stalls({ stage: 'device', machine: 'client', queue: 0 } as never),
      6,
    ],
  ] as const)
    test(`${fault}: network, or rx-queue or device of either, not for sure`, () => {
      const { verdict } = run([input], { queues, hash: { tcp: 'addresses' } });
      assert.equal(said({ verdict } as Bisection), 'network at external,node-remote');
      assert.deepEqual(verdict.indistinguishable, ['device', 'rx-queue']);
      assert.ok(verdict.probability < 0.9, `${verdict.probability}`);
      assert.match(verdict.next[0] ?? '', /probe a further address/);
    });

  for (const queue of [4, 5])
    test(`a queue of the card on which one machine lands alone accuses no network for sure (queue ${queue})`, () => {
      const card = stalls({ stage: 'device', machine: 'client', queue } as never);
      const { verdict } = run([card], { queues: 6, hash: { tcp: 'addresses' } });
      assert.ok(verdict.cause !== 'network' || verdict.probability < 0.9, `${verdict.probability}`);
    });
});

suite('a network that also stalls', () => {
  for (const seed of [1, 2, 3, 4]) {
    test(`losses on the last stretch, and a host that stalls: never the network alone (seed ${seed})`, () => {
      const { verdict } = run([HOST, LOSS], { seed });
      const causes = [verdict.cause, ...verdict.indistinguishable];
      assert.ok(causes.includes('host+network') || verdict.cause === 'inconclusive', JSON.stringify(causes));
    });
  }

  test('what a target sends again, as its first answer was lost, is no incident of its own', () => {
    for (const seed of [1, 2, 3, 4]) {
      const { verdict, truth } = run([LOSS], { seed }, { untilSettled: false, durationNs: 20 * SECOND });
      const windows = new Set(truth.map(({ window }) => window)).size;
      assert.equal(said({ verdict } as Bisection), 'network at node');
      assert.ok(verdict.incidents <= windows, `${verdict.incidents} incidents of ${windows} losses`);
      assert.ok(verdict.probability >= 0.99, `${verdict.probability}`);
    }
  });

  test('losses alone have nothing beside them', () => {
    assert.deepEqual(run([LOSS]).verdict.indistinguishable, []);
  });
});

suite('nothing is wrong', () => {
  test('healthy, and it says which stalls would have been seen', () => {
    const { verdict, settled } = run([], {}, { durationNs: 90 * SECOND });
    assert.equal(verdict.cause, 'healthy');
    assert.equal(settled, true);
    assert.ok((verdict.noStallLongerThanNs ?? 0) >= 30 * MS, `${verdict.noStallLongerThanNs}`);
    const [node] = verdict.coverage ?? [];
    assert.ok(node !== undefined && node.queueCrossed > 0.9 && node.typicalSeen > 0.3, JSON.stringify(node));
    assert.deepEqual([node.queues, node.queuesFrom], [8, 'assumed']);
  });

  test('a machine that says how many receive queues it has is believed', () => {
    const side = { interface: 'eth0', rxQueues: 3, spreadBySoftware: false, cpusOfQueue: [] };
    const receivers = { node: { side: { ...side, spread: { by: 'unknown', why: '' } }, packets: new Map() } } as const;
    const { coverage = [] } = run([], {}, { durationNs: 60 * SECOND, receivers }).verdict;
    assert.deepEqual(
      coverage.slice(0, 2).map(({ machine, queues, queuesFrom }) => [machine, queues, queuesFrom]),
      [
        ['node', 3, 'machine'],
        ['node-remote', 8, 'assumed'],
      ],
    );
  });

  test('slow probes and losses here and there accuse nobody', () => {
    const noise = [
      { kind: 'spike', stage: 'network', ratio: 0.0001, length: [60 * MS, 200 * MS] },
      { kind: 'loss', stage: 'network', when: 'always', ratio: 0.003 },
    ] as FaultInput[];
    for (const seed of [1, 2, 3]) assert.match(run(noise, { seed }).verdict.cause, /healthy|inconclusive/);
  });

  test('a prober that pauses itself accuses nobody', () => {
    const pause = {
      kind: 'pause',
      machine: 'shell',
      when: { period: [2 * SECOND, 3 * SECOND], length: [80 * MS, 150 * MS] },
    };
    assert.match(run([pause as FaultInput]).verdict.cause, /healthy|inconclusive/);
  });

  test('a few seconds are too short for any verdict', () => {
    const { verdict } = run([], {}, { durationNs: 5 * SECOND });
    assert.equal(verdict.cause, 'inconclusive');
    assert.match(verdict.reason ?? '', /too short/);
  });

  test('one stall alone accuses nobody', () => {
    const once = stalls({ stage: 'nat', machine: 'bad', when: [{ start: 4 * SECOND, length: 150 * MS }] } as never);
    const { verdict } = run([once]);
    assert.equal(verdict.cause, 'inconclusive');
  });
});

suite('two faults at once', () => {
  const pairs: [string, FaultInput[]][] = [
    ['ipip+nat', [IPIP, NAT]],
    ['network+rx-queue', [NETWORK, RX_QUEUE]],
  ];
  for (const [name, faults] of pairs)
    for (const seed of [1, 2, 3])
      test(`${name}, seed ${seed}: both are named, or nobody`, () => {
        const { verdict } = run(faults, { seed });
        assert.ok(
          [name, 'inconclusive'].includes(verdict.cause),
          `${verdict.cause} ${JSON.stringify(verdict.posterior)}`,
        );
      });
});

suite('what cannot be told is not told', () => {
  const oneToOne = { only: ({ measured }: { measured: { name: string } }) => measured.name.startsWith('shell>node/') };
  for (const [name, fault] of [
    ['the vantage', stalls({ stage: 'sender', machine: 'shell' })],
    ['the target', HOST],
    ['a queue of the target', RX_QUEUE],
  ] as const)
    test(`one vantage, one target, ${name} stalls: inconclusive`, () => {
      const { verdict } = run([fault], {}, oneToOne);
      assert.equal(verdict.cause, 'inconclusive');
      assert.ok(verdict.indistinguishable.includes('sender'), `${verdict.indistinguishable}`);
      assert.ok(verdict.indistinguishable.some((cause) => cause === 'host' || cause === 'rx-queue'));
      assert.match(verdict.next.join('\n'), /second vantage/);
    });

  test('a NodePort with two backends: its flows part, and no receive queue is blamed for it', () => {
    const { verdict } = run([stalls({ stage: 'pod', machine: 'client' })], { secondBackend: true });
    assert.ok(['pod', 'inconclusive'].includes(verdict.cause), said({ verdict } as Bisection));
  });

  const spreadPort = /^(shell>(nodeport|node|external)|client>(node|external))\//;
  const behind = (backends?: number): Partial<BisectionOptions> => ({
    only: ({ measured }) => spreadPort.test(measured.name),
    hosts: {
      ...LAB_HOSTS,
      targets: {
        ...LAB_HOSTS.targets,
        nodeport: { ...LAB_HOSTS.targets.nodeport, ...(backends === undefined ? {} : { backends }) } as never,
      },
    },
  });
  for (const backends of [2, undefined])
    test(`one of two pods waits, ${backends ?? 'their number is not'} said: the pod, and no receive queue of its node`, () => {
      const { verdict } = run([stalls({ stage: 'pod', machine: 'bad' })], { secondBackend: true }, behind(backends));
      assert.equal(said({ verdict } as Bisection), 'pod at node', JSON.stringify(verdict.posterior));
    });

  test('a NodePort with several pods still tells of what lies before it: NAT, and its receive queues', () => {
    const cluster = { secondBackend: true };
    assert.equal(said(run([NAT], cluster, behind(2))), 'nat at node');
    assert.equal(said(run([RX_QUEUE], cluster, behind(2))), 'rx-queue at node');
  });

  test('a target that never answers is left out and named', () => {
    const nowhere = { kind: 'loss', stage: 'network', from: 'client', to: 'external', when: 'always' } as FaultInput;
    const { verdict } = run([NAT, nowhere]);
    assert.equal(verdict.cause, 'nat');
    assert.deepEqual(
      verdict.quality.excludedPaths.map(({ path }) => path),
      ['client>external/icmp', 'client>external/syn'],
    );
  });
});

suite('flows that part', () => {
  const port = ({ measured }: { measured: { name: string } }) =>
    /^(shell>nodeport|shell>external)\//.test(measured.name);
  const trace = (inference: Inference, nowNs: number): void => {
    if (nowNs === SECOND)
      inference.trace({ machine: 'node', fromNs: 0, toNs: Number.POSITIVE_INFINITY, minNs: 10 * MS });
  };
  const network = (place: object) => stalls({ stage: 'network', ...place } as never);
  const device = stalls({ stage: 'device', machine: 'bad' });
  const deviceQueue = stalls({ stage: 'device', machine: 'bad', queue: 1 } as never);
  /** Truth is the last column; nobody else may be named for sure, and it must not be ruled out. */
  const table: [is: string, fault: FaultInput, options: Partial<BisectionOptions>, says: RegExp, truth: string][] = [
    ['the card holds all', device, {}, /^(host|device) at node$/, 'device'],
    ['the card holds all, clean trace', device, { beside: trace }, /^(device|network) at node$/, 'device'],
    ['one queue of the card', deviceQueue, {}, /^rx-queue at node$/, 'device'],
    ['one queue of the card, clean trace', deviceQueue, { beside: trace }, /^(rx-queue|device) at node$/, 'device'],
    ['one of two links of the node', network({ to: 'bad', links: 2 }), {}, /at node$|^inconclusive/, 'network'],
    ['one of four links of the node', network({ to: 'bad', links: 4 }), {}, /at node$|^inconclusive/, 'network'],
    [
      'one of two ways to it',
      network({ from: 'shell', to: 'bad', links: 2 }),
      {},
      /^network at node,shell$/,
      'network',
    ],
    [
      'one of four ways to it',
      network({ from: 'shell', to: 'bad', links: 4 }),
      {},
      /^network at node,shell$/,
      'network',
    ],
    ['one port from one vantage, a queue', RX_QUEUE, { only: port }, /^inconclusive/, 'rx-queue'],
    [
      'one port from one vantage, one of two ways',
      network({ from: 'shell', to: 'bad', links: 2 }),
      { only: port },
      /^inconclusive/,
      'network',
    ],
    [
      'one port from one vantage, its pod',
      stalls({ stage: 'pod', machine: 'bad' }),
      { only: port },
      /^inconclusive|pod at node/,
      'pod',
    ],
  ];
  for (const [is, fault, options, says, truth] of table)
    test(is, () => {
      const { verdict } = run([fault], {}, options);
      const text = JSON.stringify([verdict.cause, verdict.indistinguishable, verdict.posterior]);
      assert.match(said({ verdict } as Bisection), says, text);
      if (verdict.cause !== truth) assert.ok(verdict.probability < 0.9 || verdict.cause === 'inconclusive', text);
      assert.equal(
        verdict.ruledOut.some(({ cause }) => cause === truth),
        false,
        text,
      );
      assert.ok([verdict.cause, ...verdict.indistinguishable].includes(truth), text);
    });

  test('one of several ways between two machines says so', () => {
    assert.equal(run([network({ from: 'shell', to: 'bad', links: 2 })]).verdict.kind, 'ecmp');
  });
});

suite('a NodePort whose pod sits on another node', () => {
  test('a fault of IPIP hits it and the pod path, not the local NodePort', () => {
    const { verdict } = run([IPIP]);
    const hit = (path: string): boolean => (verdict.evidence.find((one) => one.path === path)?.stalls ?? 0) > 0;
    assert.deepEqual(
      ['shell>nodeport-remote/syn', 'client>pod/icmp', 'shell>nodeport/syn', 'client>node/icmp'].map(hit),
      [true, true, false, false],
    );
    assert.equal(verdict.cause, 'ipip');
  });
});

suite('a verdict explains itself', () => {
  const { verdict } = run([NAT]);

  test('each cause that is ruled out has its sentence', () => {
    assert.deepEqual(verdict.ruledOut.map(({ cause }) => cause).sort(), [
      'device',
      'host',
      'ipip',
      'network',
      'pod',
      'rx-queue',
      'sender',
    ]);
    assert.match(
      because(verdict, 'ipip'),
      /client>pod\/icmp passed in \d+ of \d+ incidents; if packets wait in the IPIP tunnel/,
    );
    assert.match(
      because(verdict, 'host'),
      /passed in \d+ of \d+ incidents; if all receive queues of node wait together, it waits too/,
    );
  });

  test('what is ruled out fits 100 times less well at least, and what fits less well by less is only less likely', () => {
    assert.ok(verdict.ruledOut.every(({ factor = 0 }) => factor >= 100));
    assert.deepEqual(verdict.lessLikely, []);
    const other = (cause: string, factor: number): Alternative =>
      ({ other: { cause, words: '' }, terms: [{ words: 'told', weight: 1 }], weight: Math.log(factor) }) as never;
    const leading = { shares: [{ hypothesis: { cause: 'nat' } }] } as never;
    const { ruledOut, lessLikely } = doubted(
      leading,
      [other('pod', 101), other('host', 99), other('ipip', 2)],
      ['ipip'],
    );
    assert.deepEqual(ruledOut, [{ cause: 'pod', because: 'told', factor: 101 }]);
    assert.deepEqual(lessLikely, [{ cause: 'host', because: 'told', factor: 99 }]);
  });

  test('the reason told is the weightiest that the other cause would not show, where there is one', () => {
    const because = (terms: readonly { words: string; weight: number; refutes: boolean }[]) =>
      doubted(
        { shares: [{ hypothesis: { cause: 'server' } }] } as never,
        [{ other: { cause: 'network', words: '' }, terms, weight: Math.log(1000) } as never],
        [],
      ).ruledOut[0]?.because;
    const asItDoes = { words: 'waited, as it does', weight: 9, refutes: false };
    const passed = { words: 'passed', weight: 3, refutes: true };
    assert.equal(because([asItDoes, passed]), 'passed');
    assert.equal(because([asItDoes, { ...passed, weight: -3 }]), 'waited, as it does');
  });

  test('each term moved the posterior by more than a factor of 2', () => {
    assert.ok(verdict.terms.length > 5);
    assert.ok(verdict.terms.every(({ factor }) => factor > 2));
  });

  test('each path has its sentence', () => {
    assert.equal(verdict.evidence.length, 20);
    assert.match(verdict.evidence.find(({ path }) => path === 'shell>node/icmp')?.words ?? '', /all of them passed/);
  });

  test('priors are printed and add up to 1', () => {
    const sum = Object.values(verdict.priors).reduce((total, prior) => total + prior, 0);
    assert.ok(Math.abs(sum - 1) < 1e-3, `${sum}`);
  });
});

function because(verdict: Verdict, cause: string): string {
  return verdict.ruledOut.find((one) => one.cause === cause)?.because ?? '';
}
