// Made by scripts/generate-frames.mjs from native/frames/frames.json. Do not edit.

export const FRAMES_VERSION = 1;
export const FRAMES_MAGIC = [0x89, 0x52, 0x58, 0x52, 0x41, 0x59, 0x46, 0x30, 0x0d, 0x0a] as const;
export const BLOCK_MAGIC = 0x31425852;

export const HELPER = {
  prober: 1,
  tracer: 2,
  simulator: 3,
  recorder: 4,
} as const;

export const OUTCOME = {
  reply: 0,
  late: 1,
  lost: 2,
  'send-failed': 3,
  error: 4,
  'rate-limited': 5,
} as const;

export const REPLY = {
  none: 0,
  'syn-ack': 1,
  rst: 2,
  echo: 3,
  udp: 4,
  unreachable: 5,
  'ttl-exceeded': 6,
  'other-icmp': 7,
  response: 8,
} as const;

export const PAUSE_CAUSE = {
  'late-wake': 1,
  'missed-slots': 2,
  'clock-step': 3,
} as const;

export const DIRECTION = {
  in: 0,
  out: 1,
} as const;

export const REQUEST_PHASE = {
  dns: 0,
  connect: 1,
  tls: 2,
  'first-byte': 3,
  body: 4,
  done: 5,
} as const;

export const THREAD_KIND = {
  napi: 1,
  ksoftirqd: 2,
} as const;

export const RECORDING_END = {
  complete: 0,
  continued: 1,
} as const;

export const WAIT_KIND = {
  softirq: 1,
  thread: 2,
  'irq-off': 3,
  polls: 4,
} as const;

export const CONTEXT = {
  idle: 0,
  syscall: 1,
  user: 2,
  ksoftirqd: 3,
  'napi-thread': 4,
  'irq-thread': 5,
  kthread: 6,
} as const;

export const PACKET_PROTOCOL = {
  icmp: 0,
  syn: 1,
  ack: 2,
  udp: 3,
} as const;

export const END_REASON = {
  complete: 0,
  'stdin-closed': 1,
  signal: 2,
  error: 3,
} as const;

export const SAMPLE_FLAGS = {
  /** The transmit instant was read in user space; no kernel stamp arrived. */
  userSentStamp: 1,
  /** The receive instant was read in user space. */
  userReceivedStamp: 2,
  /** RttNs is the difference of two stamps of one network card. */
  hardwareStamps: 4,
  /** Sent from a source port used for the first time in this run. */
  freshFlow: 8,
  /** CLOCK_REALTIME stepped while the probe was under way: rttNs is not to be used. */
  clockStep: 16,
  /** Of txDelayNs most passed after the send call and before the interface's queue: address resolution, or a rule that holds packets. */
  heldBeforeQueue: 32,
  /** Of txDelayNs most passed after the send call in a queue of an interface. */
  heldInQueue: 64,
  /** The receive instant is that of the packet socket: the driver's stamp was gone, so rttNs contains what the packet waited after the driver's hand-over. */
  socketReceivedStamp: 128,
} as const;

export const ARRIVAL_FLAGS = {
  /** The instant was read in user space; no kernel stamp came. */
  userStamp: 1,
  /** Seen inside an IPIP packet. */
  tunnelled: 2,
  /** CLOCK_REALTIME stepped around then: timeNs is not to be used. */
  clockStep: 4,
  /** Of a source port used for the first time in the run. */
  freshFlow: 8,
} as const;

export const WAIT_FLAGS = {
  /** Raised again by the receive softirq itself, whose budget was used up. */
  raisedWithin: 1,
  /** The packets had been queued for this CPU by another one (RPS), or by software. */
  backlog: 2,
  /** The holder is that of the instant the wait began, else of the first sample within it. */
  stackAtStart: 4,
  /** The holder had ended before its cgroup was read. */
  gone: 8,
  /** No packet followed that tells the network namespace. */
  namespaceUnknown: 16,
  /** The holder was looked up as it went to sleep by itself: that is its system call and its stack. */
  gaveUp: 32,
  /** The holder was interrupted right behind an instruction that switches interrupts on (told on arm64 only). */
  behindEnabling: 64,
  /** The thread slept for a lock that somebody had on its CPU: on real-time kernels softirqs are one. */
  forLock: 128,
} as const;

export const RX_FLAGS = {
  /** Its key is right: path, seq and flow are those of the probe; else seq is the packet's own number. */
  keyed: 1,
  /** Inside IPIP. */
  tunnelled: 2,
  /** Of a source port used for the first time in the run. */
  freshFlow: 4,
  /** Handled by the receive softirq, on top of the thread named; else by that thread itself. */
  inSoftirq: 8,
} as const;

export const STACK_FLAGS = {
  /** Of the holder, where the wait names it; else a sample of the flight recorder. */
  holder: 1,
  /** Reserved. */
  within: 2,
} as const;

export const CALL_FLAGS = {
  /** The call has not returned: endedNs is when it was looked at. */
  inFlight: 1,
  /** File begins at the root of its mount; the descriptor could not be looked up any more. */
  pathBelowMount: 2,
  /** The process had ended before its descriptor was looked up. */
  gone: 4,
  /** It triggered a dump of the flight recorder. */
  slow: 8,
  /** The arguments could not be read. */
  argumentsUnknown: 16,
  /** Its begin and end are known to a sample, and its result is not: no hook saw it return. */
  sampled: 32,
  /** It may be several calls with the same arguments, one right behind the other. */
  unproven: 64,
} as const;

export const OCCUPANT_FLAGS = {
  /** Of rxray itself: this tracer, who started it, or a prober. */
  ownProcess: 1,
  /** A thread of the kernel. */
  kernelThread: 2,
  /** A thread that receives packets itself: of a NAPI, of an interrupt, ksoftirqd. */
  receives: 4,
} as const;

export const REQUEST_FLAGS = {
  /** On a connection that was open already. */
  reused: 1,
  /** The far side had closed that connection: sent again on a new one. */
  retried: 2,
  /** Handshake and answer have the stamps of the segments that brought them. */
  kernelStamps: 4,
} as const;

export const SEGMENT_FLAGS = {
  /** It opens the connection: the next byte is the first of its data. */
  syn: 1,
} as const;

export const CPU_GAP_FLAGS = {
  /** Receiving on the interface was steered to this CPU at some time in the gap. */
  servesInterface: 1,
  /** The heartbeat had real-time priority, so that ordinary processes cannot be the reason. */
  realtime: 2,
} as const;

/** Once, at the start of a stream. Byte offsets of the fields. */
export const HEADER_LAYOUT = {
  bytes: 40,
  /** u8[10]: see above; it breaks when a transfer changes line ends. */
  magic: 0,
  /** u16: format version; a reader refuses a newer one. */
  version: 10,
  /** u16: size of this header; a reader skips what it does not know. */
  headerBytes: 12,
  /** u8: enum helper. */
  helper: 14,
  /** i64: CLOCK_REALTIME at the instant that all times of the stream count from. */
  epochRealNs: 16,
  /** i64: CLOCK_MONOTONIC at the same instant. */
  epochMonoNs: 24,
  /** u64: random; tells streams of one run apart. */
  streamId: 32,
} as const;

