/* SPDX-License-Identifier: MIT */
#include "watch_filter.h"

#include <linux/if_packet.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <string.h>

#include "big_endian.h"

/* Scratch words of the program: what of a packet is compared. Of an IPv6 address its last 32 bits; the rest
 * is checked in user space. */
enum word { PROBER, TARGET, PROBER_PORT, TARGET_PORT, PROTOCOL };

struct program {
	struct sock_filter *code;
	size_t length;
};

/* Jumps over so many instructions when the comparison holds (yes) or not (no). */
static size_t emit(struct program *program, uint16_t code, uint32_t k, uint8_t yes, uint8_t no)
{
	if (program->length < WATCH_FILTER_MAX)
		program->code[program->length] = (struct sock_filter){code, yes, no, k};
	return program->length++;
}

static void load(struct program *program, uint16_t code, uint32_t k, enum word word)
{
	emit(program, code, k, 0, 0);
	emit(program, BPF_ST, word, 0, 0);
}

static void drop(struct program *program)
{
	emit(program, BPF_RET | BPF_K, 0, 0, 0);
}

/* Goes on only when A == k. */
static void demand(struct program *program, uint32_t k)
{
	emit(program, BPF_JMP | BPF_JEQ | BPF_K, k, 1, 0);
	drop(program);
}

static size_t jump(struct program *program)
{
	return emit(program, BPF_JMP | BPF_JA, 0, 0, 0);
}

/* Lets an earlier jump end here. */
static void land(struct program *program, size_t from)
{
	if (from < WATCH_FILTER_MAX)
		program->code[from].k = (uint32_t)(program->length - from - 1);
}

#define BYTE (BPF_LD | BPF_B | BPF_ABS)
#define HALF (BPF_LD | BPF_H | BPF_ABS)
#define WORD (BPF_LD | BPF_W | BPF_ABS)
#define BYTE_X (BPF_LD | BPF_B | BPF_IND)
#define HALF_X (BPF_LD | BPF_H | BPF_IND)
#define WORD_X (BPF_LD | BPF_W | BPF_IND)
#define PACKET_TYPE ((uint32_t)(SKF_AD_OFF + SKF_AD_PKTTYPE))

/*
 * Reads what an IP packet that begins at `base` says, its payload beginning at X + `payload`, into the
 * scratch words: the prober's end is the source of what arrives and the destination of what leaves.
 */
static void read_packet(struct program *program, bool v4, uint32_t base, uint32_t payload, size_t exits[4])
{
	uint32_t source = base + (v4 ? 12 : 20), destination = base + (v4 ? 16 : 36);
	uint32_t protocol = base + (v4 ? 9 : 6), icmp = v4 ? IPPROTO_ICMP : IPPROTO_ICMPV6;
	uint32_t quote = payload + 8, quoted = quote + (v4 ? 20 : 40);
	size_t to_ports, to_leaving, to_other;

	load(program, BYTE, protocol, PROTOCOL);
	emit(program, BPF_JMP | BPF_JEQ | BPF_K, icmp, 1, 0);
	to_ports = jump(program);

	/* An echo request that arrives, an echo reply that leaves, or "nobody listens there", which answers
	 * UDP. */
	emit(program, WORD, PACKET_TYPE, 0, 0);
	emit(program, BPF_JMP | BPF_JEQ | BPF_K, PACKET_OUTGOING, 0, 1);
	to_leaving = jump(program);
	emit(program, BYTE_X, payload, 0, 0);
	demand(program, v4 ? 8 : 128);
	load(program, WORD, source, PROBER);
	load(program, WORD, destination, TARGET);
	load(program, HALF_X, payload + 4, PROBER_PORT);
	exits[0] = jump(program);
	land(program, to_leaving);
	load(program, WORD, destination, PROBER);
	emit(program, BYTE_X, payload, 0, 0);
	emit(program, BPF_JMP | BPF_JEQ | BPF_K, v4 ? 0 : 129, 0, 5);
	load(program, WORD, source, TARGET);
	load(program, HALF_X, payload + 4, PROBER_PORT);
	exits[1] = jump(program);
	demand(program, v4 ? 3 : 1);
	load(program, BYTE_X, quote + (v4 ? 9 : 6), PROTOCOL);
	demand(program, IPPROTO_UDP);
	load(program, WORD_X, quote + (v4 ? 16 : 36), TARGET);
	load(program, HALF_X, quoted, PROBER_PORT);
	load(program, HALF_X, quoted + 2, TARGET_PORT);
	exits[2] = jump(program);

	land(program, to_ports);
	emit(program, WORD, PACKET_TYPE, 0, 0);
	emit(program, BPF_JMP | BPF_JEQ | BPF_K, PACKET_OUTGOING, 0, 1);
	to_other = jump(program);
	load(program, WORD, source, PROBER);
	load(program, WORD, destination, TARGET);
	load(program, HALF_X, payload, PROBER_PORT);
	load(program, HALF_X, payload + 2, TARGET_PORT);
	exits[3] = jump(program);
	land(program, to_other);
	load(program, WORD, destination, PROBER);
	load(program, WORD, source, TARGET);
	load(program, HALF_X, payload + 2, PROBER_PORT);
	load(program, HALF_X, payload, TARGET_PORT);
}

/* Later fragments have no ports. */
static void refuse_fragments(struct program *program, uint32_t base)
{
	emit(program, HALF, base + 6, 0, 0);
	emit(program, BPF_JMP | BPF_JSET | BPF_K, 0x1fff, 0, 1);
	drop(program);
}

static uint32_t last_word(const struct address *address)
{
	return get32(address->bytes + (address->family == 4 ? 0 : 12));
}

