import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { after, before, test } from 'node:test';
import { createHelperEngine } from '../../src/engines/helper-engine.js';
import { sshTransport } from '../../src/transports/far/ssh-transport.js';
import type { HelperProcess, Transport } from '../../src/transports/transport.js';
import { type EngineUnderTest, engineContract } from '../engines/engine-contract.js';
import { FarHost, farHostMissing } from './far-host.js';
import { loopbackPlan } from './loopback-plan.js';

const OPEN_PORT = 8080;
const SILENT_PORT = 9;
/** Packets to this address of loopback go through a narrow pipe. */
const SLOW_ADDRESS = '127.0.0.3';
const missing = farHostMissing();

if (missing) {
  test('engine contract: helper over ssh', { skip: missing }, () => {});
} else {
  const far = new FarHost('contract');
  const transport = sshTransport('root', { configFile: far.configFile });
  // The contract is about runs, not about the way to where they run: a helper waits there for each.
  let waiting: HelperProcess | undefined;
  const near: Transport = {
    place: transport.place,
    launch: (name, args) => {
      const helper = waiting ?? transport.launch(name, args);
      waiting = undefined;
      return helper;
    },
  };
  let listener: ChildProcess;
  before(async () => {
    await far.start();
    const inside = (words: string) =>
      execFileSync('ip', ['netns', 'exec', far.namespace, ...words.split(' ')], {
        stdio: ['ignore', 'ignore', 'pipe'],
      });
    inside(`iptables -A INPUT -p tcp --dport ${SILENT_PORT} -j DROP`);
    inside('tc qdisc add dev lo root handle 1: htb default 10');
    inside('tc class add dev lo parent 1: classid 1:10 htb rate 10gbit');
    inside('tc class add dev lo parent 1: classid 1:30 htb rate 10kbit burst 60 cburst 60');
    inside(`tc filter add dev lo parent 1: protocol ip u32 match ip dst ${SLOW_ADDRESS} flowid 1:30`);
    const program = `require('net').createServer().listen(${OPEN_PORT}, '127.0.0.1', 511, () => console.log('ready'))`;
    listener = spawn('ip', ['netns', 'exec', far.namespace, process.execPath, '-e', program], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await new Promise((resolve) => listener.stdout?.once('data', resolve));
  });
  after(async () => {
    waiting?.terminate();
    await transport.close?.();
    listener.kill('SIGKILL');
    await far.stop();
  });

  const setup = async (): Promise<EngineUnderTest> => {
    waiting ??= transport.launch('rxray-prober', []);
    await waiting.runsAs;
    return { ...under, engine: createHelperEngine(near) };
  };
  const under: Omit<EngineUnderTest, 'engine'> = {
    plan: (overrides) => loopbackPlan(overrides, OPEN_PORT),
    capabilities: {
      virtualTime: false,
      closedPort: { port: 81 },
      unanswered: { port: SILENT_PORT },
      icmp: {},
      delayReply: { address: SLOW_ADDRESS },
      unsupported: [{ timestamps: 'hw' }, { paths: [] }],
    },
  };
  engineContract('helper over ssh', setup);
}
