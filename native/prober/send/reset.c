/* SPDX-License-Identifier: MIT */
#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <sys/socket.h>

#include "prober.h"
#include "sender.h"

/*
 * The packet goes straight to the interface and the link address that the SYN-ACK came from, because what
 * drops our kernel's RST is a rule on the way out, which would drop this one as well.
 */
void reset_answer(struct prober *prober, const struct incoming *in, const struct sockaddr_ll *from)
{
	uint8_t packet[PACKET_MAX];
	struct sockaddr_ll name = *from;
	struct outgoing out = {
	        .source = &in->target,
	        .target = &in->source,
	        .source_port = in->target_port,
	        .target_port = in->source_port,
	        .tcp_seq = in->tcp_ack,
	        .ip_id = 0x8000,
	        .ttl = 64,
	        .transport = TRANSPORT_TCP,
	        .tcp_flags = TCP_RST,
	};

	name.sll_protocol = htons(in->source.family == 4 ? ETH_P_IP : ETH_P_IPV6);
	if (prober->sender.reset_fd < 0)
		return;
	/* One that does not get out is followed by the next repeated SYN-ACK, and with it by another try. */
	if (sendto(prober->sender.reset_fd, packet, packet_build(&out, packet), MSG_DONTWAIT,
	           (struct sockaddr *)&name, sizeof(name)) < 0)
		prober->counters.send_failed++;
}
