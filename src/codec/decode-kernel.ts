import { addressText } from '../model/ip-address.js';
import {
  CONTEXTS,
  type KernelEvent,
  type Occupant,
  type ReceiveWait,
  type RxPacket,
  type StackSample,
  WAIT_KINDS,
} from '../model/kernel-event.js';
import { decodeSyscallRecord, SYSCALL_LAYOUTS } from './decode-syscall.js';
import { readInteger, readRecord, readText, UNKNOWN_INDEX } from './field.js';
import {
  OCCUPANT_ARRAYS,
  OCCUPANT_FIELDS,
  OCCUPANT_FLAGS,
  OCCUPANT_LAYOUT,
  PACKET_PROTOCOL,
  RECEIVE_WAIT_ARRAYS,
  RECEIVE_WAIT_FIELDS,
  RECEIVE_WAIT_LAYOUT,
  RX_FLAGS,
  RX_PACKET_ARRAYS,
  RX_PACKET_FIELDS,
  RX_PACKET_LAYOUT,
  STACK_ARRAYS,
  STACK_FIELDS,
  STACK_FLAGS,
  STACK_LAYOUT,
  SYMBOL_ARRAYS,
  SYMBOL_LAYOUT,
  TRACER_COST_FIELDS,
  TRACER_COST_LAYOUT,
  WAIT_FLAGS,
  WAIT_PLACE_FIELDS,
  WAIT_PLACE_LAYOUT,
  WAIT_TOTALS_ARRAYS,
  WAIT_TOTALS_FIELDS,
  WAIT_TOTALS_LAYOUT,
} from './frames.gen.js';

/** Records that `rxray-tracer` writes beside those of every helper. */
export const KERNEL_LAYOUTS = [
  TRACER_COST_LAYOUT,
  RECEIVE_WAIT_LAYOUT,
  STACK_LAYOUT,
  SYMBOL_LAYOUT,
  WAIT_TOTALS_LAYOUT,
  RX_PACKET_LAYOUT,
  WAIT_PLACE_LAYOUT,
  OCCUPANT_LAYOUT,
  ...SYSCALL_LAYOUTS,
] as const;

const TYPES = new Set<number>(KERNEL_LAYOUTS.map(({ type }) => type));

const NO_SYSCALL = 0xffff_ffff;
const NO_HANDLER = 255;

export function isKernelRecordType(type: number): boolean {
  return TYPES.has(type);
}

/** @param damaged called with the reason when the record cannot be what it says */
export function decodeKernelRecord(
  type: number,
  view: DataView,
  at: number,
  damaged: (why: string) => never,
): KernelEvent {
  switch (type) {
    case TRACER_COST_LAYOUT.type: {
      const { bpfCounted, ...cost } = readRecord(view, at, TRACER_COST_FIELDS);
      return { kind: 'cost', cost: { ...cost, bpfCounted: bpfCounted === 1 } };
    }
    case RECEIVE_WAIT_LAYOUT.type:
      return { kind: 'wait', wait: decodeWait(view, at, damaged) };
    case WAIT_PLACE_LAYOUT.type:
      return { kind: 'wait-place', place: readRecord(view, at, WAIT_PLACE_FIELDS) };
    case OCCUPANT_LAYOUT.type:
      return { kind: 'occupant', occupant: decodeOccupant(view, at) };
    case STACK_LAYOUT.type:
      return { kind: 'stack', stack: decodeStack(view, at) };
    case SYMBOL_LAYOUT.type: {
      const address = view.getBigUint64(at + SYMBOL_LAYOUT.address, true);
      return { kind: 'symbol', address, name: readText(view, at, SYMBOL_ARRAYS.name) };
    }
    case WAIT_TOTALS_LAYOUT.type: {
      const [offset, length] = WAIT_TOTALS_ARRAYS.buckets;
      const buckets = Array.from({ length }, (_, index) => readInteger(view, at + offset + 8 * index));
      const record = readRecord(view, at, WAIT_TOTALS_FIELDS);
      return { kind: 'wait-totals', totals: { ...record, received: record.received === 1, buckets } };
    }
    case RX_PACKET_LAYOUT.type:
      return { kind: 'rx-packet', packet: decodeRxPacket(view, at, damaged) };
    default:
      return decodeSyscallRecord(type, view, at) ?? damaged(`records of type ${type}`);
  }
}

