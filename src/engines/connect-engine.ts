import { nodeProgram } from '../installation/node-program.js';
import type { Transport } from '../transports/transport.js';
import type { Engine } from './engine.js';
import { createHelperEngine } from './helper-engine.js';

/** The prober that times connects and sends echoes without privilege: a program for Node.js. */
export const CONNECT_PROGRAM = nodeProgram('connect', import.meta.url);

/**
 * Probes by what any process may do.
 * @param transport starts {@link CONNECT_PROGRAM}, through `rxray-icmp` if there are to be echoes
 */
export function createConnectEngine(transport: Transport): Engine {
  return { ...createHelperEngine(transport), name: 'connect' };
}
