/* SPDX-License-Identifier: MIT */
/* What the spinning program is told and what it measured. */
#ifndef RXRAY_LAB_SPIN_H
#define RXRAY_LAB_SPIN_H

#define SPIN_MAX_GAPS 32

struct spin_run {
	__u64 length_ns;
	__u64 gap_ns; /* longer pauses between two looks at the clock are noted */
	__u64 start_ns;
	__u64 end_ns;
	__u32 gap_count;
	__u32 reserved;
	__u64 gaps[SPIN_MAX_GAPS][2];
};

#endif
