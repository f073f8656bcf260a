import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { formatTable } from '../../src/format/table.js';
import { FAULT_NAMES, type FaultName, isKernelFault } from '../../src/lab/fault-plan.js';
import { labVerdict, RIGHT_VERDICTS, standing } from '../e2e/lab-verdict.js';
import { median } from './quantile.js';

/** A healthy verdict needs a minute. */
const HEALTHY_S = 75;

/** Which cells of fault × seed × queues × vantage to run. */
export interface LabCampaign {
  readonly faults: readonly FaultName[];
  readonly seeds: readonly number[];
  /** Receive queues of every host. Each seed has one of them, in turn, unless `every` pairs each with each. */
  readonly queues: readonly number[];
  readonly every: boolean;
  /** Whether the bad node has a vantage. */
  readonly within: readonly boolean[];
  readonly atMostS: number;
}

/** Every fault of the lab over seeds and numbers of receive queues, with a vantage on the bad node and without. */
export async function labCampaign({ faults, seeds, queues, every, within, atMostS }: LabCampaign): Promise<void> {
  const tally = { right: 0, alike: 0, open: 0, wrong: 0 };
  const settledS: number[] = [];
  const cells = faults.flatMap((fault) =>
    seeds.flatMap((seed, index) =>
      (every ? queues : [queues[index % queues.length] ?? 4]).flatMap((count) =>
        within.map((inside) => ({ fault, seed, count, inside })),
      ),
    ),
  );
  for (const { fault, seed, count, inside } of cells) {
    const longestS = fault === 'none' ? HEALTHY_S : atMostS;
    const { verdict, text, seconds } = await labVerdict({
      lab: 'campaign',
      queues: count,
      seed,
      faults: [fault],
      atMostS: longestS,
      args: inside ? [] : ['--except', 'bad>*'],
    });
    const how = standing(verdict, text, RIGHT_VERDICTS[fault]);
    tally[how] += 1;
    if (fault !== 'none' && seconds < longestS) settledS.push(seconds);
    const where = inside ? 'with a vantage on bad' : 'without';
    const others = verdict.indistinguishable.join(', ');
    console.log(
      `${how.padEnd(5)} ${fault} seed ${seed}, ${count} queues, ${where}: ${text} ${verdict.probability.toFixed(3)} ` +
        `in ${seconds.toFixed(1)} s${others === '' ? '' : `, not told from ${others}`}`,
    );
  }
  const rows = Object.entries(tally).map(([how, number]) => [how, String(number)]);
  console.log(`\n${formatTable([{ title: 'verdicts' }, { title: '', align: 'right' }], rows).join('\n')}`);
  console.log(
    'alike: the right cause is among those it says it cannot tell apart; open: inconclusive; wrong: an accusation',
  );
  console.log(`median time to a settled verdict: ${median(settledS).toFixed(1)} s, of ${settledS.length} that settled`);
  if (tally.wrong > 0) process.exitCode = 1;
}

const numbers = (text: string): number[] => text.split(',').map(Number);

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { values } = parseArgs({
    options: {
      seeds: { type: 'string', default: '1,2,3' },
      queues: { type: 'string', default: '1,4,8' },
      every: { type: 'boolean', default: false },
      seconds: { type: 'string', default: '60' },
      fault: { type: 'string' },
      vantage: { type: 'string' },
    },
  });
  await labCampaign({
    faults: FAULT_NAMES.filter(
      (fault) => (values.fault === undefined && !isKernelFault(fault)) || values.fault === fault,
    ),
    seeds: numbers(values.seeds),
    queues: numbers(values.queues),
    every: values.every,
    within: [true, false].filter((inside) => values.vantage === undefined || (values.vantage === 'yes') === inside),
    atMostS: Number(values.seconds),
  });
}
