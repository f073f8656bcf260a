/* SPDX-License-Identifier: MIT */
#include "rules.h"

/* The kernel's headers give way to it where it comes first. */
#include <netinet/in.h>

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter_ipv4/ip_tables.h>
#include <linux/netfilter_ipv6/ip6_tables.h>
#include <linux/netlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "json.h"
#include "netlink_dump.h"
#include "small_file.h"

#define COUNTING_NS 300000000 /* of CPU time: a dump of hundreds of thousands of rules is given up then */
#define AT_WORK_MOST 16

/* Rules of nftables, which come chain by chain. */
struct count {
	uint64_t rules, here, longest;
	char chain[NFT_NAME_MAXLEN], longest_chain[NFT_NAME_MAXLEN];
};

static const char *const tables_of[] = {"raw", "mangle", "nat", "filter", "security"};
#define TABLES (sizeof(tables_of) / sizeof(*tables_of))

/* A table that is asked about is made where its module is loaded: only those that are there already. */
static bool is_table(const char *names, const char *table)
{
	const char *at = strstr(names, table);
	size_t length = strlen(table);

	return at != NULL && (at == names || at[-1] == '\n') && (at[length] == '\n' || at[length] == '\0');
}

/* How many rules a table of the old iptables has; -1 where it is not there, -2 where it may not be asked. */
static int64_t rules_of(int fd, bool ipv6, const char *table)
{
	struct ipt_getinfo info = {0}; /* ip6t_getinfo is alike */
	socklen_t size = sizeof(info);

	snprintf(info.name, sizeof(info.name), "%s", table);
	if (getsockopt(fd, ipv6 ? IPPROTO_IPV6 : IPPROTO_IP, ipv6 ? IP6T_SO_GET_INFO : IPT_SO_GET_INFO, &info,
	               &size) == 0)
		return info.num_entries;
	return errno == EPERM ? -2 : -1;
}

static void add_tables(struct json *json, bool ipv6)
{
	const char *file = ipv6 ? "/proc/net/ip6_tables_names" : "/proc/net/ip_tables_names", *comma = "";
	char names[256] = "";
	int64_t rules[TABLES];
	bool denied = false;
	int fd;

	/* Not there, or empty, where iptables was never used in the old way. */
	if (access(file, R_OK) == 0)
		small_file_read(names, sizeof(names), "%s", file);
	else
		denied = errno != ENOENT;
	fd = names[0] == '\0' ? -1 : socket(ipv6 ? AF_INET6 : AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW);
	denied = denied || (names[0] != '\0' && fd < 0);
	for (size_t i = 0; i < TABLES; i++) {
		rules[i] = fd >= 0 && is_table(names, tables_of[i]) ? rules_of(fd, ipv6, tables_of[i]) : -1;
		denied = denied || rules[i] == -2;
	}
	if (fd >= 0)
		close(fd);
	if (denied) {
		json_add(json, "null");
		return;
	}
	json_add(json, "{");
	for (size_t i = 0; i < TABLES; i++) {
		if (rules[i] < 0)
			continue;
		json_add(json, "%s\"%s\":%" PRId64, comma, tables_of[i], rules[i]);
		comma = ",";
	}
	json_add(json, "}");
}

/* The text of an attribute of a message of nftables, or NULL. */
static const char *text_of(const struct nlmsghdr *header, unsigned wanted)
{
	const char *at = (const char *)NLMSG_DATA(header) + NLMSG_ALIGN(sizeof(struct nfgenmsg));
	const char *end = (const char *)header + header->nlmsg_len;

	while (at + sizeof(struct nlattr) <= end) {
		const struct nlattr *attribute = (const void *)at;

		if (attribute->nla_len < sizeof(*attribute) || at + attribute->nla_len > end)
			return NULL;
		if ((attribute->nla_type & NLA_TYPE_MASK) == wanted &&
		    attribute->nla_len > sizeof(*attribute) && at[attribute->nla_len - 1] == '\0')
			return at + sizeof(*attribute);
		at += NLA_ALIGN(attribute->nla_len);
	}
	return NULL;
}

static void take_rule(void *context, const struct nlmsghdr *header)
{
	struct count *count = context;
	const char *chain = text_of(header, NFTA_RULE_CHAIN);

	count->rules++;
	if (chain == NULL)
		return;
	if (strncmp(count->chain, chain, sizeof(count->chain) - 1) != 0) {
		snprintf(count->chain, sizeof(count->chain), "%s", chain);
		count->here = 0;
	}
	if (++count->here > count->longest) {
		count->longest = count->here;
		memcpy(count->longest_chain, count->chain, sizeof(count->chain));
	}
}

