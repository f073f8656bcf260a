import { setTimeout as sleep } from 'node:timers/promises';
import { FleetLab } from '../e2e/fleet-lab.js';

/**
 * `fleet-lab.js [NODES [FAULT…]]`: agents in namespaces with a real Prometheus and Alertmanager; a node is made bad, and it is
 * measured how long it takes until the alert for it, and what `fleet` says then.
 */
const [nodes = '8', ...faults] = process.argv.slice(2);
const BAD = 'node-3';

const MATCHES: Readonly<Record<string, (address: string) => readonly string[]>> = {
  host: (address) => [`-d ${address}`],
  nodeport: (address) => [`-d ${address} -p tcp --dport 30927`],
};

const lab = new FleetLab('rxfl', Number(nodes));
const rows = ['| fault | alert after | accused | fleet says | seconds |', '|---|---|---|---|---|'];
try {
  lab.up();
  await lab.startAll();
  await lab.watch();
  await sleep(20_000);
  for (const fault of faults.length === 0 ? ['host'] : faults) {
    const began = performance.now();
    lab.hold(10_000, ...(MATCHES[fault]?.(lab.address(BAD)) ?? []));
    let accused: string[] = [];
    while (accused.length === 0 && performance.now() - began < 180_000) {
      await sleep(2_000);
      accused = await lab.accused();
    }
    const afterS = (performance.now() - began) / 1000;
    const asked = performance.now();
    const { verdict, nodes: told } = await lab.fleet('--prometheus', 'http://127.0.0.1:9090', '--window', '5m');
    const tookS = (performance.now() - asked) / 1000;
    const agents = lab.agents.map(({ node }) => lab.address(node)).join(',');
    const said = told.map(
      ({ node, state, cause, probability }) => `${node} ${state} ${cause} ${probability?.toFixed(3)}`,
    );
    rows.push(
      `| ${fault} | ${accused.length === 0 ? 'never' : `${afterS.toFixed(0)} s`} | ${accused.join(', ')} | ${verdict.cause}: ${said.join('; ')} | ${tookS.toFixed(1)} |`,
    );
    console.error(rows.at(-1));
    console.error((await lab.rxray('fleet', '--prometheus', 'http://127.0.0.1:9090', '--window', '5m')).text, agents);
    lab.release();
  }
} finally {
  await lab.down();
}
console.log(rows.join('\n'));
