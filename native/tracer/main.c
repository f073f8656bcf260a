/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "confine.h"
#include "say.h"
#include "stop.h"
#include "tracer.h"

static const char help[] = "usage: rxray-tracer < plan > frames\n"
                           "       rxray-tracer --capabilities | --version | --help\n"
                           "\n"
                           "Watches with BPF programs on tracepoints what the kernel does with received "
                           "packets. It is started by\n"
                           "rxray; the plan it reads and the frames it writes are described in "
                           "native/README.md. It ends when its\n"
                           "stdin closes, and leaves nothing behind in the kernel.\n";

static bool take_line(void *plan, const char *line, size_t length, struct problem *problem)
{
	return trace_plan_take_line(plan, line, length, problem);
}

static bool is_complete(const void *plan)
{
	return ((const struct trace_plan *)plan)->complete;
}

static void report_end(struct tracer *tracer, enum rxray_end_reason reason)
{
	struct rxray_frame_end end = {.time_ns = tracer_time(tracer, (uint64_t)clocks_mono()),
	                              .reason = (uint8_t)reason};

	frames_block(&tracer->frames, RXRAY_RECORD_END, sizeof(end), &end, 1);
	frames_finish(&tracer->frames, 2000);
}

static int report_failure(struct tracer *tracer, const struct problem *problem)
{
	/* Without a header the reader would not even find the error. */
	if (tracer->frames.used == 0 && tracer->frames.sequence == 0) {
		clocks_init(&tracer->clocks);
		tracer->epoch_ns = tracer->clocks.read_mono;
		frames_header(&tracer->frames, RXRAY_HELPER_TRACER,
		              tracer->epoch_ns + tracer->clocks.real_minus_mono, tracer->epoch_ns, 0);
	}
	say_error(&tracer->frames, TRACER, problem);
	report_end(tracer, RXRAY_END_REASON_ERROR);
	return problem->exit_status;
}

/*
 * What programs and maps there are is settled by now. What is left: older kernels want CAP_BPF to read a map,
 * and what a process is doing stands in files of its own.
 */
static void give_up_privileges(struct tracer *tracer)
{
	static const unsigned kept[] = {CAP_BPF, CAP_PERFMON, CAP_SYS_PTRACE, CAP_DAC_READ_SEARCH,
	                                CAP_SYSLOG};
	uint64_t keep = 0;

	for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++)
		keep |= 1ull << kept[i];
	if (!confine(keep, CONFINE_USES_BPF | CONFINE_READS_FILES))
		say_warning(&tracer->frames, TRACER, "W_UNCONFINED", -1,
		            "the tracer keeps its privileges: this kernel has no seccomp filters");
}

static int work(struct tracer *tracer)
{
	const struct plan_taker taker = {take_line, is_complete};
	struct problem problem = {0};

	if (!trace_plan_init(&tracer->plan, &problem) || !plan_lines_read(&taker, &tracer->plan, &problem) ||
	    !trace_plan_finish(&tracer->plan, &problem) || !setup_tracer(tracer, &problem))
		return report_failure(tracer, &problem);
	hello_tell(tracer);
	give_up_privileges(tracer);
	report_end(tracer, run_tracer(tracer));
	return 0;
}

int main(int argc, char **argv)
{
	struct tracer *tracer;
	int flags, status;

	if (argc == 2 && strcmp(argv[1], "--version") == 0)
		return puts(TRACER " " RXRAY_VERSION) < 0;
	if (argc == 2 && strcmp(argv[1], "--help") == 0)
		return fputs(help, stdout) < 0;
	if (argc == 2 && strcmp(argv[1], "--capabilities") == 0)
		return capabilities_print();
	if (argc > 1) {
		fputs(help, stderr);
		return EXIT_PLAN;
	}
	tracer = calloc(1, sizeof(*tracer));
	flags = fcntl(STDOUT_FILENO, F_GETFL);
	if (tracer == NULL || !stop_catch() || flags < 0 ||
	    fcntl(STDOUT_FILENO, F_SETFL, flags | O_NONBLOCK) != 0 ||
	    !frames_init(&tracer->frames, STDOUT_FILENO)) {
		fprintf(stderr, TRACER ": E_SYSTEM: cannot start: %s\n", strerror(errno));
		free(tracer);
		return EXIT_SYSTEM;
	}
	tracer->stats_fd = -1;
	status = work(tracer);
	setup_release(tracer);
	free(tracer);
	/* The flag belongs to the open file, which others may share. */
	if (fcntl(STDOUT_FILENO, F_SETFL, flags) != 0)
		return EXIT_SYSTEM;
	return status;
}
