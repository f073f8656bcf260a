/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "check.h"
#include "classic_bpf.h"
#include "tap.h"

#define S 1000000000ll

/* What a trial of five seconds, and those after it, lead to. */
static const struct {
	const char *what;
	uint32_t alike, late_only;
	enum tap_view view;
} trials[] = {
        {"both saw all there was", 100, 0, TAP_EARLY},
        {"too little came to tell", 15, 0, TAP_BOTH},
        {"a packet that a full ring may have lost", 100, 2, TAP_BOTH},
        {"what only the later place shows", 100, 3, TAP_LATE},
        {"nothing at all at the earlier place", 0, 100, TAP_LATE},
};

static void check_trials(void)
{
	for (size_t i = 0; i < COUNT(trials); i++) {
		struct tap_trial trial = {0};

		CHECK_EQUAL(tap_trial_view(&trial, TAP_BOTH, S), TAP_BOTH, "it begins");
		trial.alike = trials[i].alike;
		CHECK_EQUAL(tap_trial_view(&trial, TAP_BOTH, 5 * S), TAP_BOTH, "it is not over yet");
		trial.late_only = trials[i].late_only;
		CHECK_EQUAL(tap_trial_view(&trial, TAP_BOTH, 6 * S), trials[i].view, trials[i].what);
	}
}

static void check_again(void)
{
	struct tap_trial trial = {.began = S, .alike = 100};

	CHECK_EQUAL(tap_trial_view(&trial, TAP_BOTH, 6 * S), TAP_EARLY, "the first is over");
	CHECK_EQUAL(tap_trial_view(&trial, TAP_EARLY, 25 * S), TAP_EARLY, "nothing to do for a while");
	CHECK_EQUAL(tap_trial_view(&trial, TAP_EARLY, 26 * S), TAP_BOTH, "the next, after 20 s");
	trial.alike = 16;
	CHECK_EQUAL(tap_trial_view(&trial, TAP_BOTH, 26 * S + S / 2), TAP_EARLY, "takes half a second");
	trial.next = 1; /* as tap_doubt() has it */
	CHECK_EQUAL(tap_trial_view(&trial, TAP_EARLY, 27 * S), TAP_BOTH, "losses begin one at once");
	trial.late_only = 3;
	CHECK_EQUAL(tap_trial_view(&trial, TAP_BOTH, 27 * S + 1), TAP_LATE, "which ends as soon as it tells");
	CHECK_EQUAL(tap_trial_view(&trial, TAP_LATE, 1000 * S), TAP_LATE, "for good");
}

static void check_silence(void)
{
	struct tap_trial trial = {.began = S};

	CHECK_EQUAL(tap_trial_view(&trial, TAP_BOTH, 20 * S), TAP_BOTH, "nothing has come so far");
	CHECK_EQUAL(tap_trial_view(&trial, TAP_BOTH, 21 * S), TAP_EARLY, "nobody sends");
	CHECK_EQUAL(tap_trial_view(&trial, TAP_EARLY, 41 * S), TAP_BOTH, "it is asked again all the same");
	trial.late_only = 3;
	CHECK_EQUAL(tap_trial_view(&trial, TAP_BOTH, 41 * S + 1), TAP_LATE, "and what comes then counts");
}

static void check_filter(void)
{
	const struct sock_filter own[2] = {BPF_STMT(BPF_RET | BPF_K, 44), BPF_STMT(BPF_RET | BPF_K, 66)};
	const struct sock_fprog filters[2] = {{.filter = (void *)&own[0], .len = 1},
	                                      {.filter = (void *)&own[1], .len = 1}};
	const uint8_t v4 = 0x45, v6 = 0x60, other = 0;
	struct sock_filter code[TAP_FILTER_MAX];
	struct tap_options options = {.filters = {&filters[0], &filters[1]}};
	size_t length = tap_filter(&options, code);

	CHECK_EQUAL(classic_bpf_run(code, length, &v4, 1, false), 44, "IPv4 to its filter");
	CHECK_EQUAL(classic_bpf_run(code, length, &v6, 1, false), 66, "IPv6 to its own");
	CHECK_EQUAL(classic_bpf_run(code, length, &other, 1, false), 0, "ARP to none");
	options.filters[0] = NULL;
	length = tap_filter(&options, code);
	CHECK_EQUAL(classic_bpf_run(code, length, &v4, 1, false), 0, "IPv4 where only IPv6 is probed");
	CHECK_EQUAL(classic_bpf_run(code, length, &v6, 1, false), 66, "and that still");
}

int main(void)
{
	check_trials();
	check_again();
	check_silence();
	check_filter();
	return 0;
}
