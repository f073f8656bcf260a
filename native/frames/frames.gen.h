/* Made by scripts/generate-frames.mjs from native/frames/frames.json. Do not edit. */
/* SPDX-License-Identifier: MIT */
#ifndef RXRAY_FRAMES_GEN_H
#define RXRAY_FRAMES_GEN_H

#include <assert.h>
#include <stddef.h>
#include <stdint.h>

#define RXRAY_FRAMES_VERSION 1
#define RXRAY_FRAMES_MAGIC { 0x89, 0x52, 0x58, 0x52, 0x41, 0x59, 0x46, 0x30, 0x0d, 0x0a }
#define RXRAY_BLOCK_MAGIC 0x31425852u

enum rxray_helper {
	RXRAY_HELPER_PROBER = 1,
	RXRAY_HELPER_TRACER = 2,
	RXRAY_HELPER_SIMULATOR = 3,
	RXRAY_HELPER_RECORDER = 4,
};

enum rxray_outcome {
	RXRAY_OUTCOME_REPLY = 0,
	RXRAY_OUTCOME_LATE = 1,
	RXRAY_OUTCOME_LOST = 2,
	RXRAY_OUTCOME_SEND_FAILED = 3,
	RXRAY_OUTCOME_ERROR = 4,
	RXRAY_OUTCOME_RATE_LIMITED = 5,
};

enum rxray_reply {
	RXRAY_REPLY_NONE = 0,
	RXRAY_REPLY_SYN_ACK = 1,
	RXRAY_REPLY_RST = 2,
	RXRAY_REPLY_ECHO = 3,
	RXRAY_REPLY_UDP = 4,
	RXRAY_REPLY_UNREACHABLE = 5,
	RXRAY_REPLY_TTL_EXCEEDED = 6,
	RXRAY_REPLY_OTHER_ICMP = 7,
	RXRAY_REPLY_RESPONSE = 8,
};

enum rxray_pause_cause {
	RXRAY_PAUSE_CAUSE_LATE_WAKE = 1,
	RXRAY_PAUSE_CAUSE_MISSED_SLOTS = 2,
	RXRAY_PAUSE_CAUSE_CLOCK_STEP = 3,
};

enum rxray_direction {
	RXRAY_DIRECTION_IN = 0,
	RXRAY_DIRECTION_OUT = 1,
};

enum rxray_request_phase {
	RXRAY_REQUEST_PHASE_DNS = 0,
	RXRAY_REQUEST_PHASE_CONNECT = 1,
	RXRAY_REQUEST_PHASE_TLS = 2,
	RXRAY_REQUEST_PHASE_FIRST_BYTE = 3,
	RXRAY_REQUEST_PHASE_BODY = 4,
	RXRAY_REQUEST_PHASE_DONE = 5,
};

enum rxray_thread_kind {
	RXRAY_THREAD_KIND_NAPI = 1,
	RXRAY_THREAD_KIND_KSOFTIRQD = 2,
};

enum rxray_recording_end {
	RXRAY_RECORDING_END_COMPLETE = 0,
	RXRAY_RECORDING_END_CONTINUED = 1,
};

enum rxray_wait_kind {
	RXRAY_WAIT_KIND_SOFTIRQ = 1,
	RXRAY_WAIT_KIND_THREAD = 2,
	RXRAY_WAIT_KIND_IRQ_OFF = 3,
	RXRAY_WAIT_KIND_POLLS = 4,
};

enum rxray_context {
	RXRAY_CONTEXT_IDLE = 0,
	RXRAY_CONTEXT_SYSCALL = 1,
	RXRAY_CONTEXT_USER = 2,
	RXRAY_CONTEXT_KSOFTIRQD = 3,
	RXRAY_CONTEXT_NAPI_THREAD = 4,
	RXRAY_CONTEXT_IRQ_THREAD = 5,
	RXRAY_CONTEXT_KTHREAD = 6,
};

enum rxray_packet_protocol {
	RXRAY_PACKET_PROTOCOL_ICMP = 0,
	RXRAY_PACKET_PROTOCOL_SYN = 1,
	RXRAY_PACKET_PROTOCOL_ACK = 2,
	RXRAY_PACKET_PROTOCOL_UDP = 3,
};

enum rxray_end_reason {
	RXRAY_END_REASON_COMPLETE = 0,
	RXRAY_END_REASON_STDIN_CLOSED = 1,
	RXRAY_END_REASON_SIGNAL = 2,
	RXRAY_END_REASON_ERROR = 3,
};

/* the transmit instant was read in user space; no kernel stamp arrived */
#define RXRAY_SAMPLE_FLAGS_USER_SENT_STAMP 0x01u
/* the receive instant was read in user space */
#define RXRAY_SAMPLE_FLAGS_USER_RECEIVED_STAMP 0x02u
/* rttNs is the difference of two stamps of one network card */
#define RXRAY_SAMPLE_FLAGS_HARDWARE_STAMPS 0x04u
/* sent from a source port used for the first time in this run */
#define RXRAY_SAMPLE_FLAGS_FRESH_FLOW 0x08u
/* CLOCK_REALTIME stepped while the probe was under way: rttNs is not to be used */
#define RXRAY_SAMPLE_FLAGS_CLOCK_STEP 0x10u
/* of txDelayNs most passed after the send call and before the interface's queue: address resolution, or a rule that holds packets */
#define RXRAY_SAMPLE_FLAGS_HELD_BEFORE_QUEUE 0x20u
/* of txDelayNs most passed after the send call in a queue of an interface */
#define RXRAY_SAMPLE_FLAGS_HELD_IN_QUEUE 0x40u
/* the receive instant is that of the packet socket: the driver's stamp was gone, so rttNs contains what the packet waited after the driver's hand-over */
#define RXRAY_SAMPLE_FLAGS_SOCKET_RECEIVED_STAMP 0x80u

/* the instant was read in user space; no kernel stamp came */
#define RXRAY_ARRIVAL_FLAGS_USER_STAMP 0x01u
/* seen inside an IPIP packet */
#define RXRAY_ARRIVAL_FLAGS_TUNNELLED 0x02u
/* CLOCK_REALTIME stepped around then: timeNs is not to be used */
#define RXRAY_ARRIVAL_FLAGS_CLOCK_STEP 0x04u
/* of a source port used for the first time in the run */
#define RXRAY_ARRIVAL_FLAGS_FRESH_FLOW 0x08u

/* raised again by the receive softirq itself, whose budget was used up */
#define RXRAY_WAIT_FLAGS_RAISED_WITHIN 0x01u
/* the packets had been queued for this CPU by another one (RPS), or by software */
#define RXRAY_WAIT_FLAGS_BACKLOG 0x02u
/* the holder is that of the instant the wait began, else of the first sample within it */
#define RXRAY_WAIT_FLAGS_STACK_AT_START 0x04u
/* the holder had ended before its cgroup was read */
#define RXRAY_WAIT_FLAGS_GONE 0x08u
/* no packet followed that tells the network namespace */
#define RXRAY_WAIT_FLAGS_NAMESPACE_UNKNOWN 0x10u
/* the holder was looked up as it went to sleep by itself: that is its system call and its stack */
#define RXRAY_WAIT_FLAGS_GAVE_UP 0x20u
/* the holder was interrupted right behind an instruction that switches interrupts on (told on arm64 only) */
#define RXRAY_WAIT_FLAGS_BEHIND_ENABLING 0x40u
/* the thread slept for a lock that somebody had on its CPU: on real-time kernels softirqs are one */
#define RXRAY_WAIT_FLAGS_FOR_LOCK 0x80u

/* its key is right: path, seq and flow are those of the probe; else seq is the packet's own number */
#define RXRAY_RX_FLAGS_KEYED 0x01u
/* inside IPIP */
#define RXRAY_RX_FLAGS_TUNNELLED 0x02u
/* of a source port used for the first time in the run */
#define RXRAY_RX_FLAGS_FRESH_FLOW 0x04u
/* handled by the receive softirq, on top of the thread named; else by that thread itself */
#define RXRAY_RX_FLAGS_IN_SOFTIRQ 0x08u

/* of the holder, where the wait names it; else a sample of the flight recorder */
#define RXRAY_STACK_FLAGS_HOLDER 0x01u
/* reserved */
#define RXRAY_STACK_FLAGS_WITHIN 0x02u

/* the call has not returned: endedNs is when it was looked at */
#define RXRAY_CALL_FLAGS_IN_FLIGHT 0x01u
/* file begins at the root of its mount; the descriptor could not be looked up any more */
#define RXRAY_CALL_FLAGS_PATH_BELOW_MOUNT 0x02u
/* the process had ended before its descriptor was looked up */
#define RXRAY_CALL_FLAGS_GONE 0x04u
/* it triggered a dump of the flight recorder */
#define RXRAY_CALL_FLAGS_SLOW 0x08u
/* the arguments could not be read */
#define RXRAY_CALL_FLAGS_ARGUMENTS_UNKNOWN 0x10u
/* its begin and end are known to a sample, and its result is not: no hook saw it return */
#define RXRAY_CALL_FLAGS_SAMPLED 0x20u
/* it may be several calls with the same arguments, one right behind the other */
#define RXRAY_CALL_FLAGS_UNPROVEN 0x40u

/* of rxray itself: this tracer, who started it, or a prober */
#define RXRAY_OCCUPANT_FLAGS_OWN_PROCESS 0x01u
/* a thread of the kernel */
#define RXRAY_OCCUPANT_FLAGS_KERNEL_THREAD 0x02u
/* a thread that receives packets itself: of a NAPI, of an interrupt, ksoftirqd */
#define RXRAY_OCCUPANT_FLAGS_RECEIVES 0x04u

