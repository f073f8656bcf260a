/* SPDX-License-Identifier: MIT */
#include "json.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "cpus.h"

void json_add(struct json *json, const char *format, ...)
{
	va_list arguments;
	size_t room = sizeof(json->text) - json->length;
	int length;

	va_start(arguments, format);
	length = vsnprintf(json->text + json->length, room, format, arguments);
	va_end(arguments);
	if (length > 0 && (size_t)length < room)
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
