/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "interface_info.h"
#include "json.h"
#include "prober.h"
#include "small_file.h"
#include "steering.h"

#define INDIRECTION_MOST 4096
#define KEY_MOST 512
#define COUNTERS_MOST 8192
#define QUEUES_MOST 128 /* told of; more would not fit a document */

struct asked {
	int fd;
	const char *name;
};

static bool ask(const struct asked *asked, void *command)
{
	struct ifreq request = {.ifr_data = command};

	snprintf(request.ifr_name, sizeof(request.ifr_name), "%.15s", asked->name);
	return ioctl(asked->fd, SIOCETHTOOL, &request) == 0;
}

static void add_truth(struct json *json, const char *name, bool known, bool value)
{
	json_add(json, "\"%s\":%s", name, !known ? "null" : value ? "true" : "false");
}

/* Which fields of a packet the card hashes for one kind of flow. */
static void add_fields(struct json *json, const struct asked *asked, const char *name, uint32_t flow_type)
{
	static const struct {
		uint64_t bit;
		const char *name;
	} fields[] = {{RXH_IP_SRC, "source"},
	              {RXH_IP_DST, "destination"},
	              {RXH_L4_B_0_1, "sourcePort"},
	              {RXH_L4_B_2_3, "destinationPort"}};
	struct ethtool_rxnfc rules = {.cmd = ETHTOOL_GRXFH, .flow_type = flow_type};
	bool any = false;

	json_add(json, "\"%s\":", name);
	if (!ask(asked, &rules)) {
		json_add(json, "null");
		return;
	}
	json_add(json, "[");
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		if ((rules.data & fields[i].bit) == 0)
			continue;
		json_add(json, "%s\"%s\"", any ? "," : "", fields[i].name);
		any = true;
	}
	json_add(json, "]");
}

static void add_rss(struct json *json, const struct asked *asked)
{
	struct ethtool_rxfh sizes = {.cmd = ETHTOOL_GRSSH};
	struct ethtool_rxfh *rss;
	const uint8_t *key;

	json_add(json, "\"rss\":");
	if (!ask(asked, &sizes) || sizes.indir_size > INDIRECTION_MOST || sizes.key_size > KEY_MOST ||
	    sizes.indir_size + sizes.key_size == 0) {
		json_add(json, "null");
		return;
	}
	rss = calloc(1, sizeof(*rss) + sizes.indir_size * sizeof(uint32_t) + sizes.key_size);
	if (rss != NULL)
		*rss = (struct ethtool_rxfh){
		        .cmd = ETHTOOL_GRSSH, .indir_size = sizes.indir_size, .key_size = sizes.key_size};
	if (rss == NULL || !ask(asked, rss)) {
		json_add(json, "null");
		free(rss);
		return;
	}
	key = (const uint8_t *)(rss->rss_config + sizes.indir_size);
	/* The first function of the list in every driver; 0 where the driver does not say which. */
	json_add(json, "{\"function\":%s,\"key\":", (rss->hfunc & 1) != 0 ? "\"toeplitz\"" : "null");
	json_add(json, "%s", sizes.key_size > 0 ? "\"" : "null");
	for (uint32_t i = 0; i < sizes.key_size; i++)
		json_add(json, "%02x", key[i]);
	json_add(json, "%s,\"indirection\":%s", sizes.key_size > 0 ? "\"" : "",
	         sizes.indir_size > 0 ? "[" : "null");
	for (uint32_t i = 0; i < sizes.indir_size; i++)
		json_add(json, "%s%u", i > 0 ? "," : "", rss->rss_config[i]);
	json_add(json, "%s,\"fields\":{", sizes.indir_size > 0 ? "]" : "");
	free(rss);
	add_fields(json, asked, "tcp4", TCP_V4_FLOW);
	json_add(json, ",");
	add_fields(json, asked, "udp4", UDP_V4_FLOW);
	json_add(json, ",");
	add_fields(json, asked, "tcp6", TCP_V6_FLOW);
	json_add(json, ",");
	add_fields(json, asked, "udp6", UDP_V6_FLOW);
	json_add(json, "}}");
}