/* on a connection that was open already */
#define RXRAY_REQUEST_FLAGS_REUSED 0x01u
/* the far side had closed that connection: sent again on a new one */
#define RXRAY_REQUEST_FLAGS_RETRIED 0x02u
/* handshake and answer have the stamps of the segments that brought them */
#define RXRAY_REQUEST_FLAGS_KERNEL_STAMPS 0x04u

/* it opens the connection: the next byte is the first of its data */
#define RXRAY_SEGMENT_FLAGS_SYN 0x01u

/* receiving on the interface was steered to this CPU at some time in the gap */
#define RXRAY_CPU_GAP_FLAGS_SERVES_INTERFACE 0x01u
/* the heartbeat had real-time priority, so that ordinary processes cannot be the reason */
#define RXRAY_CPU_GAP_FLAGS_REALTIME 0x02u

/* Once, at the start of a stream. */
struct rxray_frame_header {
	uint8_t magic[10]; /* see above; it breaks when a transfer changes line ends */
	uint16_t version; /* format version; a reader refuses a newer one */
	uint16_t header_bytes; /* size of this header; a reader skips what it does not know */
	uint8_t helper; /* enum helper */
	uint8_t reserved; /* 0 */
	int64_t epoch_real_ns; /* CLOCK_REALTIME at the instant that all times of the stream count from */
	int64_t epoch_mono_ns; /* CLOCK_MONOTONIC at the same instant */
	uint64_t stream_id; /* random; tells streams of one run apart */
};
static_assert(sizeof(struct rxray_frame_header) == 40, "header");
static_assert(offsetof(struct rxray_frame_header, magic) == 0, "header.magic");
static_assert(offsetof(struct rxray_frame_header, version) == 10, "header.version");
static_assert(offsetof(struct rxray_frame_header, header_bytes) == 12, "header.headerBytes");
static_assert(offsetof(struct rxray_frame_header, helper) == 14, "header.helper");
static_assert(offsetof(struct rxray_frame_header, reserved) == 15, "header.reserved");
static_assert(offsetof(struct rxray_frame_header, epoch_real_ns) == 16, "header.epochRealNs");
static_assert(offsetof(struct rxray_frame_header, epoch_mono_ns) == 24, "header.epochMonoNs");
static_assert(offsetof(struct rxray_frame_header, stream_id) == 32, "header.streamId");

/* Before the records of a block. The checksum covers the block header, with the checksum field 0, and the payload. */
struct rxray_frame_block {
	uint32_t magic; /* RXB1 */
	uint32_t crc32; /* CRC-32 (the polynomial of zlib) */
	uint16_t type; /* record type; a reader skips types it does not know */
	uint16_t record_bytes; /* size of one record; at least what this version knows, more in a newer minor version */
	uint32_t count; /* records in the block */
	uint32_t sequence; /* number of the block in the stream, from 0; wraps */
	uint32_t lost_records; /* records dropped since the block before, because the reader was too slow */
};
static_assert(sizeof(struct rxray_frame_block) == 24, "block");
static_assert(offsetof(struct rxray_frame_block, magic) == 0, "block.magic");
static_assert(offsetof(struct rxray_frame_block, crc32) == 4, "block.crc32");
static_assert(offsetof(struct rxray_frame_block, type) == 8, "block.type");
static_assert(offsetof(struct rxray_frame_block, record_bytes) == 10, "block.recordBytes");
static_assert(offsetof(struct rxray_frame_block, count) == 12, "block.count");
static_assert(offsetof(struct rxray_frame_block, sequence) == 16, "block.sequence");
static_assert(offsetof(struct rxray_frame_block, lost_records) == 20, "block.lostRecords");

#define RXRAY_RECORD_SAMPLE 1
/* The outcome of one probe. A later record for the same path and seq supersedes an earlier one (late after lost). */
struct rxray_frame_sample {
	int64_t due_ns; /* planned send instant, since the epoch */
	int64_t sent_ns; /* actual send instant, since the epoch (transmit stamp turned to CLOCK_MONOTONIC) */
	int64_t rtt_ns; /* receive stamp minus transmit stamp; -1 without a reply */
	uint32_t path; /* index of the path in the plan */
	uint32_t seq; /* number of the probe on its path, from 0; wraps */
	uint32_t lag_ns; /* how late the prober itself handed the probe to the kernel; saturates */
	uint16_t flow; /* index of the flow on its path; for fresh flows 0xffff */
	uint16_t error_code; /* errno of a failed send, else 0 */
	uint8_t outcome; /* enum outcome */
	uint8_t reply; /* enum reply */
	uint8_t ttl; /* TTL or hop limit of the reply, 0 unknown */
	uint8_t flags; /* sampleFlags */
	uint8_t icmp_type; /* type of the ICMP error */
	uint8_t icmp_code; /* code of the ICMP error */
	uint16_t router; /* number of the router record that tells who sent the ICMP error, 0 unknown */
	uint32_t tx_delay_ns; /* from the hand-over to the kernel to the transmit stamp: this machine's own way out; saturates, 0 unknown */
	uint32_t reserved; /* 0 */
};
static_assert(sizeof(struct rxray_frame_sample) == 56, "sample");
static_assert(offsetof(struct rxray_frame_sample, due_ns) == 0, "sample.dueNs");
static_assert(offsetof(struct rxray_frame_sample, sent_ns) == 8, "sample.sentNs");
static_assert(offsetof(struct rxray_frame_sample, rtt_ns) == 16, "sample.rttNs");
static_assert(offsetof(struct rxray_frame_sample, path) == 24, "sample.path");
static_assert(offsetof(struct rxray_frame_sample, seq) == 28, "sample.seq");
static_assert(offsetof(struct rxray_frame_sample, lag_ns) == 32, "sample.lagNs");
static_assert(offsetof(struct rxray_frame_sample, flow) == 36, "sample.flow");
static_assert(offsetof(struct rxray_frame_sample, error_code) == 38, "sample.errorCode");
static_assert(offsetof(struct rxray_frame_sample, outcome) == 40, "sample.outcome");
static_assert(offsetof(struct rxray_frame_sample, reply) == 41, "sample.reply");
static_assert(offsetof(struct rxray_frame_sample, ttl) == 42, "sample.ttl");
static_assert(offsetof(struct rxray_frame_sample, flags) == 43, "sample.flags");
static_assert(offsetof(struct rxray_frame_sample, icmp_type) == 44, "sample.icmpType");
static_assert(offsetof(struct rxray_frame_sample, icmp_code) == 45, "sample.icmpCode");
static_assert(offsetof(struct rxray_frame_sample, router) == 46, "sample.router");
static_assert(offsetof(struct rxray_frame_sample, tx_delay_ns) == 48, "sample.txDelayNs");
static_assert(offsetof(struct rxray_frame_sample, reserved) == 52, "sample.reserved");

#define RXRAY_RECORD_PAUSE 2
/* An interval in which the prober itself did not run, or its clock stepped. */
struct rxray_frame_pause {
	int64_t from_ns; /* first slot not served in time, since the epoch */
	int64_t to_ns; /* when the prober ran again, since the epoch */
	int64_t run_delay_ns; /* growth of the run-queue delay of its thread in between (schedstat), -1 unknown */
	int64_t steal_ns; /* growth of the steal time of its CPU in between, -1 unknown */
	uint32_t missed_slots; /* slots never sent */
	uint8_t cause; /* enum pauseCause */
	uint8_t cpu; /* CPU it ran on, 255 unknown */
	uint16_t reserved; /* 0 */
};
static_assert(sizeof(struct rxray_frame_pause) == 40, "pause");
static_assert(offsetof(struct rxray_frame_pause, from_ns) == 0, "pause.fromNs");
static_assert(offsetof(struct rxray_frame_pause, to_ns) == 8, "pause.toNs");
static_assert(offsetof(struct rxray_frame_pause, run_delay_ns) == 16, "pause.runDelayNs");
static_assert(offsetof(struct rxray_frame_pause, steal_ns) == 24, "pause.stealNs");
static_assert(offsetof(struct rxray_frame_pause, missed_slots) == 32, "pause.missedSlots");
static_assert(offsetof(struct rxray_frame_pause, cause) == 36, "pause.cause");
static_assert(offsetof(struct rxray_frame_pause, cpu) == 37, "pause.cpu");
static_assert(offsetof(struct rxray_frame_pause, reserved) == 38, "pause.reserved");

