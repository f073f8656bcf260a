/* SPDX-License-Identifier: MIT */
#include "filter.h"

#include <netinet/in.h>
#include <string.h>

/* Jumps are written against labels and resolved at the end, because cBPF counts them in instructions. */
enum label {
	NEXT,
	DROP,
	KEEP,
	TCP,
	UDP,
	ICMP,
	ERROR,
	QUOTED_PORTS,
	QUOTED_ICMP,
	PORTS,
	FRESH,
	OPTIONS,
	NEAR_FRESH,
	WHOLE,
	LABELS
};

struct assembler {
	struct sock_filter *program;
	size_t length;
	size_t position[LABELS];
	uint8_t when_true[FILTER_MAX], when_false[FILTER_MAX];
};

static void emit(struct assembler *as, uint16_t code, uint32_t operand, enum label yes, enum label no)
{
	as->when_true[as->length] = (uint8_t)yes;
	as->when_false[as->length] = (uint8_t)no;
	as->program[as->length++] = (struct sock_filter){.code = code, .k = operand};
}

static void load(struct assembler *as, uint16_t code, uint32_t operand)
{
	emit(as, code, operand, NEXT, NEXT);
}

static void place(struct assembler *as, enum label label)
{
	as->position[label] = as->length;
}

static void resolve(struct assembler *as)
{
	for (size_t i = 0; i < as->length; i++) {
		uint8_t yes = as->when_true[i], no = as->when_false[i];

		if (BPF_CLASS(as->program[i].code) != BPF_JMP)
			continue;
		if (BPF_OP(as->program[i].code) == BPF_JA) {
			as->program[i].k = (uint32_t)(as->position[yes] - i - 1);
			continue;
		}
		as->program[i].jt = yes == NEXT ? 0 : (uint8_t)(as->position[yes] - i - 1);
		as->program[i].jf = no == NEXT ? 0 : (uint8_t)(as->position[no] - i - 1);
	}
}

#define V4_WITHOUT_OPTIONS 0x45 /* version and length of the header */

#define LOAD_BYTE (BPF_LD | BPF_B | BPF_ABS)
#define LOAD_HALF (BPF_LD | BPF_H | BPF_ABS)
#define LOAD_BYTE_X (BPF_LD | BPF_B | BPF_IND)
#define LOAD_HALF_X (BPF_LD | BPF_H | BPF_IND)
#define IF_EQUAL (BPF_JMP | BPF_JEQ | BPF_K)
#define IF_NOT_LESS (BPF_JMP | BPF_JGE | BPF_K)
#define IF_MORE (BPF_JMP | BPF_JGT | BPF_K)
#define IF_ANY_BIT (BPF_JMP | BPF_JSET | BPF_K)

/* Goes on by whether the loaded value is in the range. */
static void if_in_range(struct assembler *as, struct filter_range range, enum label inside,
                        enum label outside)
{
	if (range.first > range.last) {
		emit(as, BPF_JMP | BPF_JA, 0, outside, outside);
		return;
	}
	emit(as, IF_NOT_LESS, range.first, NEXT, outside);
	emit(as, IF_MORE, range.last, outside, inside);
}

static void keep_range(struct assembler *as, struct filter_range range, enum label outside)
{
	if_in_range(as, range, KEEP, outside);
}

/*
 * Ports where there are no IP options: loads at fixed places are compiled into the program, those by register
 * X are calls, and nearly all packets are somebody else's. Whether it is a later fragment is asked of the few
 * that are left.
 */
static void ports_near(struct assembler *as, const struct filter_spec *spec)
{
	load(as, LOAD_BYTE, 0);
	emit(as, IF_EQUAL, V4_WITHOUT_OPTIONS, NEXT, OPTIONS);
	load(as, LOAD_HALF, 20 + 2);
	if_in_range(as, spec->pinned_ports, WHOLE, NEAR_FRESH);
	place(as, NEAR_FRESH);
	if_in_range(as, spec->fresh_ports, WHOLE, DROP);
	place(as, WHOLE);
	load(as, LOAD_HALF, 6);
	emit(as, IF_ANY_BIT, 0x1fff, DROP, KEEP);
	place(as, OPTIONS);
}

