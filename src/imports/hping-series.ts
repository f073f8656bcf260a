import { formatLength } from '../format/duration.js';
import { Outcomes } from '../model/sample.js';
import { type HpingText, parseHpingText } from './hping-text.js';
import type { TextOptions, TextSeries } from './text-series.js';

/** Whether a line is one of hping3's. */
export function isHpingLine(line: string): boolean {
  return /^HPING \S+ /.test(line) || /^(DUP! )?len=\d+ ip=\S+ /.test(line) || /\bhping3?\s/.test(line);
}

/** What hping3 printed as a series like those of other tools, and what hping3 did to it. */
export function hpingSeries(text: string, options: TextOptions): TextSeries {
  const hping = parseHpingText(text, options.intervalNs);
  const spacingNs = hping.measuredIntervalNs ?? hping.intervalNs;
  const { summary, samples } = hping;
  for (let i = 0; i < samples.length; i += 1) {
    const isLate = samples.outcome[i] === Outcomes.reply && (samples.rttNs[i] as number) > options.waitNs;
    if (isLate) samples.outcome[i] = Outcomes.late;
  }
  return {
    target: hping.target ?? /^HPING (\S+)/m.exec(text)?.[1] ?? /\bip=(\S+)/.exec(text)?.[1] ?? 'unknown',
    port: hping.port ?? portOf(text, hping),
    protocol: hping.protocol,
    intervalNs: spacingNs,
    epochNs: 0n,
    samples,
    censored: hping.censored,
    freshPorts: hping.freshPorts,
    duplicates: hping.duplicates,
    inFlight: 0,
    durationNs: summary === null ? null : summary.transmitted * spacingNs,
    notes: notesOf(text, hping, spacingNs),
  };
}

function portOf(text: string, { protocol }: HpingText): number | null {
  const port = protocol === 'icmp' ? undefined : /\bsport=(\d+)/.exec(text)?.[1];
  return port === undefined ? null : Number(port);
}

function notesOf(text: string, hping: HpingText, spacingNs: number): string[] {
  const { summary, artefacts } = hping;
  const plus = artefacts.filter(({ kind }) => kind === 'plus-one-second').length;
  const forgotten = artefacts.length - plus;
  const lost = summary === null ? 0 : summary.transmitted - summary.received;
  const add = (wanted: boolean, words: string): string[] => (wanted ? [words] : []);
  const asked = `${formatLength(hping.intervalNs)}${hping.intervalAssumed ? ' (assumed; -i says it)' : ''}`;
  return [
    'hping3 stamps in user space, after the packet went through libpcap: its own pauses look like delays, and its RTTs are some milliseconds too long',
    ...add(
      hping.censored,
      'only some probes were printed: what is missing was quick or lost, and the usual RTT is not known',
    ),
    ...add(
      true,
      hping.measuredIntervalNs === null
        ? `the text has no times: send instants are the number times ${asked}, although hping3 arms its timer anew after each probe and drifts`
        : `the text has no times: send instants are the number times ${(spacingNs / 1e6).toFixed(3)} ms, as the stalls show, where ${asked} was asked for`,
    ),
    ...add(
      plus > 0,
      `${plus} RTTs are about 1000 ms too long: hping3 reads seconds and microseconds one after the other, and a second passed in between; they are left out`,
    ),
    ...add(
      forgotten > 0,
      `${forgotten} RTTs read 0.0 ms: hping3 forgets a probe after 400 further ones; they are left out`,
    ),
    ...add(
      lost > 0,
      `${lost} of ${summary?.transmitted} were not answered by the end; hping3 rounds any loss up to whole per cent, and counts what was under way`,
    ),
    ...add(
      hping.freshPorts,
      'hping3 sends each probe from a port of its own: only some cross a given receive queue, and nothing says which share one',
    ),
    ...add(
      /\shping3?\s.*\s(-k|--keep)\b/.test(` ${text}`) && hping.protocol !== 'icmp',
      'with -k hping3 times every reply against the first probe it remembers: these RTTs are worth nothing',
    ),
  ];
}
