/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "plan.h"

struct option {
	const char *name, *value;
};

static bool split(const char *word, char *copy, size_t size, struct option *option)
{
	const char *equals = strchr(word, '=');

	if (equals == NULL || strlen(word) >= size)
		return false;
	strcpy(copy, word);
	copy[equals - word] = '\0';
	*option = (struct option){copy, copy + (equals - word) + 1};
	return true;
}

/* FIRST-LAST, or by commas one for each flow. */
static bool take_ports(struct plan_watch *watch, const char *value)
{
	if (strchr(value, ',') == NULL)
		return plan_range(value, &watch->ports) &&
		       watch->ports.last - watch->ports.first < PLAN_MAX_FLOWS;
	if (!plan_port_list(value, watch->listed, PLAN_MAX_LISTED, &watch->listed_count))
		return false;
	watch->ports = (struct plan_range){watch->listed[0], watch->listed[0]};
	for (uint16_t i = 1; i < watch->listed_count; i++) {
		uint16_t port = watch->listed[i];

		watch->ports.first = port < watch->ports.first ? port : watch->ports.first;
		watch->ports.last = port > watch->ports.last ? port : watch->ports.last;
	}
	return watch->ports.last - watch->ports.first < PLAN_LISTED_SPAN;
}

static bool take_option(struct plan_watch *watch, const struct option *option, bool *known)
{
	bool icmp = watch->protocol == PROTOCOL_ICMP;
	uint64_t number = 0;
	bool good;

	*known = true;
	if (strcmp(option->name, "source") == 0)
		return address_parse(option->value, &watch->source) &&
		       watch->source.family == watch->target.family;
	if (strcmp(option->name, "if") == 0)
		return plan_interface(option->value, watch->interface);
	if (strcmp(option->name, "as") == 0) {
		good = plan_number(option->value, 0, UINT32_MAX, &number);
		watch->path = (uint32_t)number;
		return good;
	}
	if (strcmp(option->name, "tunnel") == 0) {
		good = plan_number(option->value, 0, 1, &number);
		watch->tunnel = number == 1;
		return good;
	}
	if (icmp && strcmp(option->name, "id") == 0) {
		good = plan_number(option->value, 1, 65535, &number);
		watch->id = (uint16_t)number;
		return good;
	}
	if (!icmp && strcmp(option->name, "port") == 0) {
		good = plan_number(option->value, 1, 65535, &number);
		watch->port = (uint16_t)number;
		return good;
	}
	if (!icmp && strcmp(option->name, "ports") == 0)
		return take_ports(watch, option->value);
	if (watch->protocol == PROTOCOL_SYN && strcmp(option->name, "fresh") == 0)
		return plan_range(option->value, &watch->fresh);
	*known = false;
	return false;
}

static bool complete(const struct plan *plan, const struct plan_watch *watch, struct problem *problem)
{
	const char *missing = NULL;

	if (watch->source.family == 0)
		missing = "source=";
	else if (watch->interface[0] == '\0')
		missing = "if=";
	else if (watch->protocol == PROTOCOL_ICMP && watch->id == 0)
		missing = "id=";
	else if (watch->protocol != PROTOCOL_ICMP && watch->port == 0)
		missing = "port=";
	else if (watch->protocol != PROTOCOL_ICMP && watch->ports.first > watch->ports.last)
		missing = "ports=";
	if (missing != NULL)
		return PLAN_FAIL(problem, "line %u: this watch needs %s", plan->line, missing);
	for (size_t i = 0; i < plan->watch_count; i++) {
		if (plan->watches[i].path == watch->path)
			return PLAN_FAIL(problem, "line %u: path %u is watched already", plan->line,
			                 watch->path);
	}
	return true;
}

bool plan_take_watch(struct plan *plan, char **words, int count, struct problem *problem)
{
	static const char *const protocols[] = {"icmp", "syn", "ack", "udp", NULL};
	struct plan_watch watch = {.ports = {1, 0}, .fresh = {1, 0}};
	uint64_t index;
	int protocol;

	if (count < 4)
		return PLAN_FAIL(problem, "line %u: a watch needs path, protocol and target", plan->line);
	if (!plan_number(words[1], 0, PLAN_MAX_PATHS - 1, &index))
		return PLAN_FAIL(problem, "line %u: the path of a watch must be 0 to %d", plan->line,
		                 PLAN_MAX_PATHS - 1);
	if (!plan_word(words[2], protocols, &protocol))
		return PLAN_FAIL(problem, "line %u: unknown protocol `%.40s`", plan->line, words[2]);
	watch.key_path = watch.path = (uint32_t)index;
	watch.protocol = (uint8_t)protocol;
	if (!address_parse(words[3], &watch.target))
		return PLAN_FAIL(problem, "line %u: `%.64s` is not a numeric IPv4 or IPv6 address",
		                 plan->line, words[3]);
	for (int i = 4; i < count; i++) {
		char copy[PLAN_MAX_LINE + 1];
		struct option option;
		bool known;

		if (!split(words[i], copy, sizeof(copy), &option))
			return PLAN_FAIL(problem, "line %u: `%.40s` is not of the form key=value", plan->line,
			                 words[i]);
		if (!take_option(&watch, &option, &known))
			return PLAN_FAIL(
			        problem, "line %u: %s `%.60s`", plan->line,
			        known ? "bad value:" : "unknown key for a watch of this protocol:", words[i]);
	}
	if (!complete(plan, &watch, problem))
		return false;
	if (plan->watch_count == PLAN_MAX_WATCHES)
		return PLAN_FAIL(problem, "line %u: at most %d watches", plan->line, PLAN_MAX_WATCHES);
	if (plan->watches == NULL)
		plan->watches = calloc(PLAN_MAX_WATCHES, sizeof(*plan->watches));
	if (plan->watches == NULL)
		return problem_set(problem, "E_MEMORY", EXIT_SYSTEM, -1, "give fewer watches",
		                   "no memory for the plan");
	plan->watches[plan->watch_count++] = watch;
	return true;
}

