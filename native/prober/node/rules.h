/* SPDX-License-Identifier: MIT */
#ifndef RXRAY_RULES_H
#define RXRAY_RULES_H

#include <stdbool.h>
#include <stdio.h>

/*
 * Answers `rules FAMILY JSON`: how many rules the firewall of this network namespace has for IPv4 or IPv6, by
 * table of the old iptables and of nftables all together with the longest chain there, and which programs are
 * at work to change them. What the kernel does not say (without CAP_NET_ADMIN nothing) is `null`.
 */
void rules_answer(FILE *answers, bool ipv6);

#endif