#define RXRAY_RECORD_COUNTERS 3
/* Running totals of the whole stream, about once a second and before the end. */
struct rxray_frame_counters {
	int64_t time_ns; /* since the epoch */
	uint64_t sent; /* probes handed to the kernel */
	uint64_t received; /* probes answered, late ones included */
	uint64_t late; /* answered after the wait time */
	uint64_t lost; /* not answered within the wait time, late ones taken off again */
	uint64_t send_failed; /* refused by the kernel */
	uint64_t errors; /* answered by an ICMP error */
	uint64_t missed_slots; /* slots never sent */
	uint64_t duplicates; /* further replies to an answered probe */
	uint64_t strays; /* packets that passed the filter and match no probe */
	uint64_t forged; /* replies whose key is wrong */
	uint64_t dropped_records; /* records not written because the reader was too slow */
	uint64_t kernel_drops; /* packets the kernel dropped before the prober read them */
	uint64_t sent_stamps_missing; /* probes without a kernel transmit stamp */
	uint64_t in_flight; /* probes neither answered nor given up */
	uint64_t cpu_user_ns; /* processor time of the helper, user */
	uint64_t cpu_system_ns; /* processor time of the helper, system */
	uint64_t resident_bytes; /* resident memory of the helper */
};
static_assert(sizeof(struct rxray_frame_counters) == 144, "counters");
static_assert(offsetof(struct rxray_frame_counters, time_ns) == 0, "counters.timeNs");
static_assert(offsetof(struct rxray_frame_counters, sent) == 8, "counters.sent");
static_assert(offsetof(struct rxray_frame_counters, received) == 16, "counters.received");
static_assert(offsetof(struct rxray_frame_counters, late) == 24, "counters.late");
static_assert(offsetof(struct rxray_frame_counters, lost) == 32, "counters.lost");
static_assert(offsetof(struct rxray_frame_counters, send_failed) == 40, "counters.sendFailed");
static_assert(offsetof(struct rxray_frame_counters, errors) == 48, "counters.errors");
static_assert(offsetof(struct rxray_frame_counters, missed_slots) == 56, "counters.missedSlots");
static_assert(offsetof(struct rxray_frame_counters, duplicates) == 64, "counters.duplicates");
static_assert(offsetof(struct rxray_frame_counters, strays) == 72, "counters.strays");
static_assert(offsetof(struct rxray_frame_counters, forged) == 80, "counters.forged");
static_assert(offsetof(struct rxray_frame_counters, dropped_records) == 88, "counters.droppedRecords");
static_assert(offsetof(struct rxray_frame_counters, kernel_drops) == 96, "counters.kernelDrops");
static_assert(offsetof(struct rxray_frame_counters, sent_stamps_missing) == 104, "counters.sentStampsMissing");
static_assert(offsetof(struct rxray_frame_counters, in_flight) == 112, "counters.inFlight");
static_assert(offsetof(struct rxray_frame_counters, cpu_user_ns) == 120, "counters.cpuUserNs");
static_assert(offsetof(struct rxray_frame_counters, cpu_system_ns) == 128, "counters.cpuSystemNs");
static_assert(offsetof(struct rxray_frame_counters, resident_bytes) == 136, "counters.residentBytes");

#define RXRAY_RECORD_CLOCK 4
/* A cross-reading of both clocks. */
struct rxray_frame_clock {
	int64_t time_ns; /* CLOCK_MONOTONIC since the epoch */
	int64_t real_drift_ns; /* how far CLOCK_REALTIME has moved against CLOCK_MONOTONIC since the epoch */
	int64_t step_ns; /* size of a step since the last cross-reading, 0 when none */
	uint32_t uncertainty_ns; /* half the width of the reading */
	uint32_t reserved; /* 0 */
};
static_assert(sizeof(struct rxray_frame_clock) == 32, "clock");
static_assert(offsetof(struct rxray_frame_clock, time_ns) == 0, "clock.timeNs");
static_assert(offsetof(struct rxray_frame_clock, real_drift_ns) == 8, "clock.realDriftNs");
static_assert(offsetof(struct rxray_frame_clock, step_ns) == 16, "clock.stepNs");
static_assert(offsetof(struct rxray_frame_clock, uncertainty_ns) == 24, "clock.uncertaintyNs");
static_assert(offsetof(struct rxray_frame_clock, reserved) == 28, "clock.reserved");

#define RXRAY_RECORD_TEXT 5
/* One JSON document in UTF-8, one byte a record: events hello, warning, error. */
struct rxray_frame_text {
	uint8_t byte; /* a byte of the document */
};
static_assert(sizeof(struct rxray_frame_text) == 1, "text");
static_assert(offsetof(struct rxray_frame_text, byte) == 0, "text.byte");

#define RXRAY_RECORD_PATH_TOTALS 6
/* Final totals of one path, before the end; exact even where sample records were dropped. */
struct rxray_frame_path_totals {
	uint32_t path; /* index of the path in the plan */
	uint32_t missed_slots; /* slots never sent */
	uint64_t sent; /* probes handed to the kernel */
	uint64_t received; /* answered, late ones included */
	uint64_t late; /* answered after the wait time */
	uint64_t lost; /* not answered within the wait time */
	uint64_t in_flight; /* younger than the wait time when the run ended */
	uint64_t send_failed; /* refused by the kernel */
	uint64_t errors; /* answered by an ICMP error */
	uint64_t duplicates; /* further replies to answered probes */
};
static_assert(sizeof(struct rxray_frame_path_totals) == 72, "pathTotals");
static_assert(offsetof(struct rxray_frame_path_totals, path) == 0, "pathTotals.path");
static_assert(offsetof(struct rxray_frame_path_totals, missed_slots) == 4, "pathTotals.missedSlots");
static_assert(offsetof(struct rxray_frame_path_totals, sent) == 8, "pathTotals.sent");
static_assert(offsetof(struct rxray_frame_path_totals, received) == 16, "pathTotals.received");
static_assert(offsetof(struct rxray_frame_path_totals, late) == 24, "pathTotals.late");
static_assert(offsetof(struct rxray_frame_path_totals, lost) == 32, "pathTotals.lost");
static_assert(offsetof(struct rxray_frame_path_totals, in_flight) == 40, "pathTotals.inFlight");
static_assert(offsetof(struct rxray_frame_path_totals, send_failed) == 48, "pathTotals.sendFailed");
static_assert(offsetof(struct rxray_frame_path_totals, errors) == 56, "pathTotals.errors");
static_assert(offsetof(struct rxray_frame_path_totals, duplicates) == 64, "pathTotals.duplicates");

#define RXRAY_RECORD_END 7
/* The last record of a stream that ended by itself; without it the stream was cut off. */
struct rxray_frame_end {
	int64_t time_ns; /* since the epoch */
	uint8_t reason; /* enum endReason */
	uint8_t reserved[7]; /* 0 */
};
static_assert(sizeof(struct rxray_frame_end) == 16, "end");
static_assert(offsetof(struct rxray_frame_end, time_ns) == 0, "end.timeNs");
static_assert(offsetof(struct rxray_frame_end, reason) == 8, "end.reason");
static_assert(offsetof(struct rxray_frame_end, reserved) == 9, "end.reserved");

#define RXRAY_RECORD_ARRIVAL 8
/* A probe that arrived on a watched interface, or the reply to one that left there; once for each probe and direction. */
struct rxray_frame_arrival {
	int64_t time_ns; /* kernel stamp at the capture point, turned to CLOCK_MONOTONIC, since the epoch */
	uint32_t path; /* number of the path that the watch names */
	uint32_t seq; /* number of the probe on its path, as in samples */
	uint16_t flow; /* index of the flow on its path; for fresh flows 0xffff */
	uint8_t direction; /* enum direction */
	uint8_t flags; /* arrivalFlags */
	uint8_t reply; /* enum reply; of a probe none */
	uint8_t reserved[3]; /* 0 */
};
static_assert(sizeof(struct rxray_frame_arrival) == 24, "arrival");
static_assert(offsetof(struct rxray_frame_arrival, time_ns) == 0, "arrival.timeNs");
static_assert(offsetof(struct rxray_frame_arrival, path) == 8, "arrival.path");
static_assert(offsetof(struct rxray_frame_arrival, seq) == 12, "arrival.seq");
static_assert(offsetof(struct rxray_frame_arrival, flow) == 16, "arrival.flow");
static_assert(offsetof(struct rxray_frame_arrival, direction) == 18, "arrival.direction");
static_assert(offsetof(struct rxray_frame_arrival, flags) == 19, "arrival.flags");
static_assert(offsetof(struct rxray_frame_arrival, reply) == 20, "arrival.reply");
static_assert(offsetof(struct rxray_frame_arrival, reserved) == 21, "arrival.reserved");

#define RXRAY_RECORD_HEARD 28
/* A packet that arrived and looks like a probe of any sender; whose it is and whether it is genuine, the reader finds out. */
struct rxray_frame_heard {
	int64_t time_ns; /* stamp of the driver's hand-over, turned to CLOCK_MONOTONIC, since the epoch */
	uint8_t source[16]; /* of its address, IPv4 the first four bytes */
	uint8_t target[16]; /* likewise */
	uint32_t backlog_ns; /* so long at least it waited between that stamp and the packet socket; saturates */
	uint32_t tcp_seq; /* of a SYN */
	uint16_t source_port; /* of a SYN */
	uint16_t target_port; /* of a SYN */
	uint8_t family; /* 4 or 6 */
	uint8_t protocol; /* enum protocol: icmp or syn */
	uint16_t flags; /* arrivalFlags */
	uint8_t payload[72]; /* of an echo: its key and announcement */
};
static_assert(sizeof(struct rxray_frame_heard) == 128, "heard");
static_assert(offsetof(struct rxray_frame_heard, time_ns) == 0, "heard.timeNs");
static_assert(offsetof(struct rxray_frame_heard, source) == 8, "heard.source");
static_assert(offsetof(struct rxray_frame_heard, target) == 24, "heard.target");
static_assert(offsetof(struct rxray_frame_heard, backlog_ns) == 40, "heard.backlogNs");
static_assert(offsetof(struct rxray_frame_heard, tcp_seq) == 44, "heard.tcpSeq");
static_assert(offsetof(struct rxray_frame_heard, source_port) == 48, "heard.sourcePort");
static_assert(offsetof(struct rxray_frame_heard, target_port) == 50, "heard.targetPort");
static_assert(offsetof(struct rxray_frame_heard, family) == 52, "heard.family");
static_assert(offsetof(struct rxray_frame_heard, protocol) == 53, "heard.protocol");
static_assert(offsetof(struct rxray_frame_heard, flags) == 54, "heard.flags");
static_assert(offsetof(struct rxray_frame_heard, payload) == 56, "heard.payload");

