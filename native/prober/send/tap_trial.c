/* SPDX-License-Identifier: MIT */
#include <linux/if_ether.h>
#include <string.h>

#include "tap.h"

#define FIRST_NS 5000000000ll
#define AGAIN_NS 500000000ll
#define EVERY_NS 20000000000ll
#define ALIKE_LEAST 16 /* fewer packets that both saw prove nothing yet */
#define NOBODY_NS 20000000000ll /* … but where next to nothing comes, next to nothing can be missed */
#define LATE_ONLY_LEAST 3 /* one may be a packet that a full ring lost */

enum tap_view tap_trial_view(struct tap_trial *trial, enum tap_view view, int64_t now)
{
	int64_t length = trial->next == 0 ? FIRST_NS : AGAIN_NS;

	if (trial->over)
		return TAP_LATE;
	if (view == TAP_EARLY) {
		if (now < trial->next)
			return TAP_EARLY;
		*trial = (struct tap_trial){.began = now, .next = trial->next};
		return TAP_BOTH;
	}
	if (trial->began == 0)
		trial->began = now;
	if (trial->late_only >= LATE_ONLY_LEAST) {
		trial->over = true;
		return TAP_LATE;
	}
	if (now - trial->began < length)
		return TAP_BOTH;
	if (trial->late_only == 0 && (trial->alike >= ALIKE_LEAST || now - trial->began >= NOBODY_NS)) {
		trial->next = now + EVERY_NS;
		return TAP_EARLY;
	}
	if (trial->late_only > 0)
		*trial = (struct tap_trial){.began = now, .next = trial->next};
	return TAP_BOTH;
}

static size_t put(struct sock_filter *program, size_t at, uint32_t protocol, const struct sock_fprog *filter)
{
	const struct sock_filter own = BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, protocol, 1, 0);
	const struct sock_filter past = BPF_STMT(BPF_JMP | BPF_JA, filter->len);

	program[at++] = own;
	program[at++] = past;
	memcpy(program + at, filter->filter, filter->len * sizeof(*program));
	return at + filter->len;
}

size_t tap_filter(const struct tap_options *options, struct sock_filter program[TAP_FILTER_MAX])
{
	static const uint32_t protocols[2] = {ETH_P_IP, ETH_P_IPV6};
	const struct sock_filter protocol = BPF_STMT(BPF_LD | BPF_W | BPF_ABS, SKF_AD_OFF + SKF_AD_PROTOCOL);
	const struct sock_filter nothing = BPF_STMT(BPF_RET | BPF_K, 0);
	size_t length = 0;

	program[length++] = protocol;
	for (int i = 0; i < 2; i++) {
		/* A filter always returns, so what follows it still has the protocol loaded. */
		if (options->filters[i] != NULL)
			length = put(program, length, protocols[i], options->filters[i]);
	}
	program[length++] = nothing;
	return length;
}
