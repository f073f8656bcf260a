import { formatCpus, parseCpuList } from '../cpu-list.js';
import type { NodeFiles } from '../node-files.js';
import { parseInterrupts } from '../proc-interrupts.js';
import { type Check, type Judgement, unknown } from './check.js';

const INTERRUPTS = '/proc/interrupts';
/** Of PCI cards, and of virtio devices, whose interrupts belong to the PCI device above. */
const LISTS = ['/sys/class/net/*/device/msi_irqs/*', '/sys/class/net/*/device/../msi_irqs/*'];
const LISTED = /^\/sys\/class\/net\/([^/]+)\/device\/(?:\.\.\/)?msi_irqs\/(\d+)$/;
/** Interrupts for control, not for queues, fire a few times in the life of a node. */
const BUSY_SHARE = 0.01;

/** Interrupts of one card that all end on one CPU make its many queues as good as one. */
export const irqAffinity: Check = {
  name: 'irq-affinity',
  about: "CPUs that take the interrupts of each card's queues",
  threshold: 'notice: several queue interrupts of a card in use, all of them taken by one CPU of several',
  source: 'Documentation/networking/scaling.rst, "RSS IRQ Configuration"',
  reads: (known) => [
    `read ${INTERRUPTS}`,
    ...LISTS.map((pattern) => `list ${pattern}`),
    ...[...cards(known).values()].flat().map((irq) => `read ${affinity(irq)}`),
  ],
  judge: ({ before }) => {
    const reading = before.text(INTERRUPTS);
    if (reading.kind === 'none') return [unknown(reading.why)];
    const { cpus, lines } = parseInterrupts(reading.text);
    const found = [...cards(before)];
    if (found.length === 0) return [unknown('no interface here has interrupts of its own')];
    return found.map(([name, irqs]): Judgement => {
      const counted = irqs.map((irq) => ({ irq, counts: lines.get(irq)?.counts ?? [] }));
      const sum = (counts: readonly number[]): number => counts.reduce((total, count) => total + count, 0);
      const all = sum(counted.map(({ counts }) => sum(counts)));
      const busy = counted.filter(({ counts }) => sum(counts) > all * BUSY_SHARE);
      const takers = new Set(busy.flatMap(({ irq, counts }) => takersOf(before, irq) ?? usedCpus(cpus, counts)));
      const where = takers.size === 0 ? 'no CPU' : formatCpus([...takers]);
      const detail = `${busy.length} interrupts in use, taken by ${where}`;
      const measured = { interrupts: busy.length, cpus: takers.size };
      if (busy.length < 2 || takers.size !== 1 || cpus.length < 2)
        return { state: 'ok', subject: name, detail, measured };
      return {
        state: 'notice',
        subject: name,
        detail,
        measured,
        remedy: `spread them: a CPU each in /proc/irq/${busy[0]?.irq ?? 'N'}/smp_affinity_list and so on, or let irqbalance do it`,
      };
    });
  },
};

/** Interrupts by card. */
function cards(files: NodeFiles): Map<string, number[]> {
  const found = new Map<string, number[]>();
  for (const path of files.paths(LISTED)) {
    const [, name = '', irq = ''] = LISTED.exec(path) ?? [];
    found.set(name, [...(found.get(name) ?? []), Number(irq)]);
  }
  return found;
}

const affinity = (irq: number): string => `/proc/irq/${irq}/effective_affinity_list`;

function takersOf(files: NodeFiles, irq: number): number[] | undefined {
  const reading = files.text(affinity(irq));
  const cpus = reading.kind === 'text' ? parseCpuList(reading.text) : [];
  return cpus.length === 0 ? undefined : cpus;
}

function usedCpus(cpus: readonly number[], counts: readonly number[]): number[] {
  return cpus.filter((_, index) => (counts[index] ?? 0) > 0);
}