#define RXRAY_RECORD_SEGMENT 38
/* A segment of TCP that came from a place whose answers are to be stamped; what the connection is for, the reader knows. */
struct rxray_frame_segment {
	int64_t time_ns; /* stamp of the driver's hand-over, or where it has none of the packet socket, turned to CLOCK_MONOTONIC, since the epoch */
	uint32_t seq; /* sequence number of its first byte, or of the SYN */
	uint32_t data_bytes; /* of data; several segments that the kernel put together count as one */
	uint16_t port; /* of this machine */
	uint16_t place; /* number of the line of the plan, from 0 */
	uint16_t flags; /* segmentFlags */
	uint16_t reserved; /* 0 */
};
static_assert(sizeof(struct rxray_frame_segment) == 24, "segment");
static_assert(offsetof(struct rxray_frame_segment, time_ns) == 0, "segment.timeNs");
static_assert(offsetof(struct rxray_frame_segment, seq) == 8, "segment.seq");
static_assert(offsetof(struct rxray_frame_segment, data_bytes) == 12, "segment.dataBytes");
static_assert(offsetof(struct rxray_frame_segment, port) == 16, "segment.port");
static_assert(offsetof(struct rxray_frame_segment, place) == 18, "segment.place");
static_assert(offsetof(struct rxray_frame_segment, flags) == 20, "segment.flags");
static_assert(offsetof(struct rxray_frame_segment, reserved) == 22, "segment.reserved");

#define RXRAY_RECORD_CPU_GAP 9
/* A CPU did not run its heartbeat, which is due every millisecond. */
struct rxray_frame_cpu_gap {
	int64_t from_ns; /* when the beat was due, since the epoch */
	int64_t to_ns; /* when it came, since the epoch */
	int64_t steal_ns; /* growth of the steal time of the CPU, counted in steps of 10 ms over up to a second before, -1 unknown */
	uint16_t cpu; /* number of the CPU */
	uint8_t flags; /* cpuGapFlags */
	uint8_t reserved[5]; /* 0 */
};
static_assert(sizeof(struct rxray_frame_cpu_gap) == 32, "cpuGap");
static_assert(offsetof(struct rxray_frame_cpu_gap, from_ns) == 0, "cpuGap.fromNs");
static_assert(offsetof(struct rxray_frame_cpu_gap, to_ns) == 8, "cpuGap.toNs");
static_assert(offsetof(struct rxray_frame_cpu_gap, steal_ns) == 16, "cpuGap.stealNs");
static_assert(offsetof(struct rxray_frame_cpu_gap, cpu) == 24, "cpuGap.cpu");
static_assert(offsetof(struct rxray_frame_cpu_gap, flags) == 26, "cpuGap.flags");
static_assert(offsetof(struct rxray_frame_cpu_gap, reserved) == 27, "cpuGap.reserved");

#define RXRAY_RECORD_THREAD_DELAY 10
/* A thread of the kernel that receives packets was ready and did not run (schedstat). */
struct rxray_frame_thread_delay {
	int64_t from_ns; /* toNs less delayNs, since the epoch */
	int64_t to_ns; /* when it was seen to have run again, since the epoch */
	int64_t delay_ns; /* growth of its run-queue delay */
	uint32_t thread; /* thread id */
	uint32_t uncertainty_ns; /* the delay ended at most so long before toNs */
	uint16_t cpu; /* CPU that it was bound to, or else ran on afterwards; 0xffff unknown */
	uint16_t queue; /* receive queue, 0xffff unknown or none */
	uint8_t kind; /* enum threadKind */
	uint8_t reserved[3]; /* 0 */
};
static_assert(sizeof(struct rxray_frame_thread_delay) == 40, "threadDelay");
static_assert(offsetof(struct rxray_frame_thread_delay, from_ns) == 0, "threadDelay.fromNs");
static_assert(offsetof(struct rxray_frame_thread_delay, to_ns) == 8, "threadDelay.toNs");
static_assert(offsetof(struct rxray_frame_thread_delay, delay_ns) == 16, "threadDelay.delayNs");
static_assert(offsetof(struct rxray_frame_thread_delay, thread) == 24, "threadDelay.thread");
static_assert(offsetof(struct rxray_frame_thread_delay, uncertainty_ns) == 28, "threadDelay.uncertaintyNs");
static_assert(offsetof(struct rxray_frame_thread_delay, cpu) == 32, "threadDelay.cpu");
static_assert(offsetof(struct rxray_frame_thread_delay, queue) == 34, "threadDelay.queue");
static_assert(offsetof(struct rxray_frame_thread_delay, kind) == 36, "threadDelay.kind");
static_assert(offsetof(struct rxray_frame_thread_delay, reserved) == 37, "threadDelay.reserved");

#define RXRAY_RECORD_SOFTNET 11
/* What the receive softirq of a CPU could not finish or take on, when it changed. */
struct rxray_frame_softnet {
	int64_t from_ns; /* the reading before, since the epoch */
	int64_t to_ns; /* this reading, since the epoch */
	uint32_t time_squeeze; /* times that it ran out of its budget with work left */
	uint32_t dropped; /* packets dropped because the backlog was full */
	uint16_t cpu; /* number of the CPU */
	uint8_t reserved[6]; /* 0 */
};
static_assert(sizeof(struct rxray_frame_softnet) == 32, "softnet");
static_assert(offsetof(struct rxray_frame_softnet, from_ns) == 0, "softnet.fromNs");
static_assert(offsetof(struct rxray_frame_softnet, to_ns) == 8, "softnet.toNs");
static_assert(offsetof(struct rxray_frame_softnet, time_squeeze) == 16, "softnet.timeSqueeze");
static_assert(offsetof(struct rxray_frame_softnet, dropped) == 20, "softnet.dropped");
static_assert(offsetof(struct rxray_frame_softnet, cpu) == 24, "softnet.cpu");
static_assert(offsetof(struct rxray_frame_softnet, reserved) == 26, "softnet.reserved");

#define RXRAY_RECORD_RECORDING_INFO 12
/* Recordings only. One JSON document in UTF-8, one byte a record: who recorded what, with which plan. The first block of a file. */
struct rxray_frame_recording_info {
	uint8_t byte; /* a byte of the document */
};
static_assert(sizeof(struct rxray_frame_recording_info) == 1, "recordingInfo");
static_assert(offsetof(struct rxray_frame_recording_info, byte) == 0, "recordingInfo.byte");

#define RXRAY_RECORD_RECORDING_STREAM 13
/* Recordings only. One JSON document in UTF-8, one byte a record: a stream begins, with its number, its name and the clock of its machine. */
struct rxray_frame_recording_stream {
	uint8_t byte; /* a byte of the document */
};
static_assert(sizeof(struct rxray_frame_recording_stream) == 1, "recordingStream");
static_assert(offsetof(struct rxray_frame_recording_stream, byte) == 0, "recordingStream.byte");

#define RXRAY_RECORD_RECORDING_BYTES 14
/* Recordings only. The header and the blocks that follow, up to the next block of types 12 to 17, are of this stream, as its helper wrote them. */
struct rxray_frame_recording_bytes {
	int64_t time_ns; /* when they were taken in, since the epoch of the recording */
	uint32_t stream; /* number of the stream */
	uint32_t reserved; /* 0 */
};
static_assert(sizeof(struct rxray_frame_recording_bytes) == 16, "recordingBytes");
static_assert(offsetof(struct rxray_frame_recording_bytes, time_ns) == 0, "recordingBytes.timeNs");
static_assert(offsetof(struct rxray_frame_recording_bytes, stream) == 8, "recordingBytes.stream");
static_assert(offsetof(struct rxray_frame_recording_bytes, reserved) == 12, "recordingBytes.reserved");

#define RXRAY_RECORD_RECORDING_EXIT 15
/* Recordings only. One JSON document in UTF-8, one byte a record: how a stream's helper ended. */
struct rxray_frame_recording_exit {
	uint8_t byte; /* a byte of the document */
};
static_assert(sizeof(struct rxray_frame_recording_exit) == 1, "recordingExit");
static_assert(offsetof(struct rxray_frame_recording_exit, byte) == 0, "recordingExit.byte");

#define RXRAY_RECORD_RECORDING_TICK 16
/* Recordings only. The analysis was told of the time, between the blocks before and after. */
struct rxray_frame_recording_tick {
	int64_t now_ns; /* since the epoch of the run */
};
static_assert(sizeof(struct rxray_frame_recording_tick) == 8, "recordingTick");
static_assert(offsetof(struct rxray_frame_recording_tick, now_ns) == 0, "recordingTick.nowNs");

#define RXRAY_RECORD_RECORDING_END 17
/* Recordings only. The last block of a file that was closed in order. */
struct rxray_frame_recording_end {
	int64_t time_ns; /* since the epoch of the recording */
	uint8_t reason; /* enum recordingEnd */
	uint8_t reserved[7]; /* 0 */
};
static_assert(sizeof(struct rxray_frame_recording_end) == 16, "recordingEnd");
static_assert(offsetof(struct rxray_frame_recording_end, time_ns) == 0, "recordingEnd.timeNs");
static_assert(offsetof(struct rxray_frame_recording_end, reason) == 8, "recordingEnd.reason");
static_assert(offsetof(struct rxray_frame_recording_end, reserved) == 9, "recordingEnd.reserved");