function decodeWait(view: DataView, at: number, damaged: (why: string) => never): ReceiveWait {
  const record = readRecord(view, at, RECEIVE_WAIT_FIELDS);
  const text = (name: keyof typeof RECEIVE_WAIT_ARRAYS) => readText(view, at, RECEIVE_WAIT_ARRAYS[name]);
  const has = (flag: number) => (record.flags & flag) !== 0;
  const { wait, cpu, fromNs, toNs, stealNs, heldNs, handlerNs, lateNs, netns } = record;
  return {
    ...{ wait, cpu, fromNs, toNs, stealNs, heldNs, handlerNs, lateNs, netns },
    waitKind: WAIT_KINDS[record.kind - 1] ?? damaged(`wait of kind ${record.kind}`),
    handler: record.handler === NO_HANDLER ? -1 : record.handler,
    interface: record.interface,
    holder: {
      context: CONTEXTS[record.context] ?? damaged(`context ${record.context}`),
      thread: record.holderThread,
      process: record.holderProcess,
      threadName: text('threadName'),
      processName: text('processName'),
      syscall: record.syscall === NO_SYSCALL ? -1 : record.syscall,
      architecture: record.architecture,
      file: text('file'),
      fileSystem: text('fileSystem'),
      cgroup: text('cgroup'),
      cgroup1: record.cgroup1,
      cgroup2: record.cgroup2,
    },
    server: { thread: record.serverThread, name: text('serverName') },
    raisedWithin: has(WAIT_FLAGS.raisedWithin),
    backlog: has(WAIT_FLAGS.backlog),
    stackAtStart: has(WAIT_FLAGS.stackAtStart),
    gaveUp: has(WAIT_FLAGS.gaveUp),
    forLock: has(WAIT_FLAGS.forLock),
    behindEnabling: has(WAIT_FLAGS.behindEnabling),
    gone: has(WAIT_FLAGS.gone),
    namespaceUnknown: has(WAIT_FLAGS.namespaceUnknown),
  };
}

function decodeOccupant(view: DataView, at: number): Occupant {
  const { flags, ...record } = readRecord(view, at, OCCUPANT_FIELDS);
  const text = (name: keyof typeof OCCUPANT_ARRAYS) => readText(view, at, OCCUPANT_ARRAYS[name]);
  return {
    ...record,
    threadName: text('threadName'),
    processName: text('processName'),
    cgroup: text('cgroup'),
    isOwn: (flags & OCCUPANT_FLAGS.ownProcess) !== 0,
    isKernelThread: (flags & OCCUPANT_FLAGS.kernelThread) !== 0,
    receives: (flags & OCCUPANT_FLAGS.receives) !== 0,
  };
}

function decodeStack(view: DataView, at: number): StackSample {
  const { timeNs, wait, cpu, thread, process, syscall, depth, flags } = readRecord(view, at, STACK_FIELDS);
  const [offset, most] = STACK_ARRAYS.addresses;
  const addresses = Array.from({ length: Math.min(depth, most) }, (_, index) =>
    view.getBigUint64(at + offset + 8 * index, true),
  );
  return {
    ...{ timeNs, wait, cpu, thread, process, addresses },
    threadName: readText(view, at, STACK_ARRAYS.threadName),
    syscall: syscall === NO_SYSCALL ? -1 : syscall,
    isHolder: (flags & STACK_FLAGS.holder) !== 0,
  };
}

const PROTOCOL_NAMES = new Map(
  Object.entries(PACKET_PROTOCOL).map(([name, code]) => [code as number, name as RxPacket['protocol']]),
);

function decodeRxPacket(view: DataView, at: number, damaged: (why: string) => never): RxPacket {
  const { flags, protocol, context, queue, syscall, family, ...record } = readRecord(view, at, RX_PACKET_FIELDS);
  const has = (flag: number) => (flags & flag) !== 0;
  const [source] = RX_PACKET_ARRAYS.source;
  return {
    ...record,
    protocol: PROTOCOL_NAMES.get(protocol) ?? damaged(`packet protocol ${protocol}`),
    context: CONTEXTS[context] ?? damaged(`context ${context}`),
    queue: queue === UNKNOWN_INDEX ? -1 : queue,
    syscall: syscall === NO_SYSCALL ? -1 : syscall,
    keyed: has(RX_FLAGS.keyed),
    tunnelled: has(RX_FLAGS.tunnelled),
    freshFlow: has(RX_FLAGS.freshFlow),
    inSoftirq: has(RX_FLAGS.inSoftirq),
    source: addressText(new Uint8Array(view.buffer, view.byteOffset + at + source, family === 4 ? 4 : 16)),
    threadName: readText(view, at, RX_PACKET_ARRAYS.threadName),
    interfaceName: readText(view, at, RX_PACKET_ARRAYS.interfaceName),
  };
}
