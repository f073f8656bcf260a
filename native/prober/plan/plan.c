/* SPDX-License-Identifier: MIT */
#include "plan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NS_PER_S 1000000000ull

struct number_key {
	const char *name;
	size_t offset;
	uint64_t least, most;
};

#define NUMBER(name, field, least, most)                                                                     \
	{                                                                                                    \
		name, offsetof(struct plan, field), least, most                                              \
	}

/* An instant may lie anywhere on the clock; a length may not exceed what the sums below can hold. */
static const struct number_key number_keys[] = {
        NUMBER("start-at-ns", start_at_ns, 1, INT64_MAX / 2),
        NUMBER("epoch-mono-ns", epoch_mono_ns, 1, INT64_MAX / 2),
        NUMBER("interval-ns", interval_ns, 10000, 3600 * NS_PER_S),
        NUMBER("count", count, 0, 1ull << 40),
        NUMBER("duration-ns", duration_ns, 0, 1ull << 60),
        NUMBER("wait-ns", wait_ns, 1000000, 600 * NS_PER_S),
        NUMBER("match-ns", match_ns, 1000000, 600 * NS_PER_S),
        NUMBER("tell-ns", tell_ns, 1000000, NS_PER_S),
        NUMBER("max-pps-per-target", max_pps_per_target, 1, 10000000),
};

void plan_init(struct plan *plan)
{
	*plan = (struct plan){
	        .interval_ns = 10000000,
	        .wait_ns = NS_PER_S,
	        .match_ns = 30 * NS_PER_S,
	        .max_pps_per_target = 1000,
	        .tell_ns = 50000000,
	        .cpu = CPU_AUTO,
	};
}

void plan_free(struct plan *plan)
{
	free(plan->paths);
	free(plan->watches);
	free(plan->listed);
	plan->listed = NULL;
	free(plan->instead);
	plan->instead = NULL;
	plan->paths = NULL;
	plan->watches = NULL;
}

const char *protocol_name(uint8_t protocol)
{
	static const char *const names[] = {"icmp", "syn", "ack", "udp"};

	return protocol < 4 ? names[protocol] : "?";
}

static bool take_option(struct plan *plan, struct plan_path *path, const char *word, struct problem *problem)
{
	const char *equals = strchr(word, '=');
	const char *value;
	size_t length;
	uint64_t number;
	bool told;

	if (equals == NULL)
		return PLAN_FAIL(problem, "line %u: `%.40s` is not of the form key=value", plan->line, word);
	if (!plan_take_told(plan, path, word, &told, problem))
		return false;
	if (told)
		return true;
	value = equals + 1;
	length = (size_t)(equals - word);
#define IS(name) (length == sizeof(name) - 1 && memcmp(word, name, length) == 0)
	if (IS("if")) {
		if (*value == '\0' || strlen(value) >= sizeof(path->interface))
			return PLAN_FAIL(problem, "line %u: bad interface name", plan->line);
		strcpy(path->interface, value);
	} else if (IS("source")) {
		if (!address_parse(value, &path->source) || path->source.family != path->target.family)
			return PLAN_FAIL(problem, "line %u: bad source address `%.64s`", plan->line, value);
	} else if (IS("ttl")) {
		if (!plan_number(value, 1, 255, &number))
			return PLAN_FAIL(problem, "line %u: ttl must be 1 to 255", plan->line);
		path->ttl = (uint8_t)number;
	} else if (IS("size") && (path->protocol == PROTOCOL_ICMP || path->protocol == PROTOCOL_UDP)) {
		if (!plan_number(value, PLAN_MIN_PAYLOAD, PLAN_MAX_PAYLOAD, &number))
			return PLAN_FAIL(problem, "line %u: size must be %d to %d", plan->line,
			                 PLAN_MIN_PAYLOAD, PLAN_MAX_PAYLOAD);
		path->payload = (uint16_t)number;
	} else if (IS("interval-ns")) {
		if (!plan_number(value, 10000, 3600 * NS_PER_S, &path->interval_ns))
			return PLAN_FAIL(problem, "line %u: interval-ns must be 10000 to 3600000000000",
			                 plan->line);
	} else if (IS("port") && path->protocol != PROTOCOL_ICMP) {
		if (!plan_number(value, 1, 65535, &number))
			return PLAN_FAIL(problem, "line %u: port must be 1 to 65535", plan->line);
		path->port = (uint16_t)number;
	} else if (IS("flows") && path->protocol != PROTOCOL_ICMP) {
		if (!plan_number(value, 1, PLAN_MAX_FLOWS, &number))
			return PLAN_FAIL(problem, "line %u: flows must be 1 to %d", plan->line,
			                 PLAN_MAX_FLOWS);
		if (path->listed)
			return PLAN_FAIL(problem, "line %u: give flows= or ports=, not both", plan->line);
		path->flows = (uint16_t)number;
	} else if (IS("ports") && path->protocol != PROTOCOL_ICMP) {
		if (!plan_take_ports(plan, path, value, problem))
			return false;
	} else if (IS("else") && path->protocol != PROTOCOL_ICMP) {
		if (!plan_take_instead(plan, path, value, problem))
			return false;
	} else if (IS("fresh-pps") && path->protocol == PROTOCOL_SYN) {
		if (!plan_number(value, 0, 100, &number))
			return PLAN_FAIL(problem, "line %u: fresh-pps must be 0 to 100", plan->line);
		path->fresh_pps = (uint32_t)number;
	} else {
		return PLAN_FAIL(problem, "line %u: unknown key `%.*s` for a path of this protocol",
		                 plan->line, (int)(length < 40 ? length : 40), word);
	}
#undef IS
	return true;
}

