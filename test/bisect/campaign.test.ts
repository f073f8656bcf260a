import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { campaignText, runCampaign } from '../bench/verdict-campaign.js';

suite('random scenarios, seeds fixed', () => {
  test('60 of them: right where it can be told, and hardly ever wrong', async (t) => {
    const campaign = await runCampaign({ scenarios: 60, seed: 1, workers: 2 });
    t.diagnostic(campaignText(campaign));
    const { tellable, others, calibration } = campaign;
    assert.equal(tellable.wrong, 0);
    assert.ok(tellable.right >= 0.95 * tellable.scenarios, `${tellable.right} of ${tellable.scenarios}`);
    assert.ok(others.wrong <= 1);
    assert.equal(campaign.surelyWrong, 0);
    const top = calibration.at(-1);
    assert.ok((top?.right ?? 0) >= 0.95 * (top?.verdicts ?? 1), JSON.stringify(top));
    // A tool that always says inconclusive would pass all of the above.
    assert.ok((top?.right ?? 0) >= 15, JSON.stringify(top));
    assert.ok(tellable.scenarios >= 25, `${tellable.scenarios}`);
  });
});
