/* SPDX-License-Identifier: MIT */
#ifndef RXRAY_JSON_H
#define RXRAY_JSON_H

#include <stddef.h>

#define JSON_MOST (3u << 20) /* what a frame holds with room to spare */

/* A JSON document being written, by hand but with strings escaped. What finds no room is left out. */
struct json {
	char *text; /* ended by a zero byte */
	size_t length, room;
};

/* NULL without memory. */
struct json *json_new(void);
void json_free(struct json *json);

__attribute__((format(printf, 2, 3))) void json_add(struct json *json, const char *format, ...);

/* Adds a string with its quotation marks. */
void json_string(struct json *json, const char *text);

/* Adds a list of CPUs, `null` when there is none. */
struct cpus;
void json_cpus(struct json *json, const struct cpus *cpus);

#endif
