/* SPDX-License-Identifier: MIT */
#include "node_reader.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "clocks.h"
#include "interface_info.h"
#include "kernel_files.h"
#include "listeners.h"
#include "node_pattern.h"
#include "node_tree.h"
#include "prober.h"
#include "problem.h"
#include "routes.h"
#include "rules.h"

#define ORDER_MOST (PATH_MAX + 64)
#define READ_SIZE 65536 /* the kernel makes room for as much as is asked for, and refuses 4 MiB */

/* Of this thread alone: what the kernel spent for it on a file, without what others took of the CPU. */
static int64_t cpu_time(void)
{
	struct timespec now;

	return clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now) == 0 ? now.tv_sec * 1000000000ll + now.tv_nsec
	                                                         : 0;
}

static void fail(struct node_reader *reader, int error, const char *path)
{
	const char *name = strerrorname_np(error);

	fprintf(reader->answers, "fail %s %s\n", name == NULL ? "EUNKNOWN" : name, path);
}

/* A descriptor on a plain file of a file system that the kernel fills by itself; -1 and errno otherwise. */
static int open_text(const char *path)
{
	/* Some files there would wait for something to happen. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat status;
	int error = 0;

	if (fd < 0)
		return -1;
	if (!kernel_files_descriptor(fd) || fstat(fd, &status) != 0)
		error = errno;
	else if (!S_ISREG(status.st_mode))
		error = S_ISDIR(status.st_mode) ? EISDIR : EPERM;
	if (error == 0)
		return fd;
	close(fd);
	errno = error;
	return -1;
}

static void read_text(struct node_reader *reader, const char *path)
{
	int64_t at, wall, cpu;
	size_t length = 0;
	ssize_t got = 0;
	bool cut;
	int fd, error;

	if (reader->budget_ns <= 0) {
		fprintf(reader->answers, "skip %s\n", path);
		return;
	}
	at = clocks_mono();
	cpu = cpu_time();
	fd = open_text(path);
	if (fd < 0) {
		fail(reader, errno, path);
		return;
	}
	while (length < NODE_TEXT_MOST) {
		size_t room = NODE_TEXT_MOST - length;

		got = read(fd, reader->text + length, room < READ_SIZE ? room : READ_SIZE);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			break;
		length += (size_t)got;
	}
	error = got < 0 ? errno : 0;
	cut = length == NODE_TEXT_MOST;
	cpu = cpu_time() - cpu;
	wall = clocks_mono() - at;
	close(fd);
	reader->budget_ns -= wall;
	if (error != 0) {
		fail(reader, error, path);
		return;
	}
	fprintf(reader->answers, "text %" PRId64 " %" PRId64 " %" PRId64 " %zu %d %s\n", at, wall, cpu,
	        length, cut, path);
	fwrite(reader->text, 1, length, reader->answers);
	fputc('\n', reader->answers);
}

static void name_path(void *context, const char *path)
{
	struct node_reader *reader = context;

	fprintf(reader->answers, "name %s\n", path);
}

static void list(struct node_reader *reader, const char *pattern)
{
	size_t found;

	errno = ENOENT;
	if (!node_pattern_match(pattern, kernel_files_path, NODE_MATCHES_MOST, name_path, reader, &found))
		fprintf(reader->answers, "cut %s\n", pattern);
	else if (found == 0)
		fail(reader, errno == EPERM ? EPERM : ENOENT, pattern);
}

/* Tells of the directories nearest to the root, each as `PARENT DESCENDANTS NAME`. */
static void walk(struct node_reader *reader, const char *root, size_t told, int64_t budget_ns)
{
	int64_t at = clocks_mono(), cpu = cpu_time();
	struct tree tree;

	if (!kernel_files_path(root)) {
		fail(reader, errno, root);
		return;
	}
	tree_walk(&tree, root, budget_ns);
	if (tree.error != 0) {
		fail(reader, tree.error, root);
	} else {
		if (told > tree.count)
			told = tree.count;
		fprintf(reader->answers, "tree %" PRId64 " %" PRId64 " %" PRId64 " %zu %d %zu %s\n", at,
		        clocks_mono() - at, cpu_time() - cpu, tree.count, tree.complete, told, root);
		for (size_t i = 0; i < told; i++) {
			const struct tree_directory *directory = &tree.directories[i];

			fprintf(reader->answers, "%u %u %s\n", directory->parent, directory->descendants,
			        tree.names + directory->name);
		}
	}
	tree_free(&tree);
}

bool node_reader_take(struct node_reader *reader, char *order)
{
	char *rest = strchr(order, ' ');
	size_t told;
	int64_t ns;
	int length = 0;

	if (rest == NULL)
		return false;
	*rest++ = '\0';
	if (strcmp(order, "read") == 0)
		read_text(reader, rest);
	else if (strcmp(order, "list") == 0)
		list(reader, rest);
	else if (strcmp(order, "tree") == 0 && sscanf(rest, "%zu %" SCNd64 " %n", &told, &ns, &length) == 2 &&
	         length > 0)
		walk(reader, rest + length, told, ns);
	else if (strcmp(order, "budget") == 0 && sscanf(rest, "%" SCNd64, &ns) == 1)
		reader->budget_ns = ns;
	else if (strcmp(order, "interface") == 0)
		interface_info_answer(reader->answers, rest);
	else if (strcmp(order, "route") == 0)
		return routes_answer(reader->answers, rest);
	else if (strcmp(order, "listener") == 0 && sscanf(rest, "%zu", &told) == 1 && told > 0 &&
	         told < 65536)
		listeners_answer(reader->answers, (uint16_t)told);
	else if (strcmp(order, "rules") == 0 && (strcmp(rest, "ipv4") == 0 || strcmp(rest, "ipv6") == 0))
		rules_answer(reader->answers, strcmp(rest, "ipv6") == 0);
	else if (strcmp(order, "mark") == 0)
		fprintf(reader->answers, "mark %" PRId64 " %" PRId64 " %s\n", clocks_mono(), cpu_time(),
		        rest);
	else
		return false;
	return true;
}

int node_reader_run(void)
{
	struct node_reader reader = {
	        .answers = stdout, .text = malloc(NODE_TEXT_MOST), .budget_ns = INT64_MAX};
	char order[ORDER_MOST];
	int status = 0;

	if (reader.text == NULL) {
		fputs("rxray-prober: E_SYSTEM: no memory\n", stderr);
		return EXIT_SYSTEM;
	}
	while (status == 0 && fgets(order, sizeof(order), stdin) != NULL) {
		size_t length = strcspn(order, "\n");
		bool whole = order[length] == '\n', marked = strncmp(order, "mark ", 5) == 0;

		order[length] = '\0';
		if (!whole || !node_reader_take(&reader, order)) {
			fprintf(stderr, "rxray-prober: E_ORDER: not an order: %.80s\n", order);
			status = EXIT_PLAN;
		}
		/* Whoever marks a place waits for what is before it. */
		if ((marked && fflush(stdout) != 0) || ferror(stdout))
			status = EXIT_SYSTEM;
	}
	if (fflush(stdout) != 0 && status == 0)
		status = EXIT_SYSTEM;
	free(reader.text);
	return status;
}