/** Before the records of a block. The checksum covers the block header, with the checksum field 0, and the payload. Byte offsets of the fields. */
export const BLOCK_LAYOUT = {
  bytes: 24,
  /** u32: RXB1. */
  magic: 0,
  /** u32: CRC-32 (the polynomial of zlib). */
  crc32: 4,
  /** u16: record type; a reader skips types it does not know. */
  type: 8,
  /** u16: size of one record; at least what this version knows, more in a newer minor version. */
  recordBytes: 10,
  /** u32: records in the block. */
  count: 12,
  /** u32: number of the block in the stream, from 0; wraps. */
  sequence: 16,
  /** u32: records dropped since the block before, because the reader was too slow. */
  lostRecords: 20,
} as const;

/** The outcome of one probe. A later record for the same path and seq supersedes an earlier one (late after lost). Byte offsets of the fields. */
export const SAMPLE_LAYOUT = {
  type: 1,
  bytes: 56,
  /** Size in the first version; fields behind it may be missing. */
  leastBytes: 48,
  /** i64: planned send instant, since the epoch. */
  dueNs: 0,
  /** i64: actual send instant, since the epoch (transmit stamp turned to CLOCK_MONOTONIC). */
  sentNs: 8,
  /** i64: receive stamp minus transmit stamp; -1 without a reply. */
  rttNs: 16,
  /** u32: index of the path in the plan. */
  path: 24,
  /** u32: number of the probe on its path, from 0; wraps. */
  seq: 28,
  /** u32: how late the prober itself handed the probe to the kernel; saturates. */
  lagNs: 32,
  /** u16: index of the flow on its path; for fresh flows 0xffff. */
  flow: 36,
  /** u16: errno of a failed send, else 0. */
  errorCode: 38,
  /** u8: enum outcome. */
  outcome: 40,
  /** u8: enum reply. */
  reply: 41,
  /** u8: TTL or hop limit of the reply, 0 unknown. */
  ttl: 42,
  /** u8: sampleFlags. */
  flags: 43,
  /** u8: type of the ICMP error. */
  icmpType: 44,
  /** u8: code of the ICMP error. */
  icmpCode: 45,
  /** u16: number of the router record that tells who sent the ICMP error, 0 unknown. */
  router: 46,
  /** u32: from the hand-over to the kernel to the transmit stamp: this machine's own way out; saturates, 0 unknown. */
  txDelayNs: 48,
} as const;

/** Instants in records of type sample, since the epoch of the stream. */
export const SAMPLE_TIMES = ['dueNs', 'sentNs'] as const;

/** An interval in which the prober itself did not run, or its clock stepped. Byte offsets of the fields. */
export const PAUSE_LAYOUT = {
  type: 2,
  bytes: 40,
  /** i64: first slot not served in time, since the epoch. */
  fromNs: 0,
  /** i64: when the prober ran again, since the epoch. */
  toNs: 8,
  /** i64: growth of the run-queue delay of its thread in between (schedstat), -1 unknown. */
  runDelayNs: 16,
  /** i64: growth of the steal time of its CPU in between, -1 unknown. */
  stealNs: 24,
  /** u32: slots never sent. */
  missedSlots: 32,
  /** u8: enum pauseCause. */
  cause: 36,
  /** u8: CPU it ran on, 255 unknown. */
  cpu: 37,
} as const;

/** Instants in records of type pause, since the epoch of the stream. */
export const PAUSE_TIMES = ['fromNs', 'toNs'] as const;

/** Fields of a pause record: name, width and byte offset. */
export const PAUSE_FIELDS = [
  ['fromNs', 'i64', 0],
  ['toNs', 'i64', 8],
  ['runDelayNs', 'i64', 16],
  ['stealNs', 'i64', 24],
  ['missedSlots', 'u32', 32],
  ['cause', 'u8', 36],
  ['cpu', 'u8', 37],
] as const;

/** Running totals of the whole stream, about once a second and before the end. Byte offsets of the fields. */
export const COUNTERS_LAYOUT = {
  type: 3,
  bytes: 144,
  /** i64: since the epoch. */
  timeNs: 0,
  /** u64: probes handed to the kernel. */
  sent: 8,
  /** u64: probes answered, late ones included. */
  received: 16,
  /** u64: answered after the wait time. */
  late: 24,
  /** u64: not answered within the wait time, late ones taken off again. */
  lost: 32,
  /** u64: refused by the kernel. */
  sendFailed: 40,
  /** u64: answered by an ICMP error. */
  errors: 48,
  /** u64: slots never sent. */
  missedSlots: 56,
  /** u64: further replies to an answered probe. */
  duplicates: 64,
  /** u64: packets that passed the filter and match no probe. */
  strays: 72,
  /** u64: replies whose key is wrong. */
  forged: 80,
  /** u64: records not written because the reader was too slow. */
  droppedRecords: 88,
  /** u64: packets the kernel dropped before the prober read them. */
  kernelDrops: 96,
  /** u64: probes without a kernel transmit stamp. */
  sentStampsMissing: 104,
  /** u64: probes neither answered nor given up. */
  inFlight: 112,
  /** u64: processor time of the helper, user. */
  cpuUserNs: 120,
  /** u64: processor time of the helper, system. */
  cpuSystemNs: 128,
  /** u64: resident memory of the helper. */
  residentBytes: 136,
} as const;

/** Instants in records of type counters, since the epoch of the stream. */
export const COUNTERS_TIMES = ['timeNs'] as const;

/** Fields of a counters record: name, width and byte offset. */
export const COUNTERS_FIELDS = [
  ['timeNs', 'i64', 0],
  ['sent', 'u64', 8],
  ['received', 'u64', 16],
  ['late', 'u64', 24],
  ['lost', 'u64', 32],
  ['sendFailed', 'u64', 40],
  ['errors', 'u64', 48],
  ['missedSlots', 'u64', 56],
  ['duplicates', 'u64', 64],
  ['strays', 'u64', 72],
  ['forged', 'u64', 80],
  ['droppedRecords', 'u64', 88],
  ['kernelDrops', 'u64', 96],
  ['sentStampsMissing', 'u64', 104],
  ['inFlight', 'u64', 112],
  ['cpuUserNs', 'u64', 120],
  ['cpuSystemNs', 'u64', 128],
  ['residentBytes', 'u64', 136],
] as const;

/** A cross-reading of both clocks. Byte offsets of the fields. */
export const CLOCK_LAYOUT = {
  type: 4,
  bytes: 32,
  /** i64: CLOCK_MONOTONIC since the epoch. */
  timeNs: 0,
  /** i64: how far CLOCK_REALTIME has moved against CLOCK_MONOTONIC since the epoch. */
  realDriftNs: 8,
  /** i64: size of a step since the last cross-reading, 0 when none. */
  stepNs: 16,
  /** u32: half the width of the reading. */
  uncertaintyNs: 24,
} as const;

/** Instants in records of type clock, since the epoch of the stream. */
export const CLOCK_TIMES = ['timeNs'] as const;

/** Fields of a clock record: name, width and byte offset. */
export const CLOCK_FIELDS = [
  ['timeNs', 'i64', 0],
  ['realDriftNs', 'i64', 8],
  ['stepNs', 'i64', 16],
  ['uncertaintyNs', 'u32', 24],
] as const;

