import { appendFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { surveyFleet } from '../../src/commands/fleet/survey.js';
import { SECOND } from '../../src/model/time.js';
import { simulateFleet } from '../survey/sim/fleet-model.js';
import { compare, drawFleet, expectedOf, judgeFleet, TRIAL_KINDS } from '../survey/sim/fleet-trial.js';
import { writeOpenMetrics } from '../survey/sim/openmetrics.js';
import { SimulatedSource } from '../survey/sim/simulated-source.js';
import { startPrometheus } from '../survey/stores.js';

/** `fleet-store.js [RUNS [NODES [SEED [FILE]]]]`: the same fleets through a real Prometheus, beside the simulated store. */
const [runs = 10, nodes = 1000, seed = 1] = process.argv.slice(2, 5).map(Number);
const file = process.argv[5];

const rows: string[] = [
  '| fleet | nodes | series | both alike | exact | queries | verdict through Prometheus |',
  '|---|---|---|---|---|---|---|',
];
for (let run = 0; run < runs; run += 1) {
  const kind = TRIAL_KINDS[run % TRIAL_KINDS.length] ?? 'none';
  const model = drawFleet(kind, seed + run, nodes);
  const fleet = simulateFleet(model);
  const folder = mkdtempSync(join(tmpdir(), 'rxray-fleet-'));
  try {
    const metrics = join(folder, 'fleet.om');
    await writeOpenMetrics(fleet, metrics, Date.now() / 1000);
    const store = await startPrometheus(folder, [metrics]);
    try {
      const options = { agents: undefined, httpConfig: undefined, headers: {}, windowNs: model.windowNs };
      const survey = await surveyFleet(
        { ...options, prometheus: new URL(store.url), timeoutNs: 120 * SECOND },
        new AbortController().signal,
      );
      const { conclusion } = await judgeFleet(new SimulatedSource(fleet));
      const told = ({ verdict, links }: Pick<typeof survey, 'verdict' | 'links'>): string =>
        JSON.stringify([verdict.bad, verdict.blind, links.map(({ scope, between }) => [scope, between])]);
      const series = (await (
        await fetch(`${store.url}/api/v1/query?query=count({__name__!=""})&time=${Date.now() / 1000 - 20}`)
      ).json()) as {
        data: { result: { value: [number, string] }[] };
      };
      const { quality } = survey.verdict;
      rows.push(
        `| ${kind} | ${nodes} | ${series.data.result[0]?.value[1] ?? '?'} | ${told(survey) === told(conclusion) ? 'yes' : '**no**'} | ${compare(survey, expectedOf(model)).exact ? 'yes' : '**no**'} | ${quality.queries} | ${(quality.tookNs / SECOND).toFixed(2)} s |`,
      );
      console.error(rows.at(-1));
    } finally {
      await store.stop();
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
console.log(rows.join('\n'));
if (file !== undefined) appendFileSync(file, `\n${rows.join('\n')}\n`);
