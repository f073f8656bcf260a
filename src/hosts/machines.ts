import type { Hosts } from './hosts-file.js';

type HostsTarget = Hosts['targets'][string];

/**
 * Which names stand for one machine. A machine is called by the node target on it where there is one, else by its
 * vantage; a target that is no node of its own (pod, NodePort) is on its node's machine, and so is a further address
 * or port of the machine.
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
    switch (target.kind) {
      case 'nodeport':
      case 'service':
        return target.pod === undefined ? this.#under(name) : this.answering(target.pod);
      case 'pod':
        return this.#under(name);
      case 'node':
      case 'external':
        // A further address of a machine that is a target already.
        if (target.node !== undefined && target.node !== name) return this.answering(target.node);
        return target.vantage === undefined ? this.#withAddressOf(name) : this.ofVantage(target.vantage);
      case 'control':
        return target.vantage === undefined ? name : this.ofVantage(target.vantage);
    }
  }

  /** The machine that a packet to the target's address arrives at first. */
  entrance(name: string): string {
    return this.#target(name).kind === 'nodeport' ? this.#under(name) : this.answering(name);
  }

  /** The machine that a target which is none of its own is on. */
  #under(name: string): string {
    const { kind, node } = this.#target(name);
    if (node !== undefined) return this.answering(node);
    return kind === 'nodeport' ? this.#withAddressOf(name) : name;
  }

  /** Targets with one address are one machine, whatever their ports; one that says more of it stands for it. */
  #withAddressOf(name: string): string {
    const { address } = this.#target(name);
    const same = Object.entries(this.hosts.targets).filter(
      ([, other]) =>
        (other.kind === 'node' || other.kind === 'external') && other.address === address && other.node === undefined,
    );
    const [seen] = same.flatMap(([, { vantage }]) => vantage ?? []);
    if (seen !== undefined) return this.ofVantage(seen);
    return (same.find(([, { kind }]) => kind === 'node') ?? same[0])?.[0] ?? name;
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
