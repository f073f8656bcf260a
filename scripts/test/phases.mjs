// How long each part of a run took, and how busy the CPUs were meanwhile.
import { cpus } from 'node:os';

export class Phases {
  #began = performance.now();
  #lines = [];

  async of(name, work) {
    const start = performance.now();
    const before = cpuTimes();
    await work();
    const after = cpuTimes();
    const busy = 1 - (after.idle - before.idle) / Math.max(1, after.all - before.all);
    this.#lines.push(`${name} ${seconds(start)} s (CPUs ${Math.round(100 * busy)} %)`);
  }

  toString() {
    return `${this.#lines.join(', ')}\n${seconds(this.#began)} s in all`;
  }
}

const seconds = (since) => Math.round((performance.now() - since) / 1000);

function cpuTimes() {
  const times = cpus().map((cpu) => cpu.times);
  const sum = (of) => times.reduce((total, one) => total + of(one), 0);
  return { idle: sum(({ idle }) => idle), all: sum((one) => Object.values(one).reduce((a, b) => a + b)) };
}
