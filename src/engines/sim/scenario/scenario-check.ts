import type * as z from 'zod';
import { isOverlay } from '../../../model/overlay.js';
import type { Fault, StageFault } from '../faults/fault-schema.js';

/** What of a scenario must fit together; a shape of its own, because the schema's type follows from this check. */
interface Checked {
  readonly machines: Readonly<
    Record<
      string,
      {
        readonly address: string;
        readonly queues: number;
        readonly steerRepliesTo?: number | undefined;
        readonly pods: Readonly<Record<string, { readonly address: string }>>;
        readonly nodePorts: Readonly<Record<string, { readonly pods: readonly string[] }>>;
      }
    >
  >;
  readonly services: Readonly<Record<string, { readonly address: string; readonly pods: readonly string[] }>>;
  readonly vantages: Readonly<Record<string, { readonly machine: string }>>;
  readonly network: { readonly links: readonly { readonly between: readonly string[] }[] };
  readonly faults: readonly Fault[];
}

type Path = readonly (string | number)[];
type Complain = (path: Path, message: string) => void;

/** Names that mean nothing, queues a machine does not have, addresses used twice. */
export function checkReferences(scenario: Checked, context: z.RefinementCtx): void {
  const complain: Complain = (path, message) =>
    context.addIssue({ code: 'custom', path: [...path], message, input: scenario });
  const machines = Object.keys(scenario.machines);
  const pods = Object.values(scenario.machines).flatMap((machine) => Object.keys(machine.pods));
  const expectName = (names: readonly string[], noun: string, path: Path, name: string): void => {
    if (!names.includes(name))
      complain(path, `expected the name of a ${noun} (${names.join(', ') || 'none'}), got ${name}`);
  };

  if (machines.length === 0) complain(['machines'], 'expected at least one machine');
  if (Object.keys(scenario.vantages).length === 0) complain(['vantages'], 'expected at least one vantage');
  checkAddresses(scenario, complain);
  for (const [name, machine] of Object.entries(scenario.machines)) {
    const at = ['machines', name];
    if (machine.steerRepliesTo !== undefined && machine.steerRepliesTo >= machine.queues)
      complain([...at, 'steerRepliesTo'], `expected a queue from 0 to ${machine.queues - 1}`);
    for (const [port, nodePort] of Object.entries(machine.nodePorts))
      nodePort.pods.forEach((pod, i) => {
        expectName(pods, 'pod', [...at, 'nodePorts', port, 'pods', i], pod);
      });
  }
  for (const [name, service] of Object.entries(scenario.services))
    service.pods.forEach((pod, i) => {
      expectName(pods, 'pod', ['services', name, 'pods', i], pod);
    });
  for (const [name, vantage] of Object.entries(scenario.vantages))
    expectName(machines, 'machine', ['vantages', name, 'machine'], vantage.machine);
  scenario.network.links.forEach(({ between }, i) => {
    between.forEach((name, j) => {
      expectName(machines, 'machine', ['network', 'links', i, 'between', j], name);
    });
  });
  scenario.faults.forEach((fault, i) => {
    for (const key of ['machine', 'from', 'to'] as const) {
      const name = key === 'machine' || fault.kind !== 'pause' ? (fault as StageFault)[key] : undefined;
      if (name !== undefined) expectName(machines, 'machine', ['faults', i, key], name);
    }
    if (fault.kind !== 'pause') checkPlace(fault, scenario.machines, ['faults', i], complain);
    checkShape(fault, ['faults', i], complain);
  });
}

function checkAddresses(scenario: Checked, complain: Complain): void {
  const seen = new Set<string>();
  const podNames = new Set<string>();
  const claim = (address: string, path: Path): void => {
    if (seen.has(address)) complain(path, `expected an address of its own, ${address} is used above`);
    seen.add(address);
  };
  for (const [name, machine] of Object.entries(scenario.machines)) {
    claim(machine.address, ['machines', name, 'address']);
    for (const [podName, pod] of Object.entries(machine.pods)) {
      claim(pod.address, ['machines', name, 'pods', podName, 'address']);
      if (podNames.has(podName))
        complain(['machines', name, 'pods', podName], 'expected a name of its own for each pod');
      podNames.add(podName);
    }
  }
  // Services may share an address, as they differ in port; a machine's they may not.
  for (const [name, service] of Object.entries(scenario.services))
    if (seen.has(service.address)) claim(service.address, ['services', name, 'address']);
}

function checkPlace(fault: StageFault, machines: Checked['machines'], at: Path, complain: Complain): void {
  const ofPipe = fault.stage === 'network' || isOverlay(fault.stage);
  if (!ofPipe && fault.machine === undefined) complain(at, `expected a machine, as the stage is ${fault.stage}`);
  if (!ofPipe && (fault.from !== undefined || fault.to !== undefined))
    complain(at, `expected from and to only with the stage network and those of tunnels, not ${fault.stage}`);
  if (fault.links !== undefined && fault.stage !== 'network')
    complain([...at, 'links'], `expected links only with the stage network, not ${fault.stage}`);
  if (fault.queue === undefined) return;
  if (fault.stage !== 'rx-queue' && fault.stage !== 'sender' && fault.stage !== 'device') {
    complain([...at, 'queue'], `expected a queue only with the stages rx-queue, device and sender, not ${fault.stage}`);
    return;
  }
  const queues = machines[fault.machine ?? '']?.queues ?? Number.POSITIVE_INFINITY;
  for (const queue of fault.queue === 'random' ? [] : [fault.queue].flat())
    if (queue >= queues)
      complain([...at, 'queue'], `expected a queue from 0 to ${queues - 1} of ${fault.machine}, got ${queue}`);
}

function checkShape(fault: Fault, at: Path, complain: Complain): void {
  const { when } = fault;
  const needsEnd = fault.kind !== 'loss' && fault.kind !== 'spike' && fault.kind !== 'jitter';
  if (when.kind === 'always' && needsEnd)
    complain(
      [...at, 'when'],
      `expected windows with an end, as a ${fault.kind} that is always there lets nothing pass`,
    );
  if (when.kind === 'listed')
    when.windows.forEach((window, i) => {
      const next = when.windows[i + 1];
      if (next !== undefined && next.startNs < window.startNs + window.lengthNs)
        complain([...at, 'when'], 'expected windows that do not overlap');
    });
  if (when.kind === 'periodic' && when.period.minNs <= when.length.maxNs)
    complain([...at, 'when', 'period'], 'expected a period longer than the longest length');
  if (when.kind === 'bursts' && (when.meanGapNs === 0 || when.meanLengthNs === 0))
    complain([...at, 'when'], 'expected a mean gap and a mean length above 0');
  if (fault.kind !== 'congestion') return;
  const shortestNs = shortestWindowNs(fault);
  if (shortestNs === undefined) complain([...at, 'when'], 'expected listed or periodic windows for congestion');
  else if (fault.peakNs > (1 - fault.rise) * shortestNs)
    // A delay that falls faster than time passes would let packets overtake.
    complain([...at, 'peak'], 'expected a peak no longer than the time in which the delay falls again');
}

function shortestWindowNs({ when }: Fault): number | undefined {
  if (when.kind === 'periodic') return when.length.minNs;
  return when.kind === 'listed' ? Math.min(...when.windows.map((window) => window.lengthNs)) : undefined;
}
