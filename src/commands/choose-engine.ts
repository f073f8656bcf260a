import { readFile } from 'node:fs/promises';
import type { Engine } from '../engines/engine.js';
import { createHelperEngine } from '../engines/helper-engine.js';

import { createSimEngine, parseScenario } from '../engines/sim-engine.js';
import { CodedError } from '../model/errors.js';
import { localTransport } from '../transports/local-transport.js';
import { netnsTransport } from '../transports/netns-transport.js';
import type { ProbeOptions } from './probe-options.js';

/** The engine that the options ask for. */
export async function chooseEngine(options: ProbeOptions): Promise<Engine> {
  if (options.engine === 'sim') {
    if (options.scenario === undefined) {
      throw new CodedError('E_SCENARIO', '--engine sim needs a scenario', 'add --scenario FILE', 2);
    }
    const text = await readFile(options.scenario, 'utf8').catch((cause: Error) => {
      throw new CodedError('E_SCENARIO', `cannot read ${options.scenario}: ${cause.message}`, 'check the path', 2);
    });
    return createSimEngine(parseScenario(text, options.scenario));
  }
  return createHelperEngine(options.netns === undefined ? localTransport : netnsTransport(options.netns));
}
