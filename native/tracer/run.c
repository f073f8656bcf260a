/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "say.h"
#include "stop.h"
#include "tracer.h"

#define SECOND_NS 1000000000ll

static void obey(struct tracer *tracer, const char *line)
{
	if (strcmp(line, "stop") == 0)
		tracer->stopping = true;
	else if (strcmp(line, "counters") == 0)
		cost_report(tracer, clocks_mono());
	else if (line[0] != '\0')
		say_warning(&tracer->frames, TRACER, "W_COMMAND", -1,
		            "unknown line on stdin: only `stop` and `counters` are known");
}

static void read_commands(struct tracer *tracer)
{
	char text[256];
	ssize_t length = read(STDIN_FILENO, text, sizeof(text));

	if (length < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (length <= 0) {
		tracer->stdin_closed = true;
		return;
	}
	for (ssize_t i = 0; i < length; i++) {
		if (text[i] == '\n') {
			tracer->command[tracer->command_length] = '\0';
			tracer->command_length = 0;
			obey(tracer, tracer->command);
		} else if (tracer->command_length < sizeof(tracer->command) - 1) {
			tracer->command[tracer->command_length++] = text[i];
		}
	}
}

/* Sleeps until `until`, or until stdin, stdout or a question want something. */
static void idle(struct tracer *tracer, int64_t until)
{
	struct pollfd wanted[2 + TRACE_PLAN_QUESTIONS] = {
	        {.fd = STDIN_FILENO, .events = POLLIN},
	        {.fd = tracer->frames.fd, .events = tracer->frames.used > 0 ? POLLOUT : 0},
	};
	nfds_t count = 2;
	int64_t left = until - clocks_mono();
	struct timespec time = {0};

	for (size_t i = 0; i < tracer->plan.asked_count; i++) {
		struct asked *asked = &tracer->plan.asked[i];

		wanted[count++] =
		        (struct pollfd){.fd = asked->question->wake_fd(asked->state), .events = POLLIN};
	}
	if (left > 0)
		time = (struct timespec){left / SECOND_NS, left % SECOND_NS};
	if (ppoll(wanted, count, &time, NULL) <= 0)
		return;
	if ((wanted[0].revents & (POLLIN | POLLHUP | POLLERR | POLLNVAL)) != 0)
		read_commands(tracer);
	if ((wanted[1].revents & (POLLERR | POLLNVAL)) != 0)
		tracer->frames.broken = true;
	if ((wanted[1].revents & POLLOUT) != 0)
		frames_write(&tracer->frames);
}

static int64_t ask_all(struct tracer *tracer, int64_t now, bool last)
{
	int64_t next = INT64_MAX;

	for (size_t i = 0; i < tracer->plan.asked_count; i++) {
		struct asked *asked = &tracer->plan.asked[i];
		int64_t wanted = asked->question->turn(asked->state, tracer, now, last);

		if (wanted < next)
			next = wanted;
	}
	return next;
}

/* A cross-reading of both clocks, about once a second. */
static void report_clock(struct tracer *tracer)
{
	int64_t step = clocks_update(&tracer->clocks);
	struct rxray_frame_clock record = {
	        .time_ns = tracer->clocks.read_mono - tracer->epoch_ns,
	        .real_drift_ns = tracer->clocks.real_minus_mono - tracer->clocks.at_epoch,
	        .step_ns = step,
	        .uncertainty_ns = tracer->clocks.uncertainty_ns,
	};

	frames_block(&tracer->frames, RXRAY_RECORD_CLOCK, sizeof(record), &record, 1);
}

enum rxray_end_reason run_tracer(struct tracer *tracer)
{
	int64_t now = clocks_mono(), second = now, end = INT64_MAX, next;
	enum rxray_end_reason reason = RXRAY_END_REASON_COMPLETE;

	if (tracer->plan.duration_ns > 0)
		end = now + (int64_t)tracer->plan.duration_ns;
	while (!tracer->frames.broken && now < end && !tracer->stopping && !tracer->stdin_closed &&
	       !stop_requested()) {
		next = ask_all(tracer, now, false);
		if (now >= second) {
			cost_report(tracer, now);
			report_clock(tracer);
			second = now + SECOND_NS;
		}
		frames_write(&tracer->frames);
		next = next < second ? next : second;
		idle(tracer, next < end ? next : end);
		now = clocks_mono();
	}
	if (stop_requested())
		reason = RXRAY_END_REASON_SIGNAL;
	else if (tracer->stdin_closed)
		reason = RXRAY_END_REASON_STDIN_CLOSED;
	ask_all(tracer, clocks_mono(), true);
	cost_report(tracer, clocks_mono());
	return reason;
}
