import { parseArgs } from 'node:util';
import { labDown, labUp } from '../../src/lab/lab.js';
import { DISTURBANCES, type Disturbance, noneRun, noneWords } from '../verdicts/none-run.js';

/** A measurement that is disturbed for long, of a network that nothing is wrong with: one bisection in one go. */
const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '30' },
    disturbance: { type: 'string', default: 'all' },
    queues: { type: 'string', default: '4' },
  },
});
const seconds = Math.round(Number(values.minutes) * 60);
const disturbance = DISTURBANCES.find((one) => one === values.disturbance);
if (!(seconds > 0) || disturbance === undefined)
  throw new Error(`--minutes N --disturbance ${DISTURBANCES.join('|')} --queues N`);
process.exitCode = (await judged(disturbance)) ? 0 : 1;

/** Whether no finding is left unexplained and nobody is blamed. */
async function judged(by: Disturbance): Promise<boolean> {
  const lab = await labUp({ name: `none-${process.pid}`, queues: Number(values.queues) }, () => {});
  try {
    const run = await noneRun(lab, by, seconds);
    const { verdict, unexplained, stops } = run;
    process.stdout.write(`${by}, ${seconds} s: ${noneWords(run)}; probers stopped ${stops} times\n`);
    for (const finding of unexplained) process.stdout.write(`${JSON.stringify(finding)}\n`);
    return unexplained.length === 0 && ['healthy', 'inconclusive'].includes(verdict.cause);
  } finally {
    await labDown({ name: lab.name }, () => {});
  }
}
