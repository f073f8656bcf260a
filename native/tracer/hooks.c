/* SPDX-License-Identifier: MIT */
#include "hooks.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <errno.h>
#include <linux/capability.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "question.h"
#include "tracer.h"

/* `tp_btf/softirq_raise` → the flavour and the tracepoint; FLAVOUR_AUTO for programs of other kinds. */
static enum flavour section_flavour(const struct bpf_program *program, const char **tracepoint)
{
	const char *section = bpf_program__section_name(program);

	*tracepoint = strchr(section, '/');
	if (*tracepoint == NULL)
		return FLAVOUR_AUTO;
	(*tracepoint)++;
	if (strncmp(section, "tp_btf/", 7) == 0)
		return FLAVOUR_TP_BTF;
	return strncmp(section, "raw_tp/", 7) == 0 ? FLAVOUR_RAW_TP : FLAVOUR_AUTO;
}

static bool kernel_has(const struct tracer *tracer, const char *tracepoint)
{
	char name[64];

	snprintf(name, sizeof(name), "btf_trace_%s", tracepoint);
	return btf__find_by_name_kind(tracer->btf, name, BTF_KIND_TYPEDEF) > 0;
}

static void choose(const struct tracer *tracer, struct asked *asked, struct bpf_object *object,
                   enum flavour flavour)
{
	struct hooks *hooks = &asked->hooks;
	struct bpf_program *program;
	const char *tracepoint;

	hooks->count = 0;
	hooks->flavour = flavour;
	bpf_object__for_each_program(program, object)
	{
		enum flavour own = section_flavour(program, &tracepoint);
		enum hook_use use = asked->question->use == NULL
		                            ? HOOK_USED
		                            : asked->question->use(asked->state, bpf_program__name(program));
		bool wanted = use != HOOK_UNUSED &&
		              (own == FLAVOUR_AUTO || (own == flavour && kernel_has(tracer, tracepoint)));

		bpf_program__set_autoload(program, wanted);
		if (use == HOOK_UNUSED || own == FLAVOUR_AUTO || own != flavour || hooks->count == HOOKS_MOST)
			continue;
		struct hook *hook = &hooks->list[hooks->count++];

		*hook = (struct hook){.program = wanted ? program : NULL, .later = use == HOOK_LATER};
		snprintf(hook->tracepoint, sizeof(hook->tracepoint), "%s", tracepoint);
	}
}

/* Whether the rights are there, so that something else was in the way. */
static bool may_load(void)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct sets[_LINUX_CAPABILITY_U32S_3] = {0};

	if (syscall(SYS_capget, &header, sets) != 0)
		return false;
	return (sets[CAP_TO_INDEX(CAP_BPF)].effective & CAP_TO_MASK(CAP_BPF)) != 0 ||
	       (sets[CAP_TO_INDEX(CAP_SYS_ADMIN)].effective & CAP_TO_MASK(CAP_SYS_ADMIN)) != 0;
}

static bool refused(int error, const char *name, struct problem *problem)
{
	struct rlimit locked;

	/* Kernels that count maps as locked memory (before 5.11) refuse them like this, too. */
	if (error == EPERM && may_load() && getrlimit(RLIMIT_MEMLOCK, &locked) == 0 &&
	    locked.rlim_cur != RLIM_INFINITY)
		return problem_set(problem, "E_NO_BPF", EXIT_SYSTEM, -1,
		                   "allow more locked memory (ulimit -l unlimited), as this kernel may count "
		                   "maps as such; or run with CAP_SYS_RESOURCE, CAP_BPF and CAP_PERFMON",
		                   "this process may not load BPF programs (%s; locked memory is limited to "
		                   "%llu kB): %s",
		                   name, (unsigned long long)locked.rlim_cur / 1024, strerror(error));
	/* The verifier's own refusal is EACCES. */
	if (error == EPERM)
		return problem_set(problem, "E_NO_BPF", EXIT_SYSTEM, -1,
		                   "run with sudo, or grant it once: rxray doctor --fix as root",
		                   "this process may not load BPF programs (%s): %s", name, strerror(error));
	return problem_set(problem, "E_BPF", EXIT_SYSTEM, -1,
	                   "rxray needs Linux 5.10 or newer with BTF and BPF; report what stands on stderr",
	                   "the kernel refuses the programs of `trace %s`: %s", name, strerror(error));
}

static bool attach(struct hooks *hooks, const char *name, struct problem *problem)
{
	for (unsigned int i = 0; i < hooks->count; i++) {
		struct hook *hook = &hooks->list[i];

		if (hook->program == NULL)
			continue;
		hook->got = true;
		if (hook->later)
			continue;
		hook->link = bpf_program__attach(hook->program);
		if (hook->link == NULL)
			return refused(errno, name, problem);
	}
	return true;
}

const struct bpf_object_open_opts *kernel_types(void)
{
	static const char types[] = "/sys/kernel/btf/vmlinux";
	static const struct bpf_object_open_opts options = {.sz = sizeof(options), .btf_custom_path = types};

	return access(types, R_OK) == 0 ? &options : NULL;
}

bool hooks_open(struct tracer *tracer, struct asked *asked, struct problem *problem)
{
	static const enum flavour order[] = {FLAVOUR_TP_BTF, FLAVOUR_RAW_TP};
	const char *name = asked->question->name;
	int error = ENOENT;

	for (int i = 0; i < 2; i++) {
		struct bpf_object_skeleton *skeleton;

		if (tracer->plan.flavour != FLAVOUR_AUTO && tracer->plan.flavour != order[i])
			continue;
		skeleton = asked->question->open(asked->state, tracer);
		if (skeleton == NULL)
			return refused(errno, name, problem);
		choose(tracer, asked, *skeleton->obj, order[i]);
		error = -bpf_object__load_skeleton(skeleton);
		if (error == 0)
			return attach(&asked->hooks, name, problem);
	}
	asked->hooks.count = 0;
	fprintf(stderr, "%s", tracer->libbpf_said);
	return refused(error, name, problem);
}

void hooks_close(struct hooks *hooks)
{
	for (unsigned int i = 0; i < hooks->count; i++)
		bpf_link__destroy(hooks->list[i].link);
	hooks->count = 0;
}

void hooks_add_cost(struct bpf_object *object, struct hooks_cost *cost)
{
	struct bpf_program *program;

	bpf_object__for_each_program(program, object)
	{
		struct bpf_prog_info info = {0};
		__u32 size = sizeof(info);
		int fd = bpf_program__fd(program);

		if (fd < 0 || bpf_obj_get_info_by_fd(fd, &info, &size) != 0)
			continue;
		cost->run_ns += info.run_time_ns;
		cost->runs += info.run_cnt;
		cost->recursion_misses += info.recursion_misses;
	}
}
