import { createHelperEngine } from '../../src/engines/helper-engine.js';
import { sshTransport } from '../../src/transports/far/ssh-transport.js';
import { loopbackPlan } from './loopback-plan.js';

// Probes over ssh until it is killed, or for the count given: `probing-client.js CONFIG HOST [COUNT]`.
const [configFile = '', host = '', count = '0'] = process.argv.slice(2);
const engine = createHelperEngine(sshTransport(host, { configFile }));
for await (const event of engine.start(loopbackPlan({ count: Number(count) })).events) {
  if (event.kind === 'hello') console.log('hello');
}
