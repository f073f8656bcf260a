/* SPDX-License-Identifier: MIT */
#ifndef RXRAY_LISTENERS_H
#define RXRAY_LISTENERS_H

#include <stdint.h>
#include <stdio.h>

/*
 * Answers `listener PORT JSON`: who listens on a TCP port of this network namespace, how many connections
 * wait to be accepted, how many may (sock_diag(7)), and which process holds the socket. `[]` where nobody
 * does, `null` where the kernel does not say.
 */
void listeners_answer(FILE *answers, uint16_t port);

#endif
