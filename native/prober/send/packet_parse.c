/* SPDX-License-Identifier: MIT */
#include <netinet/in.h>
#include <string.h>

#include "big_endian.h"
#include "packet.h"

struct bytes {
	const uint8_t *at;
	size_t length;
};

struct ip {
	struct address source, target;
	struct bytes payload;
	uint16_t id;
	uint8_t protocol, ttl;
};

static bool parse_ip(struct bytes packet, struct ip *ip)
{
	size_t header;

	memset(ip, 0, sizeof(*ip));
	if (packet.length < 20)
		return false;
	if (packet.at[0] >> 4 == 4) {
		header = (size_t)(packet.at[0] & 15) * 4;
		if (header < 20 || packet.length < header || (get16(packet.at + 6) & 0x1fff) != 0)
			return false;
		ip->id = get16(packet.at + 4);
		ip->ttl = packet.at[8];
		ip->protocol = packet.at[9];
		ip->source.family = ip->target.family = 4;
		memcpy(ip->source.bytes, packet.at + 12, 4);
		memcpy(ip->target.bytes, packet.at + 16, 4);
	} else if (packet.at[0] >> 4 == 6 && packet.length >= 40) {
		header = 40;
		ip->ttl = packet.at[7];
		ip->protocol = packet.at[6];
		ip->source.family = ip->target.family = 6;
		memcpy(ip->source.bytes, packet.at + 8, 16);
		memcpy(ip->target.bytes, packet.at + 24, 16);
	} else {
		return false;
	}
	ip->payload = (struct bytes){packet.at + header, packet.length - header};
	return true;
}

static void parse_echoed(struct bytes payload, struct echoed *echoed)
{
	if (payload.length < 16)
		return;
	echoed->whole = true;
	echoed->path = get32(payload.at);
	echoed->seq = get32(payload.at + 4);
	echoed->nonce = (uint64_t)get32(payload.at + 8) << 32 | get32(payload.at + 12);
}

/* The first 8 bytes are all that a router must quote (RFC 792), so no more is asked for here. */
static bool parse_quoted(struct bytes quote, struct incoming *in)
{
	struct ip ip;
	bool v4;

	if (!parse_ip(quote, &ip) || ip.source.family != in->source.family || ip.payload.length < 8)
		return false;
	v4 = ip.target.family == 4;
	in->target = ip.target;
	in->quoted_source = ip.source;
	in->quoted_ip_id = ip.id;
	in->error = true;
	if (ip.protocol == IPPROTO_TCP) {
		in->transport = TRANSPORT_TCP;
		in->tcp_seq = get32(ip.payload.at + 4);
		if (ip.payload.length >= 14) {
			in->tcp_ack = get32(ip.payload.at + 8);
			in->tcp_flags = ip.payload.at[13];
		}
	} else if (ip.protocol == IPPROTO_UDP) {
		in->transport = TRANSPORT_UDP;
	} else if (ip.protocol == (v4 ? IPPROTO_ICMP : IPPROTO_ICMPV6) &&
	           ip.payload.at[0] == (v4 ? 8 : 128)) {
		in->transport = TRANSPORT_ICMP;
	} else {
		return false;
	}
	if (in->transport == TRANSPORT_ICMP) {
		in->source_port = get16(ip.payload.at + 4);
		in->target_port = get16(ip.payload.at + 6);
	} else {
		in->source_port = get16(ip.payload.at);
		in->target_port = get16(ip.payload.at + 2);
	}
	if (in->transport != TRANSPORT_TCP)
		parse_echoed((struct bytes){ip.payload.at + 8, ip.payload.length - 8}, &in->echoed);
	return true;
}

static bool parse_icmp(struct bytes icmp, struct incoming *in)
{
	bool v4 = in->source.family == 4;
	uint8_t type;

	if (icmp.length < 8)
		return false;
	type = icmp.at[0];
	in->icmp_type = type;
	in->icmp_code = icmp.at[1];
	in->request = type == (v4 ? 8 : 128);
	if (in->request || type == (v4 ? 0 : 129)) {
		in->transport = TRANSPORT_ICMP;
		in->source_port = get16(icmp.at + 4);
		in->target_port = get16(icmp.at + 6);
		parse_echoed((struct bytes){icmp.at + 8, icmp.length - 8}, &in->echoed);
		return true;
	}
	if (v4 ? type == 3 || type == 11 || type == 12 : type >= 1 && type <= 4)
		return parse_quoted((struct bytes){icmp.at + 8, icmp.length - 8}, in);
	return false;
}

const uint8_t *packet_inside(const uint8_t *packet, size_t *length)
{
	struct ip ip;

	if (!parse_ip((struct bytes){packet, *length}, &ip) || ip.source.family != 4 ||
	    ip.protocol != IPPROTO_IPIP)
		return NULL;
	*length = ip.payload.length;
	return ip.payload.at;
}

bool packet_parse(const uint8_t *packet, size_t length, struct incoming *in)
{
	return packet_parse_any(packet, length, in) && !in->request;
}

bool packet_parse_any(const uint8_t *packet, size_t length, struct incoming *in)
{
	struct ip ip;

	memset(in, 0, sizeof(*in));
	if (!parse_ip((struct bytes){packet, length}, &ip))
		return false;
	in->source = ip.source;
	in->target = in->destination = ip.target;
	in->ttl = ip.ttl;
	switch (ip.protocol) {
	case IPPROTO_ICMP:
		return ip.source.family == 4 && parse_icmp(ip.payload, in);
	case IPPROTO_ICMPV6:
		return ip.source.family == 6 && parse_icmp(ip.payload, in);
	case IPPROTO_TCP:
		if (ip.payload.length < 20)
			return false;
		in->transport = TRANSPORT_TCP;
		in->source_port = get16(ip.payload.at);
		in->target_port = get16(ip.payload.at + 2);
		in->tcp_seq = get32(ip.payload.at + 4);
		in->tcp_ack = get32(ip.payload.at + 8);
		in->tcp_flags = ip.payload.at[13];
		return true;
	case IPPROTO_UDP:
		if (ip.payload.length < 8)
			return false;
		in->transport = TRANSPORT_UDP;
		in->source_port = get16(ip.payload.at);
		in->target_port = get16(ip.payload.at + 2);
		parse_echoed((struct bytes){ip.payload.at + 8, ip.payload.length - 8}, &in->echoed);
		return true;
	default:
		return false;
	}
}
