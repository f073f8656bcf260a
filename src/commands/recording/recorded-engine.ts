import { FrameEncoder } from '../../codec/frame-encoder.js';
import { HELPER } from '../../codec/frames.gen.js';
import type { Engine, ProbeRun } from '../../engines/engine.js';
import { createHelperEngine } from '../../engines/helper-engine.js';
import { createWatcher, type Watcher } from '../../engines/watcher.js';
import { startTracer, type TraceRun } from '../../kernel/tracer.js';
import type { EngineEvent } from '../../model/engine-event.js';
import { CodedError } from '../../model/errors.js';
import type { TracePlan } from '../../model/trace-plan.js';
import type { Player } from '../../recording/player.js';
import type { RecordedStream } from '../../recording/recorded-stream.js';
import type { Transport } from '../../transports/transport.js';

/**
 * The engine, its run written down. A helper's frames are kept as the pipe carries them; the events of an engine
 * without a helper are turned into the frames that a helper would write.
 */
export function recordedEngine(engine: Engine, stream: RecordedStream): Engine {
  const behind = engine.behind?.((transport) => stream.record(transport));
  return {
    name: engine.name,
    start: (plan) =>
      behind ? closing(behind.start(plan), () => stream.closed()) : encodedRun(engine, engine.start(plan), stream),
  };
}

/** A watcher, its run written down; the stream begins as it is launched. */
export function recordedWatcher(transport: Transport, begin: () => RecordedStream): Watcher {
  return {
    watch: (plan) => {
      const stream = begin();
      return closing(createWatcher(stream.record(transport)).watch(plan), () => stream.closed());
    },
  };
}

/**
 * Whatever engine it was: what it wrote is read as a helper's.
 *
 * @param joinSamples faster, where nobody looks at what stands between samples and findings
 */
export function replayedEngine(player: Player, stream: string, name: Engine['name'], joinSamples = false): Engine {
  const engine = createHelperEngine(player.transport(stream, joinSamples));
  return { name, start: (plan) => closing(engine.start(plan), () => player.closed(stream)) };
}

export function replayedWatcher(player: Player, stream: string): Watcher {
  const watcher = createWatcher(player.transport(stream));
  return { watch: (plan) => closing(watcher.watch(plan), () => player.closed(stream)) };
}

/** A tracer, its run written down. */
export function recordedTracer(transport: Transport, plan: TracePlan, stream: RecordedStream): TraceRun {
  return closing(startTracer(stream.record(transport), plan), () => stream.closed());
}

export function replayedTracer(player: Player, stream: string): TraceRun {
  return closing(startTracer(player.transport(stream), { questions: [] }), () => player.closed(stream));
}

/** The run, with a call when its reader has come to the end or has left. */
function closing(run: ProbeRun, onClosed: () => void): ProbeRun {
  return {
    stop: () => run.stop(),
    events: {
      [Symbol.asyncIterator]() {
        const events = run.events[Symbol.asyncIterator]();
        return {
          next: () =>
            events.next().then(
              (result) => {
                if (result.done) onClosed();
                return result;
              },
              (error: unknown) => {
                onClosed();
                throw error;
              },
            ),
          return: async () => {
            await events.return?.();
            onClosed();
            return { done: true, value: undefined };
          },
        };
      },
    },
  };
}

function encodedRun(engine: Engine, run: ProbeRun, stream: RecordedStream): ProbeRun {
  const encoder = new FrameEncoder(engine.name === 'sim' ? HELPER.simulator : HELPER.prober);
  async function* events(): AsyncGenerator<EngineEvent> {
    try {
      for await (const event of run.events) {
        const frames = encoder.encode(event);
        if (frames.length > 0) await stream.take(frames);
        yield event;
        stream.done();
      }
      await stream.end({ code: 0, signal: null, stderr: '' });
    } catch (error) {
      if (error instanceof CodedError) await stream.end({ code: null, signal: null, stderr: '' }, error);
      throw error;
    } finally {
      stream.closed();
    }
  }
  return { events: events(), stop: () => run.stop() };
}
