import type { Hypothesis } from '../causes/hypothesis.js';
import type { Topology } from '../paths/topology.js';
import type { Judgement } from '../weigh/judgement.js';

/**
 * What to do or run next, the most telling first.
 *
 * @param traced machines whose kernel was asked already
 */
export function nextSteps(judgement: Judgement, topology: Topology, traced: readonly string[]): string[] {
  switch (judgement.says) {
    case 'healthy':
      return [];
    case 'cause': {
      const causes = judgement.leading.shares.map(({ hypothesis }) => hypothesis);
      return [...tellApart(judgement.alike, topology), ...causes.flatMap((cause) => lookInto(cause, traced))].filter(
        unique,
      );
    }
    case 'inconclusive':
      switch (judgement.why) {
        case 'no-incident-yet':
          return ['measure longer: --duration 15m, or while the trouble is there'];
        case 'few-incidents':
          return ['measure longer: too few stalls came to compare paths'];
        case 'unknown':
          return ['check the path that alone is hit in the hosts file: its target may be elsewhere than it says'];
        case 'divided':
          return [...tellApart(judgement.alike, topology), 'measure longer'].filter(unique);
        case 'alike':
          return tellApart(judgement.alike, topology).filter(unique);
      }
  }
}

function tellApart(alike: Extract<Judgement, { alike: unknown }>['alike'], topology: Topology): string[] {
  const hypotheses = alike.flatMap(({ shares }) => shares.map(({ hypothesis }) => hypothesis));
  const of = (cause: Hypothesis['cause']): Hypothesis[] =>
    hypotheses.filter((hypothesis) => hypothesis.cause === cause);
  const steps: string[] = [];
  const vantages = [...new Set(topology.vantageMachines)];
  const receivers = [...of('rx-queue'), ...of('host')].map(({ machines }) => machines[0] as string);
  if (of('sender').length > 0 && (receivers.length > 0 || of('network').length > 0)) {
    steps.push(
      vantages.length < 2
        ? 'add a second vantage on another machine: what waits for one of them only is the side of that vantage'
        : 'probe a further target from each vantage: replies that come at the same instants clear the vantage',
      'add a further target for the same vantage: replies of it that pass clear the vantage',
    );
  }
  for (const machine of new Set(receivers)) {
    if (
      of('network').some(({ machines }) => machines.includes(machine)) ||
      (of('host').length > 0 && of('rx-queue').length > 0)
    ) {
      steps.push(
        `name a vantage on ${machine} in the hosts file (vantage: …): its arrivals, CPU heartbeats and NAPI delays tell host, rx-queue and network apart`,
      );
    }
  }
  if (of('nat').length > 0 && of('pod').length > 0) {
    steps.push('probe the pod address itself from an overlay vantage: it skips the translation');
  }
  if (of('ipip').length > 0 && of('pod').length > 0) {
    steps.push('probe a NodePort of the node on which the pod runs: it skips the tunnel');
  }
  return steps;
}

function lookInto({ cause, machines }: Hypothesis, traced: readonly string[]): string[] {
  const [machine = ''] = machines;
  const trace = traced.includes(machine)
    ? []
    : [
        `rxray trace stall --ssh USER@${machine} -d 1m (there: rxray trace stall): names the process and the system call that keep packets waiting`,
      ];
  switch (cause) {
    case 'rx-queue':
    case 'host':
      return trace;
    case 'nat':
      return [`on ${machine}: conntrack -S and the length of the iptables chains`];
    case 'ipip':
      return [`on both ends (${machines.join(', ')}): ip -s link of the tunnel, and the CPU that serves it`];
    case 'pod':
      return [`on ${machine}: CPU limits and throttling of the pod (cpu.stat), backlog of its veth`];
    case 'network':
      return [`ask for the counters of the switch and router ports between ${machines.join(' and ')}`];
    case 'sender':
      return [`${machine} itself waits: do not conclude on its targets from there`, ...trace];
    case 'unknown':
      return [];
  }
}

function unique<T>(value: T, index: number, all: readonly T[]): boolean {
  return all.indexOf(value) === index;
}
