/* SPDX-License-Identifier: MIT */
#include "rx.h"

#include <elf.h>
#include <net/if.h>
#include <netinet/in.h>
#include <string.h>

#include "arrivals.h"
#include "own_eyes.h"
#include "packet.h"
#include "plan.h"
#include "rx.skel.h"
#include "rx_question.h"
#include "tracer.h"

#define TURN_NS 100000000ll
#define BATCH 256

#if defined(__x86_64__)
#define ARCHITECTURE EM_X86_64
#elif defined(__aarch64__)
#define ARCHITECTURE EM_AARCH64
#else
#define ARCHITECTURE EM_NONE
#endif

struct rx {
	struct rx_bpf *skeleton;
	struct ring_buffer *ring;
	struct tracer *tracer; /* for the callback of the ring */
	struct rx_filter filters[RX_FILTERS];
	uint32_t filter_count;
	struct arrivals arrivals;
	bool keyed; /* the plan has watches: only probes count whose key is right */
	struct rxray_frame_rx_packet batch[BATCH];
	uint32_t batched;
	uint64_t repeated, forged;
	/* Of the interface whose name was asked for last. */
	uint32_t named;
	char name[IF_NAMESIZE];
};

static bool add_filter(struct rx *rx, const struct rx_filter *filter)
{
	if (rx->filter_count == RX_FILTERS)
		return false;
	rx->filters[rx->filter_count++] = *filter;
	return true;
}

/* Without watches: `icmp-id=N` (0: any echo), `syn-port=N`, `udp-port=N`. */
static bool take_option(void *state, const char *key, const char *value)
{
	struct rx_filter filter = {0};
	uint64_t number;

	if (!plan_number(value, 0, 65535, &number))
		return false;
	filter.number = (__u16)number;
	if (strcmp(key, "icmp-id") == 0)
		filter.protocol = IPPROTO_ICMP;
	else if (strcmp(key, "syn-port") == 0 && number > 0)
		filter.protocol = IPPROTO_TCP;
	else if (strcmp(key, "udp-port") == 0 && number > 0)
		filter.protocol = IPPROTO_UDP;
	else
		return false;
	return add_filter(state, &filter);
}

static bool filter_watches(struct rx *rx, const struct plan *plan)
{
	for (size_t i = 0; i < plan->watch_count; i++) {
		const struct plan_watch *watch = &plan->watches[i];
		struct rx_filter filter = {.family = watch->target.family, .number = watch->port};
		bool there = false;

		memcpy(filter.target, watch->target.bytes, sizeof(filter.target));
		if (watch->protocol == PROTOCOL_ICMP) {
			filter.protocol = watch->target.family == 4 ? IPPROTO_ICMP : IPPROTO_ICMPV6;
			filter.number = watch->id;
		} else {
			filter.protocol = watch->protocol == PROTOCOL_UDP ? IPPROTO_UDP : IPPROTO_TCP;
		}
		/* Several vantages may probe one port. */
		for (uint32_t f = 0; f < rx->filter_count; f++)
			there = there || memcmp(&rx->filters[f], &filter, sizeof(filter)) == 0;
		if (!there && !add_filter(rx, &filter))
			return false;
	}
	return true;
}

static struct bpf_object_skeleton *open_object(void *state, struct tracer *tracer)
{
	struct rx *rx = state;
	const struct scope *scope = &tracer->plan.scope;

	rx_bpf__destroy(rx->skeleton);
	rx->skeleton = rx_bpf__open_opts(kernel_types());
	if (rx->skeleton == NULL ||
	    bpf_map__set_max_entries(rx->skeleton->maps.events, (uint32_t)tracer->plan.ring_bytes) != 0)
		return NULL;
	if (!rx->keyed && tracer->plan.probes.watch_count > 0) {
		rx->keyed = true;
		if (!filter_watches(rx, &tracer->plan.probes))
			return NULL;
	}
	rx->skeleton->rodata->only_netns = scope->netns;
	for (int cpu = 0; cpu < RX_CPUS && scope->cpus_given; cpu++)
		rx->skeleton->rodata->cpu_left_out[cpu] = !scope->cpus[cpu];
	memcpy((void *)rx->skeleton->rodata->filters, rx->filters, sizeof(rx->filters));
	rx->skeleton->rodata->filter_count = rx->filter_count;
	return rx->skeleton->skeleton;
}

static struct bpf_object *object(void *state)
{
	const struct rx *rx = state;

	return rx->skeleton == NULL ? NULL : rx->skeleton->obj;
}

static void flush(struct rx *rx)
{
	for (uint32_t i = 0; i < rx->batched; i++)
		own_eyes_packet(&rx->batch[i]);
	if (rx->batched > 0)
		frames_bulk(&rx->tracer->frames, RXRAY_RECORD_RX_PACKET, sizeof(rx->batch[0]), rx->batch,
		            rx->batched);
	rx->batched = 0;
}

