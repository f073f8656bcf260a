import type { CodedError } from '../model/errors.js';
import type { Engine } from './engine.js';

/** An engine that could not even be started: its run ends with the reason, as that of any other that fails. */
export function failedEngine(name: Engine['name'], reason: CodedError): Engine {
  return {
    name,
    start: () => ({
      // biome-ignore lint/correctness/useYield: it fails before anything comes.
      events: (async function* () {
        throw reason;
      })(),
      stop: () => {},
    }),
  };
}