static bool take_path(struct plan *plan, char **words, int count, struct problem *problem)
{
	static const char *const protocols[] = {"icmp", "syn", "ack", "udp", NULL};
	struct plan_path path = {.ttl = 64, .payload = 56};
	uint64_t index;
	int protocol;

	if (count < 4)
		return PLAN_FAIL(problem, "line %u: a path needs index, protocol and address", plan->line);
	if (!plan_number(words[1], 0, PLAN_MAX_PATHS - 1, &index) || index != plan->path_count)
		return PLAN_FAIL(problem, "line %u: the next path must have index %zu (at most %d paths)",
		                 plan->line, plan->path_count, PLAN_MAX_PATHS);
	if (!plan_word(words[2], protocols, &protocol))
		return PLAN_FAIL(problem, "line %u: unknown protocol `%.40s`", plan->line, words[2]);
	path.protocol = (uint8_t)protocol;
	if (!address_parse(words[3], &path.target))
		return PLAN_FAIL(problem, "line %u: `%.64s` is not a numeric IPv4 or IPv6 address",
		                 plan->line, words[3]);
	if (!address_is_unicast(&path.target))
		return problem_set(
		        problem, "E_ADDRESS", EXIT_PLAN, (long)index, "give the address of one machine",
		        "line %u: %.64s is a multicast, broadcast or reserved address", plan->line, words[3]);
	for (int i = 4; i < count; i++) {
		if (!take_option(plan, &path, words[i], problem))
			return false;
	}
	if (path.flows == 0)
		path.flows = 1;
	if (path.protocol != PROTOCOL_ICMP && path.port == 0)
		return PLAN_FAIL(problem, "line %u: %s needs port=", plan->line,
		                 protocol_name(path.protocol));
	if (plan->path_count == plan->path_capacity) {
		size_t capacity = plan->path_capacity == 0 ? 64 : 2 * plan->path_capacity;
		struct plan_path *grown = realloc(plan->paths, capacity * sizeof(*grown));

		if (grown == NULL)
			return problem_set(problem, "E_MEMORY", EXIT_SYSTEM, -1, "give fewer paths",
			                   "no memory for the plan");
		plan->paths = grown;
		plan->path_capacity = capacity;
	}
	plan->paths[plan->path_count++] = path;
	return true;
}

