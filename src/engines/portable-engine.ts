import { nodeProgram } from '../installation/node-program.js';
import type { Transport } from '../transports/transport.js';
import type { Engine } from './engine.js';
import { createHelperEngine } from './helper-engine.js';

/** The prober that sends through raw-socket and receives through cap: a program for Node.js. */
export const PORTABLE_PROGRAM = nodeProgram('portable', import.meta.url);

/** Probes with user-space means wherever there is libpcap. @param transport starts {@link PORTABLE_PROGRAM} */
export function createPortableEngine(transport: Transport): Engine {
  return { ...createHelperEngine(transport), name: 'portable' };
}