static void keep_range(struct program *program, struct plan_range range)
{
	if (range.first > range.last)
		return;
	emit(program, BPF_LD | BPF_MEM, PROBER_PORT, 0, 0);
	emit(program, BPF_JMP | BPF_JGE | BPF_K, range.first, 0, 2);
	emit(program, BPF_JMP | BPF_JGT | BPF_K, range.last, 1, 0);
	emit(program, BPF_RET | BPF_K, WATCH_FILTER_SNAP, 0, 0);
}

static void keep_watch(struct program *program, const struct plan_watch *watch)
{
	static const uint32_t protocols[] = {IPPROTO_ICMP, IPPROTO_TCP, IPPROTO_TCP, IPPROTO_UDP};
	bool icmp = watch->protocol == PROTOCOL_ICMP;
	uint32_t protocol = icmp && watch->target.family == 6 ? IPPROTO_ICMPV6 : protocols[watch->protocol];
	struct plan_range id = {watch->id, watch->id};
	size_t past, past_port = 0;

	emit(program, BPF_LD | BPF_MEM, PROTOCOL, 0, 0);
	emit(program, BPF_JMP | BPF_JEQ | BPF_K, protocol, 1, 0);
	past = jump(program);
	if (!icmp) {
		emit(program, BPF_LD | BPF_MEM, TARGET_PORT, 0, 0);
		emit(program, BPF_JMP | BPF_JEQ | BPF_K, watch->port, 1, 0);
		past_port = jump(program);
	}
	keep_range(program, icmp ? id : watch->ports);
	keep_range(program, watch->fresh);
	land(program, past);
	if (!icmp)
		land(program, past_port);
}

static bool same_ends(const struct plan_watch *a, const struct plan_watch *b)
{
	return address_equal(&a->source, &b->source) && address_equal(&a->target, &b->target);
}

/* Watches of one pair of addresses stand behind one comparison, so that a stranger's packet passes over them
 * fast. */
static void keep_watches(struct program *program, const struct plan *plan, const char *interface)
{
	bool done[PLAN_MAX_WATCHES] = {false};

	for (size_t i = 0; i < plan->watch_count; i++) {
		const struct plan_watch *first = &plan->watches[i];
		size_t past[2];

		if (done[i] || strcmp(first->interface, interface) != 0)
			continue;
		emit(program, BPF_LD | BPF_MEM, PROBER, 0, 0);
		emit(program, BPF_JMP | BPF_JEQ | BPF_K, last_word(&first->source), 1, 0);
		past[0] = jump(program);
		emit(program, BPF_LD | BPF_MEM, TARGET, 0, 0);
		emit(program, BPF_JMP | BPF_JEQ | BPF_K, last_word(&first->target), 1, 0);
		past[1] = jump(program);
		for (size_t j = i; j < plan->watch_count; j++) {
			if (strcmp(plan->watches[j].interface, interface) != 0 ||
			    !same_ends(&plan->watches[j], first))
				continue;
			done[j] = true;
			keep_watch(program, &plan->watches[j]);
		}
		drop(program);
		land(program, past[0]);
		land(program, past[1]);
	}
	drop(program);
}

size_t watch_filter_make(const struct plan *plan, const char *interface,
                         struct sock_filter code[WATCH_FILTER_MAX])
{
	struct program program = {.code = code};
	size_t exits[3][4], to_v4, to_tunnel;
	bool tunnel = false;

	for (size_t i = 0; i < plan->watch_count; i++)
		tunnel |= plan->watches[i].tunnel && strcmp(plan->watches[i].interface, interface) == 0;
	/* Scratch words must be written on every way that reads them. */
	emit(&program, BPF_LD | BPF_IMM, 0, 0, 0);
	for (enum word word = PROBER; word <= PROTOCOL; word++)
		emit(&program, BPF_ST, word, 0, 0);
	emit(&program, BYTE, 0, 0, 0);
	emit(&program, BPF_ALU | BPF_RSH | BPF_K, 4, 0, 0);
	emit(&program, BPF_JMP | BPF_JEQ | BPF_K, 4, 0, 1);
	to_v4 = jump(&program);
	demand(&program, 6);
	emit(&program, BPF_LDX | BPF_W | BPF_IMM, 0, 0, 0);
	read_packet(&program, false, 0, 40, exits[0]);
	size_t v6_done = jump(&program);

	land(&program, to_v4);
	refuse_fragments(&program, 0);
	emit(&program, BYTE, 9, 0, 0);
	emit(&program, BPF_JMP | BPF_JEQ | BPF_K, IPPROTO_IPIP, 0, 1);
	to_tunnel = jump(&program);
	emit(&program, BPF_LDX | BPF_B | BPF_MSH, 0, 0, 0);
	read_packet(&program, true, 0, 0, exits[1]);
	size_t v4_done = jump(&program);

	land(&program, to_tunnel);
	if (tunnel) {
		/* Tunnels write no options into the outer header. */
		emit(&program, BYTE, 0, 0, 0);
		demand(&program, 0x45);
		emit(&program, BYTE, 20, 0, 0);
		emit(&program, BPF_ALU | BPF_RSH | BPF_K, 4, 0, 0);
		demand(&program, 4);
		refuse_fragments(&program, 20);
		emit(&program, BPF_LDX | BPF_B | BPF_MSH, 20, 0, 0);
		read_packet(&program, true, 20, 20, exits[2]);
	} else {
		drop(&program);
	}
	for (int i = 0; i < (tunnel ? 3 : 2); i++) {
		for (int j = 0; j < 4; j++)
			land(&program, exits[i][j]);
	}
	land(&program, v6_done);
	land(&program, v4_done);
	keep_watches(&program, plan, interface);
	return program.length <= WATCH_FILTER_MAX ? program.length : 0;
}
