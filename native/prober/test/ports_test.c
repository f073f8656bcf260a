/* SPDX-License-Identifier: MIT */
/* Ports within a share of a bisection: one that is hardly longer than what a prober needs, of which every
 * draw finds some, and one in whose middle another prober has its own.
 */
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "ports.h"

#define PATHS 4
#define FLOWS 16
#define FRESH_PPS 5
#define FIRST 12000
#define DRAWS 200

static const uint32_t needed = PATHS * (FLOWS + FRESH_PPS * FRESH_REST_S);

static void fill(struct plan *plan, uint32_t fresh_pps, uint16_t first, uint32_t length)
{
	for (uint16_t i = 0; i < PATHS; i++) {
		struct plan_path *path = &plan->paths[i];

		memset(path, 0, sizeof(*path));
		path->protocol = PROTOCOL_SYN;
		path->flows = FLOWS;
		path->fresh_pps = fresh_pps;
		path->port = (uint16_t)(80 + i);
		address_parse("127.0.0.1", &path->target);
	}
	plan->source_ports.first = first;
	plan->source_ports.last = (uint16_t)(first + length - 1);
}

static void reserve(struct ports *ports, const struct plan *plan, uint64_t draw)
{
	struct problem problem;

	CHECK(ports_reserve(ports, plan, draw * 6364136223846793005ull + 1442695040888963407ull, &problem),
	      "no ports found");
	CHECK(ports->pinned.first >= plan->source_ports.first &&
	              ports->pinned.last <= plan->source_ports.last,
	      "outside of the share");
	CHECK(ports->fresh.first > ports->fresh.last || ports->pinned.last < ports->fresh.first ||
	              ports->pinned.first > ports->fresh.last,
	      "pinned and fresh ports overlap");
}

/* Two SYN paths to a target, of two flows each, that name these four ports. */
static void name_ports(struct plan *plan, struct plan_path paths[2], const struct address *target,
                       uint16_t named[4])
{
	memset(paths, 0, 2 * sizeof(*paths));
	for (uint16_t i = 0; i < 2; i++)
		paths[i] = (struct plan_path){.protocol = PROTOCOL_SYN,
		                              .target = *target,
		                              .flows = 2,
		                              .port = (uint16_t)(80 + i),
		                              .listed = true,
		                              .listed_at = (uint16_t)(2 * i)};
	*plan = (struct plan){.path_count = 2, .paths = paths, .listed = named, .listed_count = 4};
}

/* Ports that the plan names: each is held, none is fresh, and another's is refused. */
static void check_listed(void)
{
	uint16_t named[] = {FIRST + 3, FIRST + 200, FIRST + 1, FIRST + 77};
	struct plan_path paths[2];
	struct plan plan;
	struct ports ports, other;
	struct problem problem = {0};
	struct address target;
	uint32_t path;

	address_parse("127.0.0.1", &target);
	name_ports(&plan, paths, &target, named);
	paths[0].fresh_pps = paths[1].fresh_pps = FRESH_PPS;
	plan.source_ports = (struct plan_range){FIRST, FIRST + 3000};
	for (uint64_t draw = 0; draw < DRAWS; draw++) {
		CHECK(ports_reserve(&ports, &plan, draw * 6364136223846793005ull, &problem), "%s",
		      problem.message);
		CHECK(ports.pinned.first == FIRST + 1 && ports.pinned.last == FIRST + 200,
		      "what encloses them");
		for (uint16_t i = 0; i < 4; i++) {
			const struct path_ports *own = &ports.paths[i / 2];

			CHECK_EQUAL(ports_of_flow(own, i % 2), named[i], "the port of a flow");
			CHECK_EQUAL(ports_flow(own, named[i]), i % 2, "the flow of a port");
			CHECK(ports_find(&ports, TRANSPORT_TCP, named[i], &target, 80, &path) &&
			              path == i / 2,
			      "the path of a port");
			CHECK(named[i] < ports.fresh.first || named[i] > ports.fresh.last, "a fresh one");
		}
		CHECK(!ports_find(&ports, TRANSPORT_TCP, FIRST + 2, &target, 80, &path) ||
		              (FIRST + 2 >= ports.fresh.first && FIRST + 2 <= ports.fresh.last),
		      "what lies between them is nobody's");
		if (draw == 0) {
			CHECK(!ports_reserve(&other, &plan, draw, &problem) &&
			              strcmp(problem.code, "E_PORTS") == 0,
			      "two runs had the same");
			ports_release(&other);
		}
		ports_release(&ports);
	}
}

/*
 * Two runs that name the same ports, where the second falls back: it has what it names in their place, where
 * that is free, else any within its share that nobody names, and never E_PORTS as long as there is one.
 */
