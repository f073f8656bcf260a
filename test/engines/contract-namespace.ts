import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';

export const OPEN_PORT = 8080;
export const CLOSED_PORT = 81;
export const SILENT_PORT = 9;
/** Packets to this address of loopback go through a narrow pipe. */
export const SLOW_ADDRESS = '127.0.0.3';

/** A network namespace in which what the contract wants of a target is set up on loopback. */
export class ContractNamespace {
  #listener: ChildProcess | undefined;

  constructor(readonly name: string) {}

  async up(): Promise<void> {
    ip('netns', 'add', this.name);
    ip('-n', this.name, 'link', 'set', 'lo', 'up');
    this.run(`iptables -A INPUT -p tcp --dport ${SILENT_PORT} -j DROP`);
    this.run('tc qdisc add dev lo root handle 1: htb default 10');
    this.run('tc class add dev lo parent 1: classid 1:10 htb rate 10gbit');
    this.run('tc class add dev lo parent 1: classid 1:30 htb rate 10kbit burst 60 cburst 60');
    this.run(`tc filter add dev lo parent 1: protocol ip u32 match ip dst ${SLOW_ADDRESS} flowid 1:30`);
    // A client that resets its connection is no reason to end.
    const accept = 'socket => socket.on("error", () => {}).resume()';
    const program = `require('net').createServer(${accept}).listen(${OPEN_PORT}, '0.0.0.0', 511, () => console.log('ready'))`;
    this.#listener = spawn('ip', ['netns', 'exec', this.name, process.execPath, '-e', program], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    if (this.#listener.stdout) await once(this.#listener.stdout, 'data');
  }

  /** Lets every group have datagram sockets for ICMP here. */
  allowPings(): void {
    this.run('sysctl -q -w net.ipv4.ping_group_range=0\t2147483647');
  }

  /** As many systems are set up. */
  forbidPings(): void {
    this.run('sysctl -q -w net.ipv4.ping_group_range=1\t0');
  }

  /** Runs a command inside; throws when it fails. */
  run(words: string): void {
    execFileSync('ip', ['netns', 'exec', this.name, ...words.split(' ')], { stdio: ['ignore', 'ignore', 'pipe'] });
  }

  down(): void {
    this.#listener?.kill('SIGKILL');
    ip('netns', 'del', this.name);
  }
}

function ip(...args: string[]): void {
  execFileSync('ip', args, { stdio: ['ignore', 'ignore', 'inherit'] });
}
