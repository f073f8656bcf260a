// SPDX-License-Identifier: MIT
/* Hands every frame of a device to the card (card.c). */
#include <linux/bpf.h>
#include <linux/pkt_cls.h>
#include <linux/types.h>

#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "Dual MIT/GPL";

const volatile __u32 card_device = 0;

SEC("tc")
int to_card(struct __sk_buff *skb)
{
	(void)skb;
	return (int)bpf_redirect(card_device, 0);
}
