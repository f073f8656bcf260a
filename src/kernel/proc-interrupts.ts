import { UnforeseenText } from './checks/check.js';

export interface InterruptLine {
  /** Times it was taken since the start, by column of /proc/interrupts. */
  readonly counts: readonly number[];
  /** What the kernel and the driver call it. */
  readonly name: string;
}

/**
 * Reads /proc/interrupts: numbered interrupts only. Its columns are the online CPUs, which the first line names.
 *
 * @throws UnforeseenText when it does not begin with CPUs
 */
export function parseInterrupts(text: string): { cpus: number[]; lines: Map<number, InterruptLine> } {
  const [head = '', ...rest] = text.split('\n');
  const cpus = [...head.matchAll(/\bCPU(\d+)\b/g)].map(([, cpu]) => Number(cpu));
  if (cpus.length === 0) throw new UnforeseenText('/proc/interrupts names no CPUs');
  const lines = new Map<number, InterruptLine>();
  for (const line of rest) {
    const [, irq, tail = ''] = /^\s*(\d+):(.*)$/.exec(line) ?? [];
    if (irq === undefined) continue;
    const words = tail.trim().split(/\s+/);
    lines.set(Number(irq), {
      counts: words.slice(0, cpus.length).map(Number),
      name: words.slice(cpus.length).join(' '),
    });
  }
  return { cpus, lines };
}