#define RXRAY_RECORD_ROUTER 18
/* Whose ICMP errors the samples that name this number are, before the first of them and again at least once a second. */
struct rxray_frame_router {
	uint16_t number; /* from 1 */
	uint8_t family; /* 4 or 6 */
	uint8_t reserved; /* 0 */
	uint8_t address[16]; /* of IPv4 the first four bytes */
};
static_assert(sizeof(struct rxray_frame_router) == 20, "router");
static_assert(offsetof(struct rxray_frame_router, number) == 0, "router.number");
static_assert(offsetof(struct rxray_frame_router, family) == 2, "router.family");
static_assert(offsetof(struct rxray_frame_router, reserved) == 3, "router.reserved");
static_assert(offsetof(struct rxray_frame_router, address) == 4, "router.address");

#define RXRAY_RECORD_REQUEST 19
/* The phases of a request, before the sample of the same path and seq. What a phase took is -1 where it did not happen or was not reached. */
struct rxray_frame_request {
	uint32_t path; /* index of the path in the plan */
	uint32_t seq; /* number of the request on its path */
	int64_t dns_ns; /* name to address; -1 where there was nothing to look up */
	int64_t connect_ns; /* TCP handshake; -1 on an open connection */
	int64_t tls_ns; /* TLS handshake */
	int64_t first_byte_ns; /* from then to the head of the answer */
	int64_t body_ns; /* from the head to the last byte */
	uint64_t body_bytes; /* of the answer */
	uint16_t status; /* of HTTP, or the response code of DNS; 0 where nothing was answered */
	uint8_t reached; /* enum requestPhase: the one it was in, with its time so far; done when answered */
	uint8_t flags; /* requestFlags */
	uint16_t queries; /* DNS: sent for this one name, repetitions and search domains included */
	uint16_t unanswered; /* DNS: of these without an answer */
	uint8_t failure[40]; /* why it failed, as Node.js names it: ECONNRESET */
};
static_assert(sizeof(struct rxray_frame_request) == 104, "request");
static_assert(offsetof(struct rxray_frame_request, path) == 0, "request.path");
static_assert(offsetof(struct rxray_frame_request, seq) == 4, "request.seq");
static_assert(offsetof(struct rxray_frame_request, dns_ns) == 8, "request.dnsNs");
static_assert(offsetof(struct rxray_frame_request, connect_ns) == 16, "request.connectNs");
static_assert(offsetof(struct rxray_frame_request, tls_ns) == 24, "request.tlsNs");
static_assert(offsetof(struct rxray_frame_request, first_byte_ns) == 32, "request.firstByteNs");
static_assert(offsetof(struct rxray_frame_request, body_ns) == 40, "request.bodyNs");
static_assert(offsetof(struct rxray_frame_request, body_bytes) == 48, "request.bodyBytes");
static_assert(offsetof(struct rxray_frame_request, status) == 56, "request.status");
static_assert(offsetof(struct rxray_frame_request, reached) == 58, "request.reached");
static_assert(offsetof(struct rxray_frame_request, flags) == 59, "request.flags");
static_assert(offsetof(struct rxray_frame_request, queries) == 60, "request.queries");
static_assert(offsetof(struct rxray_frame_request, unanswered) == 62, "request.unanswered");
static_assert(offsetof(struct rxray_frame_request, failure) == 64, "request.failure");

#define RXRAY_RECORD_TRACER_COST 20
/* What tracing itself takes, and what was lost: running totals, about once a second and before the end. */
struct rxray_frame_tracer_cost {
	int64_t time_ns; /* since the epoch */
	uint64_t bpf_run_ns; /* processor time of the BPF programs, measured by the kernel */
	uint64_t bpf_runs; /* how often they ran */
	uint64_t recursion_misses; /* runs that the kernel left out as they would have nested */
	uint64_t lost_events; /* events that found no room on their way out of the kernel */
	uint64_t dropped_records; /* records not written because the reader was too slow */
	uint64_t cpu_user_ns; /* processor time of the helper, user */
	uint64_t cpu_system_ns; /* processor time of the helper, system */
	uint64_t resident_bytes; /* resident memory of the helper */
	uint8_t bpf_counted; /* 1: the kernel counted what the programs cost; else bpfRunNs and bpfRuns are 0 */
	uint8_t reserved[7]; /* 0 */
};
static_assert(sizeof(struct rxray_frame_tracer_cost) == 80, "tracerCost");
static_assert(offsetof(struct rxray_frame_tracer_cost, time_ns) == 0, "tracerCost.timeNs");
static_assert(offsetof(struct rxray_frame_tracer_cost, bpf_run_ns) == 8, "tracerCost.bpfRunNs");
static_assert(offsetof(struct rxray_frame_tracer_cost, bpf_runs) == 16, "tracerCost.bpfRuns");
static_assert(offsetof(struct rxray_frame_tracer_cost, recursion_misses) == 24, "tracerCost.recursionMisses");
static_assert(offsetof(struct rxray_frame_tracer_cost, lost_events) == 32, "tracerCost.lostEvents");
static_assert(offsetof(struct rxray_frame_tracer_cost, dropped_records) == 40, "tracerCost.droppedRecords");
static_assert(offsetof(struct rxray_frame_tracer_cost, cpu_user_ns) == 48, "tracerCost.cpuUserNs");
static_assert(offsetof(struct rxray_frame_tracer_cost, cpu_system_ns) == 56, "tracerCost.cpuSystemNs");
static_assert(offsetof(struct rxray_frame_tracer_cost, resident_bytes) == 64, "tracerCost.residentBytes");
static_assert(offsetof(struct rxray_frame_tracer_cost, bpf_counted) == 72, "tracerCost.bpfCounted");
static_assert(offsetof(struct rxray_frame_tracer_cost, reserved) == 73, "tracerCost.reserved");

#define RXRAY_RECORD_RECEIVE_WAIT 21
/* Received packets waited for a CPU to handle them, and who held it. Symbols and stacks come before it. */
struct rxray_frame_receive_wait {
	int64_t from_ns; /* interrupt, softirq or thread asked for, since the epoch */
	int64_t to_ns; /* when it ran, since the epoch */
	int64_t steal_ns; /* growth of the steal time of the CPU around it, in steps of 10 ms; -1 unknown */
	int64_t held_ns; /* of the wait, how long the holder is known to have had the CPU; -1 unknown */
	uint64_t handler_ns; /* of the wait, time in handlers of other softirqs */
	uint64_t late_ns; /* of the wait, time for which even timers came late: interrupts off, or the machine paused */
	uint64_t cgroup1; /* cgroup v1 (memory) of the holder: inode number of its folder, 0 unknown */
	uint64_t cgroup2; /* the same of cgroup v2 */
	uint32_t wait; /* number of the wait in this stream, from 1 */
	uint32_t netns; /* network namespace of the packets, 0 unknown */
	uint32_t interface; /* index of their interface, 0 unknown */
	uint32_t holder_thread; /* thread id of the holder */
	uint32_t holder_process; /* process id of the holder */
	uint32_t server_thread; /* thread that handled the packets in the end */
	uint32_t syscall; /* number of the system call that the holder was in; 0xffffffff none or unknown */
	uint16_t cpu; /* CPU */
	uint8_t kind; /* enum waitKind */
	uint8_t context; /* enum context, of the holder */
	uint8_t handler; /* number of the softirq whose handler took longest within it, 255 none */
	uint8_t flags; /* waitFlags */
	uint16_t architecture; /* whose system call numbers: e_machine as in elf.h */
	uint32_t reserved; /* 0 */
	uint8_t thread_name[16]; /* of the holder */
	uint8_t process_name[16]; /* of its process */
	uint8_t server_name[16]; /* of the thread that handled the packets */
	uint8_t file_system[16]; /* of the file that the system call is about */
	uint8_t file[256]; /* its path below the mount */
	uint8_t cgroup[256]; /* path of the cgroup of the holder */
};
static_assert(sizeof(struct rxray_frame_receive_wait) == 680, "receiveWait");
static_assert(offsetof(struct rxray_frame_receive_wait, from_ns) == 0, "receiveWait.fromNs");
static_assert(offsetof(struct rxray_frame_receive_wait, to_ns) == 8, "receiveWait.toNs");
static_assert(offsetof(struct rxray_frame_receive_wait, steal_ns) == 16, "receiveWait.stealNs");
static_assert(offsetof(struct rxray_frame_receive_wait, held_ns) == 24, "receiveWait.heldNs");
static_assert(offsetof(struct rxray_frame_receive_wait, handler_ns) == 32, "receiveWait.handlerNs");
static_assert(offsetof(struct rxray_frame_receive_wait, late_ns) == 40, "receiveWait.lateNs");
static_assert(offsetof(struct rxray_frame_receive_wait, cgroup1) == 48, "receiveWait.cgroup1");
static_assert(offsetof(struct rxray_frame_receive_wait, cgroup2) == 56, "receiveWait.cgroup2");
static_assert(offsetof(struct rxray_frame_receive_wait, wait) == 64, "receiveWait.wait");
static_assert(offsetof(struct rxray_frame_receive_wait, netns) == 68, "receiveWait.netns");
static_assert(offsetof(struct rxray_frame_receive_wait, interface) == 72, "receiveWait.interface");
static_assert(offsetof(struct rxray_frame_receive_wait, holder_thread) == 76, "receiveWait.holderThread");
static_assert(offsetof(struct rxray_frame_receive_wait, holder_process) == 80, "receiveWait.holderProcess");
static_assert(offsetof(struct rxray_frame_receive_wait, server_thread) == 84, "receiveWait.serverThread");
static_assert(offsetof(struct rxray_frame_receive_wait, syscall) == 88, "receiveWait.syscall");
static_assert(offsetof(struct rxray_frame_receive_wait, cpu) == 92, "receiveWait.cpu");
static_assert(offsetof(struct rxray_frame_receive_wait, kind) == 94, "receiveWait.kind");
static_assert(offsetof(struct rxray_frame_receive_wait, context) == 95, "receiveWait.context");
static_assert(offsetof(struct rxray_frame_receive_wait, handler) == 96, "receiveWait.handler");
static_assert(offsetof(struct rxray_frame_receive_wait, flags) == 97, "receiveWait.flags");
static_assert(offsetof(struct rxray_frame_receive_wait, architecture) == 98, "receiveWait.architecture");
static_assert(offsetof(struct rxray_frame_receive_wait, reserved) == 100, "receiveWait.reserved");
static_assert(offsetof(struct rxray_frame_receive_wait, thread_name) == 104, "receiveWait.threadName");
static_assert(offsetof(struct rxray_frame_receive_wait, process_name) == 120, "receiveWait.processName");
static_assert(offsetof(struct rxray_frame_receive_wait, server_name) == 136, "receiveWait.serverName");
static_assert(offsetof(struct rxray_frame_receive_wait, file_system) == 152, "receiveWait.fileSystem");
static_assert(offsetof(struct rxray_frame_receive_wait, file) == 168, "receiveWait.file");
static_assert(offsetof(struct rxray_frame_receive_wait, cgroup) == 424, "receiveWait.cgroup");

