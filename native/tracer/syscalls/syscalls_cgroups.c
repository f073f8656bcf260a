/* SPDX-License-Identifier: MIT */
#include "syscalls_cgroups.h"
#include "syscalls_cgroup_processes.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILEID_KERNFS 0xfe
#define PATH_SIZE 504

/* `memory` → the number of memory_cgrp_id in this kernel; -2 when it has none of that name. */
static int subsystem_number(const struct btf *btf, const char *controller)
{
	int id = btf__find_by_name_kind(btf, "cgroup_subsys_id", BTF_KIND_ENUM);
	const struct btf_type *type = id < 0 ? NULL : btf__type_by_id(btf, (__u32)id);
	char name[80];

	if (type == NULL)
		return -2;
	/* Two of them go by another name in the kernel. */
	if (strcmp(controller, "blkio") == 0)
		controller = "io";
	snprintf(name, sizeof(name), "%s_cgrp_id", controller);
	for (int i = 0; i < btf_vlen(type); i++) {
		const struct btf_enum *member = &btf_enum(type)[i];

		if (strcmp(btf__name_by_offset(btf, member->name_off), name) == 0)
			return (int)member->val;
	}
	return -2;
}

/* A line of mountinfo: `30 26 0:27 / /sys/fs/cgroup/memory rw,… - cgroup cgroup rw,memory`. */
static void take_mount(struct cgroups *cgroups, const struct btf *btf, char *line)
{
	struct cgroup_mount *mount = &cgroups->mounts[cgroups->count];
	char root[256], path[128], type[16], options[256], *rest = strstr(line, " - "), *save = NULL;

	if (rest == NULL || cgroups->count == CGROUPS_MOUNTS ||
	    sscanf(line, "%*s %*s %*s %255s %127s", root, path) != 2 ||
	    sscanf(rest, " - %15s %*s %255s", type, options) != 2)
		return;
	if (strcmp(type, "cgroup2") != 0 && strcmp(type, "cgroup") != 0)
		return;
	*mount = (struct cgroup_mount){.version = type[6] == '2' ? 2 : 1, .subsystem = -1};
	snprintf(mount->path, sizeof(mount->path), "%s", path);
	if (mount->version == 1) {
		mount->subsystem = -2;
		for (char *word = strtok_r(options, ",", &save); word != NULL && mount->subsystem < 0;
		     word = strtok_r(NULL, ",", &save))
			mount->subsystem = subsystem_number(btf, word);
	}
	cgroups->count++;
}