/** One JSON document in UTF-8, one byte a record: events hello, warning, error. Byte offsets of the fields. */
export const TEXT_LAYOUT = {
  type: 5,
  bytes: 1,
  /** u8: a byte of the document. */
  byte: 0,
} as const;

/** Final totals of one path, before the end; exact even where sample records were dropped. Byte offsets of the fields. */
export const PATH_TOTALS_LAYOUT = {
  type: 6,
  bytes: 72,
  /** u32: index of the path in the plan. */
  path: 0,
  /** u32: slots never sent. */
  missedSlots: 4,
  /** u64: probes handed to the kernel. */
  sent: 8,
  /** u64: answered, late ones included. */
  received: 16,
  /** u64: answered after the wait time. */
  late: 24,
  /** u64: not answered within the wait time. */
  lost: 32,
  /** u64: younger than the wait time when the run ended. */
  inFlight: 40,
  /** u64: refused by the kernel. */
  sendFailed: 48,
  /** u64: answered by an ICMP error. */
  errors: 56,
  /** u64: further replies to answered probes. */
  duplicates: 64,
} as const;

/** Fields of a pathTotals record: name, width and byte offset. */
export const PATH_TOTALS_FIELDS = [
  ['path', 'u32', 0],
  ['missedSlots', 'u32', 4],
  ['sent', 'u64', 8],
  ['received', 'u64', 16],
  ['late', 'u64', 24],
  ['lost', 'u64', 32],
  ['inFlight', 'u64', 40],
  ['sendFailed', 'u64', 48],
  ['errors', 'u64', 56],
  ['duplicates', 'u64', 64],
] as const;

/** The last record of a stream that ended by itself; without it the stream was cut off. Byte offsets of the fields. */
export const END_LAYOUT = {
  type: 7,
  bytes: 16,
  /** i64: since the epoch. */
  timeNs: 0,
  /** u8: enum endReason. */
  reason: 8,
} as const;

/** Instants in records of type end, since the epoch of the stream. */
export const END_TIMES = ['timeNs'] as const;

/** Fields of a end record: name, width and byte offset. */
export const END_FIELDS = [
  ['timeNs', 'i64', 0],
  ['reason', 'u8', 8],
] as const;

/** A probe that arrived on a watched interface, or the reply to one that left there; once for each probe and direction. Byte offsets of the fields. */
export const ARRIVAL_LAYOUT = {
  type: 8,
  bytes: 24,
  /** i64: kernel stamp at the capture point, turned to CLOCK_MONOTONIC, since the epoch. */
  timeNs: 0,
  /** u32: number of the path that the watch names. */
  path: 8,
  /** u32: number of the probe on its path, as in samples. */
  seq: 12,
  /** u16: index of the flow on its path; for fresh flows 0xffff. */
  flow: 16,
  /** u8: enum direction. */
  direction: 18,
  /** u8: arrivalFlags. */
  flags: 19,
  /** u8: enum reply; of a probe none. */
  reply: 20,
} as const;

/** Instants in records of type arrival, since the epoch of the stream. */
export const ARRIVAL_TIMES = ['timeNs'] as const;

/** Fields of a arrival record: name, width and byte offset. */
export const ARRIVAL_FIELDS = [
  ['timeNs', 'i64', 0],
  ['path', 'u32', 8],
  ['seq', 'u32', 12],
  ['flow', 'u16', 16],
  ['direction', 'u8', 18],
  ['flags', 'u8', 19],
  ['reply', 'u8', 20],
] as const;

/** A packet that arrived and looks like a probe of any sender; whose it is and whether it is genuine, the reader finds out. Byte offsets of the fields. */
export const HEARD_LAYOUT = {
  type: 28,
  bytes: 128,
  /** i64: stamp of the driver's hand-over, turned to CLOCK_MONOTONIC, since the epoch. */
  timeNs: 0,
  /** u8[16]: of its address, IPv4 the first four bytes. */
  source: 8,
  /** u8[16]: likewise. */
  target: 24,
  /** u32: so long at least it waited between that stamp and the packet socket; saturates. */
  backlogNs: 40,
  /** u32: of a SYN. */
  tcpSeq: 44,
  /** u16: of a SYN. */
  sourcePort: 48,
  /** u16: of a SYN. */
  targetPort: 50,
  /** u8: 4 or 6. */
  family: 52,
  /** u8: enum protocol: icmp or syn. */
  protocol: 53,
  /** u16: arrivalFlags. */
  flags: 54,
  /** u8[72]: of an echo: its key and announcement. */
  payload: 56,
} as const;

/** Instants in records of type heard, since the epoch of the stream. */
export const HEARD_TIMES = ['timeNs'] as const;

/** Fields of a heard record: name, width and byte offset. */
export const HEARD_FIELDS = [
  ['timeNs', 'i64', 0],
  ['backlogNs', 'u32', 40],
  ['tcpSeq', 'u32', 44],
  ['sourcePort', 'u16', 48],
  ['targetPort', 'u16', 50],
  ['family', 'u8', 52],
  ['protocol', 'u8', 53],
  ['flags', 'u16', 54],
] as const;

/** Arrays of a heard record: name, byte offset and number of elements. */
export const HEARD_ARRAYS = {
  source: [8, 16],
  target: [24, 16],
  payload: [56, 72],
} as const;

/** A segment of TCP that came from a place whose answers are to be stamped; what the connection is for, the reader knows. Byte offsets of the fields. */
export const SEGMENT_LAYOUT = {
  type: 38,
  bytes: 24,
  /** i64: stamp of the driver's hand-over, or where it has none of the packet socket, turned to CLOCK_MONOTONIC, since the epoch. */
  timeNs: 0,
  /** u32: sequence number of its first byte, or of the SYN. */
  seq: 8,
  /** u32: of data; several segments that the kernel put together count as one. */
  dataBytes: 12,
  /** u16: of this machine. */
  port: 16,
  /** u16: number of the line of the plan, from 0. */
  place: 18,
  /** u16: segmentFlags. */
  flags: 20,
} as const;

/** Instants in records of type segment, since the epoch of the stream. */
export const SEGMENT_TIMES = ['timeNs'] as const;

/** Fields of a segment record: name, width and byte offset. */
export const SEGMENT_FIELDS = [
  ['timeNs', 'i64', 0],
  ['seq', 'u32', 8],
  ['dataBytes', 'u32', 12],
  ['port', 'u16', 16],
  ['place', 'u16', 18],
  ['flags', 'u16', 20],
] as const;

/** A CPU did not run its heartbeat, which is due every millisecond. Byte offsets of the fields. */
export const CPU_GAP_LAYOUT = {
  type: 9,
  bytes: 32,
  /** i64: when the beat was due, since the epoch. */
  fromNs: 0,
  /** i64: when it came, since the epoch. */
  toNs: 8,
  /** i64: growth of the steal time of the CPU, counted in steps of 10 ms over up to a second before, -1 unknown. */
  stealNs: 16,
  /** u16: number of the CPU. */
  cpu: 24,
  /** u8: cpuGapFlags. */
  flags: 26,
} as const;

/** Instants in records of type cpuGap, since the epoch of the stream. */
export const CPU_GAP_TIMES = ['fromNs', 'toNs'] as const;

