// SPDX-License-Identifier: MIT
#include "injector.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

#define NS_PER_S 1000000000ull
#define LEASE_CHECK_NS 500000000ull

static volatile sig_atomic_t stop_signal;

static void on_signal(int number)
{
	stop_signal = number;
}

void injector_prepare(struct injector *injector)
{
	struct sigaction action = {.sa_handler = on_signal};

	if (sigaction(SIGTERM, &action, NULL) || sigaction(SIGINT, &action, NULL)) {
		perror("sigaction");
		exit(1);
	}
	signal(SIGPIPE, SIG_IGN);
	if (injector->comm && prctl(PR_SET_NAME, injector->comm)) {
		perror("prctl(PR_SET_NAME)");
		exit(1);
	}
	/* A page fault inside a stall would show as a gap; a small lock limit is no reason to fail. */
	(void)mlockall(MCL_CURRENT);
	injector->truth_fd = truth_open(injector->truth_path);
}

const char *injector_value(const struct injector *injector, const char *key, const char *otherwise)
{
	for (unsigned int i = 0; i < injector->value_count; i++)
		if (!strcmp(injector->values[i].key, key))
			return injector->values[i].value;
	return otherwise;
}

bool injector_signalled(void)
{
	return stop_signal != 0;
}

bool injector_stopping(struct injector *injector)
{
	uint64_t now = mono_ns();
	char lease[512];

	if (injector->stopping)
		return true;
	if (stop_signal) {
		injector->end_reason = "signal";
		return injector->stopping = true;
	}
	if (injector->end_ns && now >= injector->end_ns) {
		injector->end_reason = "duration";
		return injector->stopping = true;
	}
	if (now - injector->lease_checked_ns < LEASE_CHECK_NS)
		return false;
	injector->lease_checked_ns = now;
	snprintf(lease, sizeof(lease), "%s/lease", injector->state_dir);
	if (access(lease, F_OK) && errno == ENOENT) {
		injector->end_reason = "lab gone";
		return injector->stopping = true;
	}
	return false;
}

void injector_enter_netns(const char *name)
{
	char path[256];
	int fd;

	snprintf(path, sizeof(path), "/run/netns/%s", name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || setns(fd, CLONE_NEWNET)) {
		fprintf(stderr, "cannot enter the network namespace %s: %m\n", name);
		exit(1);
	}
	close(fd);
}

static int pin(pid_t thread, int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	return sched_setaffinity(thread, sizeof(set), &set);
}

void injector_pin_self(int cpu)
{
	if (pin(0, cpu)) {
		fprintf(stderr, "cannot run on CPU %d: %m\n", cpu);
		exit(1);
	}
}

void injector_realtime(int priority)
{
	struct sched_param param = {.sched_priority = priority};

	if (sched_setscheduler(0, SCHED_FIFO, &param)) {
		fprintf(stderr, "cannot take real-time priority %d: %m\n", priority);
		exit(1);
	}
}

void injector_pin_threads(const struct injector *injector, int cpu)
{
	for (unsigned int i = 0; i < injector->thread_count; i++)
		if (pin(injector->threads[i], cpu)) {
			fprintf(stderr, "cannot pin thread %d to CPU %d: %m\n", injector->threads[i], cpu);
			exit(1);
		}
}

uint64_t injector_thread_switches(const struct injector *injector)
{
	uint64_t sum = 0;

	for (unsigned int i = 0; i < injector->thread_count; i++) {
		char path[64], text[4096];
		uint64_t value;
		ssize_t length;
		int fd;

		snprintf(path, sizeof(path), "/proc/%d/status", injector->threads[i]);
		fd = open(path, O_RDONLY | O_CLOEXEC);
		length = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
		if (fd >= 0)
			close(fd);
		if (length < 0)
			continue;
		text[length] = '\0';
		for (char *at = text; (at = strstr(at, "voluntary_ctxt_switches:")); at++)
			if (sscanf(at, "voluntary_ctxt_switches: %" SCNu64, &value) == 1)
				sum += value;
	}
	return sum;
}

