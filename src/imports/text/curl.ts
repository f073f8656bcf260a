import { CodedError } from '../../model/errors.js';
import { SECOND } from '../../model/time.js';
import { timeBefore } from './line-time.js';
import { isAddress, PrintedRun } from './printed-run.js';
import { runSeries } from './run-series.js';
import type { RunWords } from './run-words.js';
import { type TextOptions, type TextSeries, toNs } from './text-series.js';

/** Names of phases as people write them in front of what `curl -w` prints. */
const CONNECT =
  /(?:^|[^\w])"?(?:time_)?(?:tcp[_ ]?)?connect(?:ion|ed)?(?:[_ ]time)?"?\s*[:=]\s*"?(\d+(?:[.,]\d+)?)\s?(ms|µs|us|s)?/i;
const LOOKUP =
  /(?:^|[^\w])"?(?:time_)?(?:name[_ ]?lookup|dns(?:[_ ]?(?:lookup|resolution))?|lookup)(?:[_ ]time)?"?\s*[:=]\s*"?(\d+(?:[.,]\d+)?)\s?(ms|µs|us|s)?/i;
const TOTAL = /(?:^|[^\w])"?(?:time_)?total(?:[_ ]time)?"?\s*[:=]\s*"?(\d+(?:[.,]\d+)?)\s?(ms|µs|us|s)?/i;
const REMOTE = /"?remote_ip"?\s?[:=]\s?"?([\da-f.:]+)/i;
const URL_HOST = /https?:\/\/\[?([^\s/"'\]:]+)\]?(?::(\d+))?/i;
/** `nc -vz` and the time of the shell behind it. */
const NC = /(?:Connection to (\S+)(?: \([^)]*\))? (?:port )?(\d+)|(?:\S+ )?\[?([\d.:a-f]+)\]? (\d+) \([^)]*\) open)/i;
const NC_FAILED = /nc: connect to (\S+)(?: \([^)]*\))? port (\d+).*(?:timed out|failed)/i;
const REAL = /^real\s+(?:(\d+)m)?([\d.,]+)s?$/;

/** Whether a line is one that `curl -w` writes with the names of the phases. */
export function isCurlLine(line: string): boolean {
  return (
    (CONNECT.test(line) && /time_|lookup|total|dns|tls|ttfb|appconnect/i.test(line)) ||
    /^"?time_connect"?\s?[:=]/.test(line)
  );
}

/** Whether a line is the shell's `time` behind a command. */
export function isShellTime(line: string): boolean {
  return REAL.test(line);
}

/**
 * Reads what `curl -w` wrote with names: the connect of each request, less the look-up of the name. `time nc` is read
 * likewise, by the time of the whole command.
 * @throws CodedError E_NOT_CURL where there is no connect in it
 */
export function parseCurl(lines: readonly string[], options: TextOptions): TextSeries[] {
  const run = new PrintedRun({ kind: 'in-turn', pauseNs: SECOND, timeoutNs: SECOND });
  run.protocol = 'syn';
  run.firstSeq = 1;
  let lookupNs = 0;
  let isCommand = false;
  let failed = false;
  let sawTarget = false;
  for (const line of lines) {
    const url = URL_HOST.exec(line);
    if (url !== null && run.names.size === 0) {
      run.name(url[1]);
      run.port = Number(url[2] ?? (/https:/i.test(line) ? 443 : 80));
    }
    const remote = REMOTE.exec(line)?.[1];
    if (remote !== undefined && isAddress(remote)) run.name(remote);
    const nc = NC.exec(line) ?? NC_FAILED.exec(line);
    if (nc !== null) {
      sawTarget = true;
      failed = NC_FAILED.test(line);
      run.name(nc[1] ?? nc[3]);
      run.port ??= Number(nc[2] ?? nc[4]);
    }
    const lookup = LOOKUP.exec(line);
    if (lookup !== null) lookupNs = toNs(lookup[1] ?? '0', lookup[2] ?? 's');
    const connect = CONNECT.exec(line);
    const real = REAL.exec(line);
    if (connect !== null) {
      const connectNs = toNs(connect[1] ?? '0', connect[2] ?? 's');
      const rttNs = connectNs - Math.min(lookupNs, connectNs);
      // A connect of 0 is one that never came about, or a connection that was there already.
      if (connectNs === 0) run.untimed += 1;
      run.add({
        seq: run.next(),
        outcome: 'reply',
        rttNs: connectNs === 0 ? null : rttNs,
        ttl: 0,
        reply: 'syn-ack',
        time: timeBefore(line.slice(0, connect.index)),
      });
      lookupNs = 0;
    } else if (real !== null && sawTarget) {
      isCommand = true;
      const rttNs = Math.round((Number(real[1] ?? 0) * 60 + Number((real[2] ?? '0').replace(',', '.'))) * SECOND);
      const seq = run.next();
      if (failed) run.add({ seq, outcome: 'lost', rttNs: null, ttl: 0, reply: 'none', time: null });
      else run.add({ seq, outcome: 'reply', rttNs, ttl: 0, reply: 'syn-ack', time: null });
      failed = false;
    } else if (TOTAL.test(line)) {
      lookupNs = 0;
    }
  }
  if (run.isEmpty) {
    throw new CodedError(
      'E_NOT_CURL',
      'no line tells how long a connect took',
      "write the names in front: curl -w 'time_namelookup: %{time_namelookup} time_connect: %{time_connect}'",
      2,
    );
  }
  return [{ ...runSeries(run, options, wordsOf(isCommand)), kernelConnects: true }];
}

function wordsOf(isCommand: boolean): RunWords {
  return {
    tool: isCommand ? 'nc' : 'curl',
    intervalOption: /(?!)/,
    intervalUnitNs: SECOND,
    timesBy: '',
    notes: [
      isCommand
        ? "the shell's time is that of the whole command, which itself takes some milliseconds to start"
        : 'only the connect is judged (time_connect less time_namelookup): TLS, server and transfer are not the network alone',
      'the kernel sends a SYN again after 1 s (3 s, 7 s), which reads as a delay of so much',
    ],
  };
}
