/* SPDX-License-Identifier: MIT */
#include "routes.h"

#include "json.h"
#include "route.h"

bool routes_answer(FILE *answers, const char *address)
{
	struct plan_path path = {0};
	struct problem problem = {0};
	struct route route;
	struct json *json;
	char text[ADDRESS_TEXT];

	if (!address_parse(address, &path.target))
		return false;
	if (!route_find(&path, 0, &route, &problem)) {
		fprintf(answers, "route %s null\n", address);
		return true;
	}
	json = json_new();
	if (json == NULL) {
		fprintf(answers, "fail ENOMEM route %s\n", address);
		return true;
	}
	json_add(json, "{\"interface\":");
	json_string(json, route.interface);
	json_add(json, ",\"source\":\"%s\"}", address_text(&route.source, text));
	fprintf(answers, "route %s %s\n", address, json->text);
	json_free(json);
	return true;
}
