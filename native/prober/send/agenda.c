/* SPDX-License-Identifier: MIT */
#include "agenda.h"

static void sink(struct agenda *agenda, size_t at)
{
	struct appointment moving = agenda->heap[at];

	for (;;) {
		size_t child = 2 * at + 1;

		if (child >= agenda->count)
			break;
		if (child + 1 < agenda->count && agenda->heap[child + 1].due_ns < agenda->heap[child].due_ns)
			child++;
		if (moving.due_ns <= agenda->heap[child].due_ns)
			break;
		agenda->heap[at] = agenda->heap[child];
		at = child;
	}
	agenda->heap[at] = moving;
}

void agenda_add(struct agenda *agenda, int64_t due_ns, uint32_t train)
{
	size_t at = agenda->count++;

	while (at > 0 && agenda->heap[(at - 1) / 2].due_ns > due_ns) {
		agenda->heap[at] = agenda->heap[(at - 1) / 2];
		at = (at - 1) / 2;
	}
	agenda->heap[at] = (struct appointment){due_ns, train};
}

void agenda_postpone(struct agenda *agenda, int64_t due_ns)
{
	agenda->heap[0].due_ns = due_ns;
	sink(agenda, 0);
}

void agenda_drop(struct agenda *agenda)
{
	agenda->heap[0] = agenda->heap[--agenda->count];
	if (agenda->count > 0)
		sink(agenda, 0);
}
