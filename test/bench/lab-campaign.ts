import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { formatTable } from '../../src/format/table.js';
import { FAULT_NAMES, type FaultName, isKernelFault } from '../../src/lab/fault-plan.js';
import { labVerdict, RIGHT_VERDICTS, standing } from '../e2e/lab-verdict.js';

/** Every fault of the lab over seeds and numbers of receive queues, with a vantage on the bad node and without. */
export async function labCampaign(options: {
  seeds: number;
  durationS: number;
  faults: readonly FaultName[];
}): Promise<void> {
  const tally = { right: 0, alike: 0, open: 0, wrong: 0 };
  for (const fault of options.faults) {
    for (let seed = 1; seed <= options.seeds; seed += 1) {
      for (const queues of [1, 4, 8]) {
        for (const within of [true, false]) {
          const args = within ? [] : ['--except', 'bad>*'];
          const durationS = fault === 'none' ? 3 * options.durationS : options.durationS;
          const { verdict, text } = await labVerdict({
            lab: 'campaign',
            queues,
            seed,
            faults: [fault],
            durationS,
            args,
          });
          const how = standing(verdict, text, RIGHT_VERDICTS[fault]);
          tally[how] += 1;
          const where = within ? 'with a vantage on bad' : 'without';
          const also =
            verdict.indistinguishable.length > 0 ? `, not told from ${verdict.indistinguishable.join(', ')}` : '';
          console.log(
            `${how.padEnd(5)} ${fault} seed ${seed}, ${queues} queues, ${where}: ${text} ${verdict.probability.toFixed(3)}${also}`,
          );
        }
      }
    }
  }
  const rows = Object.entries(tally).map(([how, number]) => [how, String(number)]);
  console.log(`\n${formatTable([{ title: 'verdicts' }, { title: '', align: 'right' }], rows).join('\n')}`);
  console.log(
    'alike: the right cause is among those it says it cannot tell apart; open: inconclusive; wrong: an accusation',
  );
  if (tally.wrong > 0) process.exitCode = 1;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { values } = parseArgs({
    options: {
      seeds: { type: 'string', default: '3' },
      seconds: { type: 'string', default: '20' },
      fault: { type: 'string' },
    },
  });
  const faults = FAULT_NAMES.filter(
    (fault) => (values.fault === undefined && !isKernelFault(fault)) || values.fault === fault,
  );
  await labCampaign({ seeds: Number(values.seeds), durationS: Number(values.seconds), faults });
}