/** Fields of a cpuGap record: name, width and byte offset. */
export const CPU_GAP_FIELDS = [
  ['fromNs', 'i64', 0],
  ['toNs', 'i64', 8],
  ['stealNs', 'i64', 16],
  ['cpu', 'u16', 24],
  ['flags', 'u8', 26],
] as const;

/** A thread of the kernel that receives packets was ready and did not run (schedstat). Byte offsets of the fields. */
export const THREAD_DELAY_LAYOUT = {
  type: 10,
  bytes: 40,
  /** i64: toNs less delayNs, since the epoch. */
  fromNs: 0,
  /** i64: when it was seen to have run again, since the epoch. */
  toNs: 8,
  /** i64: growth of its run-queue delay. */
  delayNs: 16,
  /** u32: thread id. */
  thread: 24,
  /** u32: the delay ended at most so long before toNs. */
  uncertaintyNs: 28,
  /** u16: CPU that it was bound to, or else ran on afterwards; 0xffff unknown. */
  cpu: 32,
  /** u16: receive queue, 0xffff unknown or none. */
  queue: 34,
  /** u8: enum threadKind. */
  kind: 36,
} as const;

/** Instants in records of type threadDelay, since the epoch of the stream. */
export const THREAD_DELAY_TIMES = ['fromNs', 'toNs'] as const;

/** Fields of a threadDelay record: name, width and byte offset. */
export const THREAD_DELAY_FIELDS = [
  ['fromNs', 'i64', 0],
  ['toNs', 'i64', 8],
  ['delayNs', 'i64', 16],
  ['thread', 'u32', 24],
  ['uncertaintyNs', 'u32', 28],
  ['cpu', 'u16', 32],
  ['queue', 'u16', 34],
  ['kind', 'u8', 36],
] as const;

/** What the receive softirq of a CPU could not finish or take on, when it changed. Byte offsets of the fields. */
export const SOFTNET_LAYOUT = {
  type: 11,
  bytes: 32,
  /** i64: the reading before, since the epoch. */
  fromNs: 0,
  /** i64: this reading, since the epoch. */
  toNs: 8,
  /** u32: times that it ran out of its budget with work left. */
  timeSqueeze: 16,
  /** u32: packets dropped because the backlog was full. */
  dropped: 20,
  /** u16: number of the CPU. */
  cpu: 24,
} as const;

/** Instants in records of type softnet, since the epoch of the stream. */
export const SOFTNET_TIMES = ['fromNs', 'toNs'] as const;

/** Fields of a softnet record: name, width and byte offset. */
export const SOFTNET_FIELDS = [
  ['fromNs', 'i64', 0],
  ['toNs', 'i64', 8],
  ['timeSqueeze', 'u32', 16],
  ['dropped', 'u32', 20],
  ['cpu', 'u16', 24],
] as const;

/** Recordings only. One JSON document in UTF-8, one byte a record: who recorded what, with which plan. The first block of a file. Byte offsets of the fields. */
export const RECORDING_INFO_LAYOUT = {
  type: 12,
  bytes: 1,
  /** u8: a byte of the document. */
  byte: 0,
} as const;

/** Fields of a recordingInfo record: name, width and byte offset. */
export const RECORDING_INFO_FIELDS = [
  ['byte', 'u8', 0],
] as const;

/** Recordings only. One JSON document in UTF-8, one byte a record: a stream begins, with its number, its name and the clock of its machine. Byte offsets of the fields. */
export const RECORDING_STREAM_LAYOUT = {
  type: 13,
  bytes: 1,
  /** u8: a byte of the document. */
  byte: 0,
} as const;

/** Fields of a recordingStream record: name, width and byte offset. */
export const RECORDING_STREAM_FIELDS = [
  ['byte', 'u8', 0],
] as const;

/** Recordings only. The header and the blocks that follow, up to the next block of types 12 to 17, are of this stream, as its helper wrote them. Byte offsets of the fields. */
export const RECORDING_BYTES_LAYOUT = {
  type: 14,
  bytes: 16,
  /** i64: when they were taken in, since the epoch of the recording. */
  timeNs: 0,
  /** u32: number of the stream. */
  stream: 8,
} as const;

/** Instants in records of type recordingBytes, since the epoch of the stream. */
export const RECORDING_BYTES_TIMES = ['timeNs'] as const;

/** Fields of a recordingBytes record: name, width and byte offset. */
export const RECORDING_BYTES_FIELDS = [
  ['timeNs', 'i64', 0],
  ['stream', 'u32', 8],
] as const;

/** Recordings only. One JSON document in UTF-8, one byte a record: how a stream's helper ended. Byte offsets of the fields. */
export const RECORDING_EXIT_LAYOUT = {
  type: 15,
  bytes: 1,
  /** u8: a byte of the document. */
  byte: 0,
} as const;

/** Fields of a recordingExit record: name, width and byte offset. */
export const RECORDING_EXIT_FIELDS = [
  ['byte', 'u8', 0],
] as const;

/** Recordings only. The analysis was told of the time, between the blocks before and after. Byte offsets of the fields. */
export const RECORDING_TICK_LAYOUT = {
  type: 16,
  bytes: 8,
  /** i64: since the epoch of the run. */
  nowNs: 0,
} as const;

/** Instants in records of type recordingTick, since the epoch of the stream. */
export const RECORDING_TICK_TIMES = ['nowNs'] as const;

/** Fields of a recordingTick record: name, width and byte offset. */
export const RECORDING_TICK_FIELDS = [
  ['nowNs', 'i64', 0],
] as const;

/** Recordings only. The last block of a file that was closed in order. Byte offsets of the fields. */
export const RECORDING_END_LAYOUT = {
  type: 17,
  bytes: 16,
  /** i64: since the epoch of the recording. */
  timeNs: 0,
  /** u8: enum recordingEnd. */
  reason: 8,
} as const;

/** Instants in records of type recordingEnd, since the epoch of the stream. */
export const RECORDING_END_TIMES = ['timeNs'] as const;

/** Fields of a recordingEnd record: name, width and byte offset. */
export const RECORDING_END_FIELDS = [
  ['timeNs', 'i64', 0],
  ['reason', 'u8', 8],
] as const;

/** Whose ICMP errors the samples that name this number are, before the first of them and again at least once a second. Byte offsets of the fields. */
export const ROUTER_LAYOUT = {
  type: 18,
  bytes: 20,
  /** u16: from 1. */
  number: 0,
  /** u8: 4 or 6. */
  family: 2,
  /** u8[16]: of IPv4 the first four bytes. */
  address: 4,
} as const;

/** Fields of a router record: name, width and byte offset. */
export const ROUTER_FIELDS = [
  ['number', 'u16', 0],
  ['family', 'u8', 2],
] as const;

/** Arrays of a router record: name, byte offset and number of elements. */
export const ROUTER_ARRAYS = {
  address: [4, 16],
} as const;

