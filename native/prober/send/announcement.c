/* SPDX-License-Identifier: MIT */
#include "announcement.h"

#include <string.h>

#define KEY_BYTES 16
#define TAG_AT 64

static void put16(uint8_t *at, uint16_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

static void put32(uint8_t *at, uint32_t value)
{
	put16(at, (uint16_t)(value >> 16));
	put16(at + 2, (uint16_t)value);
}

static void put64(uint8_t *at, uint64_t value)
{
	put32(at, (uint32_t)(value >> 32));
	put32(at + 4, (uint32_t)value);
}

/* One grid an echo: a target knows all of them after as many echoes as there are SYN paths to it. */
static void put_grid(const struct prober *prober, uint32_t path, uint8_t *at)
{
	const struct plan_path *plan = &prober->plan.paths[path];
	const struct grid *grid = &prober->sender.trains[prober->sender.paths[path].pinned].grid;

	put32(at, path);
	put16(at + 4, prober->sender.ports.paths[path].first);
	put16(at + 6, plan->flows);
	put16(at + 8, plan->port);
	put64(at + 12, (uint64_t)(grid->first_ns - prober->start_ns));
	put64(at + 20, (uint64_t)grid->interval_ns);
}

void announcement_make(const struct prober *prober, const struct train *train, uint64_t k,
                       const struct outgoing *out, uint8_t announcement[ANNOUNCEMENT_BYTES])
{
	const struct plan_path *plan = &prober->plan.paths[train->path];
	const struct secret secret = {{plan->secret[0], plan->secret[1]}};
	uint8_t payload[PLAN_ANNOUNCED_PAYLOAD] = {0};

	put32(payload, out->path);
	put32(payload + 4, out->seq);
	put64(payload + 8, out->nonce);
	put32(payload + 16, ANNOUNCEMENT_MAGIC);
	put64(payload + 20, prober->announced_epoch);
	put64(payload + 28, (uint64_t)(grid_due(&train->grid, k) - prober->start_ns));
	put32(payload + 36, UINT32_MAX);
	if (plan->announced_count > 0)
		put_grid(prober, plan->announced[k % plan->announced_count], payload + 36);
	put64(payload + TAG_AT, key_siphash(&secret, payload, TAG_AT));
	memcpy(announcement, payload + KEY_BYTES, ANNOUNCEMENT_BYTES);
}