#define RXRAY_RECORD_STACK 22
/* What ran on a CPU at an instant: the holder of a wait, or a sample of the flight recorder, told once for all waits around then. Names of its addresses come before it. */
struct rxray_frame_stack {
	int64_t time_ns; /* since the epoch */
	uint32_t wait; /* number of the wait that it is told with */
	uint32_t thread; /* thread id, 0 idle */
	uint32_t process; /* process id */
	uint32_t syscall; /* number of the system call it was in; 0xffffffff none or unknown */
	uint16_t cpu; /* CPU */
	uint8_t depth; /* addresses that follow */
	uint8_t flags; /* stackFlags */
	uint32_t reserved; /* 0 */
	uint8_t thread_name[16]; /* of the thread */
	uint64_t addresses[32]; /* of the kernel, innermost first */
};
static_assert(sizeof(struct rxray_frame_stack) == 304, "stack");
static_assert(offsetof(struct rxray_frame_stack, time_ns) == 0, "stack.timeNs");
static_assert(offsetof(struct rxray_frame_stack, wait) == 8, "stack.wait");
static_assert(offsetof(struct rxray_frame_stack, thread) == 12, "stack.thread");
static_assert(offsetof(struct rxray_frame_stack, process) == 16, "stack.process");
static_assert(offsetof(struct rxray_frame_stack, syscall) == 20, "stack.syscall");
static_assert(offsetof(struct rxray_frame_stack, cpu) == 24, "stack.cpu");
static_assert(offsetof(struct rxray_frame_stack, depth) == 26, "stack.depth");
static_assert(offsetof(struct rxray_frame_stack, flags) == 27, "stack.flags");
static_assert(offsetof(struct rxray_frame_stack, reserved) == 28, "stack.reserved");
static_assert(offsetof(struct rxray_frame_stack, thread_name) == 32, "stack.threadName");
static_assert(offsetof(struct rxray_frame_stack, addresses) == 48, "stack.addresses");

#define RXRAY_RECORD_WAIT_PLACE 26
/* Where the packets of a wait, or the thread that was to receive them, were queued: one CPU for some time. Before the wait. */
struct rxray_frame_wait_place {
	int64_t from_ns; /* since the epoch */
	int64_t to_ns; /* when it was moved on, or served */
	int64_t sampled_from_ns; /* since when the flight recorder still had that CPU as it was read; far ahead without one; since the epoch */
	uint64_t recorded_ns; /* of that, time for which it is known who had the CPU */
	uint32_t wait; /* number of the wait that it belongs to */
	uint16_t cpu; /* CPU */
	uint16_t reserved; /* 0 */
};
static_assert(sizeof(struct rxray_frame_wait_place) == 40, "waitPlace");
static_assert(offsetof(struct rxray_frame_wait_place, from_ns) == 0, "waitPlace.fromNs");
static_assert(offsetof(struct rxray_frame_wait_place, to_ns) == 8, "waitPlace.toNs");
static_assert(offsetof(struct rxray_frame_wait_place, sampled_from_ns) == 16, "waitPlace.sampledFromNs");
static_assert(offsetof(struct rxray_frame_wait_place, recorded_ns) == 24, "waitPlace.recordedNs");
static_assert(offsetof(struct rxray_frame_wait_place, wait) == 32, "waitPlace.wait");
static_assert(offsetof(struct rxray_frame_wait_place, cpu) == 36, "waitPlace.cpu");
static_assert(offsetof(struct rxray_frame_wait_place, reserved) == 38, "waitPlace.reserved");

#define RXRAY_RECORD_OCCUPANT 27
/* A thread that had the CPU where packets, or their thread, were queued, while they waited. Before the wait, those who had it longest. */
struct rxray_frame_occupant {
	int64_t from_ns; /* since when it had the CPU, also before the wait; since the epoch */
	int64_t to_ns; /* until when it had the CPU, or was seen to have it; since the epoch */
	uint64_t held_ns; /* of the time that was waited on that CPU, how long it ran there, all turns added up */
	uint32_t wait; /* number of the wait that it belongs to */
	uint32_t thread; /* thread id, 0 idle */
	uint32_t process; /* process id */
	uint32_t turns; /* how often it got the CPU */
	uint16_t cpu; /* CPU */
	uint8_t flags; /* occupantFlags */
	uint8_t reserved[5]; /* 0 */
	uint8_t thread_name[16]; /* of the thread */
	uint8_t process_name[16]; /* of its process; empty when it had ended */
	uint8_t cgroup[256]; /* path of its cgroup; empty: unknown */
};
static_assert(sizeof(struct rxray_frame_occupant) == 336, "occupant");
static_assert(offsetof(struct rxray_frame_occupant, from_ns) == 0, "occupant.fromNs");
static_assert(offsetof(struct rxray_frame_occupant, to_ns) == 8, "occupant.toNs");
static_assert(offsetof(struct rxray_frame_occupant, held_ns) == 16, "occupant.heldNs");
static_assert(offsetof(struct rxray_frame_occupant, wait) == 24, "occupant.wait");
static_assert(offsetof(struct rxray_frame_occupant, thread) == 28, "occupant.thread");
static_assert(offsetof(struct rxray_frame_occupant, process) == 32, "occupant.process");
static_assert(offsetof(struct rxray_frame_occupant, turns) == 36, "occupant.turns");
static_assert(offsetof(struct rxray_frame_occupant, cpu) == 40, "occupant.cpu");
static_assert(offsetof(struct rxray_frame_occupant, flags) == 42, "occupant.flags");
static_assert(offsetof(struct rxray_frame_occupant, reserved) == 43, "occupant.reserved");
static_assert(offsetof(struct rxray_frame_occupant, thread_name) == 48, "occupant.threadName");
static_assert(offsetof(struct rxray_frame_occupant, process_name) == 64, "occupant.processName");
static_assert(offsetof(struct rxray_frame_occupant, cgroup) == 80, "occupant.cgroup");

#define RXRAY_RECORD_SYMBOL 23
/* The name of an address of the kernel, once before the first stack that has it. */
struct rxray_frame_symbol {
	uint64_t address; /* as in stacks */
	uint8_t name[56]; /* of the function */
};
static_assert(sizeof(struct rxray_frame_symbol) == 64, "symbol");
static_assert(offsetof(struct rxray_frame_symbol, address) == 0, "symbol.address");
static_assert(offsetof(struct rxray_frame_symbol, name) == 8, "symbol.name");

#define RXRAY_RECORD_WAIT_TOTALS 24
/* How long receive work waited on one CPU, all namespaces taken together: before the end. */
struct rxray_frame_wait_totals {
	int64_t time_ns; /* since the epoch */
	uint64_t waits; /* how often receive work was asked for and served */
	uint64_t longest_ns; /* the longest wait */
	uint16_t cpu; /* CPU */
	uint8_t received; /* 1: a packet of the network namespace asked about came in on this CPU */
	uint8_t reserved[5]; /* 0 */
	uint64_t buckets[40]; /* waits of 2^n up to 2^(n+1) ns */
};
static_assert(sizeof(struct rxray_frame_wait_totals) == 352, "waitTotals");
static_assert(offsetof(struct rxray_frame_wait_totals, time_ns) == 0, "waitTotals.timeNs");
static_assert(offsetof(struct rxray_frame_wait_totals, waits) == 8, "waitTotals.waits");
static_assert(offsetof(struct rxray_frame_wait_totals, longest_ns) == 16, "waitTotals.longestNs");
static_assert(offsetof(struct rxray_frame_wait_totals, cpu) == 24, "waitTotals.cpu");
static_assert(offsetof(struct rxray_frame_wait_totals, received) == 26, "waitTotals.received");
static_assert(offsetof(struct rxray_frame_wait_totals, reserved) == 27, "waitTotals.reserved");
static_assert(offsetof(struct rxray_frame_wait_totals, buckets) == 32, "waitTotals.buckets");

