import type { NodeText } from '../node-answer.js';
import { type Check, type Judgement, UnforeseenText, unknown } from './check.js';

const STAT = '/proc/stat';
const NOTICE = 0.02;
const WRONG = 0.1;
/** user nice system idle iowait irq softirq steal; guest time is part of user. */
const COLUMNS = 8;
const STEAL = 7;

/** The hypervisor ran something else on the CPUs of this virtual machine. */
export const steal: Check = {
  name: 'steal',
  about: 'time the hypervisor took from this machine (/proc/stat)',
  threshold: `notice: more than ${NOTICE * 100} % of the CPU time; wrong: more than ${WRONG * 100} %`,
  source: "this project's: at 10 % a pause of one time slice meets most 100 ms windows; netdata alerts at 5 to 10 %",
  reads: () => [`read ${STAT}`],
  rereads: () => [`read ${STAT}`],
  judge: ({ before, after }) => {
    const [first, last] = [before.text(STAT), after.text(STAT)];
    if (first.kind === 'none') return [unknown(first.why)];
    if (last.kind === 'none') return [unknown(last.why)];
    const { share, ticks } = stolen(first, last);
    if (ticks <= 0) return [unknown('no time passed between the two readings: make --interval longer')];
    const detail = `${(share * 100).toFixed(1)} % of the CPU time`;
    const measured = { share };
    const judgement = (state: Judgement['state']): Judgement => ({
      state,
      detail,
      measured,
      remedy: 'a stall here may be the hypervisor; move the machine, or give it CPUs of its own',
    });
    if (share > WRONG) return [judgement('wrong')];
    if (share > NOTICE) return [judgement('notice')];
    return [{ state: 'ok', detail, measured }];
  },
};

function stolen(first: NodeText, last: NodeText): { share: number; ticks: number } {
  const [then, now] = [totals(first.text), totals(last.text)];
  const deltas = now.map((value, column) => value - (then[column] ?? 0));
  const ticks = deltas.reduce((sum, delta) => sum + delta, 0);
  return { ticks, share: ticks > 0 ? Math.max(0, deltas[STEAL] ?? 0) / ticks : 0 };
}

function totals(text: string): number[] {
  const line = text.split('\n').find((candidate) => candidate.startsWith('cpu '));
  const columns =
    line
      ?.trim()
      .split(/\s+/)
      .slice(1, 1 + COLUMNS)
      .map(Number) ?? [];
  if (columns.length < COLUMNS || columns.some(Number.isNaN)) throw new UnforeseenText('/proc/stat has no line of cpu');
  return columns;
}