/** The phases of a request, before the sample of the same path and seq. What a phase took is -1 where it did not happen or was not reached. Byte offsets of the fields. */
export const REQUEST_LAYOUT = {
  type: 19,
  bytes: 104,
  /** u32: index of the path in the plan. */
  path: 0,
  /** u32: number of the request on its path. */
  seq: 4,
  /** i64: name to address; -1 where there was nothing to look up. */
  dnsNs: 8,
  /** i64: TCP handshake; -1 on an open connection. */
  connectNs: 16,
  /** i64: TLS handshake. */
  tlsNs: 24,
  /** i64: from then to the head of the answer. */
  firstByteNs: 32,
  /** i64: from the head to the last byte. */
  bodyNs: 40,
  /** u64: of the answer. */
  bodyBytes: 48,
  /** u16: of HTTP, or the response code of DNS; 0 where nothing was answered. */
  status: 56,
  /** u8: enum requestPhase: the one it was in, with its time so far; done when answered. */
  reached: 58,
  /** u8: requestFlags. */
  flags: 59,
  /** u16: DNS: sent for this one name, repetitions and search domains included. */
  queries: 60,
  /** u16: DNS: of these without an answer. */
  unanswered: 62,
  /** u8[40]: why it failed, as Node.js names it: ECONNRESET. */
  failure: 64,
} as const;

/** Fields of a request record: name, width and byte offset. */
export const REQUEST_FIELDS = [
  ['path', 'u32', 0],
  ['seq', 'u32', 4],
  ['dnsNs', 'i64', 8],
  ['connectNs', 'i64', 16],
  ['tlsNs', 'i64', 24],
  ['firstByteNs', 'i64', 32],
  ['bodyNs', 'i64', 40],
  ['bodyBytes', 'u64', 48],
  ['status', 'u16', 56],
  ['reached', 'u8', 58],
  ['flags', 'u8', 59],
  ['queries', 'u16', 60],
  ['unanswered', 'u16', 62],
] as const;

/** Arrays of a request record: name, byte offset and number of elements. */
export const REQUEST_ARRAYS = {
  failure: [64, 40],
} as const;

/** What tracing itself takes, and what was lost: running totals, about once a second and before the end. Byte offsets of the fields. */
export const TRACER_COST_LAYOUT = {
  type: 20,
  bytes: 80,
  /** i64: since the epoch. */
  timeNs: 0,
  /** u64: processor time of the BPF programs, measured by the kernel. */
  bpfRunNs: 8,
  /** u64: how often they ran. */
  bpfRuns: 16,
  /** u64: runs that the kernel left out as they would have nested. */
  recursionMisses: 24,
  /** u64: events that found no room on their way out of the kernel. */
  lostEvents: 32,
  /** u64: records not written because the reader was too slow. */
  droppedRecords: 40,
  /** u64: processor time of the helper, user. */
  cpuUserNs: 48,
  /** u64: processor time of the helper, system. */
  cpuSystemNs: 56,
  /** u64: resident memory of the helper. */
  residentBytes: 64,
  /** u8: 1: the kernel counted what the programs cost; else bpfRunNs and bpfRuns are 0. */
  bpfCounted: 72,
} as const;

/** Instants in records of type tracerCost, since the epoch of the stream. */
export const TRACER_COST_TIMES = ['timeNs'] as const;

/** Fields of a tracerCost record: name, width and byte offset. */
export const TRACER_COST_FIELDS = [
  ['timeNs', 'i64', 0],
  ['bpfRunNs', 'u64', 8],
  ['bpfRuns', 'u64', 16],
  ['recursionMisses', 'u64', 24],
  ['lostEvents', 'u64', 32],
  ['droppedRecords', 'u64', 40],
  ['cpuUserNs', 'u64', 48],
  ['cpuSystemNs', 'u64', 56],
  ['residentBytes', 'u64', 64],
  ['bpfCounted', 'u8', 72],
] as const;

/** Received packets waited for a CPU to handle them, and who held it. Symbols and stacks come before it. Byte offsets of the fields. */
export const RECEIVE_WAIT_LAYOUT = {
  type: 21,
  bytes: 680,
  /** i64: interrupt, softirq or thread asked for, since the epoch. */
  fromNs: 0,
  /** i64: when it ran, since the epoch. */
  toNs: 8,
  /** i64: growth of the steal time of the CPU around it, in steps of 10 ms; -1 unknown. */
  stealNs: 16,
  /** i64: of the wait, how long the holder is known to have had the CPU; -1 unknown. */
  heldNs: 24,
  /** u64: of the wait, time in handlers of other softirqs. */
  handlerNs: 32,
  /** u64: of the wait, time for which even timers came late: interrupts off, or the machine paused. */
  lateNs: 40,
  /** u64: cgroup v1 (memory) of the holder: inode number of its folder, 0 unknown. */
  cgroup1: 48,
  /** u64: the same of cgroup v2. */
  cgroup2: 56,
  /** u32: number of the wait in this stream, from 1. */
  wait: 64,
  /** u32: network namespace of the packets, 0 unknown. */
  netns: 68,
  /** u32: index of their interface, 0 unknown. */
  interface: 72,
  /** u32: thread id of the holder. */
  holderThread: 76,
  /** u32: process id of the holder. */
  holderProcess: 80,
  /** u32: thread that handled the packets in the end. */
  serverThread: 84,
  /** u32: number of the system call that the holder was in; 0xffffffff none or unknown. */
  syscall: 88,
  /** u16: CPU. */
  cpu: 92,
  /** u8: enum waitKind. */
  kind: 94,
  /** u8: enum context, of the holder. */
  context: 95,
  /** u8: number of the softirq whose handler took longest within it, 255 none. */
  handler: 96,
  /** u8: waitFlags. */
  flags: 97,
  /** u16: whose system call numbers: e_machine as in elf.h. */
  architecture: 98,
  /** u8[16]: of the holder. */
  threadName: 104,
  /** u8[16]: of its process. */
  processName: 120,
  /** u8[16]: of the thread that handled the packets. */
  serverName: 136,
  /** u8[16]: of the file that the system call is about. */
  fileSystem: 152,
  /** u8[256]: its path below the mount. */
  file: 168,
  /** u8[256]: path of the cgroup of the holder. */
  cgroup: 424,
} as const;

/** Instants in records of type receiveWait, since the epoch of the stream. */
export const RECEIVE_WAIT_TIMES = ['fromNs', 'toNs'] as const;

/** Fields of a receiveWait record: name, width and byte offset. */
export const RECEIVE_WAIT_FIELDS = [
  ['fromNs', 'i64', 0],
  ['toNs', 'i64', 8],
  ['stealNs', 'i64', 16],
  ['heldNs', 'i64', 24],
  ['handlerNs', 'u64', 32],
  ['lateNs', 'u64', 40],
  ['cgroup1', 'u64', 48],
  ['cgroup2', 'u64', 56],
  ['wait', 'u32', 64],
  ['netns', 'u32', 68],
  ['interface', 'u32', 72],
  ['holderThread', 'u32', 76],
  ['holderProcess', 'u32', 80],
  ['serverThread', 'u32', 84],
  ['syscall', 'u32', 88],
  ['cpu', 'u16', 92],
  ['kind', 'u8', 94],
  ['context', 'u8', 95],
  ['handler', 'u8', 96],
  ['flags', 'u8', 97],
  ['architecture', 'u16', 98],
] as const;

/** Arrays of a receiveWait record: name, byte offset and number of elements. */
export const RECEIVE_WAIT_ARRAYS = {
  threadName: [104, 16],
  processName: [120, 16],
  serverName: [136, 16],
  fileSystem: [152, 16],
  file: [168, 256],
  cgroup: [424, 256],
} as const;

