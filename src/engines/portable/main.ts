import { CodedError } from '../../model/errors.js';
import { runProber } from '../node-prober/prober.js';
import { checkPortable, openPortable } from './portable-means.js';

/** Says on one line of JSON whether the engine works here. */
async function check(): Promise<number> {
  try {
    await checkPortable();
    console.log(JSON.stringify({ works: true }));
  } catch (error) {
    if (!(error instanceof CodedError)) throw error;
    console.log(JSON.stringify({ works: false, code: error.code, why: error.message, remedy: error.remedy }));
  }
  return 0;
}

// Sockets of the native modules keep a process alive, and there is nothing left to wait for.
(process.argv[2] === '--check' ? check() : runProber('rxray-portable', openPortable)).then(process.exit, thrown);

/** Told with its stack, as what nobody caught is. */
function thrown(error: unknown): void {
  setImmediate(() => {
    throw error;
  });
}
