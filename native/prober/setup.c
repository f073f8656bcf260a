/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include "awaiting_stamp.h"
#include "hearing.h"
#include "prober.h"
#include "sender.h"
#include "watcher.h"

#define NS_PER_S 1000000000ll
#define START_NS 50000000ll
#define START_FIFO_NS 10000000ll /* whom no ordinary process keeps from running */
#define PATH_HELLO_NS 20000ll
#define OUTSTANDING_BYTES_MOST (1ull << 30)

static bool no_memory(struct problem *problem)
{
	return problem_set(problem, "E_MEMORY", EXIT_SYSTEM, -1,
	                   "give fewer paths, longer intervals or a shorter match-ns",
	                   "no memory for the probes of this plan");
}

static uint64_t slots_of(const struct plan *plan, uint64_t interval_ns)
{
	uint64_t slots = plan->count == 0 ? UINT64_MAX : plan->count;

	if (plan->duration_ns > 0 && (plan->duration_ns + interval_ns - 1) / interval_ns < slots)
		slots = (plan->duration_ns + interval_ns - 1) / interval_ns;
	return slots;
}

static bool add_train(struct prober *prober, uint32_t path, bool fresh)
{
	const struct plan_path *plan = &prober->plan.paths[path];
	struct train *train = &prober->sender.trains[prober->sender.train_count];
	uint64_t slots = slots_of(&prober->plan, plan->interval_ns);

	train->path = path;
	train->fresh = fresh;
	train->grid.interval_ns = (int64_t)plan->interval_ns;
	if (fresh) {
		train->grid.interval_ns = NS_PER_S / plan->fresh_pps;
		/* Fresh probes go on for as long as the others of their path. */
		if (slots != UINT64_MAX)
			slots = slots * plan->interval_ns / (uint64_t)train->grid.interval_ns + 1;
	}
	train->grid.slots = slots;
	train->outstanding.capacity =
	        unanswered_capacity(train->grid.interval_ns, (int64_t)prober->plan.match_ns);
	if (train->outstanding.capacity == 0)
		return false;
	if (slots != UINT64_MAX && slots + 4 < train->outstanding.capacity)
		train->outstanding.capacity = (uint32_t)slots + 4;
	train->outstanding.slots = calloc(train->outstanding.capacity, sizeof(struct slot));
	if (prober->grants.stamps == STAMPS_HARDWARE) {
		train->outstanding.hardware_ns = calloc(train->outstanding.capacity, sizeof(int64_t));
		if (train->outstanding.hardware_ns == NULL)
			return false;
	}
	*(fresh ? &prober->sender.paths[path].fresh : &prober->sender.paths[path].pinned) =
	        prober->sender.train_count++;
	return train->outstanding.slots != NULL;
}

static bool make_trains(struct prober *prober)
{
	size_t most = 2 * prober->plan.path_count;

	prober->sender.trains = calloc(most, sizeof(*prober->sender.trains));
	prober->sender.agenda.heap = calloc(most, sizeof(*prober->sender.agenda.heap));
	if (prober->sender.trains == NULL || prober->sender.agenda.heap == NULL)
		return false;
	for (uint32_t i = 0; i < prober->plan.path_count; i++) {
		prober->sender.paths[i].totals.path = i;
		prober->sender.paths[i].fresh = NO_TRAIN;
		if (!add_train(prober, i, false) ||
		    (prober->plan.paths[i].fresh_pps > 0 && !add_train(prober, i, true)))
			return false;
	}
	for (uint32_t i = 0; i < prober->sender.train_count; i++)
		prober->sender.outstanding_bytes +=
		        prober->sender.trains[i].outstanding.capacity * sizeof(struct slot);
	return prober->sender.outstanding_bytes <= OUTSTANDING_BYTES_MOST;
}

struct interval_rank {
	int64_t interval_ns;
	uint32_t train;
};

static int compare_ranks(const void *left, const void *right)
{
	const struct interval_rank *a = left, *b = right;

	if (a->interval_ns != b->interval_ns)
		return a->interval_ns < b->interval_ns ? -1 : 1;
	return a->train < b->train ? -1 : a->train > b->train;
}

/* Spreads the trains of each interval over it, and enters all into the agenda. */
static bool make_phases(struct prober *prober)
{
	struct interval_rank *ranks = calloc(prober->sender.train_count, sizeof(*ranks));
	uint32_t group = 0;

	if (ranks == NULL)
		return false;
	for (uint32_t i = 0; i < prober->sender.train_count; i++)
		ranks[i] = (struct interval_rank){prober->sender.trains[i].grid.interval_ns, i};
	qsort(ranks, prober->sender.train_count, sizeof(*ranks), compare_ranks);
	for (uint32_t first = 0, end; first < prober->sender.train_count; first = end, group++) {
		for (end = first;
		     end < prober->sender.train_count && ranks[end].interval_ns == ranks[first].interval_ns;)
			end++;
		for (uint32_t i = first; i < end; i++) {
			const struct train *train = &prober->sender.trains[ranks[i].train];
			const struct plan_path *plan = &prober->plan.paths[train->path];
			struct grid *grid = &prober->sender.trains[ranks[i].train].grid;

			grid->first_ns = prober->start_ns +
			                 grid_phase(grid->interval_ns, group, i - first, end - first);
			/* Who wants several machines to take turns knows better. */
			if (plan->phase_given && !train->fresh)
				grid->first_ns = prober->start_ns + (int64_t)plan->phase_ns;
			agenda_add(&prober->sender.agenda, grid->first_ns, ranks[i].train);
		}
	}
	free(ranks);
	return true;
}

