/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <sys/utsname.h>

#include "interface_info.h"
#include "json.h"
#include "prober.h"
#include "tell.h"
#include "watcher.h"

#define HELLO_THREADS 64

static void add_watches(struct json *json, const struct prober *prober)
{
	char text[ADDRESS_TEXT];

	json_add(json, "\"pathCount\":%zu,\"paths\":[", prober->plan.watch_count);
	for (size_t i = 0; i < prober->plan.watch_count; i++) {
		const struct plan_watch *watch = &prober->plan.watches[i];

		json_add(json, "%s{\"path\":%u,\"interface\":", i > 0 ? "," : "", watch->path);
		json_string(json, watch->interface);
		json_add(json, ",\"source\":\"%s\",\"sourcePorts\":", address_text(&watch->source, text));
		if (watch->protocol == PROTOCOL_ICMP)
			json_add(json, "null,\"icmpId\":%u}", watch->id);
		else
			json_add(json, "[%u,%u]", watch->ports.first, watch->ports.last);
		for (uint16_t j = 0; j < watch->listed_count; j++)
			json_add(json, "%s%u", j == 0 ? ",\"ports\":[" : ",", watch->listed[j]);
		if (watch->protocol != PROTOCOL_ICMP)
			json_add(json, "%s}", watch->listed_count > 0 ? "]" : "");
	}
	json_add(json, "],\"footprint\":{\"packetsPerSecond\":0,\"conntrackEntries\":0}");
	json_add(json, ",\"watching\":[");
	for (size_t i = 0; i < prober->watcher->interface_count; i++) {
		json_add(json, "%s{\"interface\":", i > 0 ? "," : "");
		json_string(json, prober->watcher->interfaces[i].name);
		json_add(json, ",\"filterInstructions\":%zu}", prober->watcher->interfaces[i].filter_length);
	}
	json_add(json, "]");
}

static void add_threads(struct json *json, const struct delays *delays)
{
	size_t shown = delays->count < HELLO_THREADS ? delays->count : HELLO_THREADS;

	json_add(json, "\"threads\":[");
	for (size_t i = 0; i < shown; i++) {
		const struct delayed *thread = &delays->list[i];

		json_add(json, "%s{\"thread\":%u,\"kind\":\"%s\",\"queue\":", i > 0 ? "," : "",
		         thread->thread, thread->kind == RXRAY_THREAD_KIND_NAPI ? "napi" : "ksoftirqd");
		if (thread->queue >= 0)
			json_add(json, "%d}", thread->queue);
		else
			json_add(json, "null}");
	}
	json_add(json, "],\"threadCount\":%zu", delays->count);
}

static void add_local(struct json *json, const struct prober *prober)
{
	static const char *const sources[] = {"unknown", "driver", "order"};
	const struct local *local = &prober->watcher->local;
	struct cpus beating = {0}, serving = {0};
	bool realtime = true, known = true;

	for (size_t i = 0; i < local->hearts.count; i++) {
		cpus_add(&beating, local->hearts.list[i].cpu);
		realtime &= local->hearts.list[i].realtime;
	}
	json_add(json, ",\"local\":{\"interfaces\":[");
	for (size_t i = 0; i < local->interfaces; i++) {
		const struct steering *steering = &local->steering[i];

		json_add(json, "%s{\"interface\":", i > 0 ? "," : "");
		json_string(json, steering->interface);
		json_add(json, ",\"rxQueues\":%u,\"queueOfThread\":\"%s\"}", steering->rx_queues,
		         sources[steering->napis.queues]);
		cpus_join(&serving, &steering->rps);
		cpus_join(&serving, &steering->irqs);
		cpus_join(&serving, &steering->threads);
		known &= steering->known;
	}
	json_add(json, "],\"heartbeats\":{\"cpus\":");
	if (local->hearts.count > 0)
		json_cpus(json, &beating);
	else
		json_add(json, "[]");
	json_add(json,
	         ",\"realtime\":%s,\"serving\":", realtime && local->hearts.count > 0 ? "true" : "false");
	if (known)
		json_cpus(json, &serving);
	else
		json_add(json, "null");
	json_add(json, "},");
	add_threads(json, &local->delays);
	json_add(json, ",\"softnet\":%s}", local->softnet ? "true" : "false");
}

/* How each interface receives: its queues, and how the card spreads packets over them. */
static void add_receivers(struct json *json, const struct local *local)
{
	json_add(json, ",\"receivers\":[");
	for (size_t i = 0; i < local->interfaces; i++) {
		json_add(json, "%s", i > 0 ? "," : "");
		interface_info_add(json, &local->steering[i]);
	}
	json_add(json, "]");
}

void watch_hello(struct prober *prober)
{
	struct json *json = json_new();

	if (json == NULL)
		return;
	if (!hello_begin(json, prober, "nothing", "packet ring, both directions")) {
		json_free(json);
		return;
	}
	add_watches(json, prober);
	if (prober->watcher->local_open) {
		add_local(json, prober);
		add_receivers(json, &prober->watcher->local);
	}
	json_add(json, "}");
	frames_text(&prober->frames, json->text, json->length);
	json_free(json);
}