static void check_fallback(void)
{
	/* Of the second path nothing can be had, as the first run has claimed the blocks that they lie in. */
	uint16_t named[] = {FIRST + 3, FIRST + 200, FIRST + 1, FIRST + 77};
	uint16_t instead[] = {FIRST + 403, FIRST + 700, 0, FIRST + 78};
	struct plan_path paths[2];
	struct plan plan;
	struct ports first, second;
	struct problem problem = {0};
	struct address target;
	uint32_t path;

	address_parse("127.0.0.1", &target);
	name_ports(&plan, paths, &target, named);
	plan.instead = instead;
	paths[0].falls_back = paths[1].falls_back = true;
	plan.source_ports = (struct plan_range){FIRST, FIRST + 800};
	CHECK(ports_reserve(&first, &plan, 1, &problem), "%s", problem.message);
	for (uint16_t i = 0; i < 4; i++)
		CHECK_EQUAL(ports_of_flow(&first.paths[i / 2], i % 2), named[i], "what is free is taken");
	CHECK(ports_reserve(&second, &plan, 2, &problem), "%s", problem.message);
	CHECK_EQUAL(ports_of_flow(&second.paths[0], 0), FIRST + 403, "the one in its place");
	CHECK_EQUAL(ports_of_flow(&second.paths[0], 1), FIRST + 700, "the one in its place");
	for (uint16_t i = 0; i < 2; i++) {
		uint16_t port = ports_of_flow(&second.paths[1], i);

		for (uint16_t j = 0; j < 4; j++)
			CHECK(port / PORT_BLOCK != named[j] / PORT_BLOCK, "%u is not the other's", port);
		CHECK(port >= FIRST && port <= FIRST + 800, "%u is within the share", port);
		CHECK(port != FIRST + 403 && port != FIRST + 700, "nor one that is named");
		CHECK(port >= second.pinned.first && port <= second.pinned.last, "enclosed");
		CHECK_EQUAL(ports_flow(&second.paths[1], port), i, "the flow of a port");
		CHECK(ports_find(&second, TRANSPORT_TCP, port, &target, 81, &path) && path == 1,
		      "the path of a port");
	}
	CHECK(ports_of_flow(&second.paths[1], 0) != ports_of_flow(&second.paths[1], 1), "each its own");
	ports_release(&second);

	/* A share that is all another's. */
	plan.source_ports = (struct plan_range){FIRST, FIRST + 95};
	instead[0] = instead[1] = 0;
	CHECK(!ports_reserve(&second, &plan, 3, &problem) && strcmp(problem.code, "E_PORTS") == 0,
	      "there is none left");
	ports_release(&second);
	ports_release(&first);
}

static uint32_t length_of(struct filter_range range)
{
	return (uint32_t)range.last + 1 - range.first;
}

int main(void)
{
	struct plan_path paths[PATHS], other_paths[PATHS];
	struct plan plan = {.path_count = PATHS, .paths = paths};
	struct plan other_plan = {.path_count = PATHS, .paths = other_paths};
	struct ports ports, other;

	/* Where nobody else has ports. */
	if (unshare(CLONE_NEWNET) != 0)
		unshare(CLONE_NEWUSER | CLONE_NEWNET);
	check_listed();
	check_fallback();
	fill(&plan, FRESH_PPS, FIRST, needed + needed / 4);
	for (uint64_t draw = 0; draw < DRAWS; draw++) {
		reserve(&ports, &plan, draw);
		CHECK_EQUAL(ports.fresh_rest_s, FRESH_REST_S, "fresh ports rest for as long as they should");
		ports_release(&ports);
	}

	/* Neither side of the other's ports has as many as it takes. */
	fill(&other_plan, 0, FIRST + (uint16_t)(needed / 2), PATHS * FLOWS);
	reserve(&other, &other_plan, 1);
	for (uint64_t draw = 0; draw < 5; draw++) {
		reserve(&ports, &plan, draw);
		CHECK(ports.fresh_rest_s >= 60 && ports.fresh_rest_s < FRESH_REST_S, "they rest for %u s",
		      ports.fresh_rest_s);
		CHECK_EQUAL(length_of(ports.fresh), PATHS * FRESH_PPS * ports.fresh_rest_s,
		            "as many as rest for so long");
		for (uint32_t i = 0; i < PATHS; i++)
			CHECK_EQUAL(ports.paths[i].fresh_count, FRESH_PPS * ports.fresh_rest_s,
			            "each path has its part");
		CHECK(ports.fresh.last < other.pinned.first || ports.fresh.first > other.pinned.last,
		      "none of the other's");
		ports_release(&ports);
	}
	ports_release(&other);

	/* So few that they would come again while they are known: none at all. */
	fill(&plan, FRESH_PPS, FIRST, PATHS * FRESH_PPS * (FRESH_REST_LEAST_S - 4));
	CHECK(!ports_reserve(&ports, &plan, 1, &(struct problem){0}), "too few were taken");
	ports_release(&ports);
	return 0;
}
