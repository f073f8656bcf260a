import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { surveyFleet } from '../../src/commands/fleet/survey.js';
import { SECOND } from '../../src/model/time.js';
import { simulateFleet } from './sim/fleet-model.js';
import { compare, drawFleet, expectedOf, judgeFleet, type TrialKind } from './sim/fleet-trial.js';
import { writeOpenMetrics } from './sim/openmetrics.js';
import { SimulatedSource } from './sim/simulated-source.js';
import { NO_PROMETHEUS, NO_VICTORIA, startPrometheus, startVictoria } from './stores.js';

const NODES = 40;
const KINDS: readonly TrialKind[] = ['two rx-queues', 'zone pair', 'throttled agents'];

const folder = mkdtempSync(join(tmpdir(), 'rxray-fleet-'));
after(() => rmSync(folder, { recursive: true, force: true }));

describe('a real store gives the verdict that the simulated one gives', () => {
  for (const kind of KINDS) {
    test(`Prometheus: ${kind}`, { skip: NO_PROMETHEUS }, async () => {
      const { model, fleet, file } = await written(kind);
      const store = await startPrometheus(mkdtempSync(join(folder, 'p-')), [file]);
      try {
        await agree(kind, store.url, fleet, model.windowNs);
      } finally {
        await store.stop();
      }
    });
  }

  test('VictoriaMetrics: two rx-queues', { skip: NO_VICTORIA }, async () => {
    const { model, fleet, file } = await written('two rx-queues');
    const store = await startVictoria(mkdtempSync(join(folder, 'v-')));
    try {
      await importInto(store.url, file);
      await agree('two rx-queues', store.url, fleet, model.windowNs);
    } finally {
      await store.stop();
    }
  });
});

async function written(kind: TrialKind) {
  const model = drawFleet(kind, 5, NODES);
  const fleet = simulateFleet(model);
  const file = join(folder, `${kind.replaceAll(' ', '-')}.om`);
  await writeOpenMetrics(fleet, file, Date.now() / 1000);
  return { model, fleet, file };
}

async function agree(
  kind: TrialKind,
  url: string,
  fleet: ReturnType<typeof simulateFleet>,
  windowNs: number,
): Promise<void> {
  const survey = await surveyFleet(
    {
      prometheus: new URL(url),
      agents: undefined,
      httpConfig: undefined,
      headers: {},
      windowNs,
      timeoutNs: 30 * SECOND,
    },
    new AbortController().signal,
  );
  const { conclusion } = await judgeFleet(new SimulatedSource(fleet));
  const { exact, causesRight } = compare(survey, expectedOf(fleet.model));
  assert.deepEqual({ exact, causesRight }, { exact: true, causesRight: true }, JSON.stringify(survey.verdict));
  assert.deepEqual(survey.verdict.bad, conclusion.verdict.bad, kind);
  assert.deepEqual(
    survey.links.map(({ scope, between }) => [scope, between]),
    conclusion.links.map(({ scope, between }) => [scope, between]),
  );
  assert.deepEqual(survey.verdict.blind, conclusion.verdict.blind);
  assert.ok(survey.verdict.quality.queries <= 10, `${survey.verdict.quality.queries} queries`);
}

/** Its importer takes milliseconds. */
async function importInto(url: string, file: string): Promise<void> {
  const text = readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => line.replace(/ ([0-9.]+)$/, (_, at: string) => ` ${Math.round(Number(at) * 1000)}`))
    .join('\n');
  const answer = await fetch(`${url}/api/v1/import/prometheus`, { method: 'POST', body: `${text}\n` });
  assert.ok(answer.ok, await answer.text());
  await fetch(`${url}/internal/force_flush`);
}
