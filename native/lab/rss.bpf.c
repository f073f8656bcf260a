// SPDX-License-Identifier: MIT
/*
 * Spreads what a port sends over the queues of its peer as a card with receive-side scaling would: by the
 * Toeplitz hash of addresses, and ports of TCP, under the key of the published test vectors and a table of
 * 128 entries that leads to four queues in turn. A veth alone has a hash with a secret key.
 */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/pkt_cls.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "Dual MIT/GPL";

#define QUEUES 4
#define ENTRIES 128

/* Zeroes behind it: a power of 2, so that the verifier sees where a place in it ends. */
#define KEY_ROOM 64

static const __u8 key[KEY_ROOM] = {0x6d, 0x5a, 0x56, 0xda, 0x25, 0x5b, 0x0e, 0xc2, 0x41, 0x67,
                                   0x25, 0x3d, 0x43, 0xa3, 0x8f, 0xb0, 0xd0, 0xca, 0x2b, 0xcb,
                                   0xae, 0x7b, 0x30, 0xb4, 0x77, 0xcb, 0x2d, 0xa3, 0x80, 0x30,
                                   0xf2, 0x0c, 0x6a, 0x42, 0xb7, 0x3b, 0xbe, 0xac, 0x01, 0xfa};

/* A function of its own, as the verifier would follow each bit of all bytes otherwise. */
__attribute__((noinline)) __u32 of_byte(__u32 at, __u32 byte)
{
	__u64 window = 0;
	__u32 hash = 0;

	for (__u32 i = 0; i < 5; i++)
		window = window << 8 | key[(at + i) % KEY_ROOM];
	for (int bit = 7; bit >= 0; bit--)
		hash ^= (byte >> bit & 1) * (__u32)(window >> (bit + 1));
	return hash;
}

SEC("tc")
int spread_by_key(struct __sk_buff *skb)
{
	struct iphdr header;
	__u8 input[12];
	__u32 hash = 0, length = 8;

	if (skb->protocol != bpf_htons(ETH_P_IP) ||
	    bpf_skb_load_bytes(skb, ETH_HLEN, &header, sizeof(header)))
		return TC_ACT_UNSPEC;
	__builtin_memcpy(input, &header.saddr, 8);
	if (header.protocol == IPPROTO_TCP &&
	    bpf_skb_load_bytes(skb, ETH_HLEN + header.ihl * 4, input + 8, 4) == 0)
		length = 12;
	for (__u32 i = 0; i < length; i++)
		hash ^= of_byte(i, input[i]);
	/* As if it had come in on that queue: sending keeps to it. */
	skb->queue_mapping = 1 + hash % ENTRIES % QUEUES;
	return TC_ACT_UNSPEC;
}
