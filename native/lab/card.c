// SPDX-License-Identifier: MIT
/*
 * A network card, or a switch port, that holds frames in its own memory: every frame that a device is about
 * to send (`--set at=egress`) or has received (`ingress`) is taken off into a tap device, and sent on by this
 * program over `--set out=DEVICE`: at once, except within its stalls, when it holds them all and then
 * delivers them in their order. No softirq of the receiving node is raised meanwhile, and none of its threads
 * waits for a CPU.
 */
#include "injector.h"

#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "card.skel.h"

#define FRAMES_MAX 16384
#define FRAME_BYTES 2048
/* Of the tap: more than arrives while the release of the frames before is under way. */
#define BACKLOG 4096
/* Below the NAPI threads (70): each frame is taken up before the next is sent, so the ring never overflows.
 */
#define CARD_PRIORITY 60
/* Attach points of Linux 6.6, newer than the headers of Debian 12. */
#define TCX_INGRESS 46
#define TCX_EGRESS 47

struct frame {
	uint32_t length;
	unsigned char bytes[FRAME_BYTES];
};

static struct {
	int tap;
	int out;
	bool holding;
	struct frame *frames;
	unsigned int held;
	uint64_t lost;
} card;

static void __attribute__((noreturn)) fail(const char *what)
{
	fprintf(stderr, "%s: %m\n", what);
	exit(1);
}

static void deliver(const unsigned char *bytes, size_t length)
{
	/* A link that has gone takes its frames with it. */
	if (send(card.out, bytes, length, 0) < 0)
		card.lost++;
}

static void read_frames(void)
{
	unsigned char bytes[FRAME_BYTES];

	for (;;) {
		struct frame *frame = card.holding && card.held < FRAMES_MAX ? &card.frames[card.held] : NULL;
		ssize_t length = read(card.tap, frame ? frame->bytes : bytes, FRAME_BYTES);

		if (length < 0 && (errno == EAGAIN || errno == EINTR))
			return;
		if (length < 0)
			fail("cannot read the card's device");
		if (frame) {
			frame->length = (uint32_t)length;
			card.held++;
		} else if (card.holding) {
			card.lost++; /* full, as a ring of real hardware would be */
		} else {
			deliver(bytes, (size_t)length);
		}
	}
}

static void serve_once(uint64_t until_ns)
{
	struct pollfd ready = {.fd = card.tap, .events = POLLIN};
	uint64_t now = mono_ns();
	uint64_t left = until_ns > now ? until_ns - now : 0;
	struct timespec patience = {.tv_nsec = left < 200000000 ? (long)left : 200000000};

	if (ppoll(&ready, 1, &patience, NULL) > 0)
		read_frames();
}

static void serve_until(struct injector *injector, uint64_t until_ns)
{
	while (mono_ns() < until_ns && !injector_stopping(injector))
		serve_once(until_ns);
}

static bool stall(struct injector *injector, uint64_t length_ns, struct truth_stall *happened)
{
	(void)injector;
	card.held = 0;
	card.lost = 0;
	card.holding = true;
	happened->start_ns = mono_ns();
	while (mono_ns() < happened->start_ns + length_ns && !injector_signalled())
		serve_once(happened->start_ns + length_ns);
	happened->end_ns = mono_ns();
	card.holding = false;
	for (unsigned int i = 0; i < card.held; i++)
		deliver(card.frames[i].bytes, card.frames[i].length);
	snprintf(happened->extra, sizeof(happened->extra),
	         ",\"packets\":%u,\"lost\":%" PRIu64 ",\"releasedMonoNs\":%" PRIu64, card.held, card.lost,
	         mono_ns());
	return true;
}

/* Interface number of the tap, which lives as long as its descriptor. */
static unsigned int open_tap(void)
{
	struct ifreq request = {.ifr_flags = IFF_TAP | IFF_NO_PI};
	int control = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	strcpy(request.ifr_name, "card%d");
	card.tap = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (card.tap < 0 || ioctl(card.tap, TUNSETIFF, &request))
		fail("cannot make a tap device");
	request.ifr_qlen = BACKLOG;
	if (control < 0 || ioctl(control, SIOCSIFTXQLEN, &request))
		fail("cannot lengthen the tap's queue");
	request.ifr_flags = IFF_UP;
	if (ioctl(control, SIOCSIFFLAGS, &request))
		fail("cannot start the tap device");
	close(control);
	return if_nametoindex(request.ifr_name);
}

static void open_out(const char *device)
{
	struct sockaddr_ll to = {.sll_family = AF_PACKET, .sll_ifindex = (int)if_nametoindex(device)};
	int bypass = 1;

	/* Protocol 0: it receives nothing. Past the queueing discipline, or its frames would come back to us.
	 */
	card.out = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	if (card.out < 0 || !to.sll_ifindex || bind(card.out, (struct sockaddr *)&to, sizeof(to)) ||
	    setsockopt(card.out, SOL_PACKET, PACKET_QDISC_BYPASS, &bypass, sizeof(bypass)))
		fail(device);
}

/* The link goes with this process, however it ends: a dead card stands in nobody's way. */
static int divert(const char *device, int where, unsigned int tap)
{
	struct card *skeleton = card__open();
	int link;

	if (!skeleton)
		fail("card.bpf.c");
	skeleton->rodata->card_device = tap;
	if (card__load(skeleton))
		fail("card.bpf.c");
	link = bpf_link_create(bpf_program__fd(skeleton->progs.to_card), (int)if_nametoindex(device),
	                       (enum bpf_attach_type)where, NULL);
	if (link < 0)
		fail("cannot take frames off the device (needs Linux 6.6)");
	return link;
}

int main(int argc, char **argv)
{
	struct injector injector;
	const char *netns, *device, *out, *at;
	int link;

	injector_parse(&injector, argc, argv);
	injector_prepare(&injector);
	netns = injector_value(&injector, "netns", NULL);
	device = injector_value(&injector, "device", NULL);
	out = injector_value(&injector, "out", device);
	at = injector_value(&injector, "at", NULL);
	if (!netns || !device || !at || (strcmp(at, "egress") && strcmp(at, "ingress"))) {
		fprintf(stderr, "--set netns=NAME, device=NAME and at=egress or ingress are needed\n");
		return 2;
	}
	card.frames = calloc(FRAMES_MAX, sizeof(*card.frames));
	if (!card.frames)
		fail("no memory");
	injector_enter_netns(netns);
	injector_pin_self(injector.home_cpu);
	injector_realtime(CARD_PRIORITY);
	open_out(out);
	link = divert(device, strcmp(at, "egress") ? TCX_INGRESS : TCX_EGRESS, open_tap());
	injector_run(&injector, stall, serve_until);
	close(link);
	for (uint64_t until = mono_ns() + 50000000; mono_ns() < until;)
		serve_once(until);
	return 0;
}
