import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { after, before, describe, it } from 'node:test';
import { faultOn } from '../../src/lab/faults.js';
import { type LabStatus, labDown, labStatus, labUp } from '../../src/lab/lab.js';
import type { LabOverlay } from '../../src/lab/overlay.js';
import { needsRoot } from '../e2e/lab-probing.js';
import { labTrial, packetsOf, trialWords } from '../verdicts/lab-trial.js';

const silent = (): void => {};

/** Whether this kernel makes such a device; tried in a namespace of its own, which goes again. */
function makes(overlay: LabOverlay): boolean {
  const namespace = `rxray-test-${overlay}`;
  const ip = (...words: string[]): boolean => spawnSync('ip', words).status === 0;
  try {
    const link = ['link', 'add', 'tried', 'type', overlay, 'id', '1', 'remote', '192.0.2.1', 'dstport', '4789'];
    return ip('netns', 'add', namespace) && ip('-n', namespace, ...link);
  } finally {
    ip('netns', 'del', namespace);
  }
}

for (const overlay of ['vxlan', 'geneve'] as const) {
  const name = `rxray-test-${overlay}`;
  const skip = needsRoot.skip || (makes(overlay) ? false : `this kernel makes no ${overlay} device`);

  describe(`nodes that are joined by ${overlay}`, { skip, timeout: 120_000 }, () => {
    let lab: LabStatus;
    before(async () => {
      lab = await labUp({ name, overlay }, silent);
    });
    after(() => labDown({ name }, silent));

    it('says so, and is built anew where another tunnel is wanted', async () => {
      assert.equal(lab.tunnel, overlay);
      assert.equal((await labStatus({ name })).tunnel, overlay);
      assert.deepEqual(await labUp({ name, overlay }, silent), lab);
    });

    it('a fault of another tunnel is refused', async () => {
      await assert.rejects(faultOn('ipip', { lab: { name } }, silent), { code: 'E_LAB_FAULT' });
    });

    it('bisect names it, and nobody else', async (t) => {
      const trial = await labTrial({
        lab,
        faults: [overlay],
        seed: 2019,
        within: true,
        atMostS: 9,
        args: packetsOf([overlay]),
      });
      t.diagnostic(trialWords(trial));
      assert.equal(trial.standing, 'right', JSON.stringify(trial.verdict, null, 1));
      const held = (path: string): number => trial.verdict.evidence.find((one) => one.path === path)?.probes ?? 0;
      assert.ok(held('client>pod/icmp') > 0, 'what goes to the pod waits in the tunnel');
      assert.equal(held('client>node/icmp'), 0, 'what goes to the node does not');
    });
  });
}
