/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "check.h"
#include "plan.h"

/* A plan as text, and the code and words of its refusal; NULL when it is to be taken. */
struct situation {
	const char *title, *text, *code, *words;
};

#define HEAD "rxray-plan 1\n"
#define ICMP "path 0 icmp 127.0.0.1\n"
#define LONG_64 "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
#define LONG_512 LONG_64 LONG_64 LONG_64 LONG_64 LONG_64 LONG_64 LONG_64 LONG_64

#define PORTS_8(tens) tens "0," tens "1," tens "2," tens "3," tens "4," tens "5," tens "6," tens "7"
#define PORTS_64                                                                                             \
	PORTS_8("1")                                                                                         \
	"," PORTS_8("2") "," PORTS_8("3") "," PORTS_8("4") "," PORTS_8("5") "," PORTS_8("6") "," PORTS_8(    \
	        "7") "," PORTS_8("8")

static const struct situation situations[] = {
        {"the smallest plan", HEAD ICMP "run\n", NULL, NULL},
        {"comments and empty lines", "# hello\n\n" HEAD "\n" ICMP "# path\nrun # now\n", NULL, NULL},
        {"all keys of a path",
         HEAD "path 0 syn 127.0.0.1 port=80 flows=16 fresh-pps=5 if=lo source=127.0.0.1 ttl=3 "
              "interval-ns=20000000\nrun\n",
         NULL, NULL},
        {"all settings",
         HEAD
         "start-at-ns 5\nepoch-mono-ns 4\ninterval-ns 10000000\ncount 5\nduration-ns 9\nwait-ns 1000000000\n"
         "match-ns 30000000000\ntimestamps kernel\ncpu 1\nsched fifo\nmax-pps-per-target 1000\n"
         "tell-ns 200000000\n" ICMP "run\n",
         NULL, NULL},
        {"source ports one by one", HEAD "path 0 syn 127.0.0.1 port=80 ports=61003,61001,61040\nrun\n", NULL,
         NULL},
        {"one source port", HEAD "path 0 udp 127.0.0.1 port=80 ports=61003\nrun\n", NULL, NULL},
        {"beside a path that has none", HEAD ICMP "path 1 syn 127.0.0.1 port=80 ports=61003\nrun\n", NULL,
         NULL},
        {"within source-ports",
         HEAD "source-ports 61000-61010\npath 0 syn 127.0.0.1 port=80 ports=61010,61000\nrun\n", NULL, NULL},
        {"outside of them",
         HEAD "source-ports 61000-61010\npath 0 syn 127.0.0.1 port=80 ports=61010,61011\nrun\n", "E_PLAN",
         "61011 is outside"},
        {"a source port named twice", HEAD "path 0 syn 127.0.0.1 port=80 ports=61003,61001,61003\nrun\n",
         "E_PLAN", "61003 is named twice"},
        {"by two paths",
         HEAD "path 0 syn 127.0.0.1 port=80 ports=61003\npath 1 syn 127.0.0.2 port=80 ports=61003\nrun\n",
         "E_PLAN", "named twice"},
        {"by one path and not by the other",
         HEAD "path 0 syn 127.0.0.1 port=80 ports=61003\npath 1 syn 127.0.0.2 port=80\nrun\n", "E_PLAN",
         "path 1 names no"},
        {"far apart", HEAD "path 0 syn 127.0.0.1 port=80 ports=10000,14096\nrun\n", "E_PLAN",
         "further apart"},
        {"their number and themselves", HEAD "path 0 syn 127.0.0.1 port=80 flows=2 ports=61003,61004\nrun\n",
         "E_PLAN", "once"},
        {"the other way round", HEAD "path 0 syn 127.0.0.1 port=80 ports=61003,61004 flows=2\nrun\n",
         "E_PLAN", "not both"},
        {"source ports twice", HEAD "path 0 syn 127.0.0.1 port=80 ports=61003 ports=61004\nrun\n", "E_PLAN",
         "once"},
        {"no port in the list", HEAD "path 0 syn 127.0.0.1 port=80 ports=61003,,61004\nrun\n", "E_PLAN",
         "by commas"},
        {"a list that ends in a comma", HEAD "path 0 syn 127.0.0.1 port=80 ports=61003,\nrun\n", "E_PLAN",
         "by commas"},
        {"port 0 in the list", HEAD "path 0 syn 127.0.0.1 port=80 ports=0\nrun\n", "E_PLAN", "by commas"},
        {"a port too large", HEAD "path 0 syn 127.0.0.1 port=80 ports=65536\nrun\n", "E_PLAN", "by commas"},
        {"source ports of an echo", HEAD "path 0 icmp 127.0.0.1 ports=61003\nrun\n", "E_PLAN", "unknown key"},
        {"65 of them", HEAD "path 0 syn 127.0.0.1 port=80 ports=" PORTS_64 ",9\nrun\n", "E_PLAN",
         "at most 64"},
        {"with others to fall back on, one of them any",
         HEAD "path 0 syn 127.0.0.1 port=80 ports=61003,61001,61040 else=61041,0,61042\nrun\n", NULL, NULL},
        {"beside a path that does not fall back",
         HEAD "path 0 syn 127.0.0.1 port=80 ports=61003,61001\n"
              "path 1 syn 127.0.0.1 port=81 ports=61004 else=61005\nrun\n",
         NULL, NULL},
        {"too few to fall back on", HEAD "path 0 syn 127.0.0.1 port=80 ports=61003,61001 else=61041\nrun\n",
         "E_PLAN", "for each"},
        {"too many", HEAD "path 0 syn 127.0.0.1 port=80 ports=61003 else=61041,61042\nrun\n", "E_PLAN",
         "more ports"},
        {"before what they stand for", HEAD "path 0 syn 127.0.0.1 port=80 else=61041 ports=61003\nrun\n",
         "E_PLAN", "behind ports="},
        {"with their number alone", HEAD "path 0 syn 127.0.0.1 port=80 flows=1 else=61041\nrun\n", "E_PLAN",
         "behind ports="},
        {"one that is to be had anyway",
         HEAD "path 0 syn 127.0.0.1 port=80 ports=61003,61001 else=61041,61003\nrun\n", "E_PLAN",
         "named twice"},
        {"one to fall back on that is far away",
         HEAD "path 0 syn 127.0.0.1 port=80 ports=10000 else=14096\nrun\n", "E_PLAN", "further apart"},
        {"one to fall back on outside of source-ports",
         HEAD "source-ports 61000-61010\npath 0 syn 127.0.0.1 port=80 ports=61010 else=61011\nrun\n",
         "E_PLAN", "61011 is outside"},
        {"announced, and no row",
         HEAD "path 0 icmp 127.0.0.1 secret=00112233445566778899aabbccddeeff announce=1\n"
              "path 1 syn 127.0.0.1 port=80 ports=61003,61001\nrun\n",
         "E_PLAN", "no row"},
        {"a path that is told to its target",
         HEAD "path 0 icmp 127.0.0.1 secret=00112233445566778899aabbccddeeff phase-ns=4000000 announce=1\n"
              "path 1 syn 127.0.0.1 port=80 secret=00112233445566778899aabbccddeeff\nrun\n",
         NULL, NULL},
        {"one that tells of itself alone",
         HEAD "path 0 icmp 127.0.0.1 announce=none secret=00112233445566778899aabbccddeeff\nrun\n", NULL,
         NULL},
        {"an announcement that nothing proves", HEAD "path 0 icmp 127.0.0.1 announce=none\nrun\n", "E_PLAN",
         "secret"},
        {"an announcement of no path",
         HEAD "path 0 icmp 127.0.0.1 announce=1 secret=00112233445566778899aabbccddeeff\nrun\n", "E_PLAN",
         "no SYN path"},
        {"an announcement without room",
         HEAD "path 0 icmp 127.0.0.1 announce=none size=71 secret=00112233445566778899aabbccddeeff\nrun\n",
         "E_PLAN", "fewer than 72"},
        {"too many announcements", HEAD "path 0 icmp 127.0.0.1 announce=1,2,3,4,5\n", "E_PLAN", "announce"},
        {"a secret of a path, cut short", HEAD "path 0 icmp 127.0.0.1 secret=0011\n", "E_PLAN", "32"},
        {"hearing", HEAD "hear if=eth0 ports=18432-22527\nrun\n", NULL, NULL},
        {"hearing nothing", HEAD "hear if=eth0\n", "E_PLAN", "ports="},
        {"hearing beside sending", HEAD "hear if=eth0 ports=1-2\n" ICMP "run\n", NULL, NULL},
        {"hearing other ports elsewhere", HEAD "hear if=a ports=1-2\nhear if=b ports=1-3\n" ICMP "run\n",
         "E_PLAN", "same ports"},
        {"hearing with a card's stamps", HEAD "timestamps hw\nhear if=a ports=1-2\n" ICMP "run\n", "E_PLAN",
         "not those of cards"},
        {"local evidence and sending", HEAD "local if=eth0\n" ICMP "run\n", "E_PLAN", "never both"},
        {"answers", HEAD "answers 192.0.2.1 port=80\nanswers 2001:db8::1 port=443\nrun\n", NULL, NULL},
        {"answers of no port", HEAD "answers 192.0.2.1\n", "E_PLAN", "port="},
        {"answers of a name", HEAD "answers localhost port=80\n", "E_PLAN", "numeric"},
        {"answers and sending", HEAD "answers 192.0.2.1 port=80\n" ICMP "run\n", "E_PLAN", "never both"},
        {"an IPv6 target", HEAD "path 0 icmp ::1\nrun\n", NULL, NULL},
        {"a line too long", HEAD "#" LONG_512 LONG_512 LONG_512 "", "E_PLAN", "longer"},
        {"no version", ICMP "run\n", "E_PLAN", "line 1"},
        {"a later version", "rxray-plan 2\n", "E_PLAN", "line 1"},
        {"no run", HEAD ICMP, "E_PLAN", "without `run`"},
        {"no path", HEAD "run\n", "E_PLAN", "no path"},
        {"an unknown setting", HEAD "speed 9\n", "E_PLAN", "line 2"},
        {"a setting without value", HEAD "count\n", "E_PLAN", "line 2"},
        {"a negative number", HEAD "count -1\n", "E_PLAN", "count"},
        {"a number with a unit", HEAD "interval-ns 10ms\n", "E_PLAN", "interval-ns"},
        {"a number too large", HEAD "count 99999999999999999999999\n", "E_PLAN", "count"},
        {"an interval of nothing", HEAD "interval-ns 0\n", "E_PLAN", "interval-ns"},
        {"an unknown word", HEAD "timestamps maybe\n", "E_PLAN", "timestamps"},
        {"a path out of order", HEAD "path 1 icmp 127.0.0.1\n", "E_PLAN", "index 0"},
        {"an index twice", HEAD ICMP ICMP, "E_PLAN", "index 1"},
        {"an unknown protocol", HEAD "path 0 sctp 127.0.0.1\n", "E_PLAN", "sctp"},
        {"a name for an address", HEAD "path 0 icmp localhost\n", "E_PLAN", "numeric"},
        {"an IPv4 address in IPv6 clothes", HEAD "path 0 icmp ::ffff:127.0.0.1\n", "E_PLAN", "numeric"},
        {"a multicast address", HEAD "path 0 icmp 224.0.0.1\n", "E_ADDRESS", "multicast"},
        {"an IPv6 multicast address", HEAD "path 0 icmp ff02::1\n", "E_ADDRESS", "multicast"},
        {"everybody", HEAD "path 0 icmp 255.255.255.255\n", "E_ADDRESS", "broadcast"},
        {"nobody", HEAD "path 0 icmp 0.0.0.0\n", "E_ADDRESS", "reserved"},
        {"a port out of range", HEAD "path 0 syn 127.0.0.1 port=65536\n", "E_PLAN", "port"},
        {"port zero", HEAD "path 0 syn 127.0.0.1 port=0\n", "E_PLAN", "port"},
        {"no port", HEAD "path 0 syn 127.0.0.1\n", "E_PLAN", "port="},
        {"a port for ICMP", HEAD "path 0 icmp 127.0.0.1 port=1\n", "E_PLAN", "port"},
        {"too many flows", HEAD "path 0 syn 127.0.0.1 port=1 flows=1025\n", "E_PLAN", "flows"},
        {"a payload too small for the key", HEAD "path 0 icmp 127.0.0.1 size=15\n", "E_PLAN", "size"},
        {"an unknown key", HEAD "path 0 icmp 127.0.0.1 colour=1\n", "E_PLAN", "colour"},
        {"a word without value", HEAD "path 0 icmp 127.0.0.1 ttl\n", "E_PLAN", "key=value"},
        {"a source of the other family", HEAD "path 0 icmp 127.0.0.1 source=::1\n", "E_PLAN", "source"},
        {"an interface name too long", HEAD "path 0 icmp 127.0.0.1 if=abcdefghijklmnop\n", "E_PLAN",
         "interface"},
        {"too many words", HEAD "path 0 icmp 127.0.0.1 a=1 a=1 a=1 a=1 a=1 a=1 a=1 a=1 a=1 a=1 a=1 a=1 a=1\n",
         "E_PLAN", "too many"},
        {"just within the rate limit", HEAD "interval-ns 1000000\n" ICMP "run\n", NULL, NULL},
        {"two paths to one target over the limit",
         HEAD "interval-ns 1000000\n" ICMP "path 1 syn 127.0.0.1 port=9\nrun\n", "E_RATE_LIMIT", "127.0.0.1"},
        {"fresh flows over the limit",
         HEAD "interval-ns 1000000\npath 0 syn 127.0.0.1 port=9 fresh-pps=1\nrun\n", "E_RATE_LIMIT",
         "127.0.0.1"},
        {"two targets, each within the limit",
         HEAD "interval-ns 1000000\n" ICMP "path 1 icmp 127.0.0.2\nrun\n", NULL, NULL},
        {"a higher limit on request",
         HEAD "max-pps-per-target 2000\ninterval-ns 1000000\n" ICMP "path 1 icmp 127.0.0.1\nrun\n", NULL,
         NULL},
};

