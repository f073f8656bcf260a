/* SPDX-License-Identifier: MIT */
#ifndef RXRAY_ROUTES_H
#define RXRAY_ROUTES_H

#include <stdbool.h>
#include <stdio.h>

/*
 * Answers `route ADDRESS JSON`: by which interface and from which source address this network namespace sends
 * there, as its routing table says; `null` where there is no way. False for what is no numeric address.
 */
bool routes_answer(FILE *answers, const char *address);

#endif
