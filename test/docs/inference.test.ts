import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { suite, test } from 'node:test';
import { type Figures, inferencePage, type KeptCampaign, withCampaign } from '../bench/inference-page.js';
import { parseCells, printCells } from '../bench/lab-cells.js';
import { FACTORS, numberIn } from '../bench/sensitivity.js';

const read = (name: string): string => readFileSync(new URL(`../../../docs/${name}`, import.meta.url), 'utf8');

suite('docs/inference.md', () => {
  const page = read('inference.md');
  const figures = JSON.parse(read('inference.json')) as Figures;

  const cells = parseCells(read('lab-campaign.csv'));

  test('its marked parts are what docs/inference.json and docs/lab-campaign.csv make them', () =>
    assert.equal(page, inferencePage(page, figures, cells)));

  test('the lab accused nobody innocent', () => {
    const bad = cells.filter(({ standing, culprit }) => standing === 'accuses' || culprit === 'wrong');
    assert.deepEqual(bad, []);
    assert.equal(printCells(cells), read('lab-campaign.csv'));
  });

  test('what was halved and doubled are all the numbers that verdicts rest on, as the code has them', () => {
    const now = FACTORS.flatMap(([file, names]) => names.map((name) => ({ file, name, value: numberIn(file, name) })));
    assert.deepEqual(
      (figures.sensitivity?.numbers ?? []).map(({ file, name, value }) => ({ file, name, value })),
      now,
    );
  });

  test('a series takes the place of the same one of before', () => {
    const series = (seed: number, scenarios: number) => ({ seed, scenarios }) as KeptCampaign;
    const { campaigns } = withCampaign({ campaigns: [series(1, 10), series(7, 10)], sensitivity: null }, series(1, 20));
    assert.deepEqual(campaigns, [series(1, 20), series(7, 10)]);
  });
});
