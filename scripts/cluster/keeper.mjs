// Started beside a run of the cluster's tests: when its stdin ends, for whatever reason, the run is over, and what is
// left of it is taken away.
import { namesOf, sweep } from './left-behind.mjs';

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => {});
process.stdin.resume();
process.stdin.on('close', () => sweep(namesOf(process.argv[2])));