static void add_queues(struct json *json, const struct steering *steering)
{
	json_add(json, "\"queues\":[");
	for (unsigned i = 0; i < steering->rx_queues && i < QUEUES_MOST; i++) {
		const struct napi *napi = NULL;
		struct cpus cpus = {0};

		for (size_t j = 0; j < steering->napis.count && napi == NULL; j++)
			napi = steering->napis.list[j].queue == (int)i ? &steering->napis.list[j] : NULL;
		json_add(json, "%s{\"queue\":%u,\"rpsCpus\":", i > 0 ? "," : "", i);
		if (!steering_rps(steering->interface, i, &cpus))
			memset(&cpus, 0, sizeof(cpus));
		json_cpus(json, &cpus);
		json_add(json, ",\"irq\":");
		if (napi != NULL && napi->irq != 0)
			json_add(json, "%u", napi->irq);
		else
			json_add(json, "null");
		if (napi == NULL || napi->irq == 0 || !steering_irq(napi->irq, &cpus))
			memset(&cpus, 0, sizeof(cpus));
		json_add(json, ",\"irqCpus\":");
		json_cpus(json, &cpus);
		json_add(json, ",\"napi\":");
		if (napi == NULL)
			json_add(json, "null,\"thread\":null,\"threadCpus\":null}");
		else if (napi->thread == 0)
			json_add(json, "%u,\"thread\":null,\"threadCpus\":null}", napi->id);
		else {
			json_add(json, "%u,\"thread\":%u,\"threadCpus\":", napi->id, napi->thread);
			if (!steering_thread(napi->thread, &cpus))
				memset(&cpus, 0, sizeof(cpus));
			json_cpus(json, &cpus);
			json_add(json, "}");
		}
	}
	json_add(json, "]");
}

static void add_offloads(struct json *json, const struct asked *asked)
{
	struct ethtool_value gro = {.cmd = ETHTOOL_GGRO}, flags = {.cmd = ETHTOOL_GFLAGS};
	struct ethtool_value checksum = {.cmd = ETHTOOL_GTXCSUM};
	bool gro_known = ask(asked, &gro), flags_known = ask(asked, &flags);
	bool checksum_known = ask(asked, &checksum);

	json_add(json, "\"offloads\":{");
	add_truth(json, "gro", gro_known, gro.data != 0);
	json_add(json, ",");
	add_truth(json, "txChecksum", checksum_known, checksum.data != 0);
	json_add(json, ",");
	add_truth(json, "lro", flags_known, (flags.data & ETH_FLAG_LRO) != 0);
	json_add(json, ",");
	add_truth(json, "receiveHash", flags_known, (flags.data & ETH_FLAG_RXHASH) != 0);
	json_add(json, ",");
	/* Rules of its own may then steer single flows past the hash. */
	add_truth(json, "ntupleRules", flags_known, (flags.data & ETH_FLAG_NTUPLE) != 0);
	json_add(json, "}");
}

/* Counters of a driver that tell of packets it did not take, or was told not to send. */
static bool is_telling(const char *name)
{
	static const char *const parts[] = {
	        "missed",  "no_buf",   "nobuf", "no_dma",  "pause",      "allowance_exceeded",
	        "overrun", "over_err", "fifo",  "rx_drop", "rx_discard", "out_of_buffer"};

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		if (strstr(name, parts[i]) != NULL)
			return true;
	}
	return false;
}

/* As `ethtool -S` prints them, those alone. */
static void add_counters(struct json *json, const struct asked *asked)
{
	struct ethtool_drvinfo driver = {.cmd = ETHTOOL_GDRVINFO};
	struct ethtool_gstrings *names = NULL;
	struct ethtool_stats *values = NULL;
	bool any = false;

	if (ask(asked, &driver) && driver.n_stats > 0 && driver.n_stats <= COUNTERS_MOST) {
		names = calloc(1, sizeof(*names) + (size_t)driver.n_stats * ETH_GSTRING_LEN);
		values = calloc(1, sizeof(*values) + driver.n_stats * sizeof(values->data[0]));
	}
	json_add(json, "\"counters\":{");
	if (names != NULL && values != NULL) {
		*names = (struct ethtool_gstrings){
		        .cmd = ETHTOOL_GSTRINGS, .string_set = ETH_SS_STATS, .len = driver.n_stats};
		*values = (struct ethtool_stats){.cmd = ETHTOOL_GSTATS, .n_stats = driver.n_stats};
		if (ask(asked, names) && ask(asked, values) && names->len <= driver.n_stats &&
		    values->n_stats <= driver.n_stats) {
			for (uint32_t i = 0; i < names->len && i < values->n_stats; i++) {
				char name[ETH_GSTRING_LEN + 1] = "";

				memcpy(name, names->data + (size_t)i * ETH_GSTRING_LEN, ETH_GSTRING_LEN);
				if (!is_telling(name))
					continue;
				json_add(json, "%s", any ? "," : "");
				json_string(json, name);
				json_add(json, ":%llu", (unsigned long long)values->data[i]);
				any = true;
			}
		}
	}
	json_add(json, "}");
	free(names);
	free(values);
}