static enum dump ask(struct count *count, int fd, uint8_t family)
{
	struct {
		struct nlmsghdr header;
		struct nfgenmsg about;
	} asked = {.header = {.nlmsg_len = sizeof(asked),
	                      .nlmsg_type = NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_GETRULE,
	                      .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP},
	           .about = {.nfgen_family = family}};

	count->chain[0] = '\0';
	return netlink_dump(fd, &asked.header, COUNTING_NS, take_rule, count);
}

/* Rules of the table family `inet` hold for both. */
static void add_nftables(struct json *json, bool ipv6)
{
	struct count count = {0};
	bool known = true, complete = true;
	const uint8_t families[] = {ipv6 ? NFPROTO_IPV6 : NFPROTO_IPV4, NFPROTO_INET};

	for (size_t i = 0; known && i < sizeof(families); i++) {
		/* A dump that was given up goes on in its socket. */
		int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER);
		enum dump dump = fd >= 0 ? ask(&count, fd, families[i]) : DUMP_FAILED;

		known = dump != DUMP_FAILED;
		complete = complete && dump == DUMP_COMPLETE;
		if (fd >= 0)
			close(fd);
	}
	if (!known) {
		json_add(json, "null");
		return;
	}
	json_add(json,
	         "{\"rules\":%" PRIu64 ",\"complete\":%s,\"longest\":%" PRIu64 ",\"chain\":", count.rules,
	         complete ? "true" : "false", count.longest);
	json_string(json, count.longest_chain);
	json_add(json, "}");
}

static bool changes_rules(const char *name)
{
	static const char *const names[] = {"iptables", "ip6tables", "xtables", "ebtables", "arptables"};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		if (strncmp(name, names[i], strlen(names[i])) == 0)
			return true;
	}
	return strcmp(name, "nft") == 0;
}

/* Since when a process runs, in nanoseconds, by field 22 of proc_pid_stat(5); -1 where it is gone. */
static int64_t age_of(int pid)
{
	char text[1024];
	const char *at;
	unsigned long long started;
	struct timespec now;

	if (!small_file_read(text, sizeof(text), "/proc/%d/stat", pid) || (at = strrchr(text, ')')) == NULL ||
	    clock_gettime(CLOCK_BOOTTIME, &now) != 0)
		return -1;
	/* The state is field 3, and the first behind the name. */
	for (int field = 3; field < 23 && (at = strchr(at, ' ')) != NULL; field++)
		at++;
	if (at == NULL || sscanf(at, "%llu", &started) != 1)
		return -1;
	return now.tv_sec * 1000000000ll + now.tv_nsec -
	       (int64_t)(started * (1000000000ull / (unsigned long long)sysconf(_SC_CLK_TCK)));
}

static void add_at_work(struct json *json)
{
	DIR *processes = opendir("/proc");
	const struct dirent *process;
	int found = 0;

	json_add(json, "[");
	while (processes != NULL && found < AT_WORK_MOST && (process = readdir(processes)) != NULL) {
		int pid = atoi(process->d_name);
		char name[32] = "";
		int64_t age;

		if (pid <= 0 || !small_file_read(name, sizeof(name), "/proc/%d/comm", pid))
			continue;
		name[strcspn(name, "\n")] = '\0';
		if (!changes_rules(name) || (age = age_of(pid)) < 0)
			continue;
		json_add(json, "%s{\"process\":%d,\"name\":", found++ > 0 ? "," : "", pid);
		json_string(json, name);
		json_add(json, ",\"ageNs\":%" PRId64 "}", age);
	}
	if (processes != NULL)
		closedir(processes);
	json_add(json, "]");
}

void rules_answer(FILE *answers, bool ipv6)
{
	struct json *json = json_new();
	const char *family = ipv6 ? "ipv6" : "ipv4";

	if (json == NULL) {
		fprintf(answers, "rules %s null\n", family);
		return;
	}
	json_add(json, "{\"tables\":");
	add_tables(json, ipv6);
	json_add(json, ",\"nftables\":");
	add_nftables(json, ipv6);
	json_add(json, ",\"atWork\":");
	add_at_work(json);
	json_add(json, "}");
	fprintf(answers, "rules %s %s\n", family, json->text);
	json_free(json);
}
