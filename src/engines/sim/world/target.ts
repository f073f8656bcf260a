import { canonicalAddress } from '../../../model/ip-address.js';
import type { PlannedPath } from '../../../model/plan.js';
import { hasPorts, type Protocol } from '../../../model/protocol.js';
import { Outcomes, REPLIES, type Reply } from '../../../model/sample.js';
import type { Machine, Pod, Scenario, Vantage } from '../scenario/scenario.js';

/** A pod and the machine it runs on. */
export interface PlacedPod {
  readonly name: string;
  readonly pod: Pod;
  readonly machine: string;
}

/** By what a backend is chosen. */
export type Spread = 'flow' | 'random';

/** What stands behind the address and port of a path. */
export type Target =
  | { readonly kind: 'self'; readonly machine: string }
  | { readonly kind: 'node'; readonly machine: string }
  | { readonly kind: 'pod'; readonly backend: PlacedPod }
  | {
      readonly kind: 'nodeport';
      readonly machine: string;
      readonly port: number;
      readonly backends: readonly PlacedPod[];
      readonly spread: Spread;
      /** Pods on other nodes answer past the node. */
      readonly directReturn: boolean;
    }
  | {
      readonly kind: 'service';
      readonly port: number;
      readonly backends: readonly PlacedPod[];
      readonly spread: Spread;
    }
  | { readonly kind: 'nowhere'; readonly because: string };

const LOOPBACK = /^(127\.|::1$)/;

export function resolveTarget(scenario: Scenario, vantage: Vantage, path: PlannedPath): Target {
  const address = canonicalAddress(path.address);
  const port = hasPorts(path.protocol) ? path.port : undefined;
  if (LOOPBACK.test(address)) return { kind: 'self', machine: vantage.machine };
  for (const [name, machine] of Object.entries(scenario.machines)) {
    if (machine.address === address) return ofMachine(scenario, vantage, name, machine, port);
    for (const [podName, pod] of Object.entries(machine.pods))
      if (pod.address === address)
        return ofOverlay(vantage, { kind: 'pod', backend: { name: podName, pod, machine: name } }, address);
  }
  for (const service of Object.values(scenario.services))
    if (service.address === address && service.servicePort === port)
      return ofOverlay(
        vantage,
        { kind: 'service', port: service.port, backends: placed(scenario, service.pods), spread: service.spread },
        address,
      );
  return {
    kind: 'nowhere',
    because: `the scenario has nothing at ${address}${port === undefined ? '' : ` port ${port}`}`,
  };
}

function ofMachine(scenario: Scenario, vantage: Vantage, name: string, machine: Machine, port?: number): Target {
  if (name === vantage.machine) return { kind: 'self', machine: name };
  const nodePort = port === undefined ? undefined : machine.nodePorts[String(port)];
  if (nodePort === undefined) return { kind: 'node', machine: name };
  const { port: podPort, pods, spread, directReturn } = nodePort;
  return { kind: 'nodeport', machine: name, port: podPort, backends: placed(scenario, pods), spread, directReturn };
}

function ofOverlay(vantage: Vantage, target: Target, address: string): Target {
  if (vantage.overlay) return target;
  return { kind: 'nowhere', because: `${address} is in the overlay, which the vantage does not reach` };
}

function placed(scenario: Scenario, names: readonly string[]): PlacedPod[] {
  return Object.entries(scenario.machines).flatMap(([machine, { pods }]) =>
    Object.entries(pods).flatMap(([name, pod]) => (names.includes(name) ? [{ name, pod, machine }] : [])),
  );
}

/** What comes back from a probe that arrives. */
export type Answer =
  | { readonly kind: 'silence' }
  | {
      readonly kind: 'packet';
      readonly outcome: number;
      readonly reply: number;
      readonly icmpType: number;
      readonly icmpCode: number;
      /** Kernels limit port-unreachable messages to about one a second per peer. */
      readonly limited: boolean;
    };

const SILENCE: Answer = { kind: 'silence' };
const DESTINATION_UNREACHABLE = 3;
const PORT_UNREACHABLE = 3;
const ADMINISTRATIVELY_PROHIBITED = 13;

function packet(reply: Reply): Answer {
  const outcome = Outcomes.reply;
  return { kind: 'packet', outcome, reply: REPLIES.indexOf(reply), icmpType: 0, icmpCode: 0, limited: false };
}

/** Whoever is asked where nobody listens is refused, by TCP at once and by UDP not at all. */
function requestAnswer(state: 'open' | 'closed', protocol: 'http' | 'dns'): Answer {
  if (state === 'open') return packet('response');
  if (protocol === 'dns') return SILENCE;
  const refused = { kind: 'packet', outcome: Outcomes.error, reply: REPLIES.indexOf('rst') } as const;
  return { ...refused, icmpType: 0, icmpCode: 0, limited: false };
}

/** What a machine or pod answers to a protocol on a port. */
export function answerOf(at: Machine | Pod, protocol: Protocol, port: number): Answer {
  if (protocol === 'icmp') return at.icmp === 'answered' ? packet('echo') : SILENCE;
  const state = at.ports[String(port)] ?? at.otherPorts;
  if (state === 'silent') return SILENCE;
  const icmp = { kind: 'packet', reply: REPLIES.indexOf('unreachable'), icmpType: DESTINATION_UNREACHABLE } as const;
  if (state === 'prohibited')
    return { ...icmp, outcome: Outcomes.error, icmpCode: ADMINISTRATIVELY_PROHIBITED, limited: false };
  if (protocol === 'http' || protocol === 'dns') return requestAnswer(state, protocol);
  if (protocol === 'ack') return packet('rst');
  if (protocol === 'syn') return packet(state === 'open' ? 'syn-ack' : 'rst');
  if (state === 'open') return packet('udp');
  return { ...icmp, outcome: Outcomes.reply, icmpCode: PORT_UNREACHABLE, limited: true };
}
