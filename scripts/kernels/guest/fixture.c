// SPDX-License-Identifier: MIT
/*
 * What makes packets wait in a test guest, each under a name of its own:
 *   fixture hog CPU MS PERIOD_MS COUNT          hog-fifo: a real-time process takes a CPU
 *   fixture hold KIND CPU MS PERIOD_MS COUNT    hold-KIND: an ordinary one in a system call (guest/hold.c)
 *   fixture flood CPU BURST PAUSE_US            UDP packets to a closed port of 127.0.0.1, until it is ended
 *   fixture wait CPU MS PERIOD_MS COUNT         wait-timer: an ordinary one sleeps in read() of a timer
 *   fixture limited KIB PROGRAM WORD...         runs a program that may lock so much memory and no more
 * Each hold and wait is told with when it was; of a hold also the longest time for which the holder did not run.
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#define MS 1000000ll

static long long now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000ll + t.tv_nsec;
}

static int pin(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	return sched_setaffinity(0, sizeof(set), &set);
}

static void say(const char *what, int cpu, long long from, long long gap)
{
	printf("%s CPU %d from %lld for %lld gap %lld\n", what, cpu, from, now() - from, gap);
	fflush(stdout);
}

/* Under that name it is scheduled before anything happens, so that the kernel's account of it has the name. */
static void call_me(const char *name)
{
	prctl(PR_SET_NAME, name);
	usleep(50000);
}

static int hog(int cpu, long long ms, long period_ms, int count)
{
	struct sched_param param = {.sched_priority = 80};

	call_me("hog-fifo");
	if (pin(cpu) != 0 || sched_setscheduler(0, SCHED_FIFO, &param) != 0) {
		perror("hog");
		return 1;
	}
	for (int i = 0; i < count; i++) {
		long long from = now(), last = from, at = from, gap = 0;

		for (; at < from + ms * MS; last = at) {
			at = now();
			gap = at - last > gap ? at - last : gap;
		}
		say("hog-fifo", cpu, from, gap);
		usleep((useconds_t)(period_ms - ms) * 1000);
	}
	return 0;
}

static int hold(const char *kind, int cpu, int ms, long period_ms, int count)
{
	char name[16], words[32];
	int fd = open("/proc/rxray-hold", O_RDWR);

	snprintf(name, sizeof(name), "hold-%s", kind);
	snprintf(words, sizeof(words), "%s %d", kind, ms);
	call_me(name);
	if (fd < 0 || pin(cpu) != 0) {
		perror(name);
		return 1;
	}
	for (int i = 0; i < count; i++) {
		long long from = now();

		char gap[24] = "";

		if (write(fd, words, strlen(words)) < 0 || pread(fd, gap, sizeof(gap) - 1, 0) < 0)
			perror(name);
		say(name, cpu, from, atoll(gap));
		usleep((useconds_t)(period_ms - ms) * 1000);
	}
	return 0;
}

static int wait_for_timer(int cpu, long ms, long period_ms, int count)
{
	int fd = timerfd_create(CLOCK_MONOTONIC, 0);

	call_me("wait-timer");
	if (fd < 0 || pin(cpu) != 0) {
		perror("wait-timer");
		return 1;
	}
	for (int i = 0; i < count; i++) {
		struct itimerspec at = {.it_value = {ms / 1000, ms % 1000 * MS}};
		unsigned long long times;
		long long from = now();

		if (timerfd_settime(fd, 0, &at, NULL) != 0 || read(fd, &times, sizeof(times)) < 0)
			perror("wait-timer");
		say("wait-timer", cpu, from, 0);
		usleep((useconds_t)(period_ms - ms) * 1000);
	}
	return 0;
}

static int limited(rlim_t kib, char **words)
{
	struct rlimit most = {kib * 1024, kib * 1024};

	if (setrlimit(RLIMIT_MEMLOCK, &most) == 0 && prctl(PR_CAPBSET_DROP, CAP_SYS_RESOURCE) == 0)
		execvp(words[0], words);
	perror(words[0]);
	return 1;
}

static int flood(int cpu, int burst, int pause_us)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(9)};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);

	prctl(PR_SET_NAME, "flood");
	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (fd < 0 || pin(cpu) != 0) {
		perror("flood");
		return 1;
	}
	for (;;) {
		for (int i = 0; i < burst; i++)
			(void)sendto(fd, "x", 1, 0, (struct sockaddr *)&to, sizeof(to));
		if (pause_us > 0)
			usleep((useconds_t)pause_us);
	}
}

int main(int argc, char **argv)
{
	if (argc == 6 && strcmp(argv[1], "hog") == 0)
		return hog(atoi(argv[2]), atoll(argv[3]), atol(argv[4]), atoi(argv[5]));
	if (argc == 7 && strcmp(argv[1], "hold") == 0)
		return hold(argv[2], atoi(argv[3]), atoi(argv[4]), atol(argv[5]), atoi(argv[6]));
	if (argc == 5 && strcmp(argv[1], "flood") == 0)
		return flood(atoi(argv[2]), atoi(argv[3]), atoi(argv[4]));
	if (argc == 6 && strcmp(argv[1], "wait") == 0)
		return wait_for_timer(atoi(argv[2]), atol(argv[3]), atol(argv[4]), atoi(argv[5]));
	if (argc >= 4 && strcmp(argv[1], "limited") == 0)
		return limited((rlim_t)atol(argv[2]), argv + 3);
	fprintf(stderr, "usage: fixture hog|hold|flood|wait|limited ...\n");
	return 2;
}
