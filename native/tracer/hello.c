/* SPDX-License-Identifier: MIT */
#include <bpf/bpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "json.h"
#include "tracer.h"

static void add_host(struct json *json, const struct utsname *host)
{
	json_add(json, "\"host\":{\"name\":");
	json_string(json, host->nodename);
	json_add(json, ",\"kernel\":");
	json_string(json, host->release);
	json_add(json, ",\"machine\":");
	json_string(json, host->machine);
	json_add(json, "}");
}

static void add_asked(struct json *json, const struct asked *asked)
{
	const struct hooks *hooks = &asked->hooks;

	json_add(json, "{\"question\":\"%s\",\"flavour\":\"%s\",\"hooks\":[", asked->question->name,
	         hooks->flavour == FLAVOUR_TP_BTF ? "tp_btf" : "raw_tp");
	for (unsigned int i = 0; i < hooks->count; i++)
		json_add(json, "%s{\"tracepoint\":\"%s\",\"got\":%s}", i > 0 ? "," : "",
		         hooks->list[i].tracepoint, hooks->list[i].got ? "true" : "false");
	json_add(json, "]");
	asked->question->hello(asked->state, json);
	json_add(json, "}");
}

void hello_tell(struct tracer *tracer)
{
	struct json *json = json_new();
	struct utsname host;

	if (json == NULL || uname(&host) != 0) {
		json_free(json);
		return;
	}
	json_add(json,
	         "{\"event\":\"tracer-hello\",\"helper\":\"" TRACER "\",\"version\":\"" RXRAY_VERSION "\",");
	add_host(json, &host);
	/* Loading takes its time: what came before this instant was not seen. */
	json_add(json, ",\"netns\":%u,\"bpfCost\":%s,\"tracesFromNs\":%lld,\"questions\":[",
	         tracer->plan.scope.netns, tracer->stats_fd >= 0 ? "true" : "false",
	         (long long)(clocks_mono() - tracer->epoch_ns));
	for (size_t i = 0; i < tracer->plan.asked_count; i++) {
		json_add(json, "%s", i > 0 ? "," : "");
		add_asked(json, &tracer->plan.asked[i]);
	}
	json_add(json, "]}");
	frames_text(&tracer->frames, json->text, json->length);
	json_free(json);
}

/*
 * Each is really loaded and attached for a moment: what a kernel announces is not what it allows.
 */
static void try_question(struct tracer *tracer, const struct question *question, const char *options,
                         struct problem *problem)
{
	char line[128];
	int length = snprintf(line, sizeof(line), "trace %s %s", question->name, options);

	*problem = (struct problem){0};
	tracer->stats_fd = -1;
	if (!trace_plan_init(&tracer->plan, problem))
		return;
	tracer->plan.versioned = true;
	if (trace_plan_take_line(&tracer->plan, line, (size_t)length, problem))
		setup_try(tracer, problem);
}

int capabilities_print(void)
{
	struct json *json = json_new();
	struct tracer *tracer = calloc(1, sizeof(*tracer));
	struct problem problem = {0};
	struct utsname host;

	if (json == NULL || tracer == NULL || uname(&host) != 0) {
		perror(TRACER ": E_SYSTEM");
		json_free(json);
		free(tracer);
		return EXIT_SYSTEM;
	}
	json_add(json, "{\"helper\":\"" TRACER "\",\"version\":\"" RXRAY_VERSION "\",");
	add_host(json, &host);
	json_add(json, ",\"btf\":%s,\"questions\":[",
	         access("/sys/kernel/btf/vmlinux", R_OK) == 0 ? "true" : "false");
	for (const struct question *const *question = questions; *question != NULL; question++) {
		json_add(json, "%s{\"question\":\"%s\",", question != questions ? "," : "",
		         (*question)->name);
		try_question(tracer, *question, "", &problem);
		json_add(json, "\"works\":%s", problem.code == NULL ? "true" : "false");
		if (problem.code == NULL) {
			json_add(json, ",\"got\":");
			add_asked(json, &tracer->plan.asked[0]);
			if ((*question)->other_name != NULL) {
				setup_release(tracer);
				try_question(tracer, *question, (*question)->other_options, &problem);
				json_add(json, ",\"%s\":%s", (*question)->other_name,
				         problem.code == NULL ? "true" : "false");
			}
		} else {
			json_add(json, ",\"code\":\"%s\",\"message\":", problem.code);
			json_string(json, problem.message);
			json_add(json, ",\"remedy\":");
			json_string(json, problem.remedy);
		}
		json_add(json, "}");
		setup_release(tracer);
	}
	json_add(json, "]}");
	puts(json->text);
	json_free(json);
	free(tracer);
	return 0;
}
