/* SPDX-License-Identifier: MIT */
#include "stamps.h"

#include <linux/net_tstamp.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

enum stamp_choice stamps_choose(const struct stamp *sent, const struct stamp *received, bool patient,
                                int64_t *rtt_ns)
{
	bool one_card = sent->ifindex == received->ifindex;
	bool sent_kernel = sent->kernel_ns != NO_STAMP, received_kernel = received->kernel_ns != NO_STAMP;

	if (received->hardware_ns != NO_STAMP && one_card) {
		if (sent->hardware_ns != NO_STAMP) {
			*rtt_ns = received->hardware_ns - sent->hardware_ns;
			return CHOICE_HARDWARE;
		}
		if (patient)
			return CHOICE_WAIT;
	}
	*rtt_ns = (received_kernel ? received->kernel_ns : received->user_ns) -
	          (sent_kernel ? sent->kernel_ns : sent->user_ns);
	return sent_kernel && received_kernel ? CHOICE_KERNEL : CHOICE_USER;
}

bool stamps_hardware_on(const char *interface)
{
	struct hwtstamp_config config = {0};
	struct ifreq request = {.ifr_data = (char *)&config};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	bool on;

	if (fd < 0)
		return false;
	snprintf(request.ifr_name, sizeof(request.ifr_name), "%.15s", interface);
	/* The other receive filters stamp packets of clock protocols alone. */
	on = ioctl(fd, SIOCGHWTSTAMP, &request) == 0 && config.tx_type != HWTSTAMP_TX_OFF &&
	     config.rx_filter == HWTSTAMP_FILTER_ALL;
	close(fd);
	return on;
}
