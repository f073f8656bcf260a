/* SPDX-License-Identifier: MIT */
/* What all injectors share: options, schedule, bounds of their life, truth log. */
#ifndef RXRAY_LAB_INJECTOR_H
#define RXRAY_LAB_INJECTOR_H

#include "schedule.h"
#include "truth.h"

#include <stdbool.h>
#include <sys/types.h>

#define INJECTOR_MAX_THREADS 64
#define INJECTOR_MAX_VALUES 16

struct injector_value {
	const char *key;
	const char *value;
};

struct injector {
	const char *fault;
	const char *host;
	const char *state_dir; /* the lab's; when its lease file goes, the injector ends */
	const char *truth_path;
	const char *kind; /* what one injector does in several ways: hold or drop, tc or syscall */
	const char *comm; /* name the process takes, NULL: its own */
	int queue; /* -1: all */
	int cpu; /* where it stalls */
	int home_cpu; /* where everything else runs */
	uint64_t seed;
	uint64_t count; /* of stalls, 0: no limit */
	uint64_t duration_s; /* at most */
	uint64_t end_ns;
	struct schedule schedule;
	pid_t threads[INJECTOR_MAX_THREADS]; /* NAPI threads it keeps from running */
	unsigned int thread_count;
	struct injector_value values[INJECTOR_MAX_VALUES]; /* --set key=value, of one injector only */
	unsigned int value_count;
	int truth_fd;
	uint64_t stalls;
	uint64_t due_ns;
	uint64_t lease_checked_ns;
	bool stopping; /* once true it stays so */
	const char *end_reason;
};

/* One stall of the given length; fills in what happened. Returns false to end the run. */
typedef bool (*injector_stall_fn)(struct injector *injector, uint64_t length_ns, struct truth_stall *stall);
/* Waits until the instant or a signal; NULL: sleep. Injectors that must go on serving bring their own. */
typedef void (*injector_wait_fn)(struct injector *injector, uint64_t until_ns);

/* Reads the command line (options.c); exits with 2 when it is wrong. */
void injector_parse(struct injector *injector, int argc, char **argv);
/* Takes the process name and the signals, and opens the truth log. */
void injector_prepare(struct injector *injector);
const char *injector_value(const struct injector *injector, const char *key, const char *otherwise);
bool injector_signalled(void);
bool injector_stopping(struct injector *injector);
void injector_enter_netns(const char *name);
void injector_pin_self(int cpu);
void injector_realtime(int priority);
/* Of a server of the lab: what else runs on the machine does not make it wait, below the NAPI threads (70).
 */
#define SERVER_PRIORITY 20
void injector_pin_threads(const struct injector *injector, int cpu);
/* Context switches of the held threads so far: they stay equal while the threads do not run. */
uint64_t injector_thread_switches(const struct injector *injector);
void injector_run(struct injector *injector, injector_stall_fn stall, injector_wait_fn wait);

#endif