#define SECRET "secret 00112233445566778899aabbccddeeff\n"
#define WATCH "watch 0 syn 10.0.0.2 port=80 source=10.0.0.1 ports=61000-61015 if=eth0\n"

static const struct situation watch_situations[] = {
        {"a path with a secret", HEAD SECRET ICMP "run\n", NULL, NULL},
        {"a secret too short", HEAD "secret 0011\n", "E_PLAN", "32 hexadecimal"},
        {"a secret that is none", HEAD "secret 00112233445566778899aabbccddeefg\n", "E_PLAN",
         "32 hexadecimal"},
        {"a watch", HEAD SECRET WATCH "run\n", NULL, NULL},
        {"all keys of a watch",
         HEAD SECRET
         "watch 3 syn 10.0.0.2 port=80 source=10.0.0.1 ports=61000-61015 fresh=20000-20649 if=eth0 "
         "tunnel=1 as=7\nwatch 3 icmp ::2 source=::1 id=5 if=eth0\nlocal if=eth0\nrun\n",
         NULL, NULL},
        {"local evidence alone needs no secret", HEAD "local if=eth0\nrun\n", NULL, NULL},
        {"the same interface twice", HEAD "local if=eth0\nlocal if=eth0\nrun\n", NULL, NULL},
        {"a watch without a secret", HEAD WATCH "run\n", "E_PLAN", "secret"},
        {"a plan that sends and looks on", HEAD SECRET ICMP WATCH "run\n", "E_PLAN", "never both"},
        {"a plan that sends, with local evidence", HEAD ICMP "local if=eth0\nrun\n", "E_PLAN", "never both"},
        {"a path watched twice", HEAD SECRET WATCH WATCH, "E_PLAN", "already"},
        {"a watch of nothing", HEAD "watch 0\n", "E_PLAN", "needs path"},
        {"a watch of a strange protocol", HEAD "watch 0 sctp 10.0.0.2\n", "E_PLAN", "sctp"},
        {"a watch of a name", HEAD "watch 0 icmp node\n", "E_PLAN", "numeric"},
        {"a watch of path 16384", HEAD "watch 16384 icmp 10.0.0.2\n", "E_PLAN", "0 to 16383"},
        {"a watch without a source", HEAD "watch 0 icmp 10.0.0.2 id=1 if=eth0\n", "E_PLAN", "source="},
        {"a watch without an interface", HEAD "watch 0 icmp 10.0.0.2 source=10.0.0.1 id=1\n", "E_PLAN",
         "if="},
        {"a watch without an id", HEAD "watch 0 icmp 10.0.0.2 source=10.0.0.1 if=eth0\n", "E_PLAN", "id="},
        {"a watch without a port", HEAD "watch 0 syn 10.0.0.2 source=10.0.0.1 ports=1-2 if=eth0\n", "E_PLAN",
         "port="},
        {"a watch without ports", HEAD "watch 0 syn 10.0.0.2 source=10.0.0.1 port=1 if=eth0\n", "E_PLAN",
         "ports="},
        {"ports the wrong way round", HEAD "watch 0 syn 10.0.0.2 ports=2-1\n", "E_PLAN", "ports=2-1"},
        {"ports one by one",
         HEAD SECRET "watch 0 syn 10.0.0.2 port=80 source=10.0.0.1 ports=61003,61001,61040 if=eth0\nrun\n",
         NULL, NULL},
        {"a port twice", HEAD "watch 0 syn 10.0.0.2 ports=5,6,5\n", "E_PLAN", "ports=5,6,5"},
        {"ports with a gap", HEAD "watch 0 syn 10.0.0.2 ports=5,,6\n", "E_PLAN", "ports=5,,6"},
        {"ports too far apart", HEAD "watch 0 syn 10.0.0.2 ports=5,6000\n", "E_PLAN", "ports=5,6000"},
        {"one port", HEAD "watch 0 syn 10.0.0.2 ports=2\n", "E_PLAN", "ports=2"},
        {"more ports than flows there are", HEAD "watch 0 syn 10.0.0.2 ports=1-2000\n", "E_PLAN",
         "ports=1-2000"},
        {"ports of ICMP", HEAD "watch 0 icmp 10.0.0.2 ports=1-2\n", "E_PLAN", "unknown key"},
        {"fresh flows of UDP", HEAD "watch 0 udp 10.0.0.2 fresh=1-2\n", "E_PLAN", "unknown key"},
        {"a source of the other family", HEAD "watch 0 icmp 10.0.0.2 source=::1\n", "E_PLAN", "bad value"},
        {"a tunnel that is neither", HEAD "watch 0 icmp 10.0.0.2 tunnel=2\n", "E_PLAN", "bad value"},
        {"a word without value", HEAD "watch 0 icmp 10.0.0.2 tunnel\n", "E_PLAN", "key=value"},
        {"an interface that leads elsewhere", HEAD "local if=../lo\n", "E_PLAN", "if=NAME"},
        {"local evidence about nothing", HEAD "local\n", "E_PLAN", "if=NAME"},
        {"too many interfaces", HEAD "local if=a\nlocal if=b\nlocal if=c\nlocal if=d\nlocal if=e\n", "E_PLAN",
         "at most 4"},
};