size_t filter_make(const struct filter_spec *spec, struct sock_filter program[FILTER_MAX])
{
	bool v4 = spec->family == 4;
	uint32_t header = v4 ? 0 : 40; /* of IPv4 the register X holds the length */
	uint32_t quote = header + 8; /* where an ICMP error begins to quote */
	uint32_t quoted = quote + (v4 ? 20 : 40);
	struct assembler as = {.program = program};

	load(&as, LOAD_BYTE, v4 ? 9 : 6);
	if (spec->tcp)
		emit(&as, IF_EQUAL, IPPROTO_TCP, TCP, NEXT);
	if (spec->udp)
		emit(&as, IF_EQUAL, IPPROTO_UDP, UDP, NEXT);
	emit(&as, IF_EQUAL, v4 ? IPPROTO_ICMP : IPPROTO_ICMPV6, ICMP, DROP);

	place(&as, TCP);
	place(&as, UDP);
	if (v4) {
		ports_near(&as, spec);
		load(&as, LOAD_HALF, 6);
		emit(&as, IF_ANY_BIT, 0x1fff, DROP, NEXT);
		load(&as, BPF_LDX | BPF_B | BPF_MSH, 0);
	} else {
		load(&as, BPF_LDX | BPF_W | BPF_IMM, 0);
	}
	load(&as, LOAD_HALF_X, header + 2);
	emit(&as, BPF_JMP | BPF_JA, 0, PORTS, PORTS);

	place(&as, ICMP);
	if (v4) {
		load(&as, LOAD_HALF, 6);
		emit(&as, IF_ANY_BIT, 0x1fff, DROP, NEXT);
		load(&as, BPF_LDX | BPF_B | BPF_MSH, 0);
	} else {
		load(&as, BPF_LDX | BPF_W | BPF_IMM, 0);
	}
	load(&as, LOAD_BYTE_X, header);
	if (v4) {
		emit(&as, IF_EQUAL, 3, ERROR, NEXT);
		emit(&as, IF_EQUAL, 11, ERROR, NEXT);
		emit(&as, IF_EQUAL, 12, ERROR, NEXT);
		emit(&as, IF_EQUAL, 0, NEXT, DROP);
	} else {
		emit(&as, IF_EQUAL, 129, NEXT, ERROR);
	}
	load(&as, LOAD_HALF_X, header + 4);
	keep_range(&as, spec->icmp_ids, DROP);

	/* A probe is sent without IP options, so what is quoted of it has a header of fixed length. */
	place(&as, ERROR);
	if (!v4)
		emit(&as, IF_MORE, 4, DROP, NEXT);
	load(&as, LOAD_BYTE_X, quote + (v4 ? 9 : 6));
	emit(&as, IF_EQUAL, v4 ? IPPROTO_ICMP : IPPROTO_ICMPV6, QUOTED_ICMP, NEXT);
	if (spec->tcp)
		emit(&as, IF_EQUAL, IPPROTO_TCP, QUOTED_PORTS, NEXT);
	if (spec->udp)
		emit(&as, IF_EQUAL, IPPROTO_UDP, QUOTED_PORTS, NEXT);
	emit(&as, BPF_JMP | BPF_JA, 0, DROP, DROP);
	place(&as, QUOTED_ICMP);
	load(&as, LOAD_HALF_X, quoted + 4);
	keep_range(&as, spec->icmp_ids, DROP);
	place(&as, QUOTED_PORTS);
	load(&as, LOAD_HALF_X, quoted);

	place(&as, PORTS);
	keep_range(&as, spec->pinned_ports, FRESH);
	place(&as, FRESH);
	keep_range(&as, spec->fresh_ports, DROP);
	place(&as, DROP);
	load(&as, BPF_RET | BPF_K, 0);
	place(&as, KEEP);
	load(&as, BPF_RET | BPF_K, FILTER_SNAP);
	resolve(&as);
	return as.length;
}
