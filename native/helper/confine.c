/* SPDX-License-Identifier: MIT */
#include "confine.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef SECCOMP_FILTER_FLAG_SPEC_ALLOW
#define SECCOMP_FILTER_FLAG_SPEC_ALLOW (1UL << 2)
#endif

#if defined(__x86_64__)
#define ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define ARCHITECTURE AUDIT_ARCH_AARCH64
#else
#error "no system call numbers are known for this architecture"
#endif

#define INSTRUCTIONS_MOST 512
#define X32_BIT 0x40000000u /* the second set of numbers that x86-64 has */

/* What is looked at beside the number. */
enum check { ANY, READ_ONLY, QUESTIONS_ONLY };

static const struct allowed {
	int number;
	unsigned work; /* any of these needs it; 0: all helpers do */
	enum check check;
} allowed[] = {
        /* The loop, in the order of how often. */
        {__NR_ppoll, 0, ANY},
        {__NR_sendmmsg, CONFINE_SENDS, ANY},
        {__NR_recvmmsg, CONFINE_SENDS, ANY},
        {__NR_bpf, CONFINE_USES_BPF, ANY},
        {__NR_pread64, 0, ANY},
        {__NR_read, 0, ANY},
        {__NR_write, 0, ANY},
        {__NR_writev, 0, ANY},
        {__NR_clock_nanosleep, 0, ANY},
        {__NR_nanosleep, 0, ANY},
        {__NR_futex, 0, ANY},
        {__NR_getcpu, 0, ANY},
        {__NR_clock_gettime, 0, ANY}, /* where the vDSO cannot read the clock */
        {__NR_getrusage, 0, ANY},
        {__NR_getsockopt, 0, ANY},
        {__NR_setsockopt, 0, ANY},
        {__NR_sendto, CONFINE_SENDS | CONFINE_ASKS_NETLINK, ANY},
        {__NR_close, 0, ANY},
        /* Memory, signals and the end. */
        {__NR_brk, 0, ANY},
        {__NR_mmap, 0, ANY},
        {__NR_munmap, 0, ANY},
        {__NR_mremap, 0, ANY},
        {__NR_madvise, 0, ANY},
        {__NR_mprotect, 0, ANY},
        {__NR_rt_sigreturn, 0, ANY},
        {__NR_rt_sigaction, 0, ANY},
        {__NR_rt_sigprocmask, 0, ANY},
        {__NR_restart_syscall, 0, ANY},
        {__NR_fcntl, 0, ANY},
        {__NR_fstat, 0, ANY},
        {__NR_sched_yield, 0, ANY},
        {__NR_getpid, 0, ANY},
        /* Whose eyes it is: refused, it would be (uid_t)-1, and root be told nothing of any process. */
        {__NR_getuid, 0, ANY},
        {__NR_getppid, 0, ANY},
        {__NR_gettid, 0, ANY},
        {__NR_tgkill, 0, ANY}, /* abort() */
        {__NR_getrandom, 0, ANY}, /* the memory allocator */
        {__NR_exit, 0, ANY},
        {__NR_exit_group, 0, ANY},
#ifdef __NR_poll
        {__NR_poll, 0, ANY},
#endif
        /* /proc and /sys. */
        {__NR_openat, CONFINE_READS_FILES, READ_ONLY},
        {__NR_getdents64, CONFINE_READS_FILES, ANY},
        {__NR_readlinkat, CONFINE_READS_FILES, ANY},
        {__NR_newfstatat, CONFINE_READS_FILES, ANY},
        {__NR_statx, CONFINE_READS_FILES, ANY},
        {__NR_fstatfs, CONFINE_READS_FILES, ANY},
        {__NR_statfs, CONFINE_READS_FILES, ANY},
        {__NR_faccessat, CONFINE_READS_FILES, ANY},
        {__NR_lseek, CONFINE_READS_FILES, ANY},
        {__NR_uname, CONFINE_READS_FILES, ANY},
#ifdef __NR_open
        {__NR_open, CONFINE_READS_FILES, READ_ONLY},
        {__NR_readlink, CONFINE_READS_FILES, ANY},
        {__NR_access, CONFINE_READS_FILES, ANY},
        {__NR_stat, CONFINE_READS_FILES, ANY},
        {__NR_lstat, CONFINE_READS_FILES, ANY},
#endif
        {__NR_sched_getaffinity, CONFINE_READS_FILES | CONFINE_STARTS_THREADS, ANY},
        /* Threads, each on its CPU. */
        {__NR_clone, CONFINE_STARTS_THREADS, ANY},
        {__NR_clone3, CONFINE_STARTS_THREADS, ANY},
        {__NR_set_robust_list, CONFINE_STARTS_THREADS, ANY},
        {__NR_rseq, CONFINE_STARTS_THREADS, ANY},
        {__NR_sched_setscheduler, CONFINE_STARTS_THREADS, ANY},
        {__NR_sched_setaffinity, CONFINE_STARTS_THREADS, ANY},
        {__NR_prlimit64, CONFINE_STARTS_THREADS, ANY},
        /* Questions about interfaces. */
        {__NR_socket, CONFINE_ASKS_NETLINK | CONFINE_USES_BPF, QUESTIONS_ONLY},
        {__NR_bind, CONFINE_ASKS_NETLINK | CONFINE_SENDS, ANY}, /* also where a packet socket looks */
        {__NR_recvfrom, CONFINE_ASKS_NETLINK, ANY},
        {__NR_recvmsg, CONFINE_ASKS_NETLINK, ANY},
        {__NR_sendmsg, CONFINE_ASKS_NETLINK, ANY},
        /* Events of BPF programs; cgroups are found by the numbers that these carry. */
        {__NR_open_by_handle_at, CONFINE_USES_BPF, READ_ONLY},
        {__NR_epoll_pwait, CONFINE_USES_BPF, ANY},
        {__NR_ioctl, CONFINE_USES_BPF | CONFINE_ASKS_NETLINK, ANY},
        {__NR_epoll_ctl, CONFINE_USES_BPF, ANY},
#ifdef __NR_epoll_wait
        {__NR_epoll_wait, CONFINE_USES_BPF, ANY},
#endif
};

