import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { recordedEngineName } from '../../src/commands/bisect/bisect-sources.js';
import type { BisectInfo } from '../../src/recording/recorded-run.js';

const VANTAGES = {
  here: { transport: 'local', overlay: false },
  space: { transport: 'netns', name: 'x', overlay: false },
  far: { transport: 'ssh', host: 'ops@x', overlay: false },
};

describe('the replay of a bisection names the engine that measured', () => {
  for (const [vantage, engine, expected] of [
    ['here', 'connect', 'connect'],
    ['space', 'portable', 'portable'],
    ['here', 'helper', 'helper'],
    ['far', 'connect', 'helper'],
    ['here', undefined, 'helper'],
    ['gone', 'connect', 'helper'],
  ] as const) {
    test(`${vantage}, where ${engine ?? 'none'} was asked for: ${expected}`, () => {
      const info = { options: { engine }, hosts: { vantages: VANTAGES } } as unknown as BisectInfo;
      assert.equal(recordedEngineName(info, vantage), expected);
    });
  }
});
