/* SPDX-License-Identifier: MIT */
#ifndef RXRAY_PLAN_H
#define RXRAY_PLAN_H

#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "address.h"
#include "plan_lines.h"
#include "problem.h"

#define PLAN_MAX_PATHS 16384
#define PLAN_MAX_FLOWS 1024
#define PLAN_MAX_LISTED 64 /* source ports that a path names one by one: what a line has room for */
#define PLAN_LISTED_SPAN 4096 /* within which all of a plan lie, as one range of the filter holds them */
#define PLAN_MAX_WATCHES 128 /* each is a few instructions of the filter that every packet meets */
#define PLAN_MAX_LOCALS 4
#define PLAN_MIN_PAYLOAD 16 /* room for the key of a probe */
#define PLAN_ANNOUNCED_PAYLOAD 72 /* room for the key and an announcement, see announcement.h */
#define PLAN_MAX_ANNOUNCED 4
#define PLAN_MAX_HEARS 4
#define PLAN_MAX_ANSWERS 32
#define PLAN_MAX_PAYLOAD 1400

/*
 * Probes of fresh flows count in a sequence of their own, told apart by the top bit, so that on the pinned
 * flows of a path `flow = seq % flows` always holds.
 */
#define FRESH_SEQ_BIT 0x80000000u
#define FRESH_FLOW 0xffffu

enum protocol { PROTOCOL_ICMP, PROTOCOL_SYN, PROTOCOL_ACK, PROTOCOL_UDP };
enum stamping { STAMPING_AUTO, STAMPING_HARDWARE, STAMPING_KERNEL, STAMPING_USER };
enum scheduling { SCHEDULING_AUTO, SCHEDULING_FIFO, SCHEDULING_OTHER };

#define CPU_AUTO (-1)
#define CPU_NONE (-2)

struct plan_path {
	struct address target;
	struct address source; /* family 0 until a route look-up or the plan names it */
	uint64_t interval_ns; /* 0 while the default of the plan is meant */
	char interface[IF_NAMESIZE];
	uint32_t fresh_pps;
	uint16_t port;
	uint16_t flows;
	uint16_t listed_at; /* where its source ports begin in those that the plan names, when `listed` */
	uint16_t payload;
	uint8_t ttl;
	uint8_t protocol; /* enum protocol */
	bool secret_given, phase_given, announces, listed;
	bool falls_back; /* a port that it names and cannot have is replaced */
	uint8_t announced_count;
	uint32_t announced[PLAN_MAX_ANNOUNCED]; /* SYN paths whose grids the echoes of this path tell in turn
	                                         */
	uint64_t secret[2]; /* of this path alone, shared with its target */
	uint64_t phase_ns; /* of its first probe behind the start */
};

struct plan_range {
	uint16_t first, last; /* empty when first > last */
};

/* The probes of one path, to be seen on their arrival and their replies on leaving. */
struct plan_watch {
	struct address target, source;
	char interface[IF_NAMESIZE];
	uint32_t key_path; /* the number of the path in the plan of its prober, of which keys are made */
	uint32_t path; /* the number that records carry; the same unless the plan says otherwise */
	struct plan_range ports, fresh; /* `ports` encloses those that are named one by one */
	uint16_t listed[PLAN_MAX_LISTED]; /* source ports by flow, where they are no row */
	uint16_t listed_count; /* 0: they are a row */
	uint16_t port; /* of the target */
	uint16_t id; /* of ICMP echoes */
	uint8_t protocol; /* enum protocol */
	bool tunnel; /* its packets may be inside IPIP here */
};

/* An interface on which any announced probe is to be told, whoever sent it. */
struct plan_hear {
	char interface[IF_NAMESIZE];
	struct plan_range ports; /* source ports of SYNs */
};

/* Whose segments are to be told: a server's, as packets from it have its address and port here. */
struct plan_answers {
	struct address from;
	uint16_t port;
};

