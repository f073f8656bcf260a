/* SPDX-License-Identifier: MIT */
#include "tap.h"

#include <linux/if_ether.h>
#include <stdlib.h>
#include <string.h>

#define STACK_BYTES 65536
#define SET_BITS 10

void tap_init(struct tap *tap)
{
	*tap = (struct tap){.early.fd = -1, .late[0].fd = -1, .late[1].fd = -1};
}

static void set_view(struct tap *tap, enum tap_view view)
{
	bool good = tap->early.fd < 0 || receive_hook(&tap->early, view != TAP_LATE);

	for (int i = 0; i < 2; i++)
		good = (tap->late[i].fd < 0 || receive_hook(&tap->late[i], view != TAP_EARLY)) && good;
	/* What was not done is tried again at the next turn. */
	if (good)
		__atomic_store_n(&tap->view, view, __ATOMIC_RELEASE);
}

/* Taking a socket off the kernel's list waits until no CPU is at it: some 10 ms, in which probes are to be
 * sent. */
static void *change_view(void *argument)
{
	struct tap *tap = argument;

	sem_post(&tap->ready);
	for (;;) {
		if (sem_wait(&tap->wanted) != 0)
			continue;
		if (__atomic_load_n(&tap->stop, __ATOMIC_ACQUIRE))
			return NULL;
		set_view(tap, __atomic_load_n(&tap->asked, __ATOMIC_ACQUIRE));
	}
}

static bool start_thread(struct tap *tap, struct problem *problem)
{
	pthread_attr_t attributes;
	bool started;

	if (sem_init(&tap->ready, 0, 0) != 0 || sem_init(&tap->wanted, 0, 0) != 0 ||
	    pthread_attr_init(&attributes) != 0)
		return problem_set(problem, "E_SYSTEM", EXIT_SYSTEM, -1, "end what takes up the memory",
		                   "no memory for a thread");
	pthread_attr_setstacksize(&attributes, STACK_BYTES);
	started = pthread_create(&tap->thread, &attributes, change_view, tap) == 0;
	pthread_attr_destroy(&attributes);
	tap->threaded = started;
	/* How a thread begins is not allowed any more once privileges are given up. */
	while (started && sem_wait(&tap->ready) != 0)
		continue;
	return started ||
	       problem_set(problem, "E_SYSTEM", EXIT_SYSTEM, -1,
	                   "allow this user and control group one more thread", "no thread can be started");
}

static bool open_early(struct tap *tap, const struct tap_options *options, struct problem *problem)
{
	struct sock_filter code[TAP_FILTER_MAX];
	struct sock_fprog program = {.filter = code, .len = (unsigned short)tap_filter(options, code)};
	struct receive_options early = {
	        .filter = &program,
	        .protocol = ETH_P_ALL,
	        .arriving_only = true,
	        .ifindex = options->ifindex,
	        .frames = options->frames,
	        .stamps = options->stamps,
	};

	tap->seen = calloc(TAP_SETS, sizeof(*tap->seen));
	if (tap->seen == NULL)
		return problem_set(problem, "E_MEMORY", EXIT_SYSTEM, -1, "end what takes up the memory",
		                   "no memory for what has lately arrived");
	tap->view = tap->asked = TAP_BOTH;
	return receive_open(&tap->early, &early, problem);
}

bool tap_open(struct tap *tap, const struct tap_options *options, struct problem *problem)
{
	/* The early one first: it is to miss nothing that the late one sees. Without stamps they cannot be
	 * compared. */
	bool early = options->early && options->stamps != STAMPS_NONE;

	tap->view = tap->asked = TAP_LATE;
	tap->passes_over = options->passes_over;
	tap->context = options->context;
	if (early && !open_early(tap, options, problem))
		return false;
	for (int i = 0; i < 2; i++) {
		struct receive_options late = {
		        .filter = options->filters[i],
		        .protocol = i == 0 ? ETH_P_IP : ETH_P_IPV6,
		        .ifindex = options->ifindex,
		        .frames = options->frames,
		        .stamps = options->stamps,
		};

		if (options->filters[i] != NULL && !receive_open(&tap->late[i], &late, problem))
			return false;
	}
	return !early || start_thread(tap, problem);
}