#define RXRAY_RECORD_RX_PACKET 25
/* A probe packet as the receiving stack took it up: where, in whose context, and how long after it was asked for. */
struct rxray_frame_rx_packet {
	int64_t time_ns; /* since the epoch */
	int64_t asked_ns; /* length from the raise of the softirq or the waking of the thread to this packet; -1 unknown */
	int64_t wait_ns; /* of that, until the softirq or the thread ran; -1 unknown */
	uint32_t path; /* number of the path that the watch names; without a watch 0 */
	uint32_t seq; /* number of the probe on its path, or of the packet: of an echo its 16 bits, of a SYN its sequence number */
	uint32_t thread; /* thread id, 0 idle */
	uint32_t process; /* process id */
	uint32_t syscall; /* number of the system call it was in; 0xffffffff none or unknown */
	uint32_t interface; /* index of the interface */
	uint16_t architecture; /* whose system call numbers: e_machine as in elf.h */
	uint16_t cpu; /* CPU */
	uint16_t queue; /* receive queue, 0xffff not recorded */
	uint16_t flow; /* index of the flow on its path; for fresh flows 0xffff */
	uint16_t id; /* of an echo its identifier, else the source port */
	uint16_t port; /* target port, 0 of an echo */
	uint8_t protocol; /* enum packetProtocol */
	uint8_t context; /* enum context */
	uint8_t flags; /* rxFlags */
	uint8_t family; /* 4 or 6 */
	uint8_t source[16]; /* address; of IPv4 the first four bytes */
	uint8_t thread_name[16]; /* of the thread */
	uint8_t interface_name[16]; /* empty: unknown */
};
static_assert(sizeof(struct rxray_frame_rx_packet) == 112, "rxPacket");
static_assert(offsetof(struct rxray_frame_rx_packet, time_ns) == 0, "rxPacket.timeNs");
static_assert(offsetof(struct rxray_frame_rx_packet, asked_ns) == 8, "rxPacket.askedNs");
static_assert(offsetof(struct rxray_frame_rx_packet, wait_ns) == 16, "rxPacket.waitNs");
static_assert(offsetof(struct rxray_frame_rx_packet, path) == 24, "rxPacket.path");
static_assert(offsetof(struct rxray_frame_rx_packet, seq) == 28, "rxPacket.seq");
static_assert(offsetof(struct rxray_frame_rx_packet, thread) == 32, "rxPacket.thread");
static_assert(offsetof(struct rxray_frame_rx_packet, process) == 36, "rxPacket.process");
static_assert(offsetof(struct rxray_frame_rx_packet, syscall) == 40, "rxPacket.syscall");
static_assert(offsetof(struct rxray_frame_rx_packet, interface) == 44, "rxPacket.interface");
static_assert(offsetof(struct rxray_frame_rx_packet, architecture) == 48, "rxPacket.architecture");
static_assert(offsetof(struct rxray_frame_rx_packet, cpu) == 50, "rxPacket.cpu");
static_assert(offsetof(struct rxray_frame_rx_packet, queue) == 52, "rxPacket.queue");
static_assert(offsetof(struct rxray_frame_rx_packet, flow) == 54, "rxPacket.flow");
static_assert(offsetof(struct rxray_frame_rx_packet, id) == 56, "rxPacket.id");
static_assert(offsetof(struct rxray_frame_rx_packet, port) == 58, "rxPacket.port");
static_assert(offsetof(struct rxray_frame_rx_packet, protocol) == 60, "rxPacket.protocol");
static_assert(offsetof(struct rxray_frame_rx_packet, context) == 61, "rxPacket.context");
static_assert(offsetof(struct rxray_frame_rx_packet, flags) == 62, "rxPacket.flags");
static_assert(offsetof(struct rxray_frame_rx_packet, family) == 63, "rxPacket.family");
static_assert(offsetof(struct rxray_frame_rx_packet, source) == 64, "rxPacket.source");
static_assert(offsetof(struct rxray_frame_rx_packet, thread_name) == 80, "rxPacket.threadName");
static_assert(offsetof(struct rxray_frame_rx_packet, interface_name) == 96, "rxPacket.interfaceName");

#define RXRAY_RECORD_SYSCALL_CALL 30
/* One system call that took long, or that is still in flight. Names of its cgroups and its stacks come before it. */
struct rxray_frame_syscall_call {
	int64_t began_ns; /* since the epoch */
	int64_t ended_ns; /* since the epoch */
	uint64_t waiting_ns; /* of it, ready but without a CPU */
	uint64_t sleeping_ns; /* of it, asleep */
	int64_t result; /* what it returned, a negative errno on failure */
	uint64_t arguments[6]; /* as registers held them */
	uint64_t cgroup1; /* cgroup v1 (memory) of the thread: inode number of its folder, 0 none */
	uint64_t cgroup2; /* the same of cgroup v2 */
	uint32_t thread; /* thread id */
	uint32_t process; /* process id */
	uint32_t number; /* of the system call */
	uint16_t cpu; /* CPU it returned on */
	uint16_t architecture; /* whose system call numbers: e_machine as in elf.h */
	uint16_t flags; /* callFlags */
	uint8_t reserved[6]; /* 0 */
	uint8_t thread_name[16]; /* of the thread */
	uint8_t process_name[16]; /* of its process */
	uint8_t file_system[16]; /* of the file behind its descriptor */
	uint8_t file[512]; /* path of that file */
	uint8_t text[256]; /* the path that the call was given */
};
static_assert(sizeof(struct rxray_frame_syscall_call) == 944, "syscallCall");
static_assert(offsetof(struct rxray_frame_syscall_call, began_ns) == 0, "syscallCall.beganNs");
static_assert(offsetof(struct rxray_frame_syscall_call, ended_ns) == 8, "syscallCall.endedNs");
static_assert(offsetof(struct rxray_frame_syscall_call, waiting_ns) == 16, "syscallCall.waitingNs");
static_assert(offsetof(struct rxray_frame_syscall_call, sleeping_ns) == 24, "syscallCall.sleepingNs");
static_assert(offsetof(struct rxray_frame_syscall_call, result) == 32, "syscallCall.result");
static_assert(offsetof(struct rxray_frame_syscall_call, arguments) == 40, "syscallCall.arguments");
static_assert(offsetof(struct rxray_frame_syscall_call, cgroup1) == 88, "syscallCall.cgroup1");
static_assert(offsetof(struct rxray_frame_syscall_call, cgroup2) == 96, "syscallCall.cgroup2");
static_assert(offsetof(struct rxray_frame_syscall_call, thread) == 104, "syscallCall.thread");
static_assert(offsetof(struct rxray_frame_syscall_call, process) == 108, "syscallCall.process");
static_assert(offsetof(struct rxray_frame_syscall_call, number) == 112, "syscallCall.number");
static_assert(offsetof(struct rxray_frame_syscall_call, cpu) == 116, "syscallCall.cpu");
static_assert(offsetof(struct rxray_frame_syscall_call, architecture) == 118, "syscallCall.architecture");
static_assert(offsetof(struct rxray_frame_syscall_call, flags) == 120, "syscallCall.flags");
static_assert(offsetof(struct rxray_frame_syscall_call, reserved) == 122, "syscallCall.reserved");
static_assert(offsetof(struct rxray_frame_syscall_call, thread_name) == 128, "syscallCall.threadName");
static_assert(offsetof(struct rxray_frame_syscall_call, process_name) == 144, "syscallCall.processName");
static_assert(offsetof(struct rxray_frame_syscall_call, file_system) == 160, "syscallCall.fileSystem");
static_assert(offsetof(struct rxray_frame_syscall_call, file) == 176, "syscallCall.file");
static_assert(offsetof(struct rxray_frame_syscall_call, text) == 688, "syscallCall.text");

#define RXRAY_RECORD_CGROUP_NAME 31
/* The path of a cgroup, once before the first record that has its number. */
struct rxray_frame_cgroup_name {
	uint64_t cgroup; /* inode number of its folder */
	uint8_t path[504]; /* of the folder, from the root of its hierarchy */
	uint8_t version; /* of cgroups: 1 or 2 */
	uint8_t reserved[7]; /* 0 */
};
static_assert(sizeof(struct rxray_frame_cgroup_name) == 520, "cgroupName");
static_assert(offsetof(struct rxray_frame_cgroup_name, cgroup) == 0, "cgroupName.cgroup");
static_assert(offsetof(struct rxray_frame_cgroup_name, path) == 8, "cgroupName.path");
static_assert(offsetof(struct rxray_frame_cgroup_name, version) == 512, "cgroupName.version");
static_assert(offsetof(struct rxray_frame_cgroup_name, reserved) == 513, "cgroupName.reserved");

#define RXRAY_RECORD_SYSCALL_TOTALS 32
/* Running totals of one system call in one process, at intervals and before the end. */
struct rxray_frame_syscall_totals {
	int64_t time_ns; /* since the epoch */
	uint64_t count; /* calls that returned */
	uint64_t errors; /* of them, that failed */
	uint64_t total_ns; /* their time taken together */
	uint64_t longest_ns; /* of the longest */
	uint64_t cgroup1; /* cgroup v1 (memory) of the process at its first call, 0 none */
	uint64_t cgroup2; /* the same of cgroup v2 */
	uint32_t process; /* process id */
	uint32_t number; /* of the system call */
	uint16_t architecture; /* e_machine as in elf.h */
	uint8_t reserved[6]; /* 0 */
	uint8_t process_name[16]; /* of the process at its first call */
	uint32_t buckets[136]; /* calls by length: the first below 64 ns, then four to each power of two */
};
static_assert(sizeof(struct rxray_frame_syscall_totals) == 632, "syscallTotals");
static_assert(offsetof(struct rxray_frame_syscall_totals, time_ns) == 0, "syscallTotals.timeNs");
static_assert(offsetof(struct rxray_frame_syscall_totals, count) == 8, "syscallTotals.count");
static_assert(offsetof(struct rxray_frame_syscall_totals, errors) == 16, "syscallTotals.errors");
static_assert(offsetof(struct rxray_frame_syscall_totals, total_ns) == 24, "syscallTotals.totalNs");
static_assert(offsetof(struct rxray_frame_syscall_totals, longest_ns) == 32, "syscallTotals.longestNs");
static_assert(offsetof(struct rxray_frame_syscall_totals, cgroup1) == 40, "syscallTotals.cgroup1");
static_assert(offsetof(struct rxray_frame_syscall_totals, cgroup2) == 48, "syscallTotals.cgroup2");
static_assert(offsetof(struct rxray_frame_syscall_totals, process) == 56, "syscallTotals.process");
static_assert(offsetof(struct rxray_frame_syscall_totals, number) == 60, "syscallTotals.number");
static_assert(offsetof(struct rxray_frame_syscall_totals, architecture) == 64, "syscallTotals.architecture");
static_assert(offsetof(struct rxray_frame_syscall_totals, reserved) == 66, "syscallTotals.reserved");
static_assert(offsetof(struct rxray_frame_syscall_totals, process_name) == 72, "syscallTotals.processName");
static_assert(offsetof(struct rxray_frame_syscall_totals, buckets) == 88, "syscallTotals.buckets");