void cgroups_read(struct cgroups *cgroups, const struct btf *btf)
{
	char line[2048];
	FILE *file = fopen("/proc/self/mountinfo", "re");
	int memory = subsystem_number(btf, "memory");

	cgroups->memory = -1;
	cgroups->subsystem = -1;
	cgroups->fd[0] = cgroups->fd[1] = -1;
	if (file == NULL)
		return;
	while (fgets(line, sizeof(line), file) != NULL)
		take_mount(cgroups, btf, line);
	fclose(file);
	for (int i = 0; i < cgroups->count; i++) {
		struct cgroup_mount *mount = &cgroups->mounts[i];
		int *fd = &cgroups->fd[mount->version - 1];

		if (mount->version == 1 && mount->subsystem != memory)
			continue;
		if (mount->version == 1)
			cgroups->memory = memory;
		if (*fd < 0)
			*fd = open(mount->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	}
}

void cgroups_close(struct cgroups *cgroups)
{
	for (int i = 0; i < 2; i++) {
		if (cgroups->count > 0 && cgroups->fd[i] >= 0)
			close(cgroups->fd[i]);
		cgroups->fd[i] = -1;
	}
	cgroups->count = 0;
}

/*
 * Folders of containers end in the container's number, which runtimes adorn: `/docker/<id>`,
 * `docker-<id>.scope`, `cri-containerd-<id>.scope`, `crio-<id>.scope`, `…:cri-containerd:<id>`.
 */
static bool is_container(const char *name, const char *wanted)
{
	size_t length = strcspn(name, "."), begin = length;

	while (begin > 0 && name[begin - 1] != '-' && name[begin - 1] != ':')
		begin--;
	return length - begin >= 32 && strspn(name + begin, "0123456789abcdef") == length - begin &&
	       strncmp(name + begin, wanted, strlen(wanted)) == 0;
}

/* `pod<uid>` of cgroupfs, `kubepods-burstable-pod<uid>.slice` of systemd, which has `_` for the uid's `-`. */
static bool is_pod(const char *name, const char *wanted)
{
	const char *uid = strstr(name, "pod");

	while (uid != NULL) {
		const char *a = uid + 3, *b = wanted;

		while (*b != '\0' && (*a == *b || (*a == '_' && *b == '-')))
			a++, b++;
		if (*b == '\0' && strlen(wanted) >= 6)
			return true;
		uid = strstr(uid + 3, "pod");
	}
	return false;
}

bool cgroups_is_meant(const struct selection *selection, const char *name)
{
	return selection->kind == SELECT_CONTAINER ? is_container(name, selection->text)
	       : selection->kind == SELECT_POD     ? is_pod(name, selection->text)
	                                           : false;
}

/* nftw hands its visitor nothing of ours. */
static struct {
	const struct syscalls_options *options;
	int roots, found;
	uint32_t refused; /* found, but the map has no room */
} walk;

static void take_root(uint64_t id)
{
	uint8_t yes = 1;

	if (walk.roots < 0 || bpf_map_update_elem(walk.roots, &id, &yes, BPF_ANY) == 0)
		walk.found++;
	else
		walk.refused++;
}

static int visit(const char *path, const struct stat *status, int type, struct FTW *place)
{
	const char *name = path + place->base;

	if (type != FTW_D)
		return FTW_CONTINUE;
	for (uint32_t i = 0; i < walk.options->selection_count; i++) {
		if (cgroups_is_meant(&walk.options->selections[i], name)) {
			take_root(status->st_ino);
			/* What is below it comes with it. */
			return FTW_SKIP_SUBTREE;
		}
	}
	return FTW_CONTINUE;
}

/* A folder may be given as it stands in the file system, or from the root of its hierarchy. */
static void take_folder(const struct cgroup_mount *mount, const char *text)
{
	char path[512];
	struct stat status;
	size_t length = strlen(mount->path);
	bool whole = strncmp(text, mount->path, length) == 0 && (text[length] == '/' || text[length] == '\0');

	snprintf(path, sizeof(path), "%s%s%s", whole ? "" : mount->path, text[0] == '/' ? "" : "/", text);
	if (stat(path, &status) == 0 && S_ISDIR(status.st_mode))
		take_root(status.st_ino);
}

static int search(const struct cgroup_mount *mount, const struct syscalls_options *options, int roots)
{
	bool by_name = false;

	walk.options = options;
	walk.roots = roots;
	walk.found = 0;
	walk.refused = 0;
	for (uint32_t i = 0; i < options->selection_count; i++) {
		if (options->selections[i].kind == SELECT_CGROUP)
			take_folder(mount, options->selections[i].text);
		else
			by_name = true;
	}
	if (by_name)
		nftw(mount->path, visit, 16, FTW_PHYS | FTW_MOUNT | FTW_ACTIONRETVAL);
	return walk.found;
}

static const struct cgroup_mount *mount_of(const struct cgroups *cgroups, int subsystem)
{
	for (int i = 0; i < cgroups->count; i++) {
		if (cgroups->mounts[i].subsystem == subsystem)
			return &cgroups->mounts[i];
	}
	return NULL;
}

int cgroups_select(struct cgroups *cgroups, const struct syscalls_options *options, int roots)
{
	const struct cgroup_mount *mount = mount_of(cgroups, cgroups->subsystem);

	if (cgroups->by_process)
		return cgroup_processes_select(options, cgroups->processes, &cgroups->refused);

	int found = mount == NULL ? 0 : search(mount, options, roots);

	cgroups->refused = mount == NULL ? 0 : walk.refused;
	return found;
}

bool cgroups_settle(struct cgroups *cgroups, const struct syscalls_options *options, struct problem *problem)
{
	const struct cgroup_mount *unified = mount_of(cgroups, -1);
	const char *text = options->selections[0].text;

	/* Where runtimes use v1, v2 is often mounted as well, but holds no containers. */
	if (unified != NULL && search(unified, options, -1) > 0) {
		cgroups->subsystem = -1;
		return true;
	}
	for (int pass = 0; pass < 2; pass++) {
		for (int i = 0; i < cgroups->count; i++) {
			const struct cgroup_mount *mount = &cgroups->mounts[i];

			if (mount->subsystem < 0 || (pass == 0) != (mount->subsystem == cgroups->memory) ||
			    search(mount, options, -1) == 0)
				continue;
			cgroups->subsystem = mount->subsystem;
			return true;
		}
	}
	/* Which processes are followed beside is asked for by number then. */
	if (options->pid_count == 0 && options->command == 0 &&
	    cgroup_processes_select(options, -1, &cgroups->refused) > 0) {
		cgroups->by_process = true;
		return true;
	}
	if (options->selections[0].kind == SELECT_CGROUP)
		return problem_set(
		        problem, "E_NO_CGROUP", EXIT_SYSTEM, -1,
		        "name a folder below /sys/fs/cgroup, whole or from the root of its hierarchy; "
		        "/proc/PID/cgroup tells that of a process",
		        "no cgroup %.120s in any of the %d hierarchies of this machine", text,
		        cgroups->count);
	return problem_set(
	        problem, "E_NO_CGROUP", EXIT_SYSTEM, -1,
	        options->selections[0].kind == SELECT_POD
	                ? "give the uid: kubectl get pod NAME -o jsonpath={.metadata.uid}"
	                : "give the beginning of the container's id, as docker ps or crictl ps print it",
	        "no cgroup of this machine is that of %s %.120s",
	        options->selections[0].kind == SELECT_POD ? "pod" : "container", text);
}

static bool path_of(const struct cgroups *cgroups, uint64_t id, int version, char *path, size_t size)
{
	union {
		struct file_handle handle;
		unsigned char room[sizeof(struct file_handle) + sizeof(uint64_t)];
	} file = {.handle = {.handle_bytes = sizeof(uint64_t), .handle_type = FILEID_KERNFS}};
	const struct cgroup_mount *mount = mount_of(cgroups, version == 2 ? -1 : cgroups->memory);
	char link[64], whole[768];
	size_t skip;
	ssize_t length;
	int fd;

	if (mount == NULL || cgroups->fd[version - 1] < 0)
		return false;
	memcpy(file.room + offsetof(struct file_handle, f_handle), &id, sizeof(id));
	fd = open_by_handle_at(cgroups->fd[version - 1], &file.handle, O_PATH | O_CLOEXEC);
	if (fd < 0)
		return false;
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	length = readlink(link, whole, sizeof(whole) - 1);
	close(fd);
	if (length <= 0)
		return false;
	whole[length] = '\0';
	skip = strlen(mount->path);
	if (strncmp(whole, mount->path, skip) != 0)
		skip = 0;
	snprintf(path, size, "%s", whole[skip] == '\0' ? "/" : whole + skip);
	return true;
}

/* What /proc tells of a process, for a cgroup that has been removed or is out of sight. */
static bool path_of_process(uint32_t pid, int version, char *path, size_t size)
{
	char name[64], line[1024];
	bool found = false;
	FILE *file;

	snprintf(name, sizeof(name), "/proc/%u/cgroup", pid);
	file = pid == 0 ? NULL : fopen(name, "re");
	if (file == NULL)
		return false;
	while (!found && fgets(line, sizeof(line), file) != NULL) {
		char *controllers = strchr(line, ':'), *rest;

		rest = controllers == NULL ? NULL : strchr(controllers + 1, ':');
		if (rest == NULL)
			continue;
		*rest++ = '\0';
		if (version == 2 ? controllers[1] != '\0' : strstr(controllers, "memory") == NULL)
			continue;
		rest[strcspn(rest, "\n")] = '\0';
		snprintf(path, size, "%s", rest);
		found = true;
	}
	fclose(file);
	return found;
}

void cgroups_tell(struct cgroups *cgroups, struct frames *frames, uint64_t id, int version, uint32_t pid)
{
	struct rxray_frame_cgroup_name record = {.cgroup = id, .version = (uint8_t)version};
	/* Numbers of the hierarchies overlap, so the version is part of the key. */
	uint64_t key = id << 1 | (version == 2);
	uint64_t *slot = &cgroups->told[(key * 0x9e3779b97f4a7c15ull) >> 50 & (CGROUPS_TOLD - 1)];
	char path[PATH_SIZE];

	if (id == 0 || *slot == key)
		return;
	*slot = key;
	if (!path_of(cgroups, id, version, path, sizeof(path)) &&
	    !path_of_process(pid, version, path, sizeof(path)))
		return;
	memcpy(record.path, path, strnlen(path, sizeof(record.path) - 1));
	frames_block(frames, RXRAY_RECORD_CGROUP_NAME, sizeof(record), &record, 1);
}
