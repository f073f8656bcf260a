/* SPDX-License-Identifier: MIT */
#ifndef RXRAY_INTERFACE_INFO_H
#define RXRAY_INTERFACE_INFO_H

#include <stdio.h>

struct json;
struct steering;

/* Prints one JSON line about how an interface spreads what it receives; returns the exit status. */
int interface_info_print(const char *name);

/* Adds the same to a document; `null` where it would not fit. */
void interface_info_add(struct json *json, const struct steering *steering);

/* The same as an answer of the node reader: `interface NAME JSON`, or why not. */
void interface_info_answer(FILE *answers, const char *name);

#endif
