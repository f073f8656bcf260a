/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "confine.h"
#include "interface_info.h"
#include "node_reader.h"
#include "plan_lines.h"
#include "prober.h"
#include "say.h"
#include "stop.h"
#include "tell.h"
#include "user_limits.h"
#include "watcher.h"

static const char help[] =
        "usage: rxray-prober < plan > frames\n"
        "       rxray-prober --capabilities | --interface-info NAME | --read-node | --version | --help\n"
        "\n"
        "Sends probes on an exact grid, time-stamps and matches the replies. It is started by rxray; the "
        "plan it\n"
        "reads and the frames it writes are described in native/README.md. It ends when its stdin closes.\n";

static bool take_line(void *plan, const char *line, size_t length, struct problem *problem)
{
	return plan_take_line(plan, line, length, problem);
}

static bool is_complete(const void *plan)
{
	return ((const struct plan *)plan)->complete;
}

static bool read_plan(struct plan *plan, struct problem *problem)
{
	const struct plan_taker taker = {take_line, is_complete};

	plan_init(plan);
	if (!plan_lines_read(&taker, plan, problem))
		return false;
	limits_apply(plan);
	return plan_finish(plan, problem);
}

static int report_failure(struct prober *prober, const struct problem *problem)
{
	struct rxray_frame_end end = {.reason = RXRAY_END_REASON_ERROR};

	/* Without a header yet the reader would not even find the error. */
	if (prober->frames.used == 0 && prober->frames.sequence == 0) {
		clocks_init(&prober->clocks);
		frames_header(&prober->frames, RXRAY_HELPER_PROBER,
		              prober->clocks.read_mono + prober->clocks.real_minus_mono,
		              prober->clocks.read_mono, 0);
	}
	say_error(&prober->frames, "rxray-prober", problem);
	frames_block(&prober->frames, RXRAY_RECORD_END, sizeof(end), &end, 1);
	frames_finish(&prober->frames, 2000);
	return problem->exit_status;
}

/* Packets are parsed without privilege. Only the heartbeats of CPUs that come into use later need one again.
 */
static void give_up_privileges(struct prober *prober)
{
	bool watches = plan_only_watches(&prober->plan), beats = prober->plan.local_count > 0;
	uint64_t keep = beats ? 1ull << CAP_SYS_NICE : 0;
	unsigned does =
	        watches ? CONFINE_READS_FILES | CONFINE_STARTS_THREADS | CONFINE_ASKS_NETLINK : CONFINE_SENDS;

	if (!confine(keep, does))
		tell_warning(prober, "W_UNCONFINED", -1,
		             "the prober keeps its privileges: this kernel has no seccomp filters");
}

static int work(struct prober *prober)
{
	struct problem problem = {0};

	if (!read_plan(&prober->plan, &problem))
		return report_failure(prober, &problem);
	if (plan_only_watches(&prober->plan)) {
		if (!watch_setup(prober, &problem))
			return report_failure(prober, &problem);
		watch_hello(prober);
		give_up_privileges(prober);
		tell_end(prober, watch_run(prober));
		return 0;
	}
	if (!setup_prober(prober, &problem))
		return report_failure(prober, &problem);
	tell_hello(prober);
	give_up_privileges(prober);
	tell_end(prober, run_prober(prober));
	return 0;
}

int main(int argc, char **argv)
{
	struct prober *prober;
	int flags, status;

	if (argc == 2 && strcmp(argv[1], "--version") == 0)
		return puts("rxray-prober " RXRAY_VERSION) < 0;
	if (argc == 2 && strcmp(argv[1], "--help") == 0)
		return fputs(help, stdout) < 0;
	if (argc == 2 && strcmp(argv[1], "--capabilities") == 0)
		return capabilities_print();
	if (argc == 3 && strcmp(argv[1], "--interface-info") == 0)
		return interface_info_print(argv[2]);
	if (argc == 2 && strcmp(argv[1], "--read-node") == 0)
		return node_reader_run();
	if (argc > 1) {
		fputs(help, stderr);
		return EXIT_PLAN;
	}
	prober = calloc(1, sizeof(*prober));
	flags = fcntl(STDOUT_FILENO, F_GETFL);
	if (prober == NULL || !stop_catch() || flags < 0 ||
	    fcntl(STDOUT_FILENO, F_SETFL, flags | O_NONBLOCK) != 0 ||
	    !frames_init(&prober->frames, STDOUT_FILENO)) {
		fprintf(stderr, "rxray-prober: E_SYSTEM: cannot start: %s\n", strerror(errno));
		free(prober);
		return EXIT_SYSTEM;
	}
	for (int i = 0; i < 2; i++)
		prober->sender.transmit[i].fd = -1;
	tap_init(&prober->sender.tap);
	prober->sender.reset_fd = prober->statm_fd = -1;
	prober->pauses.schedstat_fd = prober->pauses.stat_fd = -1;
	status = work(prober);
	setup_release(prober);
	free(prober);
	/* The flag belongs to the open file, which others may share. */
	if (fcntl(STDOUT_FILENO, F_SETFL, flags) != 0)
		return EXIT_SYSTEM;
	return status;
}
