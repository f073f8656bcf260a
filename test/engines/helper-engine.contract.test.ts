import { execFileSync, spawn } from 'node:child_process';
import { after, before, test } from 'node:test';
import { createHelperEngine } from '../../src/engines/helper-engine.js';
import { netnsTransport } from '../../src/transports/netns-transport.js';
import { loopbackPlan } from '../transports/loopback-plan.js';
import { engineContract } from './engine-contract.js';

/** A namespace of its own, so that what is filtered and slowed down there disturbs nobody. */
const NETNS = `rxray-contract-${process.pid}`;
const OPEN_PORT = 8080;
const SILENT_PORT = 9;
/** Packets to this address of loopback go through a narrow pipe. */
const SLOW_ADDRESS = '127.0.0.3';

const ip = (...args: string[]) => execFileSync('ip', args, { stdio: ['ignore', 'ignore', 'inherit'] });
const inside = (...args: string[]) => ip('netns', 'exec', NETNS, ...args);

if (process.getuid?.() === 0) {
  let listener: ReturnType<typeof startListener> | undefined;
  before(async () => {
    ip('netns', 'add', NETNS);
    ip('-n', NETNS, 'link', 'set', 'lo', 'up');
    inside('iptables', '-A', 'INPUT', '-p', 'tcp', '--dport', String(SILENT_PORT), '-j', 'DROP');
    const tc = (words: string) => inside('tc', ...words.split(' '));
    tc('qdisc add dev lo root handle 1: htb default 10');
    tc('class add dev lo parent 1: classid 1:10 htb rate 10gbit');
    tc('class add dev lo parent 1: classid 1:30 htb rate 10kbit burst 60 cburst 60');
    tc(`filter add dev lo parent 1: protocol ip u32 match ip dst ${SLOW_ADDRESS} flowid 1:30`);
    listener = startListener();
    await listener;
  });
  after(async () => {
    (await listener)?.kill('SIGKILL');
    ip('netns', 'del', NETNS);
  });

  engineContract('helper', () => ({
    engine: createHelperEngine(netnsTransport(NETNS)),
    plan: (overrides = {}) => loopbackPlan(overrides, OPEN_PORT),
    capabilities: {
      virtualTime: false,
      closedPort: { port: 81 },
      unanswered: { port: SILENT_PORT },
      icmp: {},
      delayReply: { address: SLOW_ADDRESS },
      unsupported: [{ timestamps: 'hw' }, { paths: [] }],
    },
  }));
} else {
  test('engine contract: helper', { skip: 'makes a network namespace: needs root' }, () => {});
}

async function startListener() {
  const program = `require('net').createServer().listen(${OPEN_PORT}, '0.0.0.0', 511, () => console.log('ready'))`;
  const child = spawn('ip', ['netns', 'exec', NETNS, process.execPath, '-e', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await new Promise((resolve) => child.stdout.once('data', resolve));
  return child;
}
