import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SECOND } from '../../src/model/time.js';
import { type ImportCost, measureImport, writeCapture } from '../imports/capture/long-capture.js';
import { stallEverySecond, type TrafficOptions } from '../imports/capture/traffic.js';
import type { Part } from './part.js';

const WANTED_PER_SECOND = 2e6;
/** A large capture with stalls is read at this share of the rate of one without, by processor time. */
const WITH_STALLS = 0.5;
/** More than this for a capture of 1 GB is not bounded. */
const MOST_BYTES = 300e6;
const PROBES = 2_000_000;
const INTERVAL_NS = 100_000;
const SECONDS = (PROBES * INTERVAL_NS) / SECOND;

interface Capture {
  readonly capture: string;
  readonly options: TrafficOptions & { readonly payload?: number };
}

const BUSY = { protocol: 'syn', probes: PROBES, paths: 100, intervalNs: INTERVAL_NS } as const;

const CAPTURES: readonly Capture[] = [
  { capture: 'SYNs, 100 paths, nothing stalls', options: BUSY },
  { capture: 'echoes, 100 paths, nothing stalls', options: { ...BUSY, protocol: 'icmp' } },
  { capture: 'a new port for each SYN', options: { ...BUSY, flows: 0 } },
  { capture: '1 stall/s on each of 100 paths', options: { ...BUSY, stalls: stallEverySecond(SECONDS) } },
  // 16 + 54 bytes without a payload: 4 million packets make a gigabyte.
  {
    capture: '1 GB, a stall of 140 ms every 50 s',
    options: { ...BUSY, payload: 190, stalls: stallEverySecond(SECONDS).filter((_, i) => i % 50 === 25) },
  },
];

interface Measured extends ImportCost {
  readonly capture: string;
  readonly bytes: number;
}

/** Captures are written first; an import is a process of its own, from opening the file to its last summary. */
export const imports: Part = {
  name: 'imports',
  about: 'samples a second from a capture on disk through pairing and detection, and the memory it takes',
  run: async ({ say }) => {
    const folder = mkdtempSync(join(tmpdir(), 'rxray-bench-'));
    const found: Measured[] = [];
    try {
      for (const { capture, options } of CAPTURES) {
        say(capture);
        const path = join(folder, 'capture.pcap');
        const bytes = await writeCapture(path, options);
        found.push({ capture, bytes, ...measureImport(path) });
      }
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
    return {
      tables: [
        {
          title: 'imports',
          columns: [
            { title: 'capture' },
            ...['MB', 'samples', 'million/s', 'per CPU second', 'MB/s', 'peak MB', 'stalls'].map(
              (title) => ({ title, align: 'right' }) as const,
            ),
          ],
          rows: found.map((one) => [
            one.capture,
            String(Math.round(one.bytes / 1e6)),
            String(one.sent),
            (one.sent / one.seconds / 1e6).toFixed(2),
            (one.sent / one.cpuSeconds / 1e6).toFixed(2),
            String(Math.round(one.bytes / 1e6 / one.seconds)),
            String(Math.round(one.peakBytes / 1e6)),
            String(one.stalls),
          ]),
        },
      ],
      targets: [
        ...found.slice(0, 3).map(speedTarget),
        ...found.slice(-1).flatMap((large) => [stallsTarget(large, found[0] ?? large), memoryTarget(large)]),
      ],
      data: found,
    };
  },
};

/** By processor time, as what else runs on the machine is nobody's fault here; the table has both. */
function speedTarget({ capture, sent, cpuSeconds }: Measured) {
  const perSecond = sent / cpuSeconds;
  return {
    asked: `≥ ${WANTED_PER_SECOND / 1e6} million samples per CPU second (${capture})`,
    measured: (perSecond / 1e6).toFixed(2),
    met: perSecond >= WANTED_PER_SECOND,
  };
}

function stallsTarget({ capture, sent, cpuSeconds, stalls }: Measured, quiet: Measured) {
  const share = sent / cpuSeconds / (quiet.sent / quiet.cpuSeconds);
  return {
    asked: `${capture}: at least ${100 * WITH_STALLS} % of the rate of ${quiet.capture}`,
    measured: `${(100 * share).toFixed(0)} %, ${stalls} stalls`,
    met: share >= WITH_STALLS,
  };
}

function memoryTarget({ bytes, peakBytes }: Measured) {
  return {
    asked: `a capture of ${(bytes / 1e9).toFixed(2)} GB in at most ${MOST_BYTES / 1e6} MB`,
    measured: `${Math.round(peakBytes / 1e6)} MB`,
    met: bytes >= 1e9 && peakBytes <= MOST_BYTES,
  };
}
