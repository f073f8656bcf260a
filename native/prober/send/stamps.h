/* SPDX-License-Identifier: MIT */
#ifndef RXRAY_STAMPS_H
#define RXRAY_STAMPS_H

#include <stdbool.h>
#include <stdint.h>

/* Where the stamps of packets come from; hardware means hardware where both ends have it, else the kernel's.
 */
enum stamp_source { STAMPS_NONE, STAMPS_KERNEL, STAMPS_HARDWARE };

/* An instant of one packet on each clock that was read then; NO_STAMP where none was. */
#define NO_STAMP INT64_MIN
struct stamp {
	int64_t hardware_ns; /* the clock of the card of interface `ifindex`, which is nobody else's */
	int64_t kernel_ns; /* CLOCK_MONOTONIC, by the kernel */
	int64_t user_ns; /* CLOCK_MONOTONIC, by this program */
	int ifindex;
};

enum stamp_choice {
	CHOICE_HARDWARE, /* both stamps are of one card */
	CHOICE_KERNEL, /* both are the kernel's */
	CHOICE_WAIT, /* the card's transmit stamp may still come */
	CHOICE_USER, /* one or both were read by this program, those that have no kernel stamp */
};

/*
 * Which two stamps of a probe and its answer make a round-trip time. Never one of a card and one of the
 * machine: their clocks have nothing to do with each other. `patient`: the answer has only just come, and
 * drivers may hand their transmit stamps over later.
 */
enum stamp_choice stamps_choose(const struct stamp *sent, const struct stamp *received, bool patient,
                                int64_t *rtt_ns);

/* Whether the card of an interface stamps every packet, both ways, as somebody has set it up. Changes
 * nothing. */
bool stamps_hardware_on(const char *interface);

#endif
