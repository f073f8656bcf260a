import { formatLength } from '../../format/duration.js';
import type { CodedError } from '../../model/errors.js';
import { Outcomes } from '../../model/sample.js';
import { MS } from '../../model/time.js';
import { type HpingText, parseHpingText } from './hping-text.js';
import { noSingleProbes } from './run-series.js';
import { sendJitterNs } from './send-jitter.js';
import type { TextOptions, TextSeries } from './text-series.js';

/** Whether a line is one of hping3's. */
export function isHpingLine(line: string): boolean {
  return (
    /^HPING \S+ \(/.test(line) ||
    /^(DUP! )?len=\d+ ip=\S+ /.test(line) ||
    /\bhping[23]?\s+(?:-|\d|\w+\.)/.test(line) ||
    /^--- \S+ hping statistic ---/.test(line)
  );
}

/**
 * What hping2 and hping3 printed as series like those of other tools, and what hping3 did to it. Each header begins one.
 * @throws CodedError E_NOT_HPING where no line is one of hping's, E_IMPORT_NO_PROBES where none shows a probe
 */
export function parseHping(lines: readonly string[], options: TextOptions): TextSeries[] {
  const texts = runsOf(lines).map((run) => run.join('\n'));
  const parsed = texts.map((text) => ({ text, hping: parseHpingText(text, options.intervalNs) }));
  const shown = parsed.filter(({ hping }) => hping.summary === null || hping.censored || hasProbes(hping));
  const [first] = parsed;
  if (shown.length === 0 && first !== undefined) throw noReplies(first.hping);
  return shown.map(({ text, hping }) => hpingSeries(text, hping, options));
}

/** By their headers, each with the command line before it. */
function runsOf(lines: readonly string[]): string[][] {
  const runs: string[][] = [[]];
  let seen = false;
  for (const [i, line] of lines.entries()) {
    const isHeader = /^HPING \S+ \(/.test(line);
    const isCommand = !line.startsWith('---') && /(?:^|[\s$#])hping[23]?\s+\S/.test(line);
    if (seen && (isHeader || isCommand)) {
      const own = runs.at(-1) as string[];
      const hasBegun = own.some((one) => /^HPING |\brtt=|hping statistic/.test(one));
      if (hasBegun) runs.push([]);
    }
    if (isHeader || isCommand || /\brtt=/.test(line)) seen = true;
    (runs.at(-1) as string[]).push(lines[i] as string);
  }
  return runs.filter(
    (run) => run.some((line) => /\brtt=|packets (?:transmitted|tramitted)/.test(line)) || runs.length === 1,
  );
}

function hasProbes({ samples, summary }: HpingText): boolean {
  return (
    summary?.received === 0 || [...samples.outcome.subarray(0, samples.length)].some((one) => one !== Outcomes.lost)
  );
}

function noReplies({ summary, target }: HpingText): CodedError {
  const numbers = summary === null ? [] : [`${summary.transmitted} sent, ${summary.received} received`];
  const { rttNs = null } = summary ?? {};
  if (rttNs !== null) numbers.push(`RTT min/avg/max ${rttNs.min / MS}/${rttNs.avg / MS}/${rttNs.max / MS} ms`);
  return noSingleProbes(
    `what hping printed of ${target ?? 'its target'} has no RTT of a single probe`,
    numbers,
    'leave out -q, and probe with --icmp or -S: for ICMP errors hping prints no RTT',
  );
}

function hpingSeries(text: string, hping: HpingText, options: TextOptions): TextSeries {
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
    sendJitterNs: sendJitterNs(spacingNs),
    freshPorts: hping.freshPorts,
    duplicates: hping.duplicates,
    inFlight: hping.inFlight,
    ...disagreementOf(hping),
    durationNs: summary === null ? null : summary.transmitted * spacingNs,
    notes: notesOf(text, hping, spacingNs),
  };
}

/** Of a text in which nothing was filtered out: replies of another form may have been missed. */
function disagreementOf({ summary, samples, censored, duplicates }: HpingText): Pick<TextSeries, 'disagrees'> {
  if (summary === null || censored) return {};
  let replies = 0;
  for (let i = 0; i < samples.length; i += 1) if (samples.outcome[i] !== Outcomes.lost) replies += 1;
  const agrees = summary.received >= replies && summary.received <= replies + duplicates;
  return agrees
    ? {}
    : {
        disagrees: {
          sent: summary.transmitted,
          received: summary.received,
          timeNs: null,
          words: `the summary says ${summary.transmitted} sent and ${summary.received} received, but the lines show ${replies} answers: nothing is said of which probes were lost`,
        },
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