struct plan {
	struct plan_path *paths;
	size_t path_count;
	size_t path_capacity;
	uint64_t start_at_ns; /* 0: soon */
	uint64_t epoch_mono_ns; /* 0: the start */
	uint64_t interval_ns;
	uint64_t count;
	uint64_t duration_ns;
	uint64_t wait_ns;
	uint64_t match_ns;
	uint64_t max_pps_per_target;
	uint64_t tell_ns; /* how long what was seen may wait to be written */
	struct plan_range source_ports; /* only these may be used; first 0: any */
	uint16_t *listed; /* source ports that paths name one by one, path by path; NULL: none do */
	uint16_t *instead; /* for each of them the one to fall back on, 0: none; NULL: no path falls back */
	size_t listed_count;
	struct plan_watch *watches;
	size_t watch_count;
	char locals[PLAN_MAX_LOCALS][IF_NAMESIZE]; /* interfaces that local evidence is about */
	size_t local_count;
	struct plan_hear hears[PLAN_MAX_HEARS];
	size_t hear_count;
	struct plan_answers answers[PLAN_MAX_ANSWERS];
	size_t answers_count;
	uint64_t secret[2];
	bool secret_given;
	bool early; /* packets are looked at where that costs others least, as long as it shows as much */
	enum stamping stamping;
	enum scheduling scheduling;
	int cpu; /* a number, CPU_AUTO or CPU_NONE */
	unsigned line;
	bool versioned; /* the first line was seen */
	bool complete; /* `run` was seen */
};

void plan_init(struct plan *plan);
void plan_free(struct plan *plan);

/* Takes one line without its line feed. False leaves the reason, with the number of the line, in *problem. */
bool plan_take_line(struct plan *plan, const char *line, size_t length, struct problem *problem);

/* Fills in defaults and checks what only the whole plan can tell, such as the rate towards one address. */
bool plan_finish(struct plan *plan, struct problem *problem);

/* Refuses a plan that sends more to one address, all paths taken together, than max-pps-per-target. */
bool plan_check_rates(const struct plan *plan, struct problem *problem);

/* A line that is wrong; returns false. */
#define PLAN_FAIL(problem, ...)                                                                              \
	problem_set(problem, "E_PLAN", EXIT_PLAN, -1,                                                        \
	            "correct the plan; native/README.md describes its lines", __VA_ARGS__)

/*
 * Copies a line without its comment and splits it at blanks; returns the number of words, -1 with a problem
 * when there are more than `most`, or when it is no line of a plan at all.
 */
int plan_split(const char *line, size_t length, unsigned number, char copy[PLAN_MAX_LINE + 1], char **words,
               int most, struct problem *problem);

const char *protocol_name(uint8_t protocol);

/* plan_watch.c: the lines that look on; but for `hear`, of a plan that sends nothing. */
bool plan_take_watch(struct plan *plan, char **words, int count, struct problem *problem);
bool plan_take_local(struct plan *plan, char **words, int count, struct problem *problem);
bool plan_take_hear(struct plan *plan, char **words, int count, struct problem *problem);
bool plan_take_answers(struct plan *plan, char **words, int count, struct problem *problem);
bool plan_finish_watches(const struct plan *plan, struct problem *problem);
static inline bool plan_only_watches(const struct plan *plan)
{
	return plan->path_count == 0 && (plan->watch_count > 0 || plan->local_count > 0 ||
	                                 plan->hear_count > 0 || plan->answers_count > 0);
}

/* plan_words.c: what the lines are made of. */
bool plan_number(const char *text, uint64_t least, uint64_t most, uint64_t *value);
bool plan_word(const char *text, const char *const *words, int *index);
bool plan_range(const char *text, struct plan_range *range);
bool plan_secret(const char *text, uint64_t secret[2]);
bool plan_interface(const char *text, char interface[IF_NAMESIZE]);

/* plan_ports.c: source ports that paths name one by one. */
bool plan_take_ports(struct plan *plan, struct plan_path *path, const char *list, struct problem *problem);
bool plan_take_instead(struct plan *plan, struct plan_path *path, const char *list, struct problem *problem);
/* At most `most` of them by commas, each once; false for anything else. */
bool plan_port_list(const char *list, uint16_t *ports, uint16_t most, uint16_t *count);
bool plan_finish_ports(const struct plan *plan, struct problem *problem);

/* plan_told.c: the options of a path that is told to its target. */
bool plan_take_told(const struct plan *plan, struct plan_path *path, const char *word, bool *known,
                    struct problem *problem);
bool plan_finish_told(const struct plan *plan, struct problem *problem);

#endif