static void log_settings(const struct injector *injector)
{
	const struct schedule *schedule = &injector->schedule;
	char values[512] = "";
	size_t used = 0;

	for (unsigned int i = 0; i < injector->value_count && used < sizeof(values); i++)
		used += (size_t)snprintf(values + used, sizeof(values) - used, "%s\"%s\":\"%s\"",
		                         i ? "," : "", injector->values[i].key, injector->values[i].value);
	truth_line(
	        injector->truth_fd,
	        "{\"type\":\"settings\",\"fault\":\"%s\",\"host\":\"%s\",\"queue\":%d,\"cpu\":%d,\"pid\":%d,"
	        "\"seed\":%" PRIu64 ",\"periodNs\":[%" PRIu64 ",%" PRIu64 "],\"lengthNs\":[%" PRIu64
	        ",%" PRIu64 "],\"count\":%" PRIu64 ",\"durationS\":%" PRIu64 ",\"startMonoNs\":%" PRIu64
	        ",\"startRealNs\":\"%" PRIu64 "\",\"values\":{%s}}",
	        injector->fault, injector->host, injector->queue, injector->cpu, getpid(), injector->seed,
	        schedule->period.min_ns, schedule->period.max_ns, schedule->length.min_ns,
	        schedule->length.max_ns, injector->count, injector->duration_s, mono_ns(),
	        real_of_mono(mono_ns()), used < sizeof(values) ? values : "");
}

static void log_stall(const struct injector *injector, const struct truth_stall *stall)
{
	char gaps[TRUTH_MAX_GAPS * 64 + 1] = "";
	char comm[16] = "";
	size_t used = 0;

	for (unsigned int i = 0; i < stall->gap_count && i < TRUTH_MAX_GAPS; i++)
		used += (size_t)snprintf(gaps + used, sizeof(gaps) - used, "%s[%" PRIu64 ",%" PRIu64 "]",
		                         i ? "," : "", stall->gaps[i].from_ns, stall->gaps[i].to_ns);
	prctl(PR_GET_NAME, comm);
	truth_line(injector->truth_fd,
	           "{\"type\":\"stall\",\"fault\":\"%s\",\"startMonoNs\":%" PRIu64 ",\"endMonoNs\":%" PRIu64
	           ",\"startRealNs\":\"%" PRIu64 "\",\"queue\":%d,\"host\":\"%s\",\"cpu\":%d,\"pid\":%d,"
	           "\"comm\":\"%s\",\"requestedNs\":%" PRIu64 ",\"gapCount\":%u,\"gaps\":[%s]%s}",
	           injector->fault, stall->start_ns, stall->end_ns, real_of_mono(stall->start_ns),
	           injector->queue, injector->host, injector->cpu, getpid(), comm, stall->requested_ns,
	           stall->gap_count, gaps, stall->extra);
}

static void sleep_until(struct injector *injector, uint64_t until_ns)
{
	/* Short naps, so that a lab that has gone is noticed within half a second. */
	while (mono_ns() < until_ns && !injector_stopping(injector)) {
		uint64_t nap = mono_ns() + LEASE_CHECK_NS;

		sleep_until_ns(nap < until_ns ? nap : until_ns);
	}
}

void injector_run(struct injector *injector, injector_stall_fn stall, injector_wait_fn wait)
{
	if (!wait)
		wait = sleep_until;
	injector->end_ns = mono_ns() + injector->duration_s * NS_PER_S;
	log_settings(injector);
	injector->due_ns = mono_ns();
	while (!injector->count || injector->stalls < injector->count) {
		struct turn turn = schedule_next(&injector->schedule);
		struct truth_stall happened = {.requested_ns = turn.length_ns};

		injector->due_ns += turn.pause_ns;
		wait(injector, injector->due_ns);
		if (injector_stopping(injector) || !stall(injector, turn.length_ns, &happened))
			break;
		injector->stalls++;
		log_stall(injector, &happened);
		/* A machine that was paused starts afresh instead of catching up stall upon stall. */
		if (mono_ns() > injector->due_ns + injector->schedule.period.min_ns)
			injector->due_ns = mono_ns();
	}
	truth_line(injector->truth_fd,
	           "{\"type\":\"end\",\"fault\":\"%s\",\"reason\":\"%s\",\"stalls\":%" PRIu64
	           ",\"monoNs\":%" PRIu64 "}",
	           injector->fault, injector->end_reason, injector->stalls, mono_ns());
}
