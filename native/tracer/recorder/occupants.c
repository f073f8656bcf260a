/* SPDX-License-Identifier: MIT */
#include "occupants.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "own_eyes.h"
#include "process.h"
#include "recorder.h"
#include "tracer.h"

#define TOLD 16 /* of each wait, those who had the CPU longest */
#define COUNTED 256 /* threads told apart on one CPU in one wait; whoever comes later is left out */

struct occupant {
	struct stall_tenure at;
	uint64_t from_ns, to_ns, held_ns;
	uint32_t turns, cpu;
};

bool occupants_open(struct occupants *occupants, const struct bpf_map *map, struct problem *problem)
{
	void *memory;

	occupants->cpus = libbpf_num_possible_cpus();
	occupants->bytes = (size_t)occupants->cpus * STALL_TENURES * sizeof(struct stall_tenure);
	memory = mmap(NULL, occupants->bytes, PROT_READ, MAP_SHARED, bpf_map__fd(map), 0);
	if (memory == MAP_FAILED) {
		occupants->bytes = 0;
		return problem_set(problem, "E_MEMORY", EXIT_SYSTEM, -1, "free some memory",
		                   "no memory for what had the CPUs: %s", strerror(errno));
	}
	occupants->tenures = memory;
	return true;
}

void occupants_close(struct occupants *occupants)
{
	if (occupants->bytes > 0)
		munmap((void *)occupants->tenures, occupants->bytes);
	occupants->bytes = 0;
}

size_t occupants_places(const struct stall_event *event, struct stall_place *places)
{
	uint32_t count = event->places.count, kept = count < STALL_PLACES ? count : STALL_PLACES;
	size_t used = 0;

	for (uint32_t i = count - kept; i < count; i++) {
		uint64_t from = event->places.list[i % STALL_PLACES].from_ns;
		uint64_t to = i + 1 < count ? event->places.list[(i + 1) % STALL_PLACES].from_ns
		                            : event->wait.to_ns;

		if (from < event->wait.from_ns)
			from = event->wait.from_ns;
		if (to > from)
			places[used++] = (struct stall_place){
			        (uint32_t)event->places.list[i % STALL_PLACES].cpu, from, to};
	}
	return used;
}

static struct occupant *find(struct occupant *list, size_t *count, const struct stall_tenure *tenure)
{
	for (size_t i = 0; i < *count; i++) {
		if (list[i].at.pid == tenure->pid)
			return &list[i];
	}
	if (*count == COUNTED)
		return NULL;
	list[*count] = (struct occupant){.at = *tenure, .from_ns = tenure->since_ns};
	return &list[(*count)++];
}

/* Adds up who had a CPU; returns for how much of the time that is known. */
static uint64_t add_place(const struct occupants *occupants, const struct stall_place *place, uint64_t now,
                          struct occupant *list, size_t *count)
{
	const struct stall_tenure *ring = occupants->tenures + (size_t)place->cpu * STALL_TENURES;
	uint64_t recorded = 0, newest = 0;

	for (size_t i = 0; i < STALL_TENURES; i++)
		newest = ring[i].since_ns > newest ? ring[i].since_ns : newest;
	for (size_t i = 0; i < STALL_TENURES; i++) {
		struct stall_tenure tenure = ring[i];
		/* Only the newest may still go on; another without an end is being written. */
		uint64_t until = tenure.until_ns == 0 && tenure.since_ns == newest ? now : tenure.until_ns;
		uint64_t from = tenure.since_ns > place->from_ns ? tenure.since_ns : place->from_ns;
		uint64_t to = until < place->to_ns ? until : place->to_ns;
		struct occupant *occupant;

		if (tenure.since_ns == 0 || to <= from)
			continue;
		recorded += to - from;
		occupant = find(list, count, &tenure);
		if (occupant == NULL)
			continue;
		occupant->cpu = place->cpu;
		occupant->held_ns += to - from;
		occupant->turns++;
		if (tenure.since_ns < occupant->from_ns)
			occupant->from_ns = tenure.since_ns;
		if (until > occupant->to_ns)
			occupant->to_ns = until;
	}
	return recorded;
}

