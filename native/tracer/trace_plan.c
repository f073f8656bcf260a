/* SPDX-License-Identifier: MIT */
#include "trace_plan.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cpus.h"

#define MAX_WORDS 24

bool trace_plan_init(struct trace_plan *plan, struct problem *problem)
{
	struct stat status;

	memset(plan, 0, sizeof(*plan));
	plan_init(&plan->probes);
	plan->ring_bytes = 4u << 20;
	/* A transport that enters a namespace thereby says which one is meant. */
	if (stat("/proc/self/ns/net", &status) != 0)
		return problem_set(problem, "E_SYSTEM", EXIT_SYSTEM, -1, "mount /proc",
		                   "cannot tell the network namespace of this process");
	plan->scope.netns = (uint32_t)status.st_ino;
	return true;
}

void trace_plan_free(struct trace_plan *plan)
{
	for (size_t i = 0; i < plan->asked_count; i++)
		free(plan->asked[i].state);
	plan->asked_count = 0;
	plan_free(&plan->probes);
}

static bool take_question(struct trace_plan *plan, char **words, int count, struct problem *problem)
{
	const struct question *const *question = questions;
	struct asked *asked = &plan->asked[plan->asked_count];

	while (*question != NULL && strcmp((*question)->name, words[1]) != 0)
		question++;
	if (*question == NULL)
		return PLAN_FAIL(problem, "line %u: there is no question `%.40s`", plan->line, words[1]);
	for (size_t i = 0; i < plan->asked_count; i++) {
		if (plan->asked[i].question == *question)
			return PLAN_FAIL(problem, "line %u: `%s` is asked twice", plan->line, words[1]);
	}
	if (plan->asked_count == TRACE_PLAN_QUESTIONS)
		return PLAN_FAIL(problem, "line %u: too many questions", plan->line);
	asked->question = *question;
	asked->state = calloc(1, (*question)->state_bytes);
	if (asked->state == NULL)
		return problem_set(problem, "E_MEMORY", EXIT_SYSTEM, -1, "free some memory",
		                   "no memory for the plan");
	plan->asked_count++;
	for (int i = 2; i < count; i++) {
		char *value = strchr(words[i], '=');

		if (value == NULL)
			return PLAN_FAIL(problem, "line %u: `%.40s` is not of the form key=value", plan->line,
			                 words[i]);
		*value++ = '\0';
		if (!(*question)->take_option(asked->state, words[i], value))
			return PLAN_FAIL(problem, "line %u: unknown key or bad value for %s: %.40s=%.60s",
			                 plan->line, words[1], words[i], value);
	}
	return true;
}

static bool take_cpus(struct scope *scope, const char *value)
{
	struct cpus cpus = {0};

	if (!cpus_parse_list(value, &cpus) || !cpus_any(&cpus))
		return false;
	scope->cpus_given = true;
	for (int cpu = 0; cpu < CPUS_MOST; cpu++)
		scope->cpus[cpu] = cpus_has(&cpus, cpu);
	return true;
}

static bool take_setting(struct trace_plan *plan, const char *key, const char *value)
{
	static const char *const flavours[] = {"auto", "tp_btf", "raw_tp", NULL};
	uint64_t number;
	int word;

	if (strcmp(key, "duration-ns") == 0)
		return plan_number(value, 0, 1ull << 60, &plan->duration_ns);
	if (strcmp(key, "epoch-mono-ns") == 0)
		return plan_number(value, 1, INT64_MAX / 2, &plan->epoch_mono_ns);
	if (strcmp(key, "ring-bytes") == 0)
		return plan_number(value, 4096, 1u << 30, &plan->ring_bytes) &&
		       (plan->ring_bytes & (plan->ring_bytes - 1)) == 0;
	if (strcmp(key, "hooks") == 0 && plan_word(value, flavours, &word)) {
		plan->flavour = (enum flavour)word;
		return true;
	}
	if (strcmp(key, "netns") == 0 && strcmp(value, "any") == 0) {
		plan->scope.netns = 0;
		return true;
	}
	if (strcmp(key, "netns") == 0 && plan_number(value, 1, UINT32_MAX, &number)) {
		plan->scope.netns = (uint32_t)number;
		return true;
	}
	if (strcmp(key, "cpus") == 0)
		return take_cpus(&plan->scope, value);
	if (strcmp(key, "btf") == 0 && strlen(value) < sizeof(plan->btf)) {
		strcpy(plan->btf, value);
		return true;
	}
	if (strcmp(key, "secret") == 0) {
		plan->probes.secret_given = plan_secret(value, plan->probes.secret);
		return plan->probes.secret_given;
	}
	return false;
}

bool trace_plan_take_line(struct trace_plan *plan, const char *line, size_t length, struct problem *problem)
{
	char copy[PLAN_MAX_LINE + 1], *words[MAX_WORDS];
	int count;

	plan->line++;
	plan->probes.line = plan->line;
	count = plan_split(line, length, plan->line, copy, words, MAX_WORDS, problem);
	if (count < 0)
		return false;
	if (count == 0)
		return true;
	if (!plan->versioned) {
		if (count != 2 || strcmp(words[0], "rxray-plan") != 0 || strcmp(words[1], "1") != 0)
			return PLAN_FAIL(problem, "line %u: a plan begins with `rxray-plan 1`", plan->line);
		plan->versioned = true;
		return true;
	}
	if (strcmp(words[0], "run") == 0 && count == 1) {
		plan->complete = true;
		return true;
	}
	if (strcmp(words[0], "trace") == 0 && count >= 2)
		return take_question(plan, words, count, problem);
	if (strcmp(words[0], "watch") == 0)
		return plan_take_watch(&plan->probes, words, count, problem);
	/* The value is not repeated in the message, which ends up in logs: it may be the secret. */
	if (count != 2 || !take_setting(plan, words[0], words[1]))
		return PLAN_FAIL(problem, "line %u: unknown key or bad value: `%.40s`", plan->line, words[0]);
	return true;
}

bool trace_plan_finish(struct trace_plan *plan, struct problem *problem)
{
	if (!plan->complete)
		return PLAN_FAIL(problem, "line %u: the plan ended without `run`", plan->line);
	if (plan->asked_count == 0)
		return PLAN_FAIL(problem, "line %u: the plan asks nothing", plan->line);
	return true;
}
