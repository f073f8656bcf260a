/* SPDX-License-Identifier: MIT */
#include <linux/ethtool.h>
#include <linux/net_tstamp.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "json.h"
#include "prober.h"
#include "stamps.h"

static const char *truth(bool value)
{
	return value ? "true" : "false";
}

static bool can_open(int family, int type, int protocol)
{
	int fd = socket(family, type | SOCK_CLOEXEC, protocol);

	if (fd < 0)
		return false;
	close(fd);
	return true;
}

static bool can_fifo(void)
{
	struct sched_param fifo = {.sched_priority = 1}, other = {0};

	if (sched_setscheduler(0, SCHED_FIFO, &fifo) != 0)
		return false;
	/* Going back to ordinary scheduling needs no privilege. */
	return sched_setscheduler(0, SCHED_OTHER, &other) == 0;
}

static bool can_lock(void)
{
	return mlockall(MCL_CURRENT) == 0 && munlockall() == 0;
}

/* Every interface has `rx` queues of some number in /sys; virtual ones without ethtool too. */
static unsigned receive_queues(int fd, const char *name)
{
	struct ethtool_channels channels = {.cmd = ETHTOOL_GCHANNELS};
	struct ifreq request = {.ifr_data = (char *)&channels};

	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", name);
	if (ioctl(fd, SIOCETHTOOL, &request) != 0)
		return 1;
	return channels.rx_count + channels.combined_count > 0 ? channels.rx_count + channels.combined_count
	                                                       : 1;
}

static void add_interface(struct json *json, int fd, const char *name)
{
	struct ethtool_ts_info info = {.cmd = ETHTOOL_GET_TS_INFO};
	struct ifreq request = {.ifr_data = (char *)&info};
	const unsigned hardware =
	        SOF_TIMESTAMPING_TX_HARDWARE | SOF_TIMESTAMPING_RX_HARDWARE | SOF_TIMESTAMPING_RAW_HARDWARE;

	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", name);
	/* A driver that says nothing about stamps still gets software ones on receipt, from the stack. */
	if (ioctl(fd, SIOCETHTOOL, &request) != 0)
		info.so_timestamping = SOF_TIMESTAMPING_RX_SOFTWARE;
	json_add(json, "{\"name\":");
	json_string(json, name);
	json_add(json,
	         ",\"softwareTransmit\":%s,\"softwareReceive\":%s,\"hardware\":%s,\"hardwareEnabled\":%s,"
	         "\"rxQueues\":%u}",
	         truth((info.so_timestamping & SOF_TIMESTAMPING_TX_SOFTWARE) != 0),
	         truth((info.so_timestamping & SOF_TIMESTAMPING_RX_SOFTWARE) != 0),
	         truth((info.so_timestamping & hardware) == hardware), truth(stamps_hardware_on(name)),
	         receive_queues(fd, name));
}

int capabilities_print(void)
{
	struct json *json = json_new();
	struct if_nameindex *interfaces = if_nameindex();
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int status = EXIT_SYSTEM;

	if (json == NULL || interfaces == NULL || fd < 0) {
		perror("rxray-prober: E_SYSTEM");
		goto out;
	}
	json_add(json,
	         "{\"helper\":\"rxray-prober\",\"version\":\"" RXRAY_VERSION
	         "\",\"rawSocket\":%s,\"packetSocket\":%s,\"schedFifo\":%s,\"mlock\":%s,\"interfaces\":[",
	         truth(can_open(AF_INET, SOCK_RAW, IPPROTO_RAW)), truth(can_open(AF_PACKET, SOCK_DGRAM, 0)),
	         truth(can_fifo()), truth(can_lock()));
	/* The document is bounded: of a machine with thousands of interfaces the first ones must do. */
	for (size_t i = 0; i < 256 && interfaces[i].if_index != 0; i++) {
		json_add(json, "%s", i > 0 ? "," : "");
		add_interface(json, fd, interfaces[i].if_name);
	}
	json_add(json, "]}");
	status = puts(json->text) < 0 || fflush(stdout) != 0 ? EXIT_SYSTEM : 0;
out:
	if (fd >= 0)
		close(fd);
	if (interfaces != NULL)
		if_freenameindex(interfaces);
	json_free(json);
	return status;
}