/* Says which probe a packet is, or what its own number is; false: none that is looked for. */
static bool identify(struct rx *rx, const struct rx_event *event, struct rxray_frame_rx_packet *record)
{
	size_t inner_length = event->length;
	const uint8_t *inner = packet_inside(event->bytes, &inner_length);
	struct rxray_frame_arrival arrival;
	struct incoming in;

	if (!packet_parse_any(inner == NULL ? event->bytes : inner, inner_length, &in))
		return false;
	record->family = in.source.family;
	memcpy(record->source, in.source.bytes, sizeof(record->source));
	record->id = in.source_port;
	record->port = in.transport == TRANSPORT_ICMP ? 0 : in.target_port;
	record->protocol = in.transport == TRANSPORT_ICMP  ? RXRAY_PACKET_PROTOCOL_ICMP
	                   : in.transport == TRANSPORT_UDP ? RXRAY_PACKET_PROTOCOL_UDP
	                   : (in.tcp_flags & 0x02) != 0    ? RXRAY_PACKET_PROTOCOL_SYN
	                                                   : RXRAY_PACKET_PROTOCOL_ACK;
	record->flags |= inner != NULL ? RXRAY_RX_FLAGS_TUNNELLED : 0;
	if (!rx->keyed) {
		/* An ACK is a probe only where a watch says so; of others there are too many. */
		if (record->protocol == RXRAY_PACKET_PROTOCOL_ACK)
			return false;
		record->seq = in.transport == TRANSPORT_ICMP  ? in.target_port
		              : in.transport == TRANSPORT_TCP ? in.tcp_seq
		                                              : 0;
		return true;
	}
	switch (arrivals_take(&rx->arrivals, event->bytes, event->length, false, &arrival)) {
	case ARRIVAL_SEEN:
		break;
	case ARRIVAL_REPEATED:
		rx->repeated++;
		return false;
	case ARRIVAL_FORGED:
		rx->forged++;
		return false;
	default:
		return false;
	}
	record->flags |= RXRAY_RX_FLAGS_KEYED;
	if ((arrival.flags & RXRAY_ARRIVAL_FLAGS_FRESH_FLOW) != 0)
		record->flags |= RXRAY_RX_FLAGS_FRESH_FLOW;
	record->path = arrival.path;
	record->seq = arrival.seq;
	record->flow = arrival.flow;
	return true;
}

static void name_interface(struct rx *rx, uint32_t ifindex, uint8_t name[16])
{
	if (rx->named != ifindex) {
		rx->named = ifindex;
		if (if_indextoname(ifindex, rx->name) == NULL)
			rx->name[0] = '\0';
	}
	memcpy(name, rx->name, sizeof(rx->name));
}

static int take_event(void *context, void *data, size_t size)
{
	struct rx *rx = context;
	const struct rx_event *event = data;
	struct rxray_frame_rx_packet *record = &rx->batch[rx->batched];

	if (size < sizeof(*event) || event->length > RX_BYTES)
		return 0;
	*record = (struct rxray_frame_rx_packet){
	        .time_ns = tracer_time(rx->tracer, event->ns),
	        .asked_ns = event->asked_ns == 0 ? -1 : (int64_t)(event->ns - event->asked_ns),
	        .wait_ns = event->asked_ns == 0 || event->ran_ns < event->asked_ns
	                           ? -1
	                           : (int64_t)(event->ran_ns - event->asked_ns),
	        .thread = event->pid,
	        .process = event->tgid,
	        .syscall = event->syscall < 0 ? UINT32_MAX : (uint32_t)event->syscall,
	        .interface = event->ifindex,
	        .architecture = ARCHITECTURE,
	        .cpu = (uint16_t)event->cpu,
	        .queue = event->queue_mapping == 0 ? UINT16_MAX : (uint16_t)(event->queue_mapping - 1),
	        .context = (uint8_t)event->context,
	        .flags = event->in_softirq ? RXRAY_RX_FLAGS_IN_SOFTIRQ : 0,
	};
	if (!identify(rx, event, record))
		return 0;
	if (event->pid != 0)
		memcpy(record->thread_name, event->comm, sizeof(record->thread_name));
	name_interface(rx, event->ifindex, record->interface_name);
	if (++rx->batched == BATCH)
		flush(rx);
	return 0;
}

static bool start(void *state, struct tracer *tracer, struct problem *problem)
{
	struct rx *rx = state;

	rx->tracer = tracer;
	rx->ring = ring_buffer__new(bpf_map__fd(rx->skeleton->maps.events), take_event, rx, NULL);
	if (rx->ring == NULL || (rx->keyed && !arrivals_open(&rx->arrivals, &tracer->plan.probes)))
		return problem_set(problem, "E_MEMORY", EXIT_SYSTEM, -1, "give a smaller ring-bytes",
		                   "no memory for the events of `trace rx`");
	return true;
}

static void hello(void *state, struct json *json)
{
	const struct rx *rx = state;

	json_add(json, ",\"filters\":%u,\"keyed\":%s", rx->filter_count, rx->keyed ? "true" : "false");
}

static int64_t turn(void *state, struct tracer *tracer, int64_t now, bool last)
{
	struct rx *rx = state;

	(void)tracer;
	(void)last;
	ring_buffer__consume(rx->ring);
	flush(rx);
	return now + TURN_NS;
}

static int wake_fd(void *state)
{
	return ring_buffer__epoll_fd(((struct rx *)state)->ring);
}

static uint64_t lost(void *state)
{
	return ((struct rx *)state)->skeleton->bss->lost;
}

static void close_rx(void *state)
{
	struct rx *rx = state;

	ring_buffer__free(rx->ring);
	rx->ring = NULL;
	rx_bpf__destroy(rx->skeleton);
	rx->skeleton = NULL;
	if (rx->keyed)
		arrivals_close(&rx->arrivals);
}

const struct question rx_question = {
        .name = "rx",
        .state_bytes = sizeof(struct rx),
        .take_option = take_option,
        .open = open_object,
        .object = object,
        .start = start,
        .hello = hello,
        .turn = turn,
        .wake_fd = wake_fd,
        .lost = lost,
        .close = close_rx,
};
