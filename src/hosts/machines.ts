import type { Hosts } from './hosts-file.js';

type HostsTarget = Hosts['targets'][string];

/**
 * Which names stand for one machine. A machine is called by the node target on it where there is one, else by its
 * vantage; a target that is no node of its own (pod, NodePort) is on its node's machine.
 */
export class Machines {
  constructor(private readonly hosts: Hosts) {}

  ofVantage(vantage: string): string {
    const node = Object.entries(this.hosts.targets).find(
      ([, target]) => target.kind === 'node' && target.vantage === vantage,
    );
    return node?.[0] ?? vantage;
  }

  /** The machine that answers: for a NodePort the one its pod is on. */
  answering(name: string): string {
    const target = this.#target(name);
    if (target.kind === 'nodeport' || target.kind === 'service') {
      if (target.pod !== undefined) return this.answering(target.pod);
      return target.node ?? name;
    }
    if (target.kind === 'pod') return target.node ?? name;
    // A further address of a machine that is a target already.
    if (target.kind === 'node' && target.node !== undefined && target.node !== name) return this.answering(target.node);
    return target.vantage === undefined ? name : this.ofVantage(target.vantage);
  }

  /** The machine that a packet to the target's address arrives at first. */
  entrance(name: string): string {
    const target = this.#target(name);
    return target.kind === 'nodeport' ? (target.node ?? name) : this.answering(name);
  }

  /** Machines that are probed as nodes: their receive side is under suspicion whatever the direction. */
  isProbed(machine: string): boolean {
    return this.hosts.targets[machine]?.kind === 'node';
  }

  #target(name: string): HostsTarget {
    const target = this.hosts.targets[name];
    if (!target) throw new Error(`no target ${name}`);
    return target;
  }
}
