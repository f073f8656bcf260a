/* SPDX-License-Identifier: MIT */
#include "cpus.h"

#include <stdlib.h>
#include <string.h>

void cpus_add(struct cpus *cpus, int cpu)
{
	if (cpu >= 0 && cpu < CPUS_MOST)
		cpus->words[cpu / 64] |= 1ull << (cpu % 64);
}

void cpus_join(struct cpus *cpus, const struct cpus *more)
{
	for (int i = 0; i < CPUS_MOST / 64; i++)
		cpus->words[i] |= more->words[i];
}

bool cpus_has(const struct cpus *cpus, int cpu)
{
	return cpu >= 0 && cpu < CPUS_MOST && (cpus->words[cpu / 64] >> (cpu % 64) & 1) != 0;
}

int cpus_count(const struct cpus *cpus)
{
	int count = 0;

	for (int i = 0; i < CPUS_MOST / 64; i++)
		count += __builtin_popcountll(cpus->words[i]);
	return count;
}

bool cpus_any(const struct cpus *cpus)
{
	return cpus_count(cpus) > 0;
}

bool cpus_parse_list(const char *text, struct cpus *cpus)
{
	memset(cpus, 0, sizeof(*cpus));
	while (*text >= '0' && *text <= '9') {
		char *end;
		long first = strtol(text, &end, 10), last = first;

		if (*end == '-')
			last = strtol(end + 1, &end, 10);
		for (long cpu = first; cpu <= last && cpu < CPUS_MOST; cpu++)
			cpus_add(cpus, (int)cpu);
		text = *end == ',' ? end + 1 : end;
	}
	return cpus_any(cpus);
}

bool cpus_parse_mask(const char *text, struct cpus *cpus)
{
	size_t length = strcspn(text, "\n");
	int bit = 0;

	memset(cpus, 0, sizeof(*cpus));
	while (length-- > 0) {
		char digit = text[length];
		int value;

		if (digit == ',')
			continue;
		if (digit >= '0' && digit <= '9')
			value = digit - '0';
		else if (digit >= 'a' && digit <= 'f')
			value = digit - 'a' + 10;
		else
			return false;
		for (int i = 0; i < 4; i++, bit++) {
			if ((value >> i & 1) != 0)
				cpus_add(cpus, bit);
		}
	}
	return cpus_any(cpus);
}
