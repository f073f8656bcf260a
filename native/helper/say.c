/* SPDX-License-Identifier: MIT */
#include "say.h"

#include <stdio.h>
#include <stdlib.h>

#include "json.h"

static void add_said(struct json *json, const char *event, const char *code, long path, const char *message)
{
	json_add(json, "{\"event\":\"%s\",\"code\":\"%s\",\"message\":", event, code);
	json_string(json, message);
	if (path >= 0)
		json_add(json, ",\"path\":%ld", path);
}

void say_error(struct frames *frames, const char *helper, const struct problem *problem)
{
	struct json *json = json_new();

	fprintf(stderr, "%s: %s: %s\n  %s\n", helper, problem->code, problem->message, problem->remedy);
	if (json == NULL)
		return;
	add_said(json, "error", problem->code, problem->path, problem->message);
	json_add(json, ",\"remedy\":");
	json_string(json, problem->remedy);
	json_add(json, "}");
	frames_text(frames, json->text, json->length);
	json_free(json);
}

void say_warning(struct frames *frames, const char *helper, const char *code, long path, const char *message)
{
	struct json *json = json_new();

	if (json == NULL)
		return;
	fprintf(stderr, "%s: %s: %s\n", helper, code, message);
	add_said(json, "warning", code, path, message);
	json_add(json, "}");
	frames_text(frames, json->text, json->length);
	json_free(json);
}
