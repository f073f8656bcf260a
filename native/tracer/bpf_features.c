/* SPDX-License-Identifier: MIT */
#include "bpf_features.h"

#include <bpf/bpf.h>
#include <linux/bpf.h>
#include <stddef.h>
#include <unistd.h>

bool bpf_features_fetching_atomics(void)
{
	/* *(u64 *)(r10 - 8) = 0; r0 = 1; r0 = fetch_and_add(r10 - 8, r0); return r0 */
	static const struct bpf_insn program[] = {
	        {.code = BPF_ST | BPF_MEM | BPF_DW, .dst_reg = BPF_REG_10, .off = -8},
	        {.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = 1},
	        {.code = BPF_STX | BPF_ATOMIC | BPF_DW,
	         .dst_reg = BPF_REG_10,
	         .src_reg = BPF_REG_0,
	         .off = -8,
	         .imm = BPF_ADD | BPF_FETCH},
	        {.code = BPF_JMP | BPF_EXIT},
	};
	int fd = bpf_prog_load(BPF_PROG_TYPE_RAW_TRACEPOINT, "try", "GPL", program,
	                       sizeof(program) / sizeof(program[0]), NULL);

	if (fd < 0)
		return false;
	close(fd);
	return true;
}
