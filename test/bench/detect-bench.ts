import { createHistogram } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import { createDetectorBank, type DetectedPath } from '../../src/detect/detector-bank.js';
import { allocateSamples, type SampleColumns } from '../../src/model/sample.js';
import { MS, SECOND, US } from '../../src/model/time.js';
import { LogHistogram } from '../../src/stats/log-histogram.js';

const BATCH = 4_096;

/** What the detectors cost on one stream. */
export interface DetectCost {
  readonly stream: string;
  readonly samples: number;
  readonly nsPerSample: number;
  readonly findings: number;
}

interface Scenario {
  readonly stream: string;
  readonly paths: number;
  readonly flows: number;
  /** A stall of 140 ms this often; 0 for none. */
  readonly stallEveryNs: number;
  /** Share of the probes that a delay of their own raises above the threshold. */
  readonly spikes?: number;
  readonly samples: number;
}

const SCENARIOS: readonly Scenario[] = [
  { stream: 'all normal, 1 path', paths: 1, flows: 1, stallEveryNs: 0, samples: 4_000_000 },
  { stream: 'all normal, 1 path, 16 flows', paths: 1, flows: 16, stallEveryNs: 0, samples: 4_000_000 },
  { stream: 'all normal, 1000 paths', paths: 1_000, flows: 16, stallEveryNs: 0, samples: 4_000_000 },
  { stream: '1 stall/s, 1 path', paths: 1, flows: 1, stallEveryNs: SECOND, samples: 2_000_000 },
  { stream: '1 stall/s, 1 path, 16 flows', paths: 1, flows: 16, stallEveryNs: SECOND, samples: 2_000_000 },
  { stream: '5 spikes/s, 1 path, 16 flows', paths: 1, flows: 16, stallEveryNs: 0, spikes: 0.05, samples: 500_000 },
  { stream: '1 stall/s on each of 1000 paths', paths: 1_000, flows: 16, stallEveryNs: SECOND, samples: 2_000_000 },
];

/** The processor time is that of the detectors alone, streams are built beforehand. */
export function benchDetectors(): DetectCost[] {
  return SCENARIOS.map(run);
}

/** What a normal sample of one path with so many flows costs, by fewer of them. */
export function detectorNsPerSample(flows: number): number {
  return run({ stream: 'all normal', paths: 1, flows, stallEveryNs: 0, samples: 500_000 }).nsPerSample;
}

function run(scenario: Scenario): DetectCost {
  const paths: DetectedPath[] = Array.from({ length: scenario.paths }, (_, i) => ({
    name: `local>${i}/syn`,
    intervalNs: 10 * MS,
    flows: scenario.flows,
    protocol: 'syn',
    freshPerSecond: 0,
  }));
  const bank = createDetectorBank(paths, { thresholdNs: 100 * MS, waitNs: SECOND });
  let findings = 0;
  let elapsedNs = 0;
  let done = 0;
  for (const samples of batchesOf(scenario)) {
    // Of the processor: what else runs on the machine is nobody's fault here.
    const from = process.cpuUsage();
    findings += bank.push(samples).length;
    const { user, system } = process.cpuUsage(from);
    elapsedNs += (user + system) * US;
    done += samples.length;
  }
  return { stream: scenario.stream, samples: done, nsPerSample: elapsedNs / done, findings };
}

/** Probes in the order of arrival: held ones come together, at their release. */
function* batchesOf(scenario: Scenario): Generator<SampleColumns> {
  const { paths, flows, stallEveryNs, spikes = 0, samples: total } = scenario;
  const columns = allocateSamples(BATCH);
  let random = 12_345;
  for (let i = 0; i < total; i += BATCH) {
    for (let j = 0; j < BATCH; j += 1) {
      const at = i + j;
      const seq = Math.floor(at / paths);
      const sentNs = seq * 10 * MS;
      random = (Math.imul(random, 1_664_525) + 1_013_904_223) >>> 0;
      const usual = 200 * US + (random >>> 14);
      // The last 140 ms of each period are held; the path is idle for as long before, which keeps arrivals in order.
      const inPeriod = stallEveryNs > 0 ? stallEveryNs - (sentNs % stallEveryNs) : Number.POSITIVE_INFINITY;
      columns.path[j] = at % paths;
      columns.seq[j] = seq;
      columns.flow[j] = seq % flows;
      columns.dueNs[j] = sentNs;
      columns.sentNs[j] = sentNs + (random & 0xffff);
      columns.rttNs[j] = inPeriod <= 140 * MS ? inPeriod + usual - (random & 0xffff) : usual;
      if (random < spikes * 2 ** 32) {
        columns.rttNs[j] = 100 * MS + (random & 0xff_ffff);
      }
    }
    yield columns;
  }
}

/** What a value costs in Node's histogram and in ours. */
export function benchHistograms(values = 1_000_000): { readonly perfHooksNs: number; readonly logHistogramNs: number } {
  const native = createHistogram({ lowest: 1, highest: 60 * SECOND, figures: 3 });
  const own = new LogHistogram(9);
  const time = (record: (value: number) => void): number => {
    const from = process.hrtime.bigint();
    for (let i = 0; i < values; i += 1) {
      record(200 * US + ((i * 7_919) % MS));
    }
    return Number(process.hrtime.bigint() - from) / values;
  };
  return { perfHooksNs: time((value) => native.record(value)), logHistogramNs: time((value) => own.record(value)) };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const { stream, nsPerSample, findings } of benchDetectors()) {
    const rate = (1e3 / nsPerSample).toFixed(1);
    console.log(
      `${stream.padEnd(34)} ${nsPerSample.toFixed(0).padStart(5)} ns/sample  ${rate} M/s  ${findings} findings`,
    );
  }
  const { perfHooksNs, logHistogramNs } = benchHistograms();
  console.log(
    `histogram: perf_hooks ${perfHooksNs.toFixed(0)} ns, log-histogram ${logHistogramNs.toFixed(0)} ns a value`,
  );
}
