/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "plan.h"
#include "stall.h"
#include "stall.skel.h"
#include "stall_question.h"
#include "tracer.h"

#define TURN_NS 100000000ll

struct stall {
	uint64_t min_ns;
	struct stall_bpf *skeleton;
	struct ring_buffer *ring;
	struct tracer *tracer; /* for the callback of the ring */
	uint32_t waits;
};

static bool take_option(void *state, const char *key, const char *value)
{
	struct stall *stall = state;

	if (strcmp(key, "min-ns") == 0)
		return plan_number(value, 1000, 60000000000ull, &stall->min_ns);
	return false;
}

static struct bpf_object_skeleton *open_object(void *state, struct tracer *tracer)
{
	struct stall *stall = state;

	stall_bpf__destroy(stall->skeleton);
	stall->skeleton = stall_bpf__open();
	if (stall->skeleton == NULL)
		return NULL;
	if (stall->min_ns != 0)
		stall->skeleton->rodata->min_ns = stall->min_ns;
	if (bpf_map__set_max_entries(stall->skeleton->maps.events, (uint32_t)tracer->plan.ring_bytes) != 0)
		return NULL;
	return stall->skeleton->skeleton;
}

static struct bpf_object *object(void *state)
{
	const struct stall *stall = state;

	return stall->skeleton == NULL ? NULL : stall->skeleton->obj;
}

static int take_wait(void *context, void *data, size_t size)
{
	struct stall *stall = context;
	const struct stall_wait *wait = data;
	struct rxray_frame_receive_wait record = {
	        .from_ns = tracer_time(stall->tracer, wait->from_ns),
	        .to_ns = tracer_time(stall->tracer, wait->to_ns),
	        .steal_ns = -1,
	        .held_ns = -1,
	        .wait = ++stall->waits,
	        .server_thread = wait->server,
	        .syscall = UINT32_MAX,
	        .cpu = (uint16_t)wait->cpu,
	        .kind = RXRAY_WAIT_KIND_SOFTIRQ,
	        .handler = 255,
	};

	if (size < sizeof(*wait))
		return 0;
	memcpy(record.server_name, wait->server_name, sizeof(record.server_name));
	frames_bulk(&stall->tracer->frames, RXRAY_RECORD_RECEIVE_WAIT, sizeof(record), &record, 1);
	return 0;
}

static bool start(void *state, struct tracer *tracer, struct problem *problem)
{
	struct stall *stall = state;

	stall->tracer = tracer;
	stall->ring = ring_buffer__new(bpf_map__fd(stall->skeleton->maps.events), take_wait, stall, NULL);
	if (stall->ring == NULL)
		return problem_set(problem, "E_MEMORY", EXIT_SYSTEM, -1, "give a smaller ring-bytes",
		                   "no memory for the events of `trace stall`");
	return true;
}

static void hello(void *state, struct json *json)
{
	const struct stall *stall = state;

	json_add(json, ",\"minNs\":%llu", (unsigned long long)stall->skeleton->rodata->min_ns);
}

static int64_t turn(void *state, struct tracer *tracer, int64_t now, bool last)
{
	struct stall *stall = state;

	(void)tracer;
	(void)last;
	ring_buffer__consume(stall->ring);
	return now + TURN_NS;
}

static int wake_fd(void *state)
{
	return ring_buffer__epoll_fd(((struct stall *)state)->ring);
}

static uint64_t lost(void *state)
{
	return ((struct stall *)state)->skeleton->bss->lost;
}

static void close_stall(void *state)
{
	struct stall *stall = state;

	ring_buffer__free(stall->ring);
	stall->ring = NULL;
	stall_bpf__destroy(stall->skeleton);
	stall->skeleton = NULL;
}

const struct question stall_question = {
        .name = "stall",
        .state_bytes = sizeof(struct stall),
        .take_option = take_option,
        .open = open_object,
        .object = object,
        .start = start,
        .hello = hello,
        .turn = turn,
        .wake_fd = wake_fd,
        .lost = lost,
        .close = close_stall,
};
