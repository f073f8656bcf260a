import { syscallArguments, syscallName, syscallResult } from '../../codec/syscall-words.js';
import { cgroupPlace } from '../../model/cgroup-place.js';
import type { SyscallDumpRecord, SyscallRecord, SyscallSummaryRecord } from '../../model/records/syscall.js';
import type {
  CallStack,
  RecordedCall,
  RecorderDump,
  SyscallCall,
  SyscallEvent,
  SyscallTotals,
} from '../../model/syscall-event.js';
import { bucketQuantile } from '../../stats/latency-buckets.js';

/** Turns what a tracer tells of system calls into records, with the names it told before. */
export class SyscallsRecords {
  readonly #cgroups = new Map<string, string>();
  readonly #kernelSymbols = new Map<bigint, string>();
  readonly #userSymbols = new Map<string, string>();
  readonly #stacks = new Map<string, CallStack[]>();

  /** Keeps names and stacks; other events are none of its own. */
  learn(event: SyscallEvent | { readonly kind: 'symbol'; readonly address: bigint; readonly name: string }): void {
    switch (event.kind) {
      case 'cgroup-name':
        this.#cgroups.set(`${event.cgroup.version}:${event.cgroup.cgroup}`, event.cgroup.path);
        break;
      case 'symbol':
        this.#kernelSymbols.set(event.address, event.name);
        break;
      case 'user-symbol': {
        const { process, address, name, module, offset } = event.symbol;
        const file = module.slice(module.lastIndexOf('/') + 1);
        const text = name === '' ? `${file === '' ? '[anonymous]' : file}+0x${offset.toString(16)}` : name;
        this.#userSymbols.set(`${process}:${address}`, name === '' || file === '' ? text : `${text} (${file})`);
        break;
      }
      case 'call-stack': {
        const key = `${event.stack.thread}:${event.stack.beganNs}`;
        this.#stacks.set(key, [...(this.#stacks.get(key) ?? []), event.stack]);
        break;
      }
      default:
    }
  }

  call(call: SyscallCall): SyscallRecord {
    const durationNs = call.endedNs - call.beganNs;
    const result = syscallResult(call.result);
    const isKnown = !call.inFlight && !call.sampled;
    const values = call.argumentsUnknown ? [] : call.arguments;
    return {
      type: 'syscall',
      name: syscallName(call.architecture, call.number),
      number: call.number,
      architecture: call.architecture,
      began: call.beganNs,
      durationNs,
      runningNs: Math.max(0, durationNs - call.waitingNs - call.sleepingNs),
      waitingNs: call.waitingNs,
      sleepingNs: call.sleepingNs,
      inFlight: call.inFlight,
      pid: call.process,
      tid: call.thread,
      comm: call.threadName,
      process: call.processName,
      ...(call.cpu < 0 ? {} : { cpu: call.cpu }),
      arguments: syscallArguments(call.architecture, call.number, values, call),
      ...(call.sampled ? { sampled: true } : {}),
      ...(call.unproven ? { unproven: true } : {}),
      ...(isKnown ? { result: result.text } : {}),
      ...(isKnown && result.error !== undefined ? { error: result.error } : {}),
      ...(call.file === '' ? {} : { file: call.file }),
      ...(call.pathBelowMount ? { fileBelowMount: true } : {}),
      ...(call.fileSystem === '' ? {} : { fileSystem: call.fileSystem }),
      ...(call.text === '' ? {} : { path: call.text }),
      ...this.#place(call),
      ...this.#stacksOf(call),
    };
  }

  summary(totals: SyscallTotals): SyscallSummaryRecord {
    const { buckets, longestNs, count, totalNs } = totals;
    const quantile = (share: number) => bucketQuantile(buckets, share, longestNs);
    return {
      type: 'syscall-summary',
      time: totals.timeNs,
      process: totals.processName,
      pid: totals.process,
      name: syscallName(totals.architecture, totals.number),
      number: totals.number,
      architecture: totals.architecture,
      count,
      errors: totals.errors,
      totalNs,
      averageNs: count === 0 ? 0 : Math.round(totalNs / count),
      p50Ns: quantile(0.5),
      p90Ns: quantile(0.9),
      p99Ns: quantile(0.99),
      maxNs: longestNs,
      ...this.#place(totals),
    };
  }

  dump(dump: RecorderDump): SyscallDumpRecord {
    const v1 = this.#cgroups.has(`1:${dump.cgroup}`) && !this.#cgroups.has(`2:${dump.cgroup}`);
    return {
      type: 'syscall-dump',
      dump: dump.dump,
      time: dump.timeNs,
      because: dump.onSlow ? 'slow-call' : 'end',
      calls: dump.calls,
      written: dump.written,
      ...this.#place(v1 ? { cgroup1: dump.cgroup, cgroup2: 0 } : { cgroup1: 0, cgroup2: dump.cgroup }),
    };
  }

  recorded(call: RecordedCall): SyscallRecord {
    const result = syscallResult(call.result);
    return {
      type: 'syscall',
      name: syscallName(call.architecture, call.number),
      number: call.number,
      architecture: call.architecture,
      began: call.beganNs,
      durationNs: call.lengthNs,
      inFlight: false,
      pid: call.process,
      tid: call.thread,
      comm: call.threadName,
      arguments: syscallArguments(call.architecture, call.number, call.arguments),
      result: result.text,
      ...(result.error === undefined ? {} : { error: result.error }),
      dump: call.dump,
    };
  }

  #place({ cgroup1, cgroup2 }: { readonly cgroup1: number; readonly cgroup2: number }) {
    const path1 = this.#cgroups.get(`1:${cgroup1}`);
    const path2 = this.#cgroups.get(`2:${cgroup2}`);
    const named = (id: number, path: string | undefined) => ({ id, ...(path === undefined ? {} : { path }) });
    const { container, pod } = { ...cgroupPlace(path1 ?? ''), ...cgroupPlace(path2 ?? '') };
    return {
      ...(cgroup1 === 0 ? {} : { cgroup1: named(cgroup1, path1) }),
      ...(cgroup2 === 0 ? {} : { cgroup2: named(cgroup2, path2) }),
      ...(container === undefined ? {} : { container }),
      ...(pod === undefined ? {} : { pod }),
    };
  }

  #stacksOf(call: SyscallCall) {
    const key = `${call.thread}:${call.beganNs}`;
    const stacks = this.#stacks.get(key) ?? [];
    this.#stacks.delete(key);
    const kernel = stacks.find((stack) => !stack.isUser);
    const user = stacks.find((stack) => stack.isUser);
    const unknown = (address: bigint) => `0x${address.toString(16)}`;
    return {
      ...(kernel === undefined
        ? {}
        : { kernelStack: kernel.addresses.map((address) => this.#kernelSymbols.get(address) ?? unknown(address)) }),
      ...(user === undefined
        ? {}
        : {
            userStack: user.addresses.map(
              (address) => this.#userSymbols.get(`${user.process}:${address}`) ?? unknown(address),
            ),
          }),
    };
  }
}
