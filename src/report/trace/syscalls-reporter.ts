import { formatDateTime } from '../../format/clock-time.js';
import { formatLength } from '../../format/duration.js';
import { printableValue } from '../../format/printable.js';
import type { EngineEvent } from '../../model/engine-event.js';
import type { TracerCost, TracerHello } from '../../model/kernel-event.js';
import { SCHEMA } from '../../model/records/run.js';
import type {
  SyscallEndRecord,
  SyscallRecord,
  SyscallSummaryRecord,
  SyscallTraceLine,
} from '../../model/records/syscall.js';
import type { SyscallCounters } from '../../model/syscall-event.js';
import { SECOND } from '../../model/time.js';
import { SyscallsRecords } from './syscalls-records.js';
import { callLine, dumpLine, endLines, stackLines, summaryLines, topLines } from './syscalls-text.js';
import { type SyscallsBy, SyscallsTotals } from './syscalls-totals.js';

export interface SyscallsReportOptions {
  readonly json: boolean;
  readonly summary: boolean;
  readonly top: boolean;
  readonly everyNs: number;
  readonly by: SyscallsBy;
  readonly sort: 'time' | 'calls';
  readonly stacks: boolean;
  /** Rows of a table. */
  readonly rows: number;
  /** Whether a table may be drawn over the one before. */
  readonly redraws: boolean;
  readonly version: string;
  readonly place: string;
  /** As resolved, for the first line. */
  readonly resolved: Readonly<Record<string, unknown>>;
  /** In words: `calls of 200 ms and longer of process 17`. */
  readonly what: string;
}

const IN_FLIGHT_SHOWN = 20;
/** What is lost against the exact way. */
const SPARING =
  '\nby switches and samples, with no hook on every call: lengths to about a millisecond, results only of calls that were\n' +
  'suspected; a call that waits in pieces shorter than --min may be missed. --exact sees each call, and slows all of them';

/** Shows a trace of system calls to people or as NDJSON. */
export class SyscallsReporter {
  readonly #records = new SyscallsRecords();
  readonly #totals = new SyscallsTotals();
  #epochNs = 0n;
  #inFlight: SyscallRecord[] = [];
  #counters: SyscallCounters | undefined;
  #cost: TracerCost | undefined;
  #dropped = 0;
  #changed = false;
  #isPage = false;
  /** Whether a stack came that frame pointers did not lead beyond the first frame of. */
  #shallow = false;

  constructor(private readonly options: SyscallsReportOptions) {}

  /** What the last call returned takes the place of all that was shown before. */
  get isPage(): boolean {
    return this.#isPage;
  }

  /** @returns what to write now, perhaps nothing */
  take(event: EngineEvent): string {
    this.#isPage = false;
    switch (event.kind) {
      case 'start':
        this.#epochNs = event.epochRealNs;
        return '';
      case 'lost-records':
        this.#dropped += event.count;
        return '';
      case 'kernel':
        return this.#takeKernel(event.event);
      case 'end':
        return this.#end(event.timeNs, event.reason);
      default:
        return '';
    }
  }

