// SPDX-License-Identifier: MIT
/*
 * Stalls receiving from an ordinary process that stays inside one system call, as `stat` of a crowded memory
 * cgroup did in 2019. Four kinds: `softirq` holds softirqs off on its CPU, to which RPS steers the packets;
 * `irq-off` holds interrupts off there; `syscall` merely does not give the CPU up, and so starves the NAPI
 * threads that are moved there; `handler` is no process' doing: the handler of another softirq runs long on
 * that CPU.
 */
#include "injector.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <inttypes.h>
#include <linux/pkt_cls.h>
#include <linux/types.h>
#include <string.h>
#include <unistd.h>

#include "spin.h"
#include "spin.skel.h"

static struct spin *skeleton;

/* How a stall is made: by which program, and whether that is done when the test run returns. */
struct kind {
	const char *name;
	struct bpf_program *program;
	bool plain; /* of type `syscall`, without a packet */
	bool later; /* it only starts what stalls */
};

static const struct kind *chosen;

static bool choose(const char *name)
{
	static struct kind kinds[4];

	if (!name)
		return false;
	kinds[0] = (struct kind){"softirq", skeleton->progs.spin_softirqs_off, false, false};
	kinds[1] = (struct kind){"syscall", skeleton->progs.spin_plain, true, false};
	kinds[2] = (struct kind){"irq-off", skeleton->progs.spin_interrupts_off, false, false};
	kinds[3] = (struct kind){"handler", skeleton->progs.spin_in_handler, false, true};
	for (int i = 0; i < 4; i++) {
		bool own = !strcmp(kinds[i].name, name);

		/* Not every kernel has what every kind needs. */
		bpf_program__set_autoload(kinds[i].program, own);
		if (own)
			chosen = &kinds[i];
	}
	return chosen != NULL;
}

static int run_program(void)
{
	char packet[64] = {};
	__u64 context = 0;
	LIBBPF_OPTS(bpf_test_run_opts, options);
	int error;

	if (chosen->plain) {
		options.ctx_in = &context;
		options.ctx_size_in = sizeof(context);
	} else {
		options.data_in = packet;
		options.data_size_in = sizeof(packet);
		options.repeat = 1;
	}
	error = bpf_prog_test_run_opts(bpf_program__fd(chosen->program), &options);
	if (error || (!chosen->plain && options.retval != TC_ACT_OK))
		return error ? error : -1;
	for (int i = 0; chosen->later && __atomic_load_n(&skeleton->data->run.end_ns, __ATOMIC_ACQUIRE) == 0;
	     i++) {
		if (i > 5000)
			return -1;
		usleep(1000);
	}
	return 0;
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
	error = run_program();
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
	injector_pin_self(injector.cpu);
	libbpf_set_print(complain);
	/* Loading can stall a CPU by itself: it is done before the settings tell that all is ready. */
	skeleton = spin__open();
	if (skeleton && !choose(injector.kind)) {
		fprintf(stderr, "--kind is softirq, syscall, irq-off or handler\n");
		return 2;
	}
	if (!skeleton || spin__load(skeleton)) {
		fprintf(stderr, "cannot load the spinning BPF programs: %m\n");
		return 1;
	}
	injector_run(&injector, stall, NULL);
	spin__destroy(skeleton);
	return 0;
}
