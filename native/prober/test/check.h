/* SPDX-License-Identifier: MIT */
#ifndef RXRAY_CHECK_H
#define RXRAY_CHECK_H

#include <stdio.h>
#include <stdlib.h>

/* Ends the test program at the first thing that is not as it should be. */
#define CHECK(condition, ...)                                                                                \
	do {                                                                                                 \
		if (!(condition)) {                                                                          \
			fprintf(stderr, "%s:%d: %s: ", __FILE__, __LINE__, #condition);                      \
			fprintf(stderr, __VA_ARGS__);                                                        \
			fputc('\n', stderr);                                                                 \
			exit(1);                                                                             \
		}                                                                                            \
	} while (0)

#define CHECK_EQUAL(actual, expected, what)                                                                  \
	do {                                                                                                 \
		long long actual_ = (long long)(actual), expected_ = (long long)(expected);                  \
		CHECK(actual_ == expected_, "%s: got %lld, expected %lld", what, actual_, expected_);        \
	} while (0)

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#endif
