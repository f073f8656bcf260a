import type { RecordedCall, SyscallCall, SyscallEvent, SyscallTotals } from '../model/syscall-event.js';
import { readRecord, readText, UNKNOWN_INDEX } from './field.js';
import {
  CALL_FLAGS,
  CALL_STACK_ARRAYS,
  CALL_STACK_FIELDS,
  CALL_STACK_LAYOUT,
  CGROUP_NAME_ARRAYS,
  CGROUP_NAME_FIELDS,
  CGROUP_NAME_LAYOUT,
  RECORDED_CALL_ARRAYS,
  RECORDED_CALL_FIELDS,
  RECORDED_CALL_LAYOUT,
  RECORDER_DUMP_FIELDS,
  RECORDER_DUMP_LAYOUT,
  SYSCALL_CALL_ARRAYS,
  SYSCALL_CALL_FIELDS,
  SYSCALL_CALL_LAYOUT,
  SYSCALL_COUNTERS_FIELDS,
  SYSCALL_COUNTERS_LAYOUT,
  SYSCALL_TOTALS_ARRAYS,
  SYSCALL_TOTALS_FIELDS,
  SYSCALL_TOTALS_LAYOUT,
  USER_SYMBOL_ARRAYS,
  USER_SYMBOL_FIELDS,
  USER_SYMBOL_LAYOUT,
} from './frames.gen.js';

/** Records that a trace of system calls consists of. */
export const SYSCALL_LAYOUTS = [
  SYSCALL_CALL_LAYOUT,
  CGROUP_NAME_LAYOUT,
  SYSCALL_TOTALS_LAYOUT,
  CALL_STACK_LAYOUT,
  RECORDED_CALL_LAYOUT,
  RECORDER_DUMP_LAYOUT,
  USER_SYMBOL_LAYOUT,
  SYSCALL_COUNTERS_LAYOUT,
] as const;

/** @returns undefined when the type is none of these records */
export function decodeSyscallRecord(type: number, view: DataView, at: number): SyscallEvent | undefined {
  switch (type) {
    case SYSCALL_CALL_LAYOUT.type:
      return { kind: 'syscall', call: decodeCall(view, at) };
    case CGROUP_NAME_LAYOUT.type: {
      const { cgroup, version } = readRecord(view, at, CGROUP_NAME_FIELDS);
      const path = readText(view, at, CGROUP_NAME_ARRAYS.path);
      return { kind: 'cgroup-name', cgroup: { cgroup, version: version === 2 ? 2 : 1, path } };
    }
    case SYSCALL_TOTALS_LAYOUT.type:
      return { kind: 'syscall-totals', totals: decodeTotals(view, at) };
    case CALL_STACK_LAYOUT.type: {
      const { beganNs, thread, process, depth, user } = readRecord(view, at, CALL_STACK_FIELDS);
      const [offset, most] = CALL_STACK_ARRAYS.addresses;
      const addresses = readAddresses(view, at + offset, Math.min(depth, most));
      return { kind: 'call-stack', stack: { beganNs, thread, process, isUser: user === 1, addresses } };
    }
    case RECORDED_CALL_LAYOUT.type:
      return { kind: 'recorded-call', call: decodeRecorded(view, at) };
    case RECORDER_DUMP_LAYOUT.type: {
      const { onSlow, ...dump } = readRecord(view, at, RECORDER_DUMP_FIELDS);
      return { kind: 'recorder-dump', dump: { ...dump, onSlow: onSlow === 1 } };
    }
    case USER_SYMBOL_LAYOUT.type: {
      const { process, offset } = readRecord(view, at, USER_SYMBOL_FIELDS);
      const address = view.getBigUint64(at + USER_SYMBOL_LAYOUT.address, true);
      const name = readText(view, at, USER_SYMBOL_ARRAYS.name);
      return {
        kind: 'user-symbol',
        symbol: { process, address, name, module: readText(view, at, USER_SYMBOL_ARRAYS.module), offset },
      };
    }
    case SYSCALL_COUNTERS_LAYOUT.type:
      return { kind: 'syscall-counters', counters: readRecord(view, at, SYSCALL_COUNTERS_FIELDS) };
    default:
      return undefined;
  }
}

function readAddresses(view: DataView, at: number, count: number): bigint[] {
  return Array.from({ length: count }, (_, index) => view.getBigUint64(at + 8 * index, true));
}

function decodeCall(view: DataView, at: number): SyscallCall {
  const { flags, cpu, ...record } = readRecord(view, at, SYSCALL_CALL_FIELDS);
  const text = (name: 'threadName' | 'processName' | 'fileSystem' | 'file' | 'text') =>
    readText(view, at, SYSCALL_CALL_ARRAYS[name]);
  const has = (flag: number) => (flags & flag) !== 0;
  return {
    ...record,
    cpu: cpu === UNKNOWN_INDEX ? -1 : cpu,
    result: view.getBigInt64(at + SYSCALL_CALL_LAYOUT.result, true),
    arguments: readAddresses(view, at + SYSCALL_CALL_LAYOUT.arguments, SYSCALL_CALL_ARRAYS.arguments[1]),
    threadName: text('threadName'),
    processName: text('processName'),
    file: text('file'),
    fileSystem: text('fileSystem'),
    text: text('text'),
    inFlight: has(CALL_FLAGS.inFlight),
    pathBelowMount: has(CALL_FLAGS.pathBelowMount),
    gone: has(CALL_FLAGS.gone),
    slow: has(CALL_FLAGS.slow),
    argumentsUnknown: has(CALL_FLAGS.argumentsUnknown),
    sampled: has(CALL_FLAGS.sampled),
    unproven: has(CALL_FLAGS.unproven),
  };
}

function decodeTotals(view: DataView, at: number): SyscallTotals {
  const [offset, length] = SYSCALL_TOTALS_ARRAYS.buckets;
  return {
    ...readRecord(view, at, SYSCALL_TOTALS_FIELDS),
    processName: readText(view, at, SYSCALL_TOTALS_ARRAYS.processName),
    buckets: Array.from({ length }, (_, index) => view.getUint32(at + offset + 4 * index, true)),
  };
}

function decodeRecorded(view: DataView, at: number): RecordedCall {
  return {
    ...readRecord(view, at, RECORDED_CALL_FIELDS),
    threadName: readText(view, at, RECORDED_CALL_ARRAYS.threadName),
    result: view.getBigInt64(at + RECORDED_CALL_LAYOUT.result, true),
    arguments: readAddresses(view, at + RECORDED_CALL_LAYOUT.arguments, RECORDED_CALL_ARRAYS.arguments[1]),
  };
}
