import { formatClockTime } from '../../format/clock-time.js';
import { formatLength } from '../../format/duration.js';
import { count } from '../../format/finding-words.js';
import { printableValue } from '../../format/printable.js';
import type { TraceQuality, TraceRun } from '../../model/records/trace.js';
import type { RxPacketRecord } from '../../model/rx-packet.js';
import { FRESH_SEQ_BIT } from '../../model/sample.js';
import { traceEndText } from './trace-end-text.js';

/** What `trace rx` writes, as text to be put out. */
export interface RxReporter {
  begin(run: TraceRun): string;
  packet(packet: RxPacketRecord): string;
  end(quality: TraceQuality): string;
}

export function createRxReporter(json: boolean): RxReporter {
  return json ? NDJSON : new RxText();
}

const line = (record: object): string => `${JSON.stringify(record)}\n`;
const NDJSON: RxReporter = { begin: line, packet: line, end: line };

class RxText implements RxReporter {
  #epochNs = 0n;
  #packets = 0;

  begin(run: TraceRun): string {
    this.#epochNs = BigInt(run.epochNs);
    return 'time               CPU  queue  after the raise  probe, and on top of what it was received\n';
  }

  packet(told: RxPacketRecord): string {
    const packet = printableValue(told);
    this.#packets += 1;
    const time = formatClockTime(this.#epochNs + BigInt(packet.time));
    const queue = packet.queue === null ? `${packet.interface}` : `${packet.interface}/${packet.queue}`;
    const since = packet.sinceRaiseNs === null ? '?' : formatLength(packet.sinceRaiseNs);
    const columns = [time, String(packet.cpu).padStart(3), queue.padEnd(6), since.padStart(14)];
    return `${columns.join('  ')}  ${probeText(packet)}  ${contextText(packet)}\n`;
  }

  end(quality: TraceQuality): string {
    return `${count(this.#packets, 'packet')}; ${traceEndText(quality)}`;
  }
}

function probeText({ path, protocol, source, id, port, seq, flow }: RxPacketRecord): string {
  const own = flow === null || protocol === 'icmp' ? '' : ` flow ${flow}`;
  // Probes of new ports are numbered on their own.
  if (path !== null) return seq >= FRESH_SEQ_BIT ? `${path} fresh ${seq - FRESH_SEQ_BIT}` : `${path} seq ${seq}${own}`;
  return protocol === 'icmp'
    ? `icmp ${source} id ${id} seq ${seq}`
    : `${protocol} ${source}:${id} > :${port} seq ${seq}`;
}

/** In the words of the person who reads it: what the CPU was at when the packet was taken up. */
function contextText({ context, softirq, threadName, thread, syscall }: RxPacketRecord): string {
  const name = `${threadName}[${thread}]`;
  switch (context) {
    case 'idle':
      return 'idle';
    case 'syscall':
      return `${name} in ${syscall ?? '?'}()`;
    case 'user':
      return `${name}, interrupted in user code`;
    default:
      return softirq && context === 'kthread' ? `${name}, interrupted` : name;
  }
}
