/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check.h"
#include "node_pattern.h"
#include "node_reader.h"
#include "node_tree.h"

static char folder[] = "/tmp/rxray-node-XXXXXX";

static void make(const char *name)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	CHECK(mkdir(path, 0700) == 0, "%s", path);
}

static void drop(const char *name)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	CHECK(rmdir(path) == 0, "%s", path);
}

struct seen {
	char text[512];
};

static void note(void *context, const char *path)
{
	struct seen *seen = context;

	strcat(seen->text, path + strlen(folder));
	strcat(seen->text, " ");
}

static bool nowhere(const char *path)
{
	(void)path;
	return false;
}

static bool there(const char *path)
{
	return access(path, F_OK) == 0;
}

static void check_patterns(void)
{
	struct seen seen = {""};
	char pattern[256];
	size_t found;

	snprintf(pattern, sizeof(pattern), "%s/b*/c", folder);
	CHECK(node_pattern_match(pattern, there, 10, note, &seen, &found) && found == 2, "%s", seen.text);
	CHECK(strcmp(seen.text, "/b9/c /b10/c ") == 0, "in the order of numbers: %s", seen.text);
	seen.text[0] = '\0';
	CHECK(!node_pattern_match(pattern, there, 1, note, &seen, &found) && found == 1, "more than wanted");
	snprintf(pattern, sizeof(pattern), "%s/b*0*/*", folder);
	seen.text[0] = '\0';
	CHECK(node_pattern_match(pattern, there, 10, note, &seen, &found) &&
	              strcmp(seen.text, "/b10/c ") == 0,
	      "several stars: %s", seen.text);
	CHECK(node_pattern_match("relative/*", there, 10, note, &seen, &found) && found == 0,
	      "no absolute path");
	CHECK(node_pattern_match(pattern, nowhere, 10, note, &seen, &found) && found == 0,
	      "none that is allowed");
}

static void check_tree(void)
{
	struct tree tree;
	char path[256];

	tree_walk(&tree, folder, 1000000000);
	CHECK_EQUAL(tree.error, 0, "readable");
	CHECK_EQUAL(tree.count, 6, "directories with the root");
	CHECK(tree.complete, "all of them");
	CHECK_EQUAL(tree.directories[0].descendants, 5, "below the root");
	for (size_t i = 1; i < tree.count; i++) {
		CHECK(tree.directories[i].parent < i, "parents first");
		CHECK(tree_path(&tree, i, folder, path, sizeof(path)) && access(path, F_OK) == 0, "%s", path);
	}
	CHECK(!tree_path(&tree, 5, folder, path, strlen(folder) + 2), "no room");
	tree_free(&tree);
	tree_walk(&tree, folder, 0);
	CHECK(!tree.complete && tree.count == 4, "no time: the root alone was listed");
	tree_free(&tree);
	tree_walk(&tree, "/proc/self/none", 1000);
	CHECK(tree.error != 0, "no such root");
	tree_free(&tree);
}

static char *answers_to(const char *orders)
{
	static char text[65536];
	char line[512], *rest = text;
	struct node_reader reader = {.answers = fmemopen(text, sizeof(text), "w"),
	                             .text = malloc(NODE_TEXT_MOST),
	                             .budget_ns = INT64_MAX};
	size_t length;

	CHECK(reader.answers != NULL && reader.text != NULL, "memory");
	for (; *orders != '\0'; orders += length + 1) {
		length = strcspn(orders, "\n");
		snprintf(line, sizeof(line), "%.*s", (int)length, orders);
		CHECK(node_reader_take(&reader, line), "%s", line);
	}
	fclose(reader.answers);
	free(reader.text);
	return rest;
}

static void check_orders(void)
{
	char order[] = "write /proc/self/comm";

	CHECK(!node_reader_take(&(struct node_reader){0}, order), "it only reads");
	CHECK(strstr(answers_to("read /proc/self/comm\n"), " /proc/self/comm\n"), "a text of the kernel");
	CHECK(strcmp(answers_to("read /proc/self/exe\n"), "fail EPERM /proc/self/exe\n") == 0,
	      "no other file");
	CHECK(strcmp(answers_to("read /proc/self\n"), "fail EISDIR /proc/self\n") == 0, "no directory");
	CHECK(strcmp(answers_to("read /proc/none\n"), "fail ENOENT /proc/none\n") == 0, "not there");
	CHECK(strcmp(answers_to("budget 0\nread /proc/self/comm\n"), "skip /proc/self/comm\n") == 0,
	      "no time");
	CHECK(strcmp(answers_to("list /tmp/*\n"), "fail EPERM /tmp/*\n") == 0, "no folder of others");
	CHECK(strcmp(answers_to("list /proc/self/cwd/*\n"), "fail EPERM /proc/self/cwd/*\n") == 0,
	      "not by a link of the kernel's either");
	CHECK(strcmp(answers_to("list /tmp\n"), "fail EPERM /tmp\n") == 0, "not even by name");
	CHECK(strstr(answers_to("list /proc/sys/net/ipv4/ip_forwar*\n"),
	             "name /proc/sys/net/ipv4/ip_forward\n"),
	      "one of the kernel's");
	CHECK(strcmp(answers_to("tree 10 1000000 /tmp\n"), "fail EPERM /tmp\n") == 0, "no tree of others");
	CHECK(strncmp(answers_to("mark a b\n"), "mark ", 5) == 0, "a mark");
	CHECK(strcmp(answers_to("route 127.0.0.2\n"),
	             "route 127.0.0.2 {\"interface\":\"lo\",\"source\":\"127.0.0.1\"}\n") == 0,
	      "the way to an address");
	CHECK(strcmp(answers_to("interface nonesuch\n"), "fail ENODEV interface nonesuch\n") == 0,
	      "no interface");
}

int main(void)
{
	CHECK(mkdtemp(folder) != NULL, "a folder");
	make("a");
	make("b9");
	make("b9/c");
	make("b10");
	make("b10/c");
	check_patterns();
	check_tree();
	check_orders();
	drop("b10/c");
	drop("b10");
	drop("b9/c");
	drop("b9");
	drop("a");
	CHECK(rmdir(folder) == 0, "nothing left");
	return 0;
}