/** What ran on a CPU at an instant: the holder of a wait, or a sample of the flight recorder, told once for all waits around then. Names of its addresses come before it. Byte offsets of the fields. */
export const STACK_LAYOUT = {
  type: 22,
  bytes: 304,
  /** i64: since the epoch. */
  timeNs: 0,
  /** u32: number of the wait that it is told with. */
  wait: 8,
  /** u32: thread id, 0 idle. */
  thread: 12,
  /** u32: process id. */
  process: 16,
  /** u32: number of the system call it was in; 0xffffffff none or unknown. */
  syscall: 20,
  /** u16: CPU. */
  cpu: 24,
  /** u8: addresses that follow. */
  depth: 26,
  /** u8: stackFlags. */
  flags: 27,
  /** u8[16]: of the thread. */
  threadName: 32,
  /** u64[32]: of the kernel, innermost first. */
  addresses: 48,
} as const;

/** Instants in records of type stack, since the epoch of the stream. */
export const STACK_TIMES = ['timeNs'] as const;

/** Fields of a stack record: name, width and byte offset. */
export const STACK_FIELDS = [
  ['timeNs', 'i64', 0],
  ['wait', 'u32', 8],
  ['thread', 'u32', 12],
  ['process', 'u32', 16],
  ['syscall', 'u32', 20],
  ['cpu', 'u16', 24],
  ['depth', 'u8', 26],
  ['flags', 'u8', 27],
] as const;

/** Arrays of a stack record: name, byte offset and number of elements. */
export const STACK_ARRAYS = {
  threadName: [32, 16],
  addresses: [48, 32],
} as const;

/** Where the packets of a wait, or the thread that was to receive them, were queued: one CPU for some time. Before the wait. Byte offsets of the fields. */
export const WAIT_PLACE_LAYOUT = {
  type: 26,
  bytes: 40,
  /** i64: since the epoch. */
  fromNs: 0,
  /** i64: when it was moved on, or served. */
  toNs: 8,
  /** i64: since when the flight recorder still had that CPU as it was read; far ahead without one; since the epoch. */
  sampledFromNs: 16,
  /** u64: of that, time for which it is known who had the CPU. */
  recordedNs: 24,
  /** u32: number of the wait that it belongs to. */
  wait: 32,
  /** u16: CPU. */
  cpu: 36,
} as const;

/** Instants in records of type waitPlace, since the epoch of the stream. */
export const WAIT_PLACE_TIMES = ['fromNs', 'toNs', 'sampledFromNs'] as const;

/** Fields of a waitPlace record: name, width and byte offset. */
export const WAIT_PLACE_FIELDS = [
  ['fromNs', 'i64', 0],
  ['toNs', 'i64', 8],
  ['sampledFromNs', 'i64', 16],
  ['recordedNs', 'u64', 24],
  ['wait', 'u32', 32],
  ['cpu', 'u16', 36],
] as const;

/** A thread that had the CPU where packets, or their thread, were queued, while they waited. Before the wait, those who had it longest. Byte offsets of the fields. */
export const OCCUPANT_LAYOUT = {
  type: 27,
  bytes: 336,
  /** i64: since when it had the CPU, also before the wait; since the epoch. */
  fromNs: 0,
  /** i64: until when it had the CPU, or was seen to have it; since the epoch. */
  toNs: 8,
  /** u64: of the time that was waited on that CPU, how long it ran there, all turns added up. */
  heldNs: 16,
  /** u32: number of the wait that it belongs to. */
  wait: 24,
  /** u32: thread id, 0 idle. */
  thread: 28,
  /** u32: process id. */
  process: 32,
  /** u32: how often it got the CPU. */
  turns: 36,
  /** u16: CPU. */
  cpu: 40,
  /** u8: occupantFlags. */
  flags: 42,
  /** u8[16]: of the thread. */
  threadName: 48,
  /** u8[16]: of its process; empty when it had ended. */
  processName: 64,
  /** u8[256]: path of its cgroup; empty: unknown. */
  cgroup: 80,
} as const;

/** Instants in records of type occupant, since the epoch of the stream. */
export const OCCUPANT_TIMES = ['fromNs', 'toNs'] as const;

/** Fields of a occupant record: name, width and byte offset. */
export const OCCUPANT_FIELDS = [
  ['fromNs', 'i64', 0],
  ['toNs', 'i64', 8],
  ['heldNs', 'u64', 16],
  ['wait', 'u32', 24],
  ['thread', 'u32', 28],
  ['process', 'u32', 32],
  ['turns', 'u32', 36],
  ['cpu', 'u16', 40],
  ['flags', 'u8', 42],
] as const;

/** Arrays of a occupant record: name, byte offset and number of elements. */
export const OCCUPANT_ARRAYS = {
  threadName: [48, 16],
  processName: [64, 16],
  cgroup: [80, 256],
} as const;

/** The name of an address of the kernel, once before the first stack that has it. Byte offsets of the fields. */
export const SYMBOL_LAYOUT = {
  type: 23,
  bytes: 64,
  /** u64: as in stacks. */
  address: 0,
  /** u8[56]: of the function. */
  name: 8,
} as const;

/** Fields of a symbol record: name, width and byte offset. */
export const SYMBOL_FIELDS = [
  ['address', 'u64', 0],
] as const;

/** Arrays of a symbol record: name, byte offset and number of elements. */
export const SYMBOL_ARRAYS = {
  name: [8, 56],
} as const;

/** How long receive work waited on one CPU, all namespaces taken together: before the end. Byte offsets of the fields. */
export const WAIT_TOTALS_LAYOUT = {
  type: 24,
  bytes: 352,
  /** i64: since the epoch. */
  timeNs: 0,
  /** u64: how often receive work was asked for and served. */
  waits: 8,
  /** u64: the longest wait. */
  longestNs: 16,
  /** u16: CPU. */
  cpu: 24,
  /** u8: 1: a packet of the network namespace asked about came in on this CPU. */
  received: 26,
  /** u64[40]: waits of 2^n up to 2^(n+1) ns. */
  buckets: 32,
} as const;

/** Instants in records of type waitTotals, since the epoch of the stream. */
export const WAIT_TOTALS_TIMES = ['timeNs'] as const;

/** Fields of a waitTotals record: name, width and byte offset. */
export const WAIT_TOTALS_FIELDS = [
  ['timeNs', 'i64', 0],
  ['waits', 'u64', 8],
  ['longestNs', 'u64', 16],
  ['cpu', 'u16', 24],
  ['received', 'u8', 26],
] as const;

/** Arrays of a waitTotals record: name, byte offset and number of elements. */
export const WAIT_TOTALS_ARRAYS = {
  buckets: [32, 40],
} as const;