static int longest_first(const void *one, const void *other)
{
	uint64_t a = ((const struct occupant *)one)->held_ns, b = ((const struct occupant *)other)->held_ns;

	return a < b ? 1 : a > b ? -1 : 0;
}

static bool begins(const char *name, const char *word)
{
	return strncmp(name, word, strlen(word)) == 0;
}

/* This tracer, the rxray that started it, a prober beside it. */
static bool is_own(const struct stall_tenure *at)
{
	char name[16] = "";

	if (at->tgid == (uint32_t)getpid() || begins(at->comm, "rxray-prober") ||
	    begins(at->comm, "rxray-tracer") || begins(at->comm, "rxray-icmp"))
		return true;
	if (at->tgid != (uint32_t)getppid() || !process_name(at->tgid, name, sizeof(name)))
		return false;
	/* What a shell or an sshd started it from is not rxray. */
	return begins(name, "node") || begins(name, "MainThread") || begins(name, "rxray");
}

static void tell(struct tracer *tracer, const struct occupant *occupant, uint32_t wait)
{
	const struct stall_tenure *at = &occupant->at;
	bool kthread = (at->flags & STALL_TENURE_KTHREAD) != 0;
	struct rxray_frame_occupant record = {
	        .from_ns = tracer_time(tracer, occupant->from_ns),
	        .to_ns = tracer_time(tracer, occupant->to_ns),
	        .held_ns = occupant->held_ns,
	        .wait = wait,
	        .thread = at->pid,
	        .process = at->tgid,
	        .turns = occupant->turns,
	        .cpu = (uint16_t)occupant->cpu,
	};

	if (at->pid != 0) {
		memcpy(record.thread_name, at->comm, sizeof(record.thread_name));
		process_name(at->tgid, (char *)record.process_name, sizeof(record.process_name));
		if (!kthread)
			process_cgroup(at->pid, (char *)record.cgroup, sizeof(record.cgroup));
		if (kthread)
			record.flags |= RXRAY_OCCUPANT_FLAGS_KERNEL_THREAD;
		if (kthread && (begins(at->comm, "napi/") || begins(at->comm, "backlog_napi/") ||
		                begins(at->comm, "irq/") || begins(at->comm, "ksoftirqd/")))
			record.flags |= RXRAY_OCCUPANT_FLAGS_RECEIVES;
		if (is_own(at))
			record.flags |= RXRAY_OCCUPANT_FLAGS_OWN_PROCESS;
	}
	own_eyes_occupant(&record);
	frames_bulk(&tracer->frames, RXRAY_RECORD_OCCUPANT, sizeof(record), &record, 1);
}

void occupants_tell(const struct occupants *occupants, const struct recorder *recorder, struct tracer *tracer,
                    const struct stall_event *event, uint32_t wait)
{
	struct stall_place places[STALL_PLACES];
	struct occupant list[COUNTED];
	uint64_t now = (uint64_t)clocks_mono();
	size_t used = occupants_places(event, places), count;
	uint64_t since;

	for (size_t i = 0; i < used; i++) {
		struct rxray_frame_wait_place record = {
		        .from_ns = tracer_time(tracer, places[i].from_ns),
		        .to_ns = tracer_time(tracer, places[i].to_ns),
		        .wait = wait,
		        .cpu = (uint16_t)places[i].cpu,
		};

		if (places[i].cpu >= (uint32_t)occupants->cpus)
			continue;
		count = 0;
		since = recorder_since(recorder, (int)places[i].cpu);
		record.sampled_from_ns = since == UINT64_MAX ? INT64_MAX / 4 : tracer_time(tracer, since);
		record.recorded_ns = add_place(occupants, &places[i], now, list, &count);
		frames_bulk(&tracer->frames, RXRAY_RECORD_WAIT_PLACE, sizeof(record), &record, 1);
		qsort(list, count, sizeof(list[0]), longest_first);
		for (size_t k = 0; k < count && k < TOLD; k++)
			tell(tracer, &list[k], wait);
	}
}