struct program {
	struct sock_filter code[INSTRUCTIONS_MOST];
	unsigned short length;
};

static void emit(struct program *program, uint16_t code, uint32_t operand, uint8_t yes, uint8_t no)
{
	program->code[program->length++] =
	        (struct sock_filter){.code = code, .jt = yes, .jf = no, .k = operand};
}

static void load(struct program *program, size_t offset)
{
	emit(program, BPF_LD | BPF_W | BPF_ABS, (uint32_t)offset, 0, 0);
}

static void give(struct program *program, uint32_t verdict)
{
	emit(program, BPF_RET | BPF_K, verdict, 0, 0);
}

/* The low half of an argument: all that the kernel takes of one that is an int. */
static size_t argument(unsigned index)
{
	return offsetof(struct seccomp_data, args) + 8 * index;
}

/* Of open() the flags are the second argument, of those that begin at a folder the third. */
static unsigned place_of_flags(int number)
{
	return number == __NR_openat || number == __NR_open_by_handle_at ? 2 : 1;
}

static void allow(struct program *program, const struct allowed *call)
{
	switch (call->check) {
	case ANY:
		emit(program, BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)call->number, 0, 1);
		give(program, SECCOMP_RET_ALLOW);
		return;
	case READ_ONLY:
		emit(program, BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)call->number, 0, 4);
		load(program, argument(place_of_flags(call->number)));
		emit(program, BPF_JMP | BPF_JSET | BPF_K, O_ACCMODE | O_CREAT | O_TRUNC | O_APPEND, 0, 1);
		give(program, SECCOMP_RET_ERRNO | EPERM);
		give(program, SECCOMP_RET_ALLOW);
		return;
	case QUESTIONS_ONLY:
		/* By a UNIX socket that nobody is at the other end of libc asks for the names of interfaces.
		 */
		emit(program, BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)call->number, 0, 5);
		load(program, argument(0));
		emit(program, BPF_JMP | BPF_JEQ | BPF_K, AF_NETLINK, 2, 0);
		emit(program, BPF_JMP | BPF_JEQ | BPF_K, AF_UNIX, 1, 0);
		give(program, SECCOMP_RET_ERRNO | EPERM);
		give(program, SECCOMP_RET_ALLOW);
		return;
	}
}

static void make_program(struct program *program, unsigned work)
{
	load(program, offsetof(struct seccomp_data, arch));
	emit(program, BPF_JMP | BPF_JEQ | BPF_K, ARCHITECTURE, 1, 0);
	give(program, SECCOMP_RET_KILL_PROCESS);
	load(program, offsetof(struct seccomp_data, nr));
	emit(program, BPF_JMP | BPF_JGE | BPF_K, X32_BIT, 0, 1);
	give(program, SECCOMP_RET_KILL_PROCESS);
	for (size_t i = 0; i < sizeof(allowed) / sizeof(allowed[0]); i++) {
		if (allowed[i].work == 0 || (allowed[i].work & work) != 0)
			allow(program, &allowed[i]);
	}
	give(program, SECCOMP_RET_ERRNO | EPERM);
}

static bool keep_capabilities(uint64_t keep)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct sets[2];

	if (syscall(SYS_capget, &header, sets) != 0)
		return false;
	for (int i = 0; i < 2; i++) {
		uint32_t mask = (uint32_t)(keep >> (32 * i));

		sets[i].permitted &= mask;
		sets[i].effective = sets[i].permitted;
		sets[i].inheritable = 0;
	}
	return syscall(SYS_capset, &header, sets) == 0;
}

bool confine(uint64_t keep, unsigned work)
{
	struct program program = {.length = 0};
	struct sock_fprog filter = {.filter = program.code};

	make_program(&program, work);
	filter.len = program.length;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || !keep_capabilities(keep))
		return false;
	/* Threads there are by now come under it too. Other measures against speculation than this machine
	 * has by default would cost time and protect nothing here. */
	return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
	               SECCOMP_FILTER_FLAG_TSYNC | SECCOMP_FILTER_FLAG_SPEC_ALLOW, &filter) == 0;
}