/** A probe packet as the receiving stack took it up: where, in whose context, and how long after it was asked for. Byte offsets of the fields. */
export const RX_PACKET_LAYOUT = {
  type: 25,
  bytes: 112,
  /** i64: since the epoch. */
  timeNs: 0,
  /** i64: length from the raise of the softirq or the waking of the thread to this packet; -1 unknown. */
  askedNs: 8,
  /** i64: of that, until the softirq or the thread ran; -1 unknown. */
  waitNs: 16,
  /** u32: number of the path that the watch names; without a watch 0. */
  path: 24,
  /** u32: number of the probe on its path, or of the packet: of an echo its 16 bits, of a SYN its sequence number. */
  seq: 28,
  /** u32: thread id, 0 idle. */
  thread: 32,
  /** u32: process id. */
  process: 36,
  /** u32: number of the system call it was in; 0xffffffff none or unknown. */
  syscall: 40,
  /** u32: index of the interface. */
  interface: 44,
  /** u16: whose system call numbers: e_machine as in elf.h. */
  architecture: 48,
  /** u16: CPU. */
  cpu: 50,
  /** u16: receive queue, 0xffff not recorded. */
  queue: 52,
  /** u16: index of the flow on its path; for fresh flows 0xffff. */
  flow: 54,
  /** u16: of an echo its identifier, else the source port. */
  id: 56,
  /** u16: target port, 0 of an echo. */
  port: 58,
  /** u8: enum packetProtocol. */
  protocol: 60,
  /** u8: enum context. */
  context: 61,
  /** u8: rxFlags. */
  flags: 62,
  /** u8: 4 or 6. */
  family: 63,
  /** u8[16]: address; of IPv4 the first four bytes. */
  source: 64,
  /** u8[16]: of the thread. */
  threadName: 80,
  /** u8[16]: empty: unknown. */
  interfaceName: 96,
} as const;

/** Instants in records of type rxPacket, since the epoch of the stream. */
export const RX_PACKET_TIMES = ['timeNs'] as const;

/** Fields of a rxPacket record: name, width and byte offset. */
export const RX_PACKET_FIELDS = [
  ['timeNs', 'i64', 0],
  ['askedNs', 'i64', 8],
  ['waitNs', 'i64', 16],
  ['path', 'u32', 24],
  ['seq', 'u32', 28],
  ['thread', 'u32', 32],
  ['process', 'u32', 36],
  ['syscall', 'u32', 40],
  ['interface', 'u32', 44],
  ['architecture', 'u16', 48],
  ['cpu', 'u16', 50],
  ['queue', 'u16', 52],
  ['flow', 'u16', 54],
  ['id', 'u16', 56],
  ['port', 'u16', 58],
  ['protocol', 'u8', 60],
  ['context', 'u8', 61],
  ['flags', 'u8', 62],
  ['family', 'u8', 63],
] as const;

/** Arrays of a rxPacket record: name, byte offset and number of elements. */
export const RX_PACKET_ARRAYS = {
  source: [64, 16],
  threadName: [80, 16],
  interfaceName: [96, 16],
} as const;

/** One system call that took long, or that is still in flight. Names of its cgroups and its stacks come before it. Byte offsets of the fields. */
export const SYSCALL_CALL_LAYOUT = {
  type: 30,
  bytes: 944,
  /** i64: since the epoch. */
  beganNs: 0,
  /** i64: since the epoch. */
  endedNs: 8,
  /** u64: of it, ready but without a CPU. */
  waitingNs: 16,
  /** u64: of it, asleep. */
  sleepingNs: 24,
  /** i64: what it returned, a negative errno on failure. */
  result: 32,
  /** u64[6]: as registers held them. */
  arguments: 40,
  /** u64: cgroup v1 (memory) of the thread: inode number of its folder, 0 none. */
  cgroup1: 88,
  /** u64: the same of cgroup v2. */
  cgroup2: 96,
  /** u32: thread id. */
  thread: 104,
  /** u32: process id. */
  process: 108,
  /** u32: of the system call. */
  number: 112,
  /** u16: CPU it returned on. */
  cpu: 116,
  /** u16: whose system call numbers: e_machine as in elf.h. */
  architecture: 118,
  /** u16: callFlags. */
  flags: 120,
  /** u8[16]: of the thread. */
  threadName: 128,
  /** u8[16]: of its process. */
  processName: 144,
  /** u8[16]: of the file behind its descriptor. */
  fileSystem: 160,
  /** u8[512]: path of that file. */
  file: 176,
  /** u8[256]: the path that the call was given. */
  text: 688,
} as const;

/** Instants in records of type syscallCall, since the epoch of the stream. */
export const SYSCALL_CALL_TIMES = ['beganNs', 'endedNs'] as const;

/** Fields of a syscallCall record: name, width and byte offset. */
export const SYSCALL_CALL_FIELDS = [
  ['beganNs', 'i64', 0],
  ['endedNs', 'i64', 8],
  ['waitingNs', 'u64', 16],
  ['sleepingNs', 'u64', 24],
  ['result', 'i64', 32],
  ['cgroup1', 'u64', 88],
  ['cgroup2', 'u64', 96],
  ['thread', 'u32', 104],
  ['process', 'u32', 108],
  ['number', 'u32', 112],
  ['cpu', 'u16', 116],
  ['architecture', 'u16', 118],
  ['flags', 'u16', 120],
] as const;

/** Arrays of a syscallCall record: name, byte offset and number of elements. */
export const SYSCALL_CALL_ARRAYS = {
  arguments: [40, 6],
  threadName: [128, 16],
  processName: [144, 16],
  fileSystem: [160, 16],
  file: [176, 512],
  text: [688, 256],
} as const;

/** The path of a cgroup, once before the first record that has its number. Byte offsets of the fields. */
export const CGROUP_NAME_LAYOUT = {
  type: 31,
  bytes: 520,
  /** u64: inode number of its folder. */
  cgroup: 0,
  /** u8[504]: of the folder, from the root of its hierarchy. */
  path: 8,
  /** u8: of cgroups: 1 or 2. */
  version: 512,
} as const;

/** Fields of a cgroupName record: name, width and byte offset. */
export const CGROUP_NAME_FIELDS = [
  ['cgroup', 'u64', 0],
  ['version', 'u8', 512],
] as const;

/** Arrays of a cgroupName record: name, byte offset and number of elements. */
export const CGROUP_NAME_ARRAYS = {
  path: [8, 504],
} as const;

/** Running totals of one system call in one process, at intervals and before the end. Byte offsets of the fields. */
export const SYSCALL_TOTALS_LAYOUT = {
  type: 32,
  bytes: 632,
  /** i64: since the epoch. */
  timeNs: 0,
  /** u64: calls that returned. */
  count: 8,
  /** u64: of them, that failed. */
  errors: 16,
  /** u64: their time taken together. */
  totalNs: 24,
  /** u64: of the longest. */
  longestNs: 32,
  /** u64: cgroup v1 (memory) of the process at its first call, 0 none. */
  cgroup1: 40,
  /** u64: the same of cgroup v2. */
  cgroup2: 48,
  /** u32: process id. */
  process: 56,
  /** u32: of the system call. */
  number: 60,
  /** u16: e_machine as in elf.h. */
  architecture: 64,
  /** u8[16]: of the process at its first call. */
  processName: 72,
  /** u32[136]: calls by length: the first below 64 ns, then four to each power of two. */
  buckets: 88,
} as const;

/** Instants in records of type syscallTotals, since the epoch of the stream. */
export const SYSCALL_TOTALS_TIMES = ['timeNs'] as const;

