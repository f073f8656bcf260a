import type { EngineEvent } from '../../model/engine-event.js';
import type { RxPacket, TracerCost } from '../../model/kernel-event.js';
import type { RxPacketRecord } from '../../model/rx-packet.js';
import { syscallName } from '../../model/syscall-names.js';
import type { TracePlan } from '../../model/trace-plan.js';
import { createRxReporter } from '../../report/trace/rx-reporter.js';
import { otherProbes, type RunningProbes, runningProbes } from '../probe/running-probes.js';
import type { Io } from '../terminal/io.js';
import { type Output, withOutput } from '../terminal/output.js';
import { runTrace } from './run-trace.js';
import { traceQuality, traceRun } from './trace-quality.js';
import { type TraceScope, traceInputs, tracePlace, tracePlanOf } from './trace-scope.js';

export interface TraceRxOptions extends TraceScope {
  readonly allNamespaces: boolean;
  /** Follow the probes of the command with this process id, or of the one that started last. */
  readonly follow?: number | 'newest' | undefined;
  /** Echo requests with these identifiers; 0: any. */
  readonly icmpIds: readonly number[];
  /** TCP SYN to these ports. */
  readonly synPorts: readonly number[];
}

/** `rxray trace rx`: where each probe packet was received, and how long after it was asked for. */
export async function traceRx(options: TraceRxOptions, io: Io): Promise<number> {
  const probes =
    options.follow === undefined ? undefined : runningProbes(options.follow === 'newest' ? undefined : options.follow);
  if (probes !== undefined) {
    io.err(`following ${probes.command} (process ${probes.pid}): ${probes.paths.map(({ name }) => name).join(', ')}\n`);
    const others = options.follow === 'newest' ? otherProbes(probes.pid) : [];
    if (others.length > 0) io.err(`not followed: ${others.join(', ')}; choose one with --of-process\n`);
  }
  const { transport } = await tracePlace(options);
  return withOutput({ output: options.output, inputs: traceInputs(options) }, io, (output) => {
    const trace = new RxTrace(options, probes, output);
    return runTrace(transport, planOf(options, probes), { take: (event) => trace.take(event) }, io);
  });
}

function planOf(options: TraceRxOptions, probes: RunningProbes | undefined): TracePlan {
  const named = options.icmpIds.length + options.synPorts.length > 0;
  const question = {
    question: 'rx',
    icmpIds: probes === undefined && !named ? [0] : options.icmpIds,
    synPorts: options.synPorts,
  } as const;
  return {
    ...tracePlanOf(options),
    questions: [question],
    ...(probes === undefined
      ? {}
      : {
          secret: probes.secret,
          watches: probes.paths.map(({ watch }, index) => ({ ...watch, as: index })),
        }),
  };
}

class RxTrace {
  readonly #reporter;
  #cost: TracerCost | undefined;
  #epochRealNs = 0n;
  #lost = 0;

  constructor(
    private readonly options: TraceRxOptions,
    private readonly probes: RunningProbes | undefined,
    private readonly output: Output,
  ) {
    this.#reporter = createRxReporter(options.json);
  }

  async take(event: EngineEvent): Promise<void> {
    if (event.kind === 'start') this.#epochRealNs = event.epochRealNs;
    else if (event.kind === 'lost-records') this.#lost += event.count;
    else if (event.kind === 'end') {
      await this.output.write(this.#reporter.end(traceQuality(this.#cost, [], this.#lost, event)));
    } else if (event.kind === 'kernel') {
      const { event: told } = event;
      if (told.kind === 'cost') this.#cost = told.cost;
      else if (told.kind === 'rx-packet') await this.output.write(this.#reporter.packet(this.#record(told.packet)));
      else if (told.kind === 'hello') {
        const { cpus, netns, icmpIds, synPorts } = this.options;
        const options = { cpus: cpus ?? null, netns: netns ?? null, icmpIds, synPorts };
        await this.output.write(this.#reporter.begin(traceRun('trace rx', told.hello, this.#epochRealNs, options)));
      }
    }
  }

  #record(packet: RxPacket): RxPacketRecord {
    return {
      type: 'rx-packet',
      path: packet.keyed ? (this.probes?.paths[packet.path]?.name ?? null) : null,
      protocol: packet.protocol,
      source: packet.source,
      id: packet.id,
      port: packet.protocol === 'icmp' ? null : packet.port,
      seq: packet.seq,
      flow: packet.keyed && !packet.freshFlow ? packet.flow : null,
      time: packet.timeNs,
      interface: packet.interfaceName === '' ? String(packet.interface) : packet.interfaceName,
      queue: packet.queue < 0 ? null : packet.queue,
      cpu: packet.cpu,
      context: packet.context,
      softirq: packet.inSoftirq,
      thread: packet.thread,
      process: packet.process,
      threadName: packet.threadName,
      syscall: packet.syscall < 0 ? null : syscallName(packet.syscall, packet.architecture),
      sinceRaiseNs: packet.askedNs < 0 ? null : packet.askedNs,
      waitNs: packet.waitNs < 0 ? null : packet.waitNs,
      tunnelled: packet.tunnelled,
    };
  }
}
