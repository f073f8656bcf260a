/* SPDX-License-Identifier: MIT */
#include "symbols.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clocks.h"

#define READ_AGAIN_NS 60000000000ll /* reading them takes a tenth of a second of a CPU */
#define FAR_BYTES (1u << 20) /* no function is that long: the name is missing */

static bool grow(void **list, size_t *capacity, size_t wanted, size_t size)
{
	size_t more = *capacity == 0 ? 1u << 16 : *capacity;
	void *grown;

	if (wanted <= *capacity)
		return true;
	while (more < wanted)
		more *= 2;
	grown = realloc(*list, more * size);
	if (grown == NULL)
		return false;
	*list = grown;
	*capacity = more;
	return true;
}

static bool add(struct symbols *symbols, uint64_t address, const char *name)
{
	size_t length = strlen(name) + 1;

	if (!grow((void **)&symbols->list, &symbols->capacity, symbols->count + 1, sizeof(*symbols->list)) ||
	    !grow((void **)&symbols->names, &symbols->names_capacity, symbols->names_used + length, 1))
		return false;
	symbols->list[symbols->count++] = (struct symbol){address, (uint32_t)symbols->names_used};
	memcpy(symbols->names + symbols->names_used, name, length);
	symbols->names_used += length;
	return true;
}

static int compare(const void *left, const void *right)
{
	uint64_t a = ((const struct symbol *)left)->address, b = ((const struct symbol *)right)->address;

	return a < b ? -1 : a > b;
}

bool symbols_read(struct symbols *symbols)
{
	FILE *file = fopen("/proc/kallsyms", "re");
	char line[512], name[256], kind;
	unsigned long long address;
	bool good = true;

	symbols->count = symbols->names_used = 0;
	symbols->read_ns = clocks_mono();
	if (file == NULL)
		return false;
	while (good && fgets(line, sizeof(line), file) != NULL) {
		if (sscanf(line, "%llx %c %255s", &address, &kind, name) != 3 || address == 0 ||
		    strchr("tTwW", kind) == NULL)
			continue;
		good = add(symbols, address, name);
	}
	fclose(file);
	qsort(symbols->list, symbols->count, sizeof(*symbols->list), compare);
	return good;
}

void symbols_free(struct symbols *symbols)
{
	free(symbols->list);
	free(symbols->names);
	symbols->list = NULL;
	symbols->names = NULL;
	symbols->count = symbols->capacity = symbols->names_capacity = 0;
}

uint64_t symbols_address(const struct symbols *symbols, const char *name)
{
	for (size_t i = 0; i < symbols->count; i++) {
		if (strcmp(symbols->names + symbols->list[i].name, name) == 0)
			return symbols->list[i].address;
	}
	return 0;
}

/* The last symbol at or below an address, NULL when none is near. */
static const char *lookup(const struct symbols *symbols, uint64_t address)
{
	size_t low = 0, high = symbols->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (symbols->list[middle].address <= address)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == 0 || address - symbols->list[low - 1].address > FAR_BYTES)
		return NULL;
	return symbols->names + symbols->list[low - 1].name;
}

/* Says whether the address is new to the reader, and remembers it. */
static bool is_new(struct symbols *symbols, uint64_t address)
{
	size_t slot = (size_t)((address * 0x9e3779b97f4a7c15ull) >> 50) & (SYMBOLS_TOLD - 1);

	/* A full table forgets: telling a name twice does no harm. */
	if (symbols->told[slot] == address)
		return false;
	symbols->told[slot] = address;
	return true;
}

void symbols_tell(struct symbols *symbols, struct frames *frames, const uint64_t *addresses, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct rxray_frame_symbol record = {.address = addresses[i]};
		const char *name;

		if (!is_new(symbols, addresses[i]))
			continue;
		name = lookup(symbols, addresses[i]);
		/* A module or BPF program may have come since; those lie close to each other. */
		if (name == NULL || strncmp(name, "bpf_prog_", 9) == 0)
			symbols->stale = true;
		snprintf((char *)record.name, sizeof(record.name), "%s", name == NULL ? "[unknown]" : name);
		frames_bulk(frames, RXRAY_RECORD_SYMBOL, sizeof(record), &record, 1);
	}
}

void symbols_refresh(struct symbols *symbols)
{
	if (!symbols->stale || clocks_mono() - symbols->read_ns < READ_AGAIN_NS)
		return;
	symbols_read(symbols);
	/* What was told without a name is told once more. */
	memset(symbols->told, 0, sizeof(symbols->told));
	symbols->stale = false;
}

size_t symbols_own_frames(const struct symbols *symbols, const uint64_t *addresses, size_t count)
{
	static const char *const names[] = {"bpf_prog_",    "bpf_trace_run",   "__bpf_trace_",
	                                    "__traceiter_", "bpf_trampoline_", "bpf_get_stack"};
	size_t own = 0;

	/* Between two of them may lie one without a name: a program that came after the table was read. */
	for (size_t i = 0; i < count && i < 8; i++) {
		const char *name = lookup(symbols, addresses[i]);

		for (size_t k = 0; name != NULL && k < sizeof(names) / sizeof(names[0]); k++) {
			if (strncmp(name, names[k], strlen(names[k])) == 0)
				own = i + 1;
		}
	}
	return own;
}

size_t symbols_interrupted(const struct symbols *symbols, const uint64_t *addresses, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const char *name = lookup(symbols, addresses[i]);
		const char *end = name == NULL ? NULL : strrchr(name, '_');

		if (name != NULL && (strncmp(name, "asm_", 4) == 0 ||
		                     (strncmp(name, "el1", 3) == 0 && strcmp(end, "_irq") == 0)))
			return i + 1;
	}
	return symbols_own_frames(symbols, addresses, count);
}
