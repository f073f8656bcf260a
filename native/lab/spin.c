// SPDX-License-Identifier: MIT
/*
 * Stalls receiving from an ordinary process that stays inside one system call, as `stat` of a crowded memory
 * cgroup did in 2019. Two kinds: `softirq` holds softirqs off on its CPU, to which RPS steers the packets;
 * `syscall` merely does not give the CPU up, and so starves the NAPI threads that are moved there.
 */
#include "injector.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <inttypes.h>
#include <linux/types.h>
#include <string.h>

#include "spin.h"
#include "spin.skel.h"

static struct spin *skeleton;

static int run_program(bool softirqs_off)
{
	char packet[64] = {};
	__u64 context = 0;
	LIBBPF_OPTS(bpf_test_run_opts, options);

	if (!softirqs_off) {
		options.ctx_in = &context;
		options.ctx_size_in = sizeof(context);
		return bpf_prog_test_run_opts(bpf_program__fd(skeleton->progs.spin_plain), &options);
	}
	options.data_in = packet;
	options.data_size_in = sizeof(packet);
	options.repeat = 1;
	return bpf_prog_test_run_opts(bpf_program__fd(skeleton->progs.spin_softirqs_off), &options);
}

static bool stall(struct injector *injector, uint64_t length_ns, struct truth_stall *happened)
{
	struct spin_run *run = &skeleton->data->run;
	uint64_t switches;
	int error;

	run->length_ns = length_ns;
	run->gap_ns = TRUTH_GAP_NS;
	injector_pin_threads(injector, injector->cpu);
	switches = injector_thread_switches(injector);
	error = run_program(!strcmp(injector->kind, "softirq"));
	switches = injector_thread_switches(injector) - switches;
	injector_pin_threads(injector, injector->home_cpu);
	if (error) {
		fprintf(stderr, "the kernel refused the test run of a BPF program: %m\n");
		return false;
	}
	happened->start_ns = run->start_ns;
	happened->end_ns = run->end_ns;
	for (unsigned int i = 0; i < run->gap_count; i++)
		truth_note_gap(happened, i < SPIN_MAX_GAPS ? run->gaps[i][0] : 0,
		               i < SPIN_MAX_GAPS ? run->gaps[i][1] : 0);
	/* The threads may run between the end of the spin and the count: a few switches, all after the stall.
	 */
	snprintf(happened->extra, sizeof(happened->extra),
	         ",\"threadSwitches\":%" PRIu64 ",\"returnedMonoNs\":%" PRIu64, switches, mono_ns());
	return true;
}

static int complain(enum libbpf_print_level level, const char *format, va_list args)
{
	/* Warnings that are not fatal (a limit that cannot be raised) would hide the one that is. */
	return level == LIBBPF_WARN ? vfprintf(stderr, format, args) : 0;
}

int main(int argc, char **argv)
{
	struct injector injector;

	injector_parse(&injector, argc, argv);
	injector_prepare(&injector);
	if (!injector.kind || (strcmp(injector.kind, "softirq") && strcmp(injector.kind, "syscall"))) {
		fprintf(stderr, "--kind is softirq or syscall\n");
		return 2;
	}
	injector_pin_self(injector.cpu);
	libbpf_set_print(complain);
	/* Loading can stall a CPU by itself: it is done before the settings tell that all is ready. */
	skeleton = spin__open_and_load();
	if (!skeleton) {
		fprintf(stderr, "cannot load the spinning BPF programs: %m\n");
		return 1;
	}
	injector_run(&injector, stall, NULL);
	spin__destroy(skeleton);
	return 0;
}
