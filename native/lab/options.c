// SPDX-License-Identifier: MIT
/* The command line that all injectors share. */
#include "injector.h"

#include <errno.h>
#include <getopt.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#define MAX_DURATION_S 3600

static void __attribute__((noreturn)) usage(const char *problem, const char *value)
{
	fprintf(stderr, "%s: %s\n", problem, value);
	exit(2);
}

static uint64_t parse_number(const char *name, const char *text, uint64_t max)
{
	char *end;
	unsigned long long value;

	errno = 0;
	value = strtoull(text, &end, 10);
	if (errno || end == text || *end || value > max || *text == '-')
		usage(name, text);
	return value;
}

static void parse_threads(struct injector *injector, char *list)
{
	for (char *save, *word = strtok_r(list, ",", &save); word; word = strtok_r(NULL, ",", &save)) {
		if (injector->thread_count == INJECTOR_MAX_THREADS)
			usage("too many threads", word);
		injector->threads[injector->thread_count++] = (pid_t)parse_number("thread", word, INT32_MAX);
	}
}

static void parse_value(struct injector *injector, char *word)
{
	char *equals = strchr(word, '=');

	if (!equals || injector->value_count == INJECTOR_MAX_VALUES)
		usage("not key=value, or too many of them", word);
	*equals = '\0';
	injector->values[injector->value_count++] = (struct injector_value){word, equals + 1};
}

void injector_parse(struct injector *injector, int argc, char **argv)
{
	static const struct option options[] = {
	        {"fault", required_argument, NULL, 'f'},
	        {"host", required_argument, NULL, 'h'},
	        {"state", required_argument, NULL, 's'},
	        {"truth", required_argument, NULL, 't'},
	        {"kind", required_argument, NULL, 'k'},
	        {"comm", required_argument, NULL, 'm'},
	        {"queue", required_argument, NULL, 'q'},
	        {"cpu", required_argument, NULL, 'c'},
	        {"home-cpu", required_argument, NULL, 'H'},
	        {"seed", required_argument, NULL, 'S'},
	        {"count", required_argument, NULL, 'n'},
	        {"duration", required_argument, NULL, 'd'},
	        {"period", required_argument, NULL, 'p'},
	        {"length", required_argument, NULL, 'l'},
	        {"threads", required_argument, NULL, 'T'},
	        {"set", required_argument, NULL, 'v'},
	        {NULL, 0, NULL, 0},
	};
	int option;

	*injector =
	        (struct injector){.queue = -1, .cpu = 1, .seed = 1, .duration_s = 600, .end_reason = "count"};
	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (option) {
		case 'f':
			injector->fault = optarg;
			break;
		case 'h':
			injector->host = optarg;
			break;
		case 's':
			injector->state_dir = optarg;
			break;
		case 't':
			injector->truth_path = optarg;
			break;
		case 'k':
			injector->kind = optarg;
			break;
		case 'm':
			injector->comm = optarg;
			break;
		case 'q':
			injector->queue =
			        strcmp(optarg, "all") ? (int)parse_number("--queue", optarg, 63) : -1;
			break;
		case 'c':
			injector->cpu = (int)parse_number("--cpu", optarg, CPU_SETSIZE - 1);
			break;
		case 'H':
			injector->home_cpu = (int)parse_number("--home-cpu", optarg, CPU_SETSIZE - 1);
			break;
		case 'S':
			injector->seed = parse_number("--seed", optarg, UINT64_MAX);
			break;
		case 'n':
			injector->count = parse_number("--count", optarg, UINT32_MAX);
			break;
		case 'd':
			injector->duration_s = parse_number("--duration", optarg, MAX_DURATION_S);
			break;
		case 'p':
			if (!range_parse(optarg, &injector->schedule.period))
				usage("--period takes MS or MIN:MAX", optarg);
			break;
		case 'l':
			if (!range_parse(optarg, &injector->schedule.length))
				usage("--length takes MS or MIN:MAX", optarg);
			break;
		case 'T':
			parse_threads(injector, optarg);
			break;
		case 'v':
			parse_value(injector, optarg);
			break;
		default:
			exit(2);
		}
	}
	if (optind != argc)
		usage("unexpected argument", argv[optind]);
	if (!injector->fault || !injector->host || !injector->state_dir || !injector->truth_path)
		usage("missing option", "--fault, --host, --state and --truth are needed");
	if (injector->schedule.length.max_ns >= injector->schedule.period.min_ns)
		usage("--length must stay below --period", injector->fault);
	injector->schedule.state = injector->seed;
}