static bool take_setting(struct plan *plan, const char *key, const char *value, struct problem *problem)
{
	static const char *const stampings[] = {"auto", "hw", "kernel", "user", NULL};
	static const char *const schedulings[] = {"auto", "fifo", "other", NULL};
	static const char *const taps[] = {"late", "early", NULL};
	uint64_t number;
	int word;

	for (size_t i = 0; i < sizeof(number_keys) / sizeof(number_keys[0]); i++) {
		if (strcmp(key, number_keys[i].name) != 0)
			continue;
		if (!plan_number(value, number_keys[i].least, number_keys[i].most, &number))
			return PLAN_FAIL(problem, "line %u: %s must be %llu to %llu", plan->line, key,
			                 (unsigned long long)number_keys[i].least,
			                 (unsigned long long)number_keys[i].most);
		memcpy((char *)plan + number_keys[i].offset, &number, sizeof(number));
		return true;
	}
	if (strcmp(key, "timestamps") == 0 && plan_word(value, stampings, &word)) {
		plan->stamping = (enum stamping)word;
		return true;
	}
	if (strcmp(key, "tap") == 0 && plan_word(value, taps, &word)) {
		plan->early = word == 1;
		return true;
	}
	if (strcmp(key, "sched") == 0 && plan_word(value, schedulings, &word)) {
		plan->scheduling = (enum scheduling)word;
		return true;
	}
	if (strcmp(key, "secret") == 0) {
		/* The value is not repeated in the message, which ends up in logs. */
		if (!plan_secret(value, plan->secret))
			return PLAN_FAIL(problem, "line %u: secret must be 32 hexadecimal digits",
			                 plan->line);
		plan->secret_given = true;
		return true;
	}
	if (strcmp(key, "source-ports") == 0 && plan_range(value, &plan->source_ports))
		return true;
	if (strcmp(key, "cpu") == 0) {
		if (strcmp(value, "auto") == 0)
			plan->cpu = CPU_AUTO;
		else if (strcmp(value, "none") == 0)
			plan->cpu = CPU_NONE;
		else if (plan_number(value, 0, 1023, &number))
			plan->cpu = (int)number;
		else
			return PLAN_FAIL(problem, "line %u: cpu must be auto, none or a number", plan->line);
		return true;
	}
	return PLAN_FAIL(problem, "line %u: unknown key or value: `%.40s %.40s`", plan->line, key, value);
}

bool plan_take_line(struct plan *plan, const char *line, size_t length, struct problem *problem)
{
	char copy[PLAN_MAX_LINE + 1];
	char *words[16];
	int count;

	plan->line++;
	count = plan_split(line, length, plan->line, copy, words, sizeof(words) / sizeof(words[0]), problem);
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
	if (strcmp(words[0], "path") == 0)
		return take_path(plan, words, count, problem);
	if (strcmp(words[0], "watch") == 0)
		return plan_take_watch(plan, words, count, problem);
	if (strcmp(words[0], "local") == 0)
		return plan_take_local(plan, words, count, problem);
	if (strcmp(words[0], "hear") == 0)
		return plan_take_hear(plan, words, count, problem);
	if (strcmp(words[0], "answers") == 0)
		return plan_take_answers(plan, words, count, problem);
	if (strcmp(words[0], "run") == 0 && count == 1) {
		plan->complete = true;
		return true;
	}
	if (count != 2)
		return PLAN_FAIL(problem, "line %u: `%.40s` needs exactly one value", plan->line, words[0]);
	return take_setting(plan, words[0], words[1], problem);
}

bool plan_finish(struct plan *plan, struct problem *problem)
{
	if (!plan->complete)
		return PLAN_FAIL(problem, "line %u: the plan ended without `run`", plan->line);
	if (!plan_finish_watches(plan, problem))
		return false;
	if (plan_only_watches(plan))
		return true;
	if (plan->path_count == 0)
		return PLAN_FAIL(problem, "line %u: the plan has no path", plan->line);
	if (plan->match_ns < plan->wait_ns)
		plan->match_ns = plan->wait_ns;
	for (size_t i = 0; i < plan->path_count; i++) {
		struct plan_path *path = &plan->paths[i];

		/* Port-unreachable is limited to about one a second per peer, so asking faster only looks
		 * like loss. */
		if (path->interval_ns == 0)
			path->interval_ns = path->protocol == PROTOCOL_UDP && plan->interval_ns < NS_PER_S
			                            ? NS_PER_S
			                            : plan->interval_ns;
	}
	return plan_finish_told(plan, problem) && plan_finish_ports(plan, problem) &&
	       plan_check_rates(plan, problem);
}
