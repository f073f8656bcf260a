/* SPDX-License-Identifier: MIT */
#include "syscalls_options.h"

#include <stdlib.h>
#include <string.h>

#include "plan.h"
#include "syscalls_table.gen.h"

#define HOUR_NS 3600000000000ull

/* Words of a plan have no blanks: `%20` stands for one, as in URLs. */
static bool unescape(const char *text, char *out, size_t size)
{
	size_t used = 0;

	for (; *text != '\0'; text++) {
		char digits[3] = {0};
		char *end;

		if (used + 1 >= size)
			return false;
		if (*text != '%') {
			out[used++] = *text;
			continue;
		}
		digits[0] = text[1];
		digits[1] = digits[0] == '\0' ? '\0' : text[2];
		out[used] = (char)strtoul(digits, &end, 16);
		if (*end != '\0' || end != digits + 2 || out[used] == '\0')
			return false;
		used++;
		text += 2;
	}
	out[used] = '\0';
	return used > 0;
}

static bool take_switch(const char *value, bool *on)
{
	*on = strcmp(value, "1") == 0;
	return *on || strcmp(value, "0") == 0;
}

static bool take_pids(struct syscalls_options *options, const char *value)
{
	char copy[512], *save = NULL;

	if (strlen(value) >= sizeof(copy))
		return false;
	strcpy(copy, value);
	for (char *word = strtok_r(copy, ",", &save); word != NULL; word = strtok_r(NULL, ",", &save)) {
		uint64_t pid;

		if (options->pid_count == SYSCALLS_LISTED || !plan_number(word, 1, INT32_MAX, &pid))
			return false;
		options->pids[options->pid_count++] = (uint32_t)pid;
	}
	return options->pid_count > 0;
}

static bool take_name(struct syscalls_options *options, const char *value)
{
	return options->name_count < SYSCALLS_LISTED &&
	       unescape(value, options->names[options->name_count++], SYSCALLS_NAME);
}

static bool take_selection(struct syscalls_options *options, enum selection_kind kind, const char *value)
{
	struct selection *selection = &options->selections[options->selection_count];

	if (options->selection_count == SYSCALLS_SELECTIONS)
		return false;
	options->selection_count++;
	selection->kind = kind;
	return unescape(value, selection->text, sizeof(selection->text));
}

/* `read,write`, or `!futex,poll` for all but these. A name that this architecture lacks is passed over. */
static bool take_calls(struct syscalls_options *options, const char *value)
{
	const size_t count = sizeof(syscall_table) / sizeof(syscall_table[0]);
	bool except = value[0] == '!';
	char copy[512], *save = NULL;

	if (strlen(value) >= sizeof(copy))
		return false;
	strcpy(copy, value + (except ? 1 : 0));
	if (!options->some_calls)
		memset(options->wanted, except ? 1 : 0, sizeof(options->wanted));
	options->some_calls = true;
	for (char *word = strtok_r(copy, ",", &save); word != NULL; word = strtok_r(NULL, ",", &save)) {
		for (size_t i = 0; i < count && i < SYSCALLS_NUMBERS; i++) {
			if (syscall_table[i].name != NULL && strcmp(syscall_table[i].name, word) == 0)
				options->wanted[i] = except ? 0 : 1;
		}
	}
	return true;
}

bool syscalls_options_take(struct syscalls_options *options, const char *key, const char *value)
{
	if (strcmp(key, "min-ns") == 0) {
		options->tells_calls = true;
		return plan_number(value, 0, HOUR_NS, &options->min_ns);
	}
	if (strcmp(key, "summary") == 0)
		return take_switch(value, &options->sums);
	if (strcmp(key, "stacks") == 0)
		return take_switch(value, &options->stacks);
	if (strcmp(key, "exact") == 0)
		return take_switch(value, &options->exact);
	if (strcmp(key, "sparing") == 0)
		return take_switch(value, &options->sparing);
	if (strcmp(key, "follow") == 0)
		return take_switch(value, &options->follow);
	if (strcmp(key, "in-flight") == 0)
		return take_switch(value, &options->in_flight);
	if (strcmp(key, "every-ns") == 0)
		return plan_number(value, 10000000, HOUR_NS, &options->every_ns);
	if (strcmp(key, "record") == 0) {
		options->records = true;
		return plan_number(value, 1, SYSCALLS_RINGS, &options->rings);
	}
	if (strcmp(key, "slow-ns") == 0)
		return plan_number(value, 1000, HOUR_NS, &options->slow_ns);
	if (strcmp(key, "pid") == 0)
		return take_pids(options, value);
	if (strcmp(key, "command") == 0)
		return plan_number(value, 1, INT32_MAX, &options->command);
	if (strcmp(key, "spare") == 0)
		return plan_number(value, 1, INT32_MAX, &options->spared);
	if (strcmp(key, "comm") == 0)
		return take_name(options, value);
	if (strcmp(key, "cgroup") == 0)
		return take_selection(options, SELECT_CGROUP, value);
	if (strcmp(key, "container") == 0)
		return take_selection(options, SELECT_CONTAINER, value);
	if (strcmp(key, "pod") == 0)
		return take_selection(options, SELECT_POD, value);
	if (strcmp(key, "calls") == 0)
		return take_calls(options, value);
	if (strcmp(key, "netns") == 0) {
		options->own_netns = strcmp(value, "own") == 0;
		return options->own_netns || strcmp(value, "any") == 0;
	}
	return false;
}
