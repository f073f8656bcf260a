/* SPDX-License-Identifier: MIT */
#include "hear_filter.h"

#include <netinet/in.h>
#include <string.h>

#include "announcement.h"

#define MAGIC_AT (8 + 16) /* behind the ICMP header and the key */
#define V4_WITHOUT_OPTIONS 0x45 /* version and length of the header */
#define TCP_FLAGS_MASK 0x17 /* FIN, SYN, RST, ACK */

/*
 * Most packets are segments of TCP without IP options that belong to others: these are refused with loads at
 * fixed places, which the kernel compiles into the program, where loads by register X are calls. IPv6 probes
 * have no extension headers.
 */
size_t hear_filter_make(struct plan_range ports, int family, struct sock_filter program[HEAR_FILTER_MAX])
{
	uint8_t echo = family == 4 ? 8 : 128;
	const struct sock_filter v4[] = {
	        BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 9),
	        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, IPPROTO_TCP, 0, 10),
	        BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 0),
	        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, V4_WITHOUT_OPTIONS, 0, 16),
	        BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 20 + 13),
	        BPF_STMT(BPF_ALU | BPF_AND | BPF_K, TCP_FLAGS_MASK),
	        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, TCP_SYN, 0, 22),
	        BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 20),
	        BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, ports.first, 0, 20),
	        BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, ports.last, 19, 0),
	        BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 6),
	        BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, 0x1fff, 17, 18), /* a later fragment */
	        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, IPPROTO_ICMP, 0, 16),
	        BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 6),
	        BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, 0x1fff, 14, 0),
	        BPF_STMT(BPF_LDX | BPF_B | BPF_MSH, 0),
	        BPF_STMT(BPF_LD | BPF_B | BPF_IND, 0),
	        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, echo, 0, 11),
	        BPF_STMT(BPF_LD | BPF_W | BPF_IND, MAGIC_AT),
	        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ANNOUNCEMENT_MAGIC, 10, 9),
	        BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 6),
	        BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, 0x1fff, 7, 0),
	        BPF_STMT(BPF_LDX | BPF_B | BPF_MSH, 0),
	        BPF_STMT(BPF_LD | BPF_B | BPF_IND, 13),
	        BPF_STMT(BPF_ALU | BPF_AND | BPF_K, TCP_FLAGS_MASK),
	        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, TCP_SYN, 0, 3),
	        BPF_STMT(BPF_LD | BPF_H | BPF_IND, 0),
	        BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, ports.first, 0, 1),
	        BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, ports.last, 0, 1),
	        BPF_STMT(BPF_RET | BPF_K, 0),
	        BPF_STMT(BPF_RET | BPF_K, HEAR_FILTER_SNAP),
	};
	const struct sock_filter v6[] = {
	        BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 6),
	        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, IPPROTO_ICMPV6, 0, 5),
	        BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 40),
	        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, echo, 0, 11),
	        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 40 + MAGIC_AT),
	        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ANNOUNCEMENT_MAGIC, 8, 9),
	        BPF_STMT(BPF_RET | BPF_K, 0),
	        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, IPPROTO_TCP, 0, 7),
	        BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 40 + 13),
	        BPF_STMT(BPF_ALU | BPF_AND | BPF_K, TCP_FLAGS_MASK),
	        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, TCP_SYN, 0, 4),
	        BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 40),
	        BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, ports.first, 0, 2),
	        BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, ports.last, 1, 0),
	        BPF_STMT(BPF_RET | BPF_K, HEAR_FILTER_SNAP),
	        BPF_STMT(BPF_RET | BPF_K, 0),
	};

	if (family == 4) {
		memcpy(program, v4, sizeof(v4));
		return sizeof(v4) / sizeof(v4[0]);
	}
	memcpy(program, v6, sizeof(v6));
	return sizeof(v6) / sizeof(v6[0]);
}

size_t hear_filter_before(struct plan_range ports, int family, struct sock_filter *program, size_t length)
{
	struct sock_filter own[HEAR_FILTER_MAX];
	size_t first = hear_filter_make(ports, family, own);

	memmove(program + first, program, length * sizeof(*program));
	memcpy(program, own, first * sizeof(*program));
	for (size_t i = 0; length > 0 && i < first; i++) {
		if (program[i].code == (BPF_RET | BPF_K) && program[i].k == 0)
			program[i] =
			        (struct sock_filter)BPF_STMT(BPF_JMP | BPF_JA, (uint32_t)(first - i - 1));
	}
	return first + length;
}
