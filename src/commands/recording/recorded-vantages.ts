import { judgingOf } from '../../model/judging.js';
import type { RunRecord } from '../../model/records/run.js';
import type { Player } from '../../recording/player.js';
import { PROBE_STREAM, type ProbeInfo } from '../../recording/recorded-run.js';
import { recordedEngineName, vantageStream } from '../bisect/bisect-sources.js';
import { VantageRun } from '../bisect/vantage-run.js';
import { type MeasuredEvent, measuredRun } from '../run/measured-run.js';
import { Measurement } from '../run/measurement.js';
import { replayedEngine } from './recorded-engine.js';

/** The prober of one vantage, as a recording has it. */
export interface RecordedVantage {
  /** All on one time line, in the order of the recording where several are read at once. */
  events(): AsyncIterable<MeasuredEvent>;
  /** Known once it has said hello. */
  run(): RunRecord | undefined;
}

/** The vantages of a recording; all are to be read, and then the player is to play. */
export function recordedVantages(player: Player): RecordedVantage[] {
  const { run } = player;
  if (run.command === 'probe') return [probed(player, run)];
  const names = [...new Set(run.paths.map((path) => path.measured.vantage))];
  return names.map((name) => {
    const stream = vantageStream(name);
    const paths = run.paths.filter((path) => path.measured.vantage === name);
    const vantage = new VantageRun(name, replayedEngine(player, stream, recordedEngineName(run, name)), paths, {
      thresholdNs: run.thresholdNs,
      ...judgingOf(run.options),
      durationNs: 0,
      cpu: 'auto',
      epochRealNs: BigInt(run.epochRealNs),
      secret: '',
      clockOffsetNs: player.clock(stream).offsetNs,
      version: run.version,
    });
    return {
      events: () => vantage.events(),
      run: () => (vantage.run === undefined ? undefined : { ...vantage.run, vantage: name }),
    };
  });
}

function probed(player: Player, info: ProbeInfo): RecordedVantage {
  const { plan, version, engine, thresholdNs, options } = info;
  const measurement = new Measurement(plan, {
    command: 'probe',
    version,
    engine,
    thresholdNs,
    ...judgingOf(options),
    options,
  });
  const { events } = replayedEngine(player, PROBE_STREAM, engine).start(plan);
  return {
    run: () => measurement.run,
    events: () => measuredRun(events, measurement),
  };
}
