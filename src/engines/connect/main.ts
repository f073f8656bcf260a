import { runProber } from '../node-prober/prober.js';
import { openConnect } from './connect-means.js';
import { whyNoEchoes } from './icmp-echoes.js';

/** Says on one line of JSON which echoes can be sent here. */
function check(): number {
  console.log(JSON.stringify({ icmp4: whyNoEchoes(4) ?? null, icmp6: whyNoEchoes(6) ?? null }));
  return 0;
}

// Connects that nothing answers would keep the process alive for seconds.
if (process.argv[2] === '--check') process.exit(check());
else runProber('rxray-connect', openConnect).then(process.exit, thrown);

/** Told with its stack, as what nobody caught is. */
function thrown(error: unknown): void {
  setImmediate(() => {
    throw error;
  });
}