/** Fields of a syscallTotals record: name, width and byte offset. */
export const SYSCALL_TOTALS_FIELDS = [
  ['timeNs', 'i64', 0],
  ['count', 'u64', 8],
  ['errors', 'u64', 16],
  ['totalNs', 'u64', 24],
  ['longestNs', 'u64', 32],
  ['cgroup1', 'u64', 40],
  ['cgroup2', 'u64', 48],
  ['process', 'u32', 56],
  ['number', 'u32', 60],
  ['architecture', 'u16', 64],
] as const;

/** Arrays of a syscallTotals record: name, byte offset and number of elements. */
export const SYSCALL_TOTALS_ARRAYS = {
  processName: [72, 16],
  buckets: [88, 136],
} as const;

/** A stack of the call with the same thread and begin, which follows. Names of its addresses come before it. Byte offsets of the fields. */
export const CALL_STACK_LAYOUT = {
  type: 33,
  bytes: 536,
  /** i64: of the call, since the epoch. */
  beganNs: 0,
  /** u32: thread id. */
  thread: 8,
  /** u32: process id. */
  process: 12,
  /** u8: addresses that follow. */
  depth: 16,
  /** u8: 1: of the program, by frame pointers; 0: of the kernel, where it left the CPU for longest. */
  user: 17,
  /** u64[64]: innermost first. */
  addresses: 24,
} as const;

/** Instants in records of type callStack, since the epoch of the stream. */
export const CALL_STACK_TIMES = ['beganNs'] as const;

/** Fields of a callStack record: name, width and byte offset. */
export const CALL_STACK_FIELDS = [
  ['beganNs', 'i64', 0],
  ['thread', 'u32', 8],
  ['process', 'u32', 12],
  ['depth', 'u8', 16],
  ['user', 'u8', 17],
] as const;

/** Arrays of a callStack record: name, byte offset and number of elements. */
export const CALL_STACK_ARRAYS = {
  addresses: [24, 64],
} as const;

/** One call out of the flight recorder; it follows its recorderDump. Byte offsets of the fields. */
export const RECORDED_CALL_LAYOUT = {
  type: 34,
  bytes: 88,
  /** i64: since the epoch. */
  beganNs: 0,
  /** u64: how long it took. */
  lengthNs: 8,
  /** i64: what it returned. */
  result: 16,
  /** u64[3]: the first three. */
  arguments: 24,
  /** u32: number of the dump. */
  dump: 48,
  /** u32: thread id. */
  thread: 52,
  /** u32: process id. */
  process: 56,
  /** u32: of the system call. */
  number: 60,
  /** u16: e_machine as in elf.h. */
  architecture: 64,
  /** u8[16]: of the thread. */
  threadName: 72,
} as const;

/** Instants in records of type recordedCall, since the epoch of the stream. */
export const RECORDED_CALL_TIMES = ['beganNs'] as const;

/** Fields of a recordedCall record: name, width and byte offset. */
export const RECORDED_CALL_FIELDS = [
  ['beganNs', 'i64', 0],
  ['lengthNs', 'u64', 8],
  ['result', 'i64', 16],
  ['dump', 'u32', 48],
  ['thread', 'u32', 52],
  ['process', 'u32', 56],
  ['number', 'u32', 60],
  ['architecture', 'u16', 64],
] as const;

/** Arrays of a recordedCall record: name, byte offset and number of elements. */
export const RECORDED_CALL_ARRAYS = {
  arguments: [24, 3],
  threadName: [72, 16],
} as const;

/** What the flight recorder holds of one cgroup is told now. Byte offsets of the fields. */
export const RECORDER_DUMP_LAYOUT = {
  type: 35,
  bytes: 40,
  /** i64: since the epoch. */
  timeNs: 0,
  /** u64: inode number of its folder. */
  cgroup: 8,
  /** u64: calls of the cgroup recorded so far; the older ones were overwritten. */
  written: 16,
  /** u32: number of the dump, from 1. */
  dump: 24,
  /** u32: calls that follow. */
  calls: 28,
  /** u8: 1: a slow call asked for it; 0: the end of the run. */
  onSlow: 32,
} as const;

/** Instants in records of type recorderDump, since the epoch of the stream. */
export const RECORDER_DUMP_TIMES = ['timeNs'] as const;

/** Fields of a recorderDump record: name, width and byte offset. */
export const RECORDER_DUMP_FIELDS = [
  ['timeNs', 'i64', 0],
  ['cgroup', 'u64', 8],
  ['written', 'u64', 16],
  ['dump', 'u32', 24],
  ['calls', 'u32', 28],
  ['onSlow', 'u8', 32],
] as const;

/** What an address of a program is, before the first stack that has it. Byte offsets of the fields. */
export const USER_SYMBOL_LAYOUT = {
  type: 36,
  bytes: 264,
  /** u64: as in the stack. */
  address: 0,
  /** u64: in the function, or in the file where no function is known. */
  offset: 8,
  /** u32: process id. */
  process: 16,
  /** u8[120]: of the function, empty unknown. */
  name: 24,
  /** u8[120]: file it is in, empty unknown. */
  module: 144,
} as const;

/** Fields of a userSymbol record: name, width and byte offset. */
export const USER_SYMBOL_FIELDS = [
  ['address', 'u64', 0],
  ['offset', 'u64', 8],
  ['process', 'u32', 16],
] as const;

/** Arrays of a userSymbol record: name, byte offset and number of elements. */
export const USER_SYMBOL_ARRAYS = {
  name: [24, 120],
  module: [144, 120],
} as const;

/** Running totals of a trace of system calls, about once a second and before the end. Byte offsets of the fields. */
export const SYSCALL_COUNTERS_LAYOUT = {
  type: 37,
  bytes: 80,
  /** i64: since the epoch. */
  timeNs: 0,
  /** u64: traced calls that returned. */
  calls: 8,
  /** u64: calls and stacks that found no room in the ring of events. */
  lostEvents: 16,
  /** u64: calls that found no room in the table of totals. */
  lostTotals: 24,
  /** u64: calls whose thread was switched out, and which were lost from sight by that: no room in the table of such threads, or a switch that was not seen (known at the end of a run). */
  lostParked: 32,
  /** u64: calls that the flight recorder had no ring for. */
  unrecorded: 40,
  /** u64: calls whose process or descriptor was gone before its file was looked up. */
  gone: 48,
  /** u64: processor time of the programs of calls, in the moments in which the kernel measured it. */
  sampledNs: 56,
  /** u64: how often they ran in those. */
  sampledRuns: 64,
  /** u32: trees of cgroups that match the filter now. */
  cgroups: 72,
} as const;

/** Instants in records of type syscallCounters, since the epoch of the stream. */
export const SYSCALL_COUNTERS_TIMES = ['timeNs'] as const;

/** Fields of a syscallCounters record: name, width and byte offset. */
export const SYSCALL_COUNTERS_FIELDS = [
  ['timeNs', 'i64', 0],
  ['calls', 'u64', 8],
  ['lostEvents', 'u64', 16],
  ['lostTotals', 'u64', 24],
  ['lostParked', 'u64', 32],
  ['unrecorded', 'u64', 40],
  ['gone', 'u64', 48],
  ['sampledNs', 'u64', 56],
  ['sampledRuns', 'u64', 64],
  ['cgroups', 'u32', 72],
] as const;
