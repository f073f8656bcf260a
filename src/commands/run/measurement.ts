import { createDetectorBank, type DetectorBank } from '../../detect/detector-bank.js';
import { RequestAccounts } from '../../detect/request-account.js';
import { packageVersion } from '../../installation/version.js';
import { type EngineEvent, type PathTotals, type ProberHello, timeOf } from '../../model/engine-event.js';
import type { Finding } from '../../model/finding.js';
import { type Judging, judgingOf } from '../../model/judging.js';
import type { Outage } from '../../model/outage.js';
import type { ProbePlan } from '../../model/plan.js';
import { present } from '../../model/present.js';
import { isRequest } from '../../model/protocol.js';
import { type RunRecord, SCHEMA } from '../../model/records/run.js';
import type { RunResult } from '../../report/probe/reporter.js';
import { RunQuality } from './run-quality.js';

/** What is said of a run beside what its plan and its engine say. */
export interface MeasurementAbout extends Judging {
  readonly command: string;
  /** Of the rxray that measured; default this one. */
  readonly version?: string;
  readonly engine: RunRecord['engine'];
  /** Why this engine, where it was not named. */
  readonly engineWhy?: string | undefined;
  readonly thresholdNs: number;
  /** As resolved, for the record. */
  readonly options: Readonly<Record<string, unknown>>;
}

/** One engine's run, from events to findings, summaries and quality. Prints nothing. */
export class Measurement {
  readonly #bank: DetectorBank;
  readonly #accounts: RequestAccounts;
  readonly #quality = new RunQuality();
  readonly #totals: PathTotals[] = [];
  #epochNs = 0n;
  #lastNs = 0;
  #run: RunRecord | undefined;

  constructor(
    private readonly plan: ProbePlan,
    private readonly about: MeasurementAbout,
  ) {
    this.#accounts = new RequestAccounts(plan.paths);
    this.#bank = createDetectorBank(plan.paths, {
      thresholdNs: about.thresholdNs,
      waitNs: plan.waitNs,
      ...judgingOf({}, about),
    });
  }

  /** Known once the engine has said hello. */
  get run(): RunRecord | undefined {
    return this.#run;
  }

  /** Takes the next event in; gives the findings that it completes. */
  take(event: EngineEvent): Finding[] {
    this.#quality.add(event);
    switch (event.kind) {
      case 'start':
        this.#epochNs = event.epochRealNs;
        return [];
      case 'hello':
        this.#run = runRecord(this.about, this.plan, this.#epochNs, event.hello);
        if (event.hello.retransmitsNs) this.#bank.expectRetransmits(event.hello.retransmitsNs);
        return [];
      case 'samples':
        this.#accounts.observe(event.samples);
        for (const told of event.told ?? []) this.#lastNs = Math.max(this.#lastNs, timeOf(told));
        return this.#explained(this.#bank.push(event.samples));
      case 'pause':
        this.#bank.pause(event.pause);
        return [];
      case 'clock':
        return this.#advance(event.clock.timeNs);
      case 'counters':
        return this.#advance(event.counters.timeNs);
      case 'path-totals':
        this.#totals.push(event.totals);
        return [];
      case 'end':
        this.#lastNs = Math.max(this.#lastNs, event.timeNs);
        return [];
      default:
        return [];
    }
  }

  /** Paths that went silent or answer again, since the last call. */
  outages(): Outage[] {
    return this.#bank.outages();
  }

  /** The findings that only the end of the run completes. */
  finish(): Finding[] {
    return this.#explained(this.#bank.finish(this.#lastNs));
  }

  /** What is known so far, or in the end. */
  result(): RunResult {
    return {
      summaries: this.#bank.summaries(this.#totals.length > 0 ? this.#totals : undefined),
      quality: this.#quality.record(),
      durationNs: this.#lastNs,
    };
  }

  #advance(nowNs: number): Finding[] {
    this.#lastNs = Math.max(this.#lastNs, nowNs);
    return this.#explained(this.#bank.advance(nowNs));
  }

  #explained(findings: Finding[]): Finding[] {
    return findings.map((finding) => this.#accounts.explain(finding));
  }
}

const USER_CLOCK = 'CLOCK_MONOTONIC since the epoch, read in user space';
const CLOCKS: Readonly<Record<RunRecord['engine'], string>> = {
  helper: 'CLOCK_MONOTONIC since the epoch; stamps converted from CLOCK_REALTIME',
  portable: USER_CLOCK,
  connect: USER_CLOCK,
  request: 'CLOCK_MONOTONIC since the epoch; packets stamped by the kernel, requests in user space',
  sim: 'virtual time',
  import: 'that of the imported file',
};

function runRecord(about: MeasurementAbout, plan: ProbePlan, epochNs: bigint, hello: ProberHello): RunRecord {
  return {
    type: 'run',
    schema: SCHEMA,
    version: about.version ?? packageVersion(),
    command: about.command,
    epochNs: String(epochNs),
    engine: about.engine,
    ...present({ engineWhy: about.engineWhy, limits: hello.limits && [...hello.limits] }),
    timestamps: hello.got.timestamps,
    clock: CLOCKS[about.engine],
    host: hello.host,
    options: { ...about.options },
    thresholdNs: about.thresholdNs,
    waitNs: plan.waitNs,
    scheduling: hello.got.scheduling,
    memoryLocked: hello.got.memoryLocked,
    cpu: hello.got.cpu,
    paths: plan.paths.map((path, index) => {
      const told = hello.paths.find((entry) => entry.path === index);
      const { name, ttl: _, fromPorts: _ports, insteadPorts: _instead, ...planned } = path;
      return {
        path: name,
        ...planned,
        ...(isRequest(path.protocol) ? { timestamps: 'user' as const } : {}),
        ...(told === undefined
          ? {}
          : {
              interface: told.interface,
              source: told.source,
              sourcePorts: told.sourcePorts,
              ...present({ ports: told.ports }),
            }),
      };
    }),
    footprint: hello.footprint,
  };
}
