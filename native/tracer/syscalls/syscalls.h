/* SPDX-License-Identifier: MIT */
#ifndef RXRAY_SYSCALLS_H
#define RXRAY_SYSCALLS_H

/* What syscalls.bpf.c and the C files of `trace syscalls` share. */
#include <linux/types.h>

#define SYSCALLS_CPUS 1024
#define SYSCALLS_NUMBERS 512
#define SYSCALLS_NAME 16
#define SYSCALLS_PATH 1024 /* room for the parts of a path, innermost first, each ended by a zero byte */
#define SYSCALLS_PART 128 /* longest part */
#define SYSCALLS_DEEPEST 24
#define SYSCALLS_FRAMES 64
#define SYSCALLS_BUCKETS 136
#define SYSCALLS_RING 4096 /* records a cgroup; a power of 2 */
#define SYSCALLS_RINGS 256
#define SYSCALLS_NO_RING 0xffffu

/* In the number of a call: it was made through the 32-bit interface, which numbers calls otherwise. */
#define SYSCALLS_COMPAT 0x80000000u

enum syscalls_state { SYSCALLS_UNKNOWN, SYSCALLS_ON, SYSCALLS_OFF };

/* What a CPU knows of the task that runs on it; a cache line, so that CPUs do not disturb each other. */
struct syscalls_slot {
	__u64 began_ns; /* of the call that the task is in; 0: in none that is traced */
	__u64 ticks; /* jiffies then */
	__u32 call;
	__u32 tgid;
	__u8 state; /* enum syscalls_state */
	__u8 left; /* the task was switched out within the call: `parked` knows it */
	__u16 ring;
	__u32 tid;
	__u64 begun, calls; /* traced calls that began on this CPU, and that returned on it */
	__u64 cgroup;
	__u64 task; /* address of the one that all this is about */
};

/* A task that was switched out within a traced call. */
struct syscalls_parked {
	__u64 began_ns; /* 0: it is in none by now */
	__u64 off_ns; /* when it was switched out; 0: it runs */
	__u64 woken_ns; /* when it was woken since; 0: it was not */
	__u64 waiting_ns, sleeping_ns;
	__u64 longest_ns; /* longest time off the CPU, whose stack is kept */
	__u64 cgroup;
	__u64 cgroup1, cgroup2; /* at its first call */
	__u32 call;
	__u32 tgid;
	__u16 ring;
	__u8 asleep; /* went to sleep, else it was made to leave */
	__u8 depth; /* of the stack kept */
	__u8 depth_now; /* of the stack at the last leave */
	__u8 uncertain; /* it may be the same call made again: it ran in between, and nobody saw it return */
	__u8 captured; /* `captured` has what is to be told of it */
	__u8 vain; /* suspicions that proved wrong, one after the other */
	__u8 user_depth, user_depth_now; /* the same of the stacks in user space, in the sparing mode */
	char name[SYSCALLS_NAME];
	/* Of these the exact mode knows nothing. */
	__u64 sure_ns; /* one and the same call since then; 0: nobody knows */
	__u64 longest_from_ns, longest_asleep_ns; /* of the longest time off the CPU */
	__u64 in_ns; /* on a CPU again since then; 0: it has not left it */
	__u64 seen_ns; /* in this call last then */
	__u64 spared_until_ns,
	        spare_ns; /* not suspected before that, as it was in vain; and how long next time */
	__u64 arguments[6];
};

/* What the last sample of a CPU saw. */
struct syscalls_seen {
	__u64 task;
	__u64 first_ns, last_ns; /* in this call, in samples one behind the other */
	__u64 arguments[3];
	__u32 call;
	__u32 reserved;
};

struct syscalls_stacks {
	__u64 kept[SYSCALLS_FRAMES], now[SYSCALLS_FRAMES];
	__u64 user_kept[SYSCALLS_FRAMES], user_now[SYSCALLS_FRAMES]; /* in the sparing mode */
};

/* Of one call in one process on one CPU; user space adds the CPUs up. */
struct syscalls_key {
	__u32 tgid;
	__u32 call;
	__u32 cpu;
};

struct syscalls_totals {
	__u64 count, errors, total_ns, longest_ns;
	__u64 cgroup1, cgroup2;
	char name[SYSCALLS_NAME];
	__u32 buckets[SYSCALLS_BUCKETS];
};

enum syscalls_event { SYSCALLS_CALL = 1, SYSCALLS_STACK, SYSCALLS_SUSPECT };

/* How a call is known. */
enum syscalls_proof { SYSCALLS_SEEN, SYSCALLS_SAMPLED, SYSCALLS_UNPROVEN };

struct syscalls_call {
	__u32 event;
	__u32 call;
	__u64 began_ns, ended_ns;
	__u64 waiting_ns, sleeping_ns;
	__s64 result;
	__u64 arguments[6];
	__u64 cgroup1, cgroup2, cgroup;
	__u32 tid, tgid;
	__u32 cpu;
	__u16 ring;
	__u8 trigger; /* slow enough to ask for what the flight recorder has */
	__u8 parts; /* of the path of the descriptor */
	__u32 proof; /* enum syscalls_proof */
	__u32 reserved;
	char name[SYSCALLS_NAME], process[SYSCALLS_NAME];
	char file_system[16];
	char path[SYSCALLS_PATH]; /* of the descriptor */
	char text[256]; /* the path that the call was given */
};

struct syscalls_stack {
	__u32 event;
	__u32 tid, tgid;
	__u8 user;
	__u8 depth;
	__u16 reserved;
	__u64 began_ns;
	__u64 addresses[SYSCALLS_FRAMES];
};

/* Of the flight recorder: one call that returned. */
struct syscalls_record {
	__u64 began_ns; /* 0: never written */
	__u64 length_ns;
	__s64 result;
	__u64 arguments[3];
	__u32 call, tid;
	__u32 tgid, turn; /* which writing of the ring this is, so that one being overwritten is noticed */
	char name[SYSCALLS_NAME];
};

/* A cgroup that the flight recorder has a ring for. */
struct syscalls_cgroup {
	__u64 id;
	__u64 head; /* records ever written */
};

#endif
