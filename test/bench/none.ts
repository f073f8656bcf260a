import { labStatus } from '../../src/lab/lab.js';
import { MS } from '../../src/model/time.js';
import { DISTURBANCES, type NoneRun, noneRun, noneWords, quotaMissing } from '../verdicts/none-run.js';
import type { Part } from './part.js';

/** Calls for a verdict that blames nobody. */
const innocent = ({ verdict }: NoneRun): boolean => verdict.cause === 'healthy' || verdict.cause === 'inconclusive';

/** A lab without a fault on a machine that is busy, stops the probers, or has too little processor time for them. */
export const none: Part = {
  name: 'none',
  about: 'without a fault, while the measurement itself is disturbed: findings that are not marked, and the verdict',
  async run({ seconds, lab, say }) {
    const up = await labStatus({ name: await lab() });
    const runs: NoneRun[] = [];
    for (const disturbance of DISTURBANCES) {
      if (disturbance === 'quota' && quotaMissing() !== false) continue;
      const run = await noneRun(up, disturbance, seconds);
      say(`${disturbance}: ${noneWords(run)}`);
      runs.push(run);
    }
    const unexplained = runs.reduce((sum, run) => sum + run.unexplained.length, 0);
    return {
      tables: [
        {
          title: `Nothing is wrong, ${seconds} s each`,
          columns: [
            { title: 'disturbed by' },
            { title: 'findings', align: 'right' },
            { title: 'marked', align: 'right' },
            { title: 'at a pause of the machine', align: 'right' },
            { title: 'unexplained', align: 'right' },
            { title: 'verdict' },
          ],
          rows: runs.map((run) => [
            run.disturbance,
            String(run.findings),
            String(run.marked),
            `${run.paused}, longest ${(run.longestPauseNs / MS).toFixed(0)} ms`,
            String(run.unexplained.length),
            `${run.verdict.cause} ${run.verdict.probability.toFixed(2)}`,
          ]),
        },
      ],
      targets: [
        { asked: 'no finding without a mark or a pause', measured: String(unexplained), met: unexplained === 0 },
        {
          asked: 'nobody is blamed',
          measured: runs.map(({ verdict }) => verdict.cause).join(', '),
          met: runs.every(innocent),
        },
      ],
      data: runs,
    };
  },
};
