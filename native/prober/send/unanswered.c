/* SPDX-License-Identifier: MIT */
#include "unanswered.h"

#include <stddef.h>
#include <string.h>

#include "stamps.h"

uint32_t unanswered_capacity(int64_t interval_ns, int64_t match_ns)
{
	int64_t slots = match_ns / interval_ns + 4;

	return slots > INT32_MAX ? 0 : (uint32_t)slots;
}

void unanswered_skip(struct unanswered *ring, uint64_t k)
{
	uint64_t first = ring->next;

	if (k > first && k - first > ring->capacity)
		first = k - ring->capacity;
	for (uint64_t skipped = first; skipped < k; skipped++)
		ring->slots[skipped % ring->capacity] = (struct slot){0};
	ring->next = k;
}

struct slot *unanswered_begin(struct unanswered *ring, uint64_t k)
{
	struct slot *slot = &ring->slots[k % ring->capacity];

	unanswered_skip(ring, k);
	*slot = (struct slot){.fate = FATE_SENT};
	if (ring->hardware_ns != NULL)
		ring->hardware_ns[k % ring->capacity] = NO_STAMP;
	ring->next = k + 1;
	return slot;
}

struct slot *unanswered_find(const struct unanswered *ring, uint64_t k)
{
	struct slot *slot;

	if (k >= ring->next || ring->next - k > ring->capacity)
		return NULL;
	slot = &ring->slots[k % ring->capacity];
	return slot->fate == FATE_NONE ? NULL : slot;
}

void slot_set_lag(struct slot *slot, int64_t lag_ns)
{
	const int64_t most = (1 << 23) - 1;
	int64_t units = lag_ns < 0 ? 0 : lag_ns / LAG_UNIT_NS;

	slot->lag = (uint32_t)(units > most ? most : units);
}

void slot_set_sent(struct slot *slot, int64_t after_due_ns, bool kernel_stamp)
{
	if (after_due_ns < 0)
		after_due_ns = 0;
	slot->sent_after_due_ns = after_due_ns > UINT32_MAX ? UINT32_MAX : (uint32_t)after_due_ns;
	slot->kernel_stamp = kernel_stamp;
}

uint32_t slot_lag_ns(const struct slot *slot)
{
	return slot->lag * LAG_UNIT_NS;
}

uint32_t slot_tx_delay_ns(const struct slot *slot)
{
	uint32_t lag_ns = slot_lag_ns(slot);

	if (!slot->kernel_stamp)
		return 0;
	if (slot->sent_after_due_ns == UINT32_MAX)
		return UINT32_MAX;
	return slot->sent_after_due_ns > lag_ns ? slot->sent_after_due_ns - lag_ns : 1;
}
