/* SPDX-License-Identifier: MIT */
#ifndef RXRAY_TWIN_BPF_H
#define RXRAY_TWIN_BPF_H

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

/*
 * One handler, two programs: `tp_btf` where the kernel has it, `raw_tp` where it has not; hooks.c loads one
 * of the two. The handler gets the arguments of the tracepoint as an array, and reads what they point to with
 * BPF_CORE_READ, which both allow:
 *
 *     TWIN(softirq_raise, arguments)
 *     {
 *             unsigned int vec = (unsigned int)arguments[0];
 *             …
 *     }
 */
#define TWIN(tracepoint, arguments)                                                                          \
	static __always_inline void on_##tracepoint(void *context, __u64 *arguments);                        \
	SEC("tp_btf/" #tracepoint)                                                                           \
	int tracepoint##_btf(__u64 *context)                                                                 \
	{                                                                                                    \
		on_##tracepoint(context, context);                                                           \
		return 0;                                                                                    \
	}                                                                                                    \
	SEC("raw_tp/" #tracepoint)                                                                           \
	int tracepoint##_raw(__u64 *context)                                                                 \
	{                                                                                                    \
		on_##tracepoint(context, context);                                                           \
		return 0;                                                                                    \
	}                                                                                                    \
	static __always_inline void on_##tracepoint(void *context __attribute__((unused)), __u64 *arguments)

#endif
