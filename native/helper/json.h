/* SPDX-License-Identifier: MIT */
#ifndef RXRAY_JSON_H
#define RXRAY_JSON_H

#include <stddef.h>

#define JSON_MAX 65536

/* A JSON document being written, by hand but with strings escaped. What does not fit is left out. */
struct json {
	char text[JSON_MAX];
	size_t length;
};

__attribute__((format(printf, 2, 3))) void json_add(struct json *json, const char *format, ...);

/* Adds a string with its quotation marks. */
void json_string(struct json *json, const char *text);

/* Adds a list of CPUs, `null` when there is none. */
struct cpus;
void json_cpus(struct json *json, const struct cpus *cpus);

#endif
