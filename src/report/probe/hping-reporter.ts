import { printable } from '../../format/printable.js';
import type { RunRecord } from '../../model/records/run.js';
import { Outcomes, REPLIES } from '../../model/sample.js';
import { MS } from '../../model/time.js';
import type { Reporter } from './reporter.js';
import { sequence } from './sample-record.js';

const TCP_FLAGS: Readonly<Record<string, string>> = { 'syn-ack': 'SA', rst: 'RA' };

/** Lines that scripts written for hping3 can read: `egrep 'rtt=[0-9]{3}\.'` works. Losses have no line. */
export function createHpingReporter(): Reporter {
  let paths: RunRecord['paths'] = [];
  return {
    start: (run) => {
      paths = [...run.paths];
      return '';
    },
    path: (path) => {
      paths.push(path);
      return '';
    },
    samples: (samples) => {
      let out = '';
      for (let index = 0; index < samples.length; index += 1) {
        const outcome = samples.outcome[index];
        const path = paths[samples.path[index] ?? 0];
        if (!path || (outcome !== Outcomes.reply && outcome !== Outcomes.late)) continue;
        const reply = REPLIES[samples.reply[index] ?? 0] ?? 'none';
        const rtt = ((samples.rttNs[index] ?? 0) / MS).toFixed(3);
        const number = sequence(samples, index);
        const about =
          path.protocol === 'icmp'
            ? `icmp_seq=${number}`
            : `sport=${path.port ?? 0} flags=${TCP_FLAGS[reply] ?? '-'} seq=${number}`;
        out += `ip=${path.address} ttl=${samples.ttl[index] ?? 0} ${about} rtt=${rtt} ms\n`;
      }
      return out;
    },
    finding: () => '',
    end: ({ summaries }) =>
      summaries
        .map((summary) => {
          const rtt = summary.rttNs;
          const ms = (ns: number): string => (ns / MS).toFixed(3);
          const line =
            rtt === null ? '' : `round-trip min/avg/max = ${ms(rtt.min)}/${ms(rtt.mean)}/${ms(rtt.max)} ms\n`;
          const loss = `${Number((summary.lossRatio * 100).toPrecision(6))}% packet loss`;
          return `\n--- ${printable(summary.path)} hping statistic ---\n${summary.sent} packets transmitted, ${summary.received} packets received, ${loss}\n${line}`;
        })
        .join(''),
  };
}
