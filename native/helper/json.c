/* SPDX-License-Identifier: MIT */
#include "json.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cpus.h"

#define ROOM_FIRST 4096

struct json *json_new(void)
{
	struct json *json = calloc(1, sizeof(*json));

	if (json == NULL)
		return NULL;
	json->text = calloc(1, ROOM_FIRST);
	json->room = ROOM_FIRST;
	if (json->text != NULL)
		return json;
	free(json);
	return NULL;
}

void json_free(struct json *json)
{
	if (json == NULL)
		return;
	free(json->text);
	free(json);
}

static bool make_room(struct json *json, size_t more)
{
	size_t room = json->room;
	char *larger;

	while (room < json->length + more + 1)
		room *= 2;
	larger = room > JSON_MOST ? NULL : realloc(json->text, room);
	if (larger == NULL)
		return false;
	json->text = larger;
	json->room = room;
	return true;
}

void json_add(struct json *json, const char *format, ...)
{
	va_list arguments;
	int length;

	va_start(arguments, format);
	length = vsnprintf(json->text + json->length, json->room - json->length, format, arguments);
	va_end(arguments);
	if (length > 0 && (size_t)length >= json->room - json->length && make_room(json, (size_t)length)) {
		va_start(arguments, format);
		length = vsnprintf(json->text + json->length, json->room - json->length, format, arguments);
		va_end(arguments);
	}
	if (length > 0 && (size_t)length < json->room - json->length)
		json->length += (size_t)length;
	json->text[json->length] = '\0';
}

void json_string(struct json *json, const char *text)
{
	json_add(json, "\"");
	for (; *text != '\0'; text++) {
		unsigned char byte = (unsigned char)*text;

		if (byte == '"' || byte == '\\')
			json_add(json, "\\%c", byte);
		else if (byte < 0x20 || byte == 0x7f)
			json_add(json, "\\u%04x", byte);
		else
			json_add(json, "%c", byte);
	}
	json_add(json, "\"");
}

void json_cpus(struct json *json, const struct cpus *cpus)
{
	bool any = false;

	if (!cpus_any(cpus)) {
		json_add(json, "null");
		return;
	}
	for (int cpu = 0; cpu < CPUS_MOST; cpu++) {
		if (cpus_has(cpus, cpu)) {
			json_add(json, "%s%d", any ? "," : "[", cpu);
			any = true;
		}
	}
	json_add(json, "]");
}
