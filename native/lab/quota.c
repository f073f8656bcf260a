// SPDX-License-Identifier: MIT
/*
 * Uses up the CPU quota of the lab's web server: puts the server into a control group that may have a tenth
 * of a CPU, beside a process that spins there for the length of each stall, as a batch job in the same
 * container does. What the kernel then stops is the whole group. Works with cpu.cfs_quota_us of version 1 and
 * cpu.max of version 2. A quota
 * holds for ordinary processes only: the server gives up its real-time priority meanwhile.
 */
#include "injector.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define PERIOD_US 200000
#define QUOTA_US 20000

static const char *group; /* its directory */
static const char *home; /* that of the group the server comes from */
static pid_t spinner = -1;
static int orders; /* to the spinner: how long to spin, in nanoseconds */

static bool put(const char *directory, const char *file, const char *text)
{
	char path[512];
	int fd;
	bool written;

	snprintf(path, sizeof(path), "%s/%s", directory, file);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	written = write(fd, text, strlen(text)) == (ssize_t)strlen(text);
	close(fd);
	return written;
}

static bool put_process(const char *directory, pid_t process)
{
	char text[16];

	snprintf(text, sizeof(text), "%d", process);
	return put(directory, "cgroup.procs", text);
}

/* Gives every thread of a process a policy. */
static void schedule_all(pid_t process, int policy, int priority)
{
	const struct sched_param param = {.sched_priority = priority};
	const struct dirent *entry;
	char path[64];
	DIR *threads;

	snprintf(path, sizeof(path), "/proc/%d/task", process);
	threads = opendir(path);
	while (threads && (entry = readdir(threads)) != NULL) {
		if (atoi(entry->d_name) > 0)
			sched_setscheduler(atoi(entry->d_name), policy, &param);
	}
	if (threads)
		closedir(threads);
	/* Among ordinary processes the session counts, where the kernel groups by sessions. */
	snprintf(path, sizeof(path), "/proc/%d", process);
	put(path, "autogroup", policy == SCHED_OTHER ? "-20" : "0");
}

static bool limit(void)
{
	char text[48];

	/* What else the machine has to do must not keep the group from using its quota up. */
	if (!put(group, "cpu.weight", "10000"))
		put(group, "cpu.shares", "262144");
	snprintf(text, sizeof(text), "%d %d", QUOTA_US, PERIOD_US);
	if (put(group, "cpu.max", text))
		return true;
	snprintf(text, sizeof(text), "%d", PERIOD_US);
	if (!put(group, "cpu.cfs_period_us", text))
		return false;
	snprintf(text, sizeof(text), "%d", QUOTA_US);
	return put(group, "cpu.cfs_quota_us", text);
}

/* Time for which the group was stopped so far, as its own kernel accounts it. */
static uint64_t stopped_ns(void)
{
	char path[512], text[2048];
	const char *at;
	ssize_t length;
	int fd;

	snprintf(path, sizeof(path), "%s/cpu.stat", group);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	length = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
	if (fd >= 0)
		close(fd);
	text[length > 0 ? length : 0] = '\0';
	at = strstr(text, "throttled_usec ");
	if (at)
		return strtoull(at + strlen("throttled_usec "), NULL, 10) * 1000;
	at = strstr(text, "throttled_time ");
	return at ? strtoull(at + strlen("throttled_time "), NULL, 10) : 0;
}

static void __attribute__((noreturn)) spin(int from)
{
	uint64_t length_ns;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	prctl(PR_SET_NAME, "batch-job");
	signal(SIGTERM, SIG_DFL);
	while (read(from, &length_ns, sizeof(length_ns)) == sizeof(length_ns)) {
		uint64_t until = mono_ns() + length_ns;

		while (mono_ns() < until)
			;
	}
	_exit(0);
}

static void start_spinner(int cpu)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC)) {
		perror("pipe");
		exit(1);
	}
	orders = ends[1];
	spinner = fork();
	if (spinner == 0) {
		close(ends[1]);
		injector_pin_self(cpu);
		spin(ends[0]);
	}
	close(ends[0]);
}

static bool stall(struct injector *injector, uint64_t length_ns, struct truth_stall *happened)
{
	uint64_t before = stopped_ns();

	happened->start_ns = mono_ns();
	if (write(orders, &length_ns, sizeof(length_ns)) != sizeof(length_ns))
		return false;
	while (mono_ns() < happened->start_ns + length_ns && !injector_stopping(injector))
		sleep_until_ns(happened->start_ns + length_ns);
	/* The group goes on with its next period. */
	sleep_until_ns(mono_ns() + PERIOD_US * 1000ull);
	happened->end_ns = mono_ns();
	snprintf(happened->extra, sizeof(happened->extra), ",\"throttledNs\":%" PRIu64,
	         stopped_ns() - before);
	return true;
}

int main(int argc, char **argv)
{
	struct injector injector;
	pid_t server;

	injector_parse(&injector, argc, argv);
	injector_prepare(&injector);
	group = injector_value(&injector, "group", "");
	home = injector_value(&injector, "home", "");
	server = atoi(injector_value(&injector, "server", "0"));
	if ((mkdir(group, 0755) && errno != EEXIST) || !limit()) {
		fprintf(stderr, "cannot limit the control group %s: %m\n", group);
		rmdir(group);
		return 1;
	}
	/* Where the server runs: on another CPU it would go on with the slice of the quota that it has got
	 * there. */
	start_spinner(injector.home_cpu);
	schedule_all(server, SCHED_OTHER, 0);
	if (spinner < 0 || !put_process(group, spinner) || !put_process(group, server)) {
		fprintf(stderr, "cannot move process %d into %s: %m\n", server, group);
		schedule_all(server, SCHED_FIFO, SERVER_PRIORITY);
		rmdir(group);
		return 1;
	}
	injector_run(&injector, stall, NULL);
	put_process(home, server);
	schedule_all(server, SCHED_FIFO, SERVER_PRIORITY);
	kill(spinner, SIGKILL);
	waitpid(spinner, NULL, 0);
	rmdir(group);
	return 0;
}