void tap_close(struct tap *tap)
{
	if (tap->threaded) {
		__atomic_store_n(&tap->stop, true, __ATOMIC_RELEASE);
		sem_post(&tap->wanted);
		pthread_join(tap->thread, NULL);
		sem_destroy(&tap->wanted);
	}
	receive_close(&tap->early);
	receive_close(&tap->late[0]);
	receive_close(&tap->late[1]);
	free(tap->seen);
	tap_init(tap);
}

bool tap_count(struct tap *tap, uint32_t most)
{
	bool more = false;

	/* The early one last: what waits at the late one now has come by the early one before. */
	for (int i = 0; i < 3; i++) {
		tap->counted[i] = receive_waiting(i < 2 ? &tap->late[i] : &tap->early, most);
		more |= tap->counted[i] == most;
	}
	return more;
}

struct reading {
	struct tap *tap;
	bool late;
	void (*take)(void *, const struct received *);
	void *context;
};

/*
 * A packet has one stamp, wherever on its way it is looked at: also on a bond and on the card that is part of
 * it. Where it lost its stamp on the way (bpf_redirect_peer) its bytes have to do.
 */
static uint64_t key_of(const struct received *packet)
{
	uint64_t key = 14695981039346656037u;

	if (packet->stamped || packet->hardware)
		return (uint64_t)packet->real_ns;
	for (size_t i = 0; i < packet->length; i++)
		key = (key ^ packet->packet[i]) * 1099511628211u;
	return key;
}

/* Whether it has been handed over before; from now on it has. */
static bool was_seen(struct tap *tap, uint64_t key)
{
	struct tap_set *set = &tap->seen[(key * 0x9e3779b97f4a7c15u) >> (64 - SET_BITS)];

	for (unsigned i = 0; i < TAP_WAYS; i++) {
		if (set->keys[i] == key)
			return true;
	}
	set->keys[set->next++ % TAP_WAYS] = key;
	return false;
}

static void take_once(void *context, const struct received *packet)
{
	struct reading *reading = context;
	struct tap *tap = reading->tap;
	bool seen;

	if (tap->passes_over != NULL && tap->passes_over(tap->context, packet))
		return;
	seen = tap->seen != NULL && was_seen(tap, key_of(packet));
	if (tap->seen != NULL && reading->late)
		(*(seen ? &tap->trial.alike : &tap->trial.late_only))++;
	if (!seen)
		reading->take(reading->context, packet);
}

void tap_read(struct tap *tap, void (*take)(void *, const struct received *), void *context)
{
	struct reading reading = {.tap = tap, .take = take, .context = context};

	if (tap->early.fd >= 0)
		receive_read(&tap->early, tap->counted[2], take_once, &reading);
	reading.late = true;
	for (int i = 0; i < 2; i++) {
		if (tap->late[i].fd >= 0)
			receive_read(&tap->late[i], tap->counted[i], take_once, &reading);
	}
}

void tap_turn(struct tap *tap, int64_t now)
{
	enum tap_view view = __atomic_load_n(&tap->view, __ATOMIC_ACQUIRE);

	if (!tap->threaded || view != tap->asked) {
		if (tap->threaded)
			sem_post(&tap->wanted);
		return;
	}
	view = tap_trial_view(&tap->trial, view, now);
	if (view == tap->asked)
		return;
	__atomic_store_n(&tap->asked, view, __ATOMIC_RELEASE);
	sem_post(&tap->wanted);
}

void tap_doubt(struct tap *tap)
{
	if (tap->view == TAP_EARLY)
		tap->trial.next = 1;
}

uint64_t tap_drops(struct tap *tap)
{
	return receive_drops(&tap->early) + receive_drops(&tap->late[0]) + receive_drops(&tap->late[1]);
}