bool plan_take_local(struct plan *plan, char **words, int count, struct problem *problem)
{
	char interface[IF_NAMESIZE];

	if (count != 2 || strncmp(words[1], "if=", 3) != 0 || !plan_interface(words[1] + 3, interface))
		return PLAN_FAIL(problem, "line %u: local evidence needs if=NAME", plan->line);
	for (size_t i = 0; i < plan->local_count; i++) {
		if (strcmp(plan->locals[i], interface) == 0)
			return true;
	}
	if (plan->local_count == PLAN_MAX_LOCALS)
		return PLAN_FAIL(problem, "line %u: at most %d interfaces", plan->line, PLAN_MAX_LOCALS);
	memcpy(plan->locals[plan->local_count++], interface, sizeof(interface));
	return true;
}

bool plan_take_hear(struct plan *plan, char **words, int count, struct problem *problem)
{
	struct plan_hear hear = {.ports = {1, 0}};

	for (int i = 1; i < count; i++) {
		if (strncmp(words[i], "if=", 3) == 0 && plan_interface(words[i] + 3, hear.interface))
			continue;
		if (strncmp(words[i], "ports=", 6) == 0 && plan_range(words[i] + 6, &hear.ports))
			continue;
		return PLAN_FAIL(problem, "line %u: bad value: `%.60s`", plan->line, words[i]);
	}
	if (hear.interface[0] == '\0' || hear.ports.first > hear.ports.last)
		return PLAN_FAIL(problem, "line %u: hear needs if=NAME and ports=FIRST-LAST", plan->line);
	if (plan->hear_count == PLAN_MAX_HEARS)
		return PLAN_FAIL(problem, "line %u: at most %d interfaces", plan->line, PLAN_MAX_HEARS);
	plan->hears[plan->hear_count++] = hear;
	return true;
}

bool plan_take_answers(struct plan *plan, char **words, int count, struct problem *problem)
{
	struct plan_answers answers = {0};
	uint64_t port;

	if (count != 3 || !address_parse(words[1], &answers.from) || strncmp(words[2], "port=", 5) != 0 ||
	    !plan_number(words[2] + 5, 1, 65535, &port))
		return PLAN_FAIL(problem, "line %u: answers need a numeric address and port=NUMBER",
		                 plan->line);
	if (plan->answers_count == PLAN_MAX_ANSWERS)
		return PLAN_FAIL(problem, "line %u: answers of at most %d places", plan->line,
		                 PLAN_MAX_ANSWERS);
	answers.port = (uint16_t)port;
	plan->answers[plan->answers_count++] = answers;
	return true;
}

bool plan_finish_watches(const struct plan *plan, struct problem *problem)
{
	if (plan->path_count > 0 &&
	    (plan->watch_count > 0 || plan->local_count > 0 || plan->answers_count > 0))
		return PLAN_FAIL(problem,
		                 "line %u: a plan either sends (path) or looks on (watch, local, answers), "
		                 "never both",
		                 plan->line);
	/* One filter serves them all. */
	for (size_t i = 1; plan->path_count > 0 && i < plan->hear_count; i++) {
		if (plan->hears[i].ports.first != plan->hears[0].ports.first ||
		    plan->hears[i].ports.last != plan->hears[0].ports.last)
			return PLAN_FAIL(problem,
			                 "line %u: beside paths, hear is of the same ports everywhere",
			                 plan->line);
	}
	if (plan->path_count > 0 && plan->hear_count > 0 && plan->stamping == STAMPING_HARDWARE)
		return PLAN_FAIL(problem,
		                 "line %u: what is heard has the kernel's stamps, not those of cards",
		                 plan->line);
	if (plan->watch_count > 0 && !plan->secret_given)
		return PLAN_FAIL(problem, "line %u: watches need the secret of the prober", plan->line);
	return true;
}
