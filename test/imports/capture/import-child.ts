import { imported } from '../import-io.js';

// Imports the files that it is given, and says what that took.
const began = performance.now();
const cpuBefore = process.cpuUsage();
const { out } = await imported({ files: process.argv.slice(2), format: 'json' });
const cpu = process.cpuUsage(cpuBefore);
const seconds = (performance.now() - began) / 1_000;
const { summaries } = JSON.parse(out) as { summaries: { sent: number; received: number; stalls: number }[] };
const sum = (key: 'sent' | 'received' | 'stalls'): number => summaries.reduce((all, one) => all + one[key], 0);
console.log(
  JSON.stringify({
    seconds,
    cpuSeconds: (cpu.user + cpu.system) / 1e6,
    peakBytes: process.resourceUsage().maxRSS * 1024,
    sent: sum('sent'),
    received: sum('received'),
    stalls: sum('stalls'),
  }),
);
