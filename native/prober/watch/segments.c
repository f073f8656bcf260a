/* SPDX-License-Identifier: MIT */
#include "segments.h"

#include <linux/if_ether.h>
#include <string.h>

#include "big_endian.h"
#include "packet.h"
#include "prober.h"
#include "watcher.h"

#define RING_FRAMES 4096u /* of an answer of megabytes, within a turn */
#define READ_MOST 4096u
#define TCP_LEAST 20u

size_t segments_filter(const struct plan_answers *answers, struct sock_filter program[SEGMENTS_FILTER_MAX])
{
	bool v4 = answers->from.family == 4;
	unsigned words = v4 ? 1 : 4, at = v4 ? 12 : 8, length = 0;
	/* Known beforehand, as every comparison jumps to the end when it fails. */
	unsigned total = v4 ? 11 : 14;
#define ELSE_DROP (uint8_t)(total - 1 - length - 1)
	program[length++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_B | BPF_ABS, v4 ? 9 : 6);
	program[length] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, IPPROTO_TCP, 0, ELSE_DROP);
	length++;
	if (v4) {
		program[length++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 6);
		program[length] =
		        (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, 0x1fff, ELSE_DROP, 0);
		length++;
	}
	for (unsigned i = 0; i < words; i++) {
		program[length++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, at + 4 * i);
		program[length] = (struct sock_filter)BPF_JUMP(
		        BPF_JMP | BPF_JEQ | BPF_K, get32(answers->from.bytes + 4 * i), 0, ELSE_DROP);
		length++;
	}
	if (v4)
		program[length++] = (struct sock_filter)BPF_STMT(BPF_LDX | BPF_B | BPF_MSH, 0);
	program[length++] = v4 ? (struct sock_filter)BPF_STMT(BPF_LD | BPF_H | BPF_IND, 0)
	                       : (struct sock_filter)BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 40);
	program[length] =
	        (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, answers->port, 0, ELSE_DROP);
	length++;
	program[length++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SEGMENTS_SNAP);
	program[length++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, 0);
#undef ELSE_DROP
	return length;
}

bool segments_parse(const uint8_t *packet, size_t length, struct rxray_frame_segment *segment)
{
	size_t header, whole, options;
	const uint8_t *tcp;

	if (length < 40)
		return false;
	if (packet[0] >> 4 == 4) {
		header = (size_t)(packet[0] & 15) * 4;
		whole = get16(packet + 2);
	} else {
		header = 40;
		whole = 40u + get16(packet + 4);
	}
	if (header < 20 || length < header + 14)
		return false;
	tcp = packet + header;
	options = (size_t)(tcp[12] >> 4) * 4;
	/* Of more than 64 KiB (BIG TCP) the header does not tell how much it is. */
	if (options < TCP_LEAST || whole < header + options)
		return false;
	*segment = (struct rxray_frame_segment){
	        .seq = get32(tcp + 4),
	        .data_bytes = (uint32_t)(whole - header - options),
	        .port = get16(tcp + 2),
	        .flags = (tcp[13] & TCP_SYN) != 0 ? RXRAY_SEGMENT_FLAGS_SYN : 0,
	};
	return segment->data_bytes > 0 || segment->flags != 0;
}

bool segments_open(struct prober *prober, struct problem *problem)
{
	struct segments *segments = &prober->watcher->segments;

	for (size_t i = 0; i < PLAN_MAX_ANSWERS; i++)
		segments->sockets[i].fd = -1;
	for (size_t i = 0; i < prober->plan.answers_count; i++) {
		const struct plan_answers *answers = &prober->plan.answers[i];
		struct sock_filter code[SEGMENTS_FILTER_MAX];
		struct sock_fprog program = {.filter = code};
		/* Bound to one protocol: of what leaves no packet is cloned for it. */
		struct receive_options options = {
		        .filter = &program,
		        .protocol = answers->from.family == 4 ? ETH_P_IP : ETH_P_IPV6,
		        .frames = RING_FRAMES,
		        .stamps = prober->grants.stamps,
		};

		program.len = (unsigned short)segments_filter(answers, code);
		segments->count++;
		if (!receive_open(&segments->sockets[i], &options, problem))
			return false;
	}
	return true;
}

void segments_close(struct segments *segments)
{
	for (size_t i = 0; i < segments->count; i++)
		receive_close(&segments->sockets[i]);
}

static void flush(struct prober *prober)
{
	struct segments *segments = &prober->watcher->segments;

	if (segments->batched > 0)
		frames_bulk(&prober->frames, RXRAY_RECORD_SEGMENT, sizeof(segments->batch[0]),
		            segments->batch, segments->batched);
	segments->batched = 0;
}

static void take_packet(void *context, const struct received *packet)
{
	struct prober *prober = context;
	struct segments *segments = &prober->watcher->segments;
	struct rxray_frame_segment *segment = &segments->batch[segments->batched];
	int64_t mono = packet->real_ns - prober->clocks.real_minus_mono;

	/*
	 * Over lo and veth a segment keeps the time at which its sender was to send it, in place of a stamp:
	 * then it is the ring's, when the packet socket got it. Across a step of the clock the reader's own
	 * reading is better.
	 */
	if (mono <= prober->clocks.stepped_mono || !segments_parse(packet->packet, packet->length, segment))
		return;
	segment->time_ns = mono - prober->epoch_ns;
	segment->place = segments->place;
	prober->counters.received++;
	segments->batched++;
	if (segments->batched == SEGMENTS_BATCH)
		flush(prober);
}

void segments_read(struct prober *prober)
{
	struct segments *segments = &prober->watcher->segments;

	for (size_t i = 0; i < segments->count; i++) {
		segments->place = (uint16_t)i;
		receive_read(&segments->sockets[i], READ_MOST, take_packet, prober);
	}
	flush(prober);
}
