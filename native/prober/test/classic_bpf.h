/* SPDX-License-Identifier: MIT */
#ifndef RXRAY_CLASSIC_BPF_H
#define RXRAY_CLASSIC_BPF_H

#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "check.h"

/* A classic BPF machine, as the kernel's own would need real packets of both directions. */
static inline uint32_t classic_bpf_run(const struct sock_filter *code, size_t length, const uint8_t *packet,
                                       size_t bytes, bool leaving)
{
	uint32_t a = 0, x = 0, memory[16] = {0};

	for (size_t at = 0;; at++) {
		const struct sock_filter *now = &code[at];
		size_t from = now->k + (BPF_MODE(now->code) == BPF_IND ? x : 0);
		bool yes;

		CHECK(at < length, "the program does not run past its end");
		switch (now->code) {
		case BPF_LD | BPF_W | BPF_ABS:
			if (now->k == (uint32_t)(SKF_AD_OFF + SKF_AD_PKTTYPE)) {
				a = leaving ? PACKET_OUTGOING : PACKET_HOST;
				continue;
			}
			if (now->k == (uint32_t)(SKF_AD_OFF + SKF_AD_PROTOCOL)) {
				a = packet[0] >> 4 == 4   ? ETH_P_IP
				    : packet[0] >> 4 == 6 ? ETH_P_IPV6
				                          : ETH_P_ARP;
				continue;
			}
			/* fall through */
		case BPF_LD | BPF_W | BPF_IND:
			if (from + 4 > bytes)
				return 0;
			a = (uint32_t)packet[from] << 24 | (uint32_t)packet[from + 1] << 16 |
			    (uint32_t)packet[from + 2] << 8 | packet[from + 3];
			continue;
		case BPF_LD | BPF_H | BPF_ABS:
		case BPF_LD | BPF_H | BPF_IND:
			if (from + 2 > bytes)
				return 0;
			a = (uint32_t)packet[from] << 8 | packet[from + 1];
			continue;
		case BPF_LD | BPF_B | BPF_ABS:
		case BPF_LD | BPF_B | BPF_IND:
			if (from + 1 > bytes)
				return 0;
			a = packet[from];
			continue;
		case BPF_LDX | BPF_B | BPF_MSH:
			if (from + 1 > bytes)
				return 0;
			x = (packet[from] & 15u) * 4;
			continue;
		case BPF_LDX | BPF_W | BPF_IMM:
			x = now->k;
			continue;
		case BPF_LD | BPF_IMM:
			a = now->k;
			continue;
		case BPF_LD | BPF_MEM:
			a = memory[now->k];
			continue;
		case BPF_ST:
			memory[now->k] = a;
			continue;
		case BPF_ALU | BPF_AND | BPF_K:
			a &= now->k;
			continue;
		case BPF_ALU | BPF_RSH | BPF_K:
			a >>= now->k;
			continue;
		case BPF_JMP | BPF_JA:
			at += now->k;
			continue;
		case BPF_RET | BPF_K:
			return now->k;
		case BPF_JMP | BPF_JEQ | BPF_K:
			yes = a == now->k;
			break;
		case BPF_JMP | BPF_JGE | BPF_K:
			yes = a >= now->k;
			break;
		case BPF_JMP | BPF_JGT | BPF_K:
			yes = a > now->k;
			break;
		case BPF_JMP | BPF_JSET | BPF_K:
			yes = (a & now->k) != 0;
			break;
		default:
			CHECK(false, "an instruction that is not used: %x", now->code);
			return 0;
		}
		at += yes ? now->jt : now->jf;
	}
}

#endif