  #takeKernel(event: Extract<EngineEvent, { kind: 'kernel' }>['event']): string {
    switch (event.kind) {
      case 'hello':
        return this.#hello(event.hello);
      case 'cost':
        this.#cost = event.cost;
        return '';
      case 'syscall':
        return this.#call(this.#shown(this.#records.call(event.call)));
      case 'syscall-totals':
        this.#totals.take(event.totals);
        this.#changed = true;
        return '';
      case 'recorder-dump': {
        const dump = this.#shown(this.#records.dump(event.dump));
        return this.options.json ? line(dump) : `\n${dumpLine(dump)}\n`;
      }
      case 'recorded-call': {
        const call = this.#shown(this.#records.recorded(event.call));
        return this.options.json ? line(call) : `${callLine(call, this.#epochNs)}\n`;
      }
      case 'syscall-counters':
        this.#counters = event.counters;
        return this.#interval(event.counters.timeNs);
      case 'symbol':
      case 'user-symbol':
      case 'call-stack':
      case 'cgroup-name':
        this.#records.learn(event);
        return '';
      default:
        return '';
    }
  }

  #hello(hello: TracerHello): string {
    const [question] = hello.questions;
    const flavour = question?.flavour ?? 'tp_btf';
    const missing = (question?.hooks ?? []).filter(({ got }) => !got).map(({ tracepoint }) => tracepoint);
    const { json, version, place, resolved, what, stacks } = this.options;
    if (json) {
      return line({
        type: 'trace',
        schema: SCHEMA,
        version,
        command: 'trace syscalls',
        epochNs: String(this.#epochNs),
        place,
        host: hello.host,
        flavour,
        missing,
        options: resolved,
      });
    }
    const lacks = missing.length === 0 ? '' : `\nthis kernel lacks ${missing.join(', ')}: what needs it is not told`;
    const dwarf = stacks
      ? `\nuser stacks follow frame pointers; for programs without them: ${this.#dwarfCommand()}`
      : '';
    return `${what}, on ${place}, from ${formatDateTime(this.#epochNs)}${lacks}${dwarf}${resolved.sparing === true ? SPARING : ''}\n`;
  }

  #dwarfCommand(): string {
    const pids = this.options.resolved.pids;
    const who = Array.isArray(pids) && pids.length > 0 ? ` -p ${pids.join(',')}` : ' -a';
    return `perf trace record --call-graph dwarf${who} -- sleep 10`;
  }

  /** Names of processes, files and cgroups as people may see them; JSON has its own way. */
  #shown<T>(record: T): T {
    return this.options.json ? record : printableValue(record);
  }

  #call(call: SyscallRecord): string {
    if (this.options.json) return line(call);
    if (call.userStack !== undefined && call.userStack.length < 2) this.#shallow = true;
    if (call.inFlight) {
      this.#inFlight.push(call);
      return '';
    }
    if (this.options.top && this.options.redraws) return '';
    return `${[callLine(call, this.#epochNs), ...stackLines(call)].join('\n')}\n`;
  }

  /** Once an interval, after its totals. */
  #interval(timeNs: number): string {
    if (!this.options.top || !this.#changed) return this.#flushInFlight();
    this.#changed = false;
    const rows = this.#rows(this.#totals.added(this.options.by));
    if (this.options.json) return rows.map(line).join('');
    const seconds = this.options.everyNs / SECOND;
    const head = `${this.options.what}, on ${this.options.place}; every ${formatLength(this.options.everyNs)}, at ${formatDateTime(this.#epochNs + BigInt(timeNs))}`;
    const table = topLines(rows, seconds, this.options.rows);
    this.#isPage = this.options.redraws;
    return `${this.options.redraws ? '' : '\n'}${[head, ...table].join('\n')}\n${this.#flushInFlight()}`;
  }

  #rows(totals: ReturnType<SyscallsTotals['all']>): SyscallSummaryRecord[] {
    const bySort = { time: 'totalNs', calls: 'count' } as const;
    const key = bySort[this.options.sort];
    return totals
      .map((total) => {
        const record = this.#records.summary(total);
        return this.#shown(total.number < 0 ? { ...record, name: '(all)' } : record);
      })
      .sort((a, b) => b[key] - a[key]);
  }

  #flushInFlight(): string {
    const calls = this.#inFlight.sort((a, b) => b.durationNs - a.durationNs);
    this.#inFlight = [];
    if (calls.length === 0) return '';
    const shown = calls.slice(0, IN_FLIGHT_SHOWN).map((call) => callLine(call, this.#epochNs));
    const rest = calls.length - shown.length;
    const more = rest > 0 ? [`… and ${rest} more`] : [];
    return `\nstill in flight, longest first:\n${[...shown, ...more].join('\n')}\n`;
  }

  #end(timeNs: number, end: SyscallEndRecord['end']): string {
    const counters = this.#counters;
    const cost = this.#cost;
    const record: SyscallEndRecord = {
      type: 'syscall-end',
      time: timeNs,
      calls: counters?.calls ?? 0,
      lost: {
        events: counters?.lostEvents ?? 0,
        totals: counters?.lostTotals ?? 0,
        parked: counters?.lostParked ?? 0,
        unrecorded: counters?.unrecorded ?? 0,
        records: this.#dropped,
        gone: counters?.gone ?? 0,
        nested: cost?.recursionMisses ?? 0,
      },
      tracerCpuNs: (cost?.cpuUserNs ?? 0) + (cost?.cpuSystemNs ?? 0),
      bpfNsPerCall: counters === undefined || counters.sampledRuns === 0 ? null : perCall(counters),
      residentBytes: cost?.residentBytes ?? 0,
      end,
    };
    const rows = this.options.summary ? this.#rows(this.#totals.all(this.options.by)) : [];
    if (this.options.json) return [...rows, record].map(line).join('');
    const table = this.options.summary ? `\n${summaryLines(rows, this.options.rows).join('\n')}\n` : '';
    const hint = this.#shallow ? `user stacks ended early; with DWARF: ${this.#dwarfCommand()}\n` : '';
    return `${this.#flushInFlight()}${table}\n${endLines(record).join('\n')}\n${hint}`;
  }
}

/** A call runs the programs of its begin and of its end. */
function perCall(counters: SyscallCounters): number {
  return Math.round((20 * counters.sampledNs) / counters.sampledRuns) / 10;
}

function line(record: SyscallTraceLine): string {
  return `${JSON.stringify(record)}\n`;
}