static bool take(struct plan *plan, const char *text, struct problem *problem)
{
	plan_init(plan);
	while (*text != '\0' && !plan->complete) {
		size_t length = strcspn(text, "\n");

		if (!plan_take_line(plan, text, length, problem))
			return false;
		text += length + (text[length] == '\n');
	}
	return plan_finish(plan, problem);
}

static void check_values(void)
{
	struct plan plan;
	struct problem problem = {0};

	CHECK(take(&plan,
	           HEAD "interval-ns 20000000\ncpu none\npath 0 syn 127.0.0.1 port=80 flows=16 fresh-pps=5\n"
	                "path 1 udp 127.0.0.2 port=9 interval-ns=5000000\npath 2 udp 127.0.0.3 port=9\nrun\n",
	           &problem),
	      "%s", problem.message);
	CHECK_EQUAL(plan.path_count, 3, "paths");
	CHECK_EQUAL(plan.cpu, CPU_NONE, "cpu");
	CHECK_EQUAL(plan.paths[0].interval_ns, 20000000, "the default interval");
	CHECK_EQUAL(plan.paths[0].flows, 16, "flows");
	CHECK_EQUAL(plan.paths[0].fresh_pps, 5, "fresh flows");
	CHECK_EQUAL(plan.paths[1].interval_ns, 5000000, "an interval of its own");
	CHECK_EQUAL(plan.paths[2].interval_ns, 1000000000, "UDP asks once a second unless told otherwise");
	plan_free(&plan);
	CHECK(take(&plan,
	           HEAD "path 0 syn 127.0.0.1 port=80 ports=61003,61001\n"
	                "path 1 syn 127.0.0.1 port=81 ports=61040\nrun\n",
	           &problem),
	      "%s", problem.message);
	CHECK_EQUAL(plan.paths[0].flows, 2, "as many flows as ports");
	CHECK_EQUAL(plan.listed[plan.paths[0].listed_at + 1], 61001, "the port of its second flow");
	CHECK_EQUAL(plan.listed[plan.paths[1].listed_at], 61040, "the first of the next path");
	plan_free(&plan);
}

static void check_all(const struct situation *all, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct situation *at = &all[i];
		struct problem problem = {0};
		struct plan plan;
		bool taken = take(&plan, at->text, &problem);

		CHECK(taken == (at->code == NULL), "%s: %s", at->title, taken ? "taken" : problem.message);
		CHECK(taken || (strcmp(problem.code, at->code) == 0 &&
		                strstr(problem.message, at->words) != NULL),
		      "%s: %s %s", at->title, problem.code, problem.message);
		plan_free(&plan);
	}
}

int main(void)
{
	check_all(situations, COUNT(situations));
	check_all(watch_situations, COUNT(watch_situations));
	check_values();
	return 0;
}