#define RXRAY_RECORD_CALL_STACK 33
/* A stack of the call with the same thread and begin, which follows. Names of its addresses come before it. */
struct rxray_frame_call_stack {
	int64_t began_ns; /* of the call, since the epoch */
	uint32_t thread; /* thread id */
	uint32_t process; /* process id */
	uint8_t depth; /* addresses that follow */
	uint8_t user; /* 1: of the program, by frame pointers; 0: of the kernel, where it left the CPU for longest */
	uint8_t reserved[6]; /* 0 */
	uint64_t addresses[64]; /* innermost first */
};
static_assert(sizeof(struct rxray_frame_call_stack) == 536, "callStack");
static_assert(offsetof(struct rxray_frame_call_stack, began_ns) == 0, "callStack.beganNs");
static_assert(offsetof(struct rxray_frame_call_stack, thread) == 8, "callStack.thread");
static_assert(offsetof(struct rxray_frame_call_stack, process) == 12, "callStack.process");
static_assert(offsetof(struct rxray_frame_call_stack, depth) == 16, "callStack.depth");
static_assert(offsetof(struct rxray_frame_call_stack, user) == 17, "callStack.user");
static_assert(offsetof(struct rxray_frame_call_stack, reserved) == 18, "callStack.reserved");
static_assert(offsetof(struct rxray_frame_call_stack, addresses) == 24, "callStack.addresses");

#define RXRAY_RECORD_RECORDED_CALL 34
/* One call out of the flight recorder; it follows its recorderDump. */
struct rxray_frame_recorded_call {
	int64_t began_ns; /* since the epoch */
	uint64_t length_ns; /* how long it took */
	int64_t result; /* what it returned */
	uint64_t arguments[3]; /* the first three */
	uint32_t dump; /* number of the dump */
	uint32_t thread; /* thread id */
	uint32_t process; /* process id */
	uint32_t number; /* of the system call */
	uint16_t architecture; /* e_machine as in elf.h */
	uint8_t reserved[6]; /* 0 */
	uint8_t thread_name[16]; /* of the thread */
};
static_assert(sizeof(struct rxray_frame_recorded_call) == 88, "recordedCall");
static_assert(offsetof(struct rxray_frame_recorded_call, began_ns) == 0, "recordedCall.beganNs");
static_assert(offsetof(struct rxray_frame_recorded_call, length_ns) == 8, "recordedCall.lengthNs");
static_assert(offsetof(struct rxray_frame_recorded_call, result) == 16, "recordedCall.result");
static_assert(offsetof(struct rxray_frame_recorded_call, arguments) == 24, "recordedCall.arguments");
static_assert(offsetof(struct rxray_frame_recorded_call, dump) == 48, "recordedCall.dump");
static_assert(offsetof(struct rxray_frame_recorded_call, thread) == 52, "recordedCall.thread");
static_assert(offsetof(struct rxray_frame_recorded_call, process) == 56, "recordedCall.process");
static_assert(offsetof(struct rxray_frame_recorded_call, number) == 60, "recordedCall.number");
static_assert(offsetof(struct rxray_frame_recorded_call, architecture) == 64, "recordedCall.architecture");
static_assert(offsetof(struct rxray_frame_recorded_call, reserved) == 66, "recordedCall.reserved");
static_assert(offsetof(struct rxray_frame_recorded_call, thread_name) == 72, "recordedCall.threadName");

#define RXRAY_RECORD_RECORDER_DUMP 35
/* What the flight recorder holds of one cgroup is told now. */
struct rxray_frame_recorder_dump {
	int64_t time_ns; /* since the epoch */
	uint64_t cgroup; /* inode number of its folder */
	uint64_t written; /* calls of the cgroup recorded so far; the older ones were overwritten */
	uint32_t dump; /* number of the dump, from 1 */
	uint32_t calls; /* calls that follow */
	uint8_t on_slow; /* 1: a slow call asked for it; 0: the end of the run */
	uint8_t reserved[7]; /* 0 */
};
static_assert(sizeof(struct rxray_frame_recorder_dump) == 40, "recorderDump");
static_assert(offsetof(struct rxray_frame_recorder_dump, time_ns) == 0, "recorderDump.timeNs");
static_assert(offsetof(struct rxray_frame_recorder_dump, cgroup) == 8, "recorderDump.cgroup");
static_assert(offsetof(struct rxray_frame_recorder_dump, written) == 16, "recorderDump.written");
static_assert(offsetof(struct rxray_frame_recorder_dump, dump) == 24, "recorderDump.dump");
static_assert(offsetof(struct rxray_frame_recorder_dump, calls) == 28, "recorderDump.calls");
static_assert(offsetof(struct rxray_frame_recorder_dump, on_slow) == 32, "recorderDump.onSlow");
static_assert(offsetof(struct rxray_frame_recorder_dump, reserved) == 33, "recorderDump.reserved");

#define RXRAY_RECORD_USER_SYMBOL 36
/* What an address of a program is, before the first stack that has it. */
struct rxray_frame_user_symbol {
	uint64_t address; /* as in the stack */
	uint64_t offset; /* in the function, or in the file where no function is known */
	uint32_t process; /* process id */
	uint32_t reserved; /* 0 */
	uint8_t name[120]; /* of the function, empty unknown */
	uint8_t module[120]; /* file it is in, empty unknown */
};
static_assert(sizeof(struct rxray_frame_user_symbol) == 264, "userSymbol");
static_assert(offsetof(struct rxray_frame_user_symbol, address) == 0, "userSymbol.address");
static_assert(offsetof(struct rxray_frame_user_symbol, offset) == 8, "userSymbol.offset");
static_assert(offsetof(struct rxray_frame_user_symbol, process) == 16, "userSymbol.process");
static_assert(offsetof(struct rxray_frame_user_symbol, reserved) == 20, "userSymbol.reserved");
static_assert(offsetof(struct rxray_frame_user_symbol, name) == 24, "userSymbol.name");
static_assert(offsetof(struct rxray_frame_user_symbol, module) == 144, "userSymbol.module");

#define RXRAY_RECORD_SYSCALL_COUNTERS 37
/* Running totals of a trace of system calls, about once a second and before the end. */
struct rxray_frame_syscall_counters {
	int64_t time_ns; /* since the epoch */
	uint64_t calls; /* traced calls that returned */
	uint64_t lost_events; /* calls and stacks that found no room in the ring of events */
	uint64_t lost_totals; /* calls that found no room in the table of totals */
	uint64_t lost_parked; /* calls whose thread was switched out, and which were lost from sight by that: no room in the table of such threads, or a switch that was not seen (known at the end of a run) */
	uint64_t unrecorded; /* calls that the flight recorder had no ring for */
	uint64_t gone; /* calls whose process or descriptor was gone before its file was looked up */
	uint64_t sampled_ns; /* processor time of the programs of calls, in the moments in which the kernel measured it */
	uint64_t sampled_runs; /* how often they ran in those */
	uint32_t cgroups; /* trees of cgroups that match the filter now */
	uint32_t reserved; /* 0 */
};
static_assert(sizeof(struct rxray_frame_syscall_counters) == 80, "syscallCounters");
static_assert(offsetof(struct rxray_frame_syscall_counters, time_ns) == 0, "syscallCounters.timeNs");
static_assert(offsetof(struct rxray_frame_syscall_counters, calls) == 8, "syscallCounters.calls");
static_assert(offsetof(struct rxray_frame_syscall_counters, lost_events) == 16, "syscallCounters.lostEvents");
static_assert(offsetof(struct rxray_frame_syscall_counters, lost_totals) == 24, "syscallCounters.lostTotals");
static_assert(offsetof(struct rxray_frame_syscall_counters, lost_parked) == 32, "syscallCounters.lostParked");
static_assert(offsetof(struct rxray_frame_syscall_counters, unrecorded) == 40, "syscallCounters.unrecorded");
static_assert(offsetof(struct rxray_frame_syscall_counters, gone) == 48, "syscallCounters.gone");
static_assert(offsetof(struct rxray_frame_syscall_counters, sampled_ns) == 56, "syscallCounters.sampledNs");
static_assert(offsetof(struct rxray_frame_syscall_counters, sampled_runs) == 64, "syscallCounters.sampledRuns");
static_assert(offsetof(struct rxray_frame_syscall_counters, cgroups) == 72, "syscallCounters.cgroups");
static_assert(offsetof(struct rxray_frame_syscall_counters, reserved) == 76, "syscallCounters.reserved");

#endif