static void add_all(struct json *json, const struct asked *asked, const struct steering *steering)
{
	static const char *const sources[] = {"null", "\"driver\"", "\"order\""};
	struct ethtool_drvinfo driver = {.cmd = ETHTOOL_GDRVINFO};
	char threaded[16];
	bool threaded_known;

	json_add(json, "{\"interface\":");
	json_string(json, asked->name);
	json_add(json, ",\"driver\":");
	if (ask(asked, &driver)) {
		driver.driver[sizeof(driver.driver) - 1] = '\0';
		json_string(json, driver.driver);
	} else {
		json_add(json, "null");
	}
	json_add(json, ",\"rxQueues\":%u,\"queueOfNapi\":%s,", steering->rx_queues,
	         sources[steering->napis.queues]);
	threaded_known =
	        small_file_read(threaded, sizeof(threaded), "/sys/class/net/%.15s/threaded", asked->name);
	add_truth(json, "threadedNapi", threaded_known, threaded[0] != '0');
	json_add(json, ",");
	add_truth(json, "hardwareStamps", true, stamps_hardware_on(asked->name));
	json_add(json, ",");
	add_offloads(json, asked);
	json_add(json, ",");
	add_counters(json, asked);
	json_add(json, ",");
	add_queues(json, steering);
	json_add(json, ",\"deviceIrqCpus\":");
	json_cpus(json, &steering->irqs);
	json_add(json, ",");
	/* Last, as the longest: a document that is cut short would be no JSON. */
	add_rss(json, asked);
	json_add(json, "}");
}

void interface_info_add(struct json *json, const struct steering *steering)
{
	struct json *own = json_new();
	struct asked asked = {socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), steering->interface};

	if (own != NULL && asked.fd >= 0)
		add_all(own, &asked, steering);
	/* A table of thousands of entries must not cost the rest of the document its end. */
	if (own != NULL && own->length > 0 && own->length + json->length < JSON_MOST / 2)
		json_add(json, "%s", own->text);
	else
		json_add(json, "null");
	if (asked.fd >= 0)
		close(asked.fd);
	json_free(own);
}

/* Fills the document; returns 0, or what the kernel answered. */
static int describe(struct json *json, const char *name)
{
	struct steering *steering = calloc(1, sizeof(*steering));
	struct asked asked = {socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), name};
	int error = 0;

	if (steering == NULL || asked.fd < 0) {
		error = steering == NULL ? ENOMEM : errno;
	} else if (strlen(name) >= IF_NAMESIZE || if_nametoindex(name) == 0) {
		error = ENODEV;
	} else {
		steering_open(steering, name);
		steering_refresh(steering, clocks_mono());
		add_all(json, &asked, steering);
		steering_close(steering);
	}
	if (asked.fd >= 0)
		close(asked.fd);
	free(steering);
	return error;
}

int interface_info_print(const char *name)
{
	struct json *json = json_new();
	int error = json == NULL ? ENOMEM : describe(json, name);
	int status = EXIT_SYSTEM;

	if (error == 0) {
		status = puts(json->text) < 0 || fflush(stdout) != 0 ? EXIT_SYSTEM : 0;
	} else if (error == ENODEV) {
		fprintf(stderr, "rxray-prober: E_INTERFACE: there is no interface %.32s\n  see `ip link`\n",
		        name);
		status = EXIT_PLAN;
	} else {
		fprintf(stderr, "rxray-prober: E_SYSTEM: %s\n", strerror(error));
	}
	json_free(json);
	return status;
}

void interface_info_answer(FILE *answers, const char *name)
{
	struct json *json = json_new();
	int error = json == NULL ? ENOMEM : describe(json, name);

	if (error == 0)
		fprintf(answers, "interface %s %s\n", name, json->text);
	else
		fprintf(answers, "fail %s interface %s\n", strerrorname_np(error), name);
	json_free(json);
}
