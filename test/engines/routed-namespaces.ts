import { execFileSync } from 'node:child_process';

export const PROBER_ADDRESS = '10.97.1.1';
export const ROUTER_ADDRESS = '10.97.1.254';
export const TARGET_ADDRESS = '10.97.2.2';
/** Interface number of the router's end towards the prober, as native/lab/peer.bpf.c has it. */
const LEFT_NUMBER = 4711;

/** Three network namespaces in a row: a prober, a router, a target. Each link is a veth pair whose ends are eth0. */
export class RoutedNamespaces {
  readonly prober: string;
  readonly router: string;
  readonly target: string;

  constructor(name: string) {
    this.prober = `${name}-a`;
    this.router = `${name}-r`;
    this.target = `${name}-b`;
  }

  up(): void {
    for (const name of [this.prober, this.router, this.target]) {
      run(`ip netns add ${name}`);
      run(`ip -n ${name} link set lo up`);
    }
    this.#link(this.prober, PROBER_ADDRESS, 'left', ROUTER_ADDRESS, LEFT_NUMBER);
    this.#link(this.target, TARGET_ADDRESS, 'right', '10.97.2.254', LEFT_NUMBER + 1);
    this.in(this.router, 'sysctl -q -w net.ipv4.ip_forward=1');
  }

  /** Runs a command in one of the namespaces; throws when it fails. */
  in(namespace: string, words: string): string {
    return run(`ip netns exec ${namespace} ${words}`);
  }

  down(): void {
    for (const name of [this.prober, this.router, this.target]) run(`ip netns del ${name}`);
  }

  #link(namespace: string, address: string, device: string, gateway: string, number: number): void {
    run(`ip link add ${device} index ${number} netns ${this.router} type veth peer name eth0 netns ${namespace}`);
    run(`ip -n ${namespace} address add ${address}/24 dev eth0`);
    run(`ip -n ${this.router} address add ${gateway}/24 dev ${device}`);
    run(`ip -n ${namespace} link set eth0 up`);
    run(`ip -n ${this.router} link set ${device} up`);
    run(`ip -n ${namespace} route add default via ${gateway}`);
  }
}

function run(words: string): string {
  const [command = '', ...args] = words.split(' ');
  return execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}
