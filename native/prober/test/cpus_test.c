/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "check.h"
#include "cpu_counts.h"
#include "cpus.h"
#include "hearts.h"
#include "napi.h"

static void check_sets(void)
{
	struct cpus cpus;

	CHECK(cpus_parse_list("0-2,8\n", &cpus) && cpus_count(&cpus) == 4, "a list");
	CHECK(cpus_has(&cpus, 0) && cpus_has(&cpus, 2) && cpus_has(&cpus, 8) && !cpus_has(&cpus, 3),
	      "its members");
	CHECK(!cpus_parse_list("\n", &cpus), "an empty list");
	CHECK(!cpus_parse_list("x", &cpus), "no list");
	CHECK(cpus_parse_list("4-2,1", &cpus) && cpus_count(&cpus) == 1, "a range the wrong way round");
	CHECK(cpus_parse_list("1000-99999999", &cpus) && cpus_count(&cpus) == 24,
	      "more CPUs than there can be");
	CHECK(cpus_parse_mask("2\n", &cpus) && cpus_count(&cpus) == 1 && cpus_has(&cpus, 1), "a mask");
	CHECK(cpus_parse_mask("1,80000000\n", &cpus) && cpus_has(&cpus, 31) && cpus_has(&cpus, 32) &&
	              cpus_count(&cpus) == 2,
	      "a mask of two words");
	CHECK(!cpus_parse_mask("00000000,00000000\n", &cpus), "an empty mask");
	CHECK(!cpus_parse_mask("zz\n", &cpus), "no mask");
	cpus_add(&cpus, -1);
	cpus_add(&cpus, CPUS_MOST);
	CHECK(!cpus_has(&cpus, -1) && !cpus_has(&cpus, CPUS_MOST), "no such CPUs");
}

static void ignore(void *context, const struct rxray_frame_softnet *softnet)
{
	(void)context;
	CHECK(softnet->to_ns == 2 && softnet->from_ns == 1, "between the two readings");
}

static void check_counts(void)
{
	static struct cpu_counts counts;

	cpu_counts_open(&counts);
	CHECK(cpu_counts_steal(&counts, 0) >= 0, "steal of a CPU that is there");
	CHECK_EQUAL(cpu_counts_steal(&counts, CPUS_MOST - 1), -1, "steal of one that is not");
	CHECK(cpu_counts_softnet(&counts, 1, ignore, NULL), "softnet counts");
	CHECK(cpu_counts_softnet(&counts, 2, ignore, NULL), "and again");
	cpu_counts_close(&counts);
}

static void check_hearts(void)
{
	struct hearts hearts;
	struct heart_gap gap;
	const struct heart *heart;

	CHECK(hearts_open(&hearts), "memory");
	CHECK(hearts_add(&hearts, 0) && hearts_add(&hearts, 0) && hearts.count == 1, "one heart a CPU");
	CHECK(!hearts_add(&hearts, -1), "no such CPU");
	while (hearts_next(&hearts, &gap, &heart))
		CHECK(gap.to_ns - gap.from_ns > HEART_GAP_NS && heart->cpu == 0, "only real gaps");
	CHECK_EQUAL(hearts_lost(&hearts), 0, "none lost");
	hearts_close(&hearts);
}

static void check_thread_names(void)
{
	static const struct {
		const char *title, *thread, *wanted;
		bool named;
	} rows[] = {
	        {"whole", "napi/eth0-8201\n", "napi/eth0-", true},
	        {"of another interface", "napi/eth1-8201\n", "napi/eth0-", false},
	        {"of one whose name goes on", "napi/eth01-8201\n", "napi/eth0-", false},
	        {"cut at 15 characters", "napi/enp129s0f0\n", "napi/enp129s0f0np0-", true},
	        {"cut, of another", "napi/enp129s0f1\n", "napi/enp129s0f0np0-", false},
	        {"shorter than that", "napi/enp129s0\n", "napi/enp129s0f0np0-", false},
	        {"cut within its number", "napi/enp3s0f-82\n", "napi/enp3s0f-", true},
	};

	for (size_t i = 0; i < COUNT(rows); i++)
		CHECK_EQUAL(napi_named(rows[i].thread, rows[i].wanted), rows[i].named, rows[i].title);
}

int main(void)
{
	check_thread_names();
	check_sets();
	check_counts();
	check_hearts();
	return 0;
}
