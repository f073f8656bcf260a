import { runProber } from '../node-prober/prober.js';
import { helperBeside } from './helper-beside.js';
import { openRequests } from './request-means.js';

// Names are looked up by a pool of threads. Four, the default, would make a slow resolver look like a slow pool.
process.env.UV_THREADPOOL_SIZE ??= '64';

if (process.argv[2] === '--check') console.log(JSON.stringify({ works: true }));
else runProber('rxray-request', openRequests(helperBeside(process.argv))).then(process.exit, thrown);

/** Told with its stack, as what nobody caught is. */
function thrown(error: unknown): void {
  setImmediate(() => {
    throw error;
  });
}