/* Network cards' stamps where somebody has switched them on for every interface that is used; never by
 * ourselves. */
static bool choose_stamps(struct prober *prober, struct problem *problem)
{
	struct grants *grants = &prober->grants;
	enum stamping asked = prober->plan.stamping;
	/* A card's clock says nothing about other machines, whose probes are heard. */
	bool hardware =
	        (asked == STAMPING_AUTO && prober->plan.hear_count == 0) || asked == STAMPING_HARDWARE;

	for (size_t i = 0; hardware && i < prober->plan.path_count; i++) {
		hardware = stamps_hardware_on(prober->sender.paths[i].route.interface);
		if (!hardware && asked == STAMPING_HARDWARE)
			return problem_set(problem, "E_TIMESTAMPS", EXIT_SYSTEM, (long)i,
			                   "switch them on (hwstamp_ctl -i INTERFACE -t 1 -r 1), or use "
			                   "`timestamps kernel`",
			                   "%s does not stamp all packets in hardware, as it is set up",
			                   prober->sender.paths[i].route.interface);
	}
	grants->stamps = hardware ? STAMPS_HARDWARE : STAMPS_KERNEL;
	grants->stamps_why = "as asked for";
	if (asked == STAMPING_USER)
		grants->stamps = STAMPS_NONE;
	else if (asked == STAMPING_AUTO)
		grants->stamps_why = hardware ? "auto: switched on for every interface used"
		                              : "auto: what every interface has";
	if (asked == STAMPING_AUTO && prober->plan.hear_count > 0)
		grants->stamps_why = "auto: the kernel's, which all machines have alike";
	if (!hardware)
		return true;
	prober->sender.waiting = calloc(1, sizeof(*prober->sender.waiting));
	return prober->sender.waiting != NULL || no_memory(problem);
}

/* What is left to do before the first slot: to say hello and to give up privileges, while others may run. */
static int64_t time_until_start(const struct prober *prober)
{
	int64_t hello = (int64_t)prober->plan.path_count * PATH_HELLO_NS;

	return hello + (prober->grants.fifo ? START_FIFO_NS : START_NS);
}

bool setup_prober(struct prober *prober, struct problem *problem)
{
	uint64_t random[5];

	prober->sender.paths = calloc(prober->plan.path_count, sizeof(*prober->sender.paths));
	if (prober->sender.paths == NULL)
		return no_memory(problem);
	if (getrandom(random, sizeof(random), 0) != (ssize_t)sizeof(random))
		return problem_set(problem, "E_RANDOM", EXIT_SYSTEM, -1, "use a kernel that has getrandom",
		                   "no random numbers: %s", strerror(errno));
	prober->secret = (struct secret){{random[0], random[1]}};
	prober->announced_epoch = random[4];
	if (prober->plan.secret_given)
		memcpy(prober->secret.words, prober->plan.secret, sizeof(prober->plan.secret));
	for (size_t i = 0; i < prober->plan.path_count; i++) {
		if (!route_find(&prober->plan.paths[i], (long)i, &prober->sender.paths[i].route, problem))
			return false;
	}
	if (!choose_stamps(prober, problem))
		return false;
	if (!rate_hold_take(&prober->sender.rates, &prober->plan, problem))
		return false;
	if (!ports_reserve(&prober->sender.ports, &prober->plan, random[2], problem))
		return false;
	if (!make_trains(prober))
		return no_memory(problem);
	if (!hearing_join(prober, problem) || !sockets_open(prober, problem))
		return false;
	/* Without it a firewall that drops our kernel's RST leaves half-open connections, as it would anyway.
	 */
	prober->sender.reset_fd = socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	running_rights_take(prober);
	pauses_open(&prober->pauses);
	clocks_init(&prober->clocks);
	prober->start_ns = (int64_t)prober->plan.start_at_ns;
	if (prober->start_ns == 0)
		prober->start_ns = clocks_mono() + time_until_start(prober);
	prober->epoch_ns =
	        prober->plan.epoch_mono_ns != 0 ? (int64_t)prober->plan.epoch_mono_ns : prober->start_ns;
	if (!make_phases(prober))
		return no_memory(problem);
	frames_header(&prober->frames, RXRAY_HELPER_PROBER, prober->epoch_ns + prober->clocks.real_minus_mono,
	              prober->epoch_ns, random[3]);
	running_rights_warn(prober);
	hearing_warn(prober);
	return true;
}

void setup_release(struct prober *prober)
{
	watch_release(prober);
	hearing_close(prober);
	if (prober->sender.reset_fd >= 0)
		close(prober->sender.reset_fd);
	if (prober->statm_fd >= 0)
		close(prober->statm_fd);
	transmit_close(&prober->sender.transmit[0]);
	transmit_close(&prober->sender.transmit[1]);
	tap_close(&prober->sender.tap);
	ports_release(&prober->sender.ports);
	name_hold_free(&prober->sender.rates);
	for (uint32_t i = 0; i < prober->sender.train_count; i++) {
		free(prober->sender.trains[i].outstanding.slots);
		free(prober->sender.trains[i].outstanding.hardware_ns);
	}
	free(prober->sender.waiting);
	free(prober->sender.trains);
	free(prober->sender.agenda.heap);
	free(prober->sender.paths);
	pauses_close(&prober->pauses);
	plan_free(&prober->plan);
	frames_free(&prober->frames);
}
