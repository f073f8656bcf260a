/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include "json.h"
#include "prober.h"
#include "say.h"
#include "tell.h"

#define WARNINGS_MOST 32
#define CONNTRACK_S 120 /* how long a router may remember a connection attempt */

/* The range that encloses them, which is what is told of ports in a row; then each, by flow. */
static void add_listed(struct json *json, const struct path_ports *ports)
{
	uint16_t first = UINT16_MAX, last = 0;

	for (uint16_t f = 0; f < ports->flows; f++) {
		first = ports->listed[f] < first ? ports->listed[f] : first;
		last = ports->listed[f] > last ? ports->listed[f] : last;
	}
	json_add(json, "[%u,%u],\"ports\":[", first, last);
	for (uint16_t f = 0; f < ports->flows; f++)
		json_add(json, "%s%u", f > 0 ? "," : "", ports->listed[f]);
	json_add(json, "]");
}

static void add_paths(struct json *json, const struct prober *prober)
{
	char text[ADDRESS_TEXT];

	json_add(json, "\"pathCount\":%zu,\"paths\":[", prober->plan.path_count);
	for (size_t i = 0; i < prober->plan.path_count; i++) {
		const struct path_ports *ports = &prober->sender.ports.paths[i];
		const struct route *route = &prober->sender.paths[i].route;

		json_add(json, "%s{\"path\":%zu,\"interface\":", i > 0 ? "," : "", i);
		json_string(json, route->interface);
		json_add(json, ",\"source\":\"%s\",\"sourcePorts\":", address_text(&route->source, text));
		if (prober->plan.paths[i].protocol == PROTOCOL_ICMP)
			json_add(json, "null,\"icmpId\":%u", ports->first);
		else if (ports->listed != NULL)
			add_listed(json, ports);
		else
			json_add(json, "[%u,%u]", ports->first, ports->first + ports->flows - 1u);
		if (ports->fresh_count > 0)
			json_add(json, ",\"freshPorts\":[%u,%u]", ports->fresh_first,
			         ports->fresh_first + ports->fresh_count - 1u);
		json_add(json, "}");
	}
	json_add(json, "]");
}

struct footprint {
	const struct address *target;
	double pps;
};

static int compare_footprints(const void *left, const void *right)
{
	return address_compare(((const struct footprint *)left)->target,
	                       ((const struct footprint *)right)->target);
}

static void add_footprint(struct json *json, const struct prober *prober)
{
	struct footprint *all = calloc(prober->plan.path_count, sizeof(*all));
	double pps = 0, sum = 0, most = 0;
	uint32_t fresh_rest_s = prober->sender.ports.fresh_rest_s;
	uint64_t entries = 0;
	char text[ADDRESS_TEXT] = "";

	if (all == NULL)
		return;
	for (size_t i = 0; i < prober->plan.path_count; i++) {
		const struct plan_path *path = &prober->plan.paths[i];

		all[i] = (struct footprint){&path->target, 1e9 / (double)path->interval_ns + path->fresh_pps};
		pps += all[i].pps;
		entries += path->flows + (uint64_t)path->fresh_pps *
		                                 (fresh_rest_s < CONNTRACK_S ? fresh_rest_s : CONNTRACK_S);
	}
	qsort(all, prober->plan.path_count, sizeof(*all), compare_footprints);
	for (size_t i = 0; i < prober->plan.path_count; i++) {
		sum = i > 0 && address_equal(all[i].target, all[i - 1].target) ? sum + all[i].pps
		                                                               : all[i].pps;
		if (sum > most) {
			most = sum;
			address_text(all[i].target, text);
		}
	}
	free(all);
	json_add(json,
	         "\"footprint\":{\"packetsPerSecond\":%.3f,\"conntrackEntries\":%llu,"
	         "\"perTarget\":[{\"address\":\"%s\",\"packetsPerSecond\":%.3f}]}",
	         pps, (unsigned long long)entries, text, most);
}

bool hello_begin(struct json *json, const struct prober *prober, const char *transmit_via,
                 const char *receive_via)
{
	static const char *const sources[] = {"user", "kernel", "hw"};
	const struct grants *grants = &prober->grants;
	struct utsname host;

	if (uname(&host) != 0)
		return false;
	json_add(json, "{\"event\":\"hello\",\"helper\":\"rxray-prober\",\"version\":\"" RXRAY_VERSION
	               "\",\"host\":{");
	json_add(json, "\"name\":");
	json_string(json, host.nodename);
	json_add(json, ",\"kernel\":");
	json_string(json, host.release);
	json_add(json, ",\"machine\":");
	json_string(json, host.machine);
	json_add(json, "},\"got\":{\"sched\":\"%s\",\"schedWhy\":", grants->fifo ? "fifo" : "other");
	json_string(json, grants->sched_why);
	json_add(json, ",\"memlock\":%s,\"cpu\":", grants->locked ? "true" : "false");
	if (grants->cpu >= 0)
		json_add(json, "%d", grants->cpu);
	else
		json_add(json, "null");
	json_add(json, ",\"timestamps\":\"%s\",\"timestampsWhy\":", sources[grants->stamps]);
	json_string(json, grants->stamps_why);
	json_add(json, ",\"transmitVia\":\"%s\",\"receiveVia\":\"%s\"},", transmit_via, receive_via);
	return true;
}

/* The limit holds for all that is said of fresh flows. */
static void warn_of_short_rest(struct prober *prober)
{
	char message[200];

	if (prober->sender.ports.fresh_rest_s == FRESH_REST_S)
		return;
	snprintf(
	        message, sizeof(message),
	        "ports of fresh flows are used again after %u s instead of %d, as no more are free in a row: "
	        "a firewall may remember one that was not answered for %d s",
	        prober->sender.ports.fresh_rest_s, FRESH_REST_S, CONNTRACK_S);
	tell_warning(prober, "W_FRESH_PORTS", -1, message);
}

void tell_hello(struct prober *prober)
{
	struct json *json = json_new();

	if (json == NULL)
		return;
	if (!hello_begin(json, prober, "raw socket", "packet ring")) {
		json_free(json);
		return;
	}
	add_paths(json, prober);
	json_add(json, ",");
	add_footprint(json, prober);
	json_add(json, "}");
	frames_text(&prober->frames, json->text, json->length);
	json_free(json);
	warn_of_short_rest(prober);
}

void tell_warning(struct prober *prober, const char *code, long path, const char *message)
{
	/* Warnings are for people; a flood of them would help nobody. */
	if (prober->warnings++ < WARNINGS_MOST)
		say_warning(&prober->frames, "rxray-prober", code, path, message);
}
