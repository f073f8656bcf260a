/* SPDX-License-Identifier: MIT */
#ifndef RXRAY_TELL_H
#define RXRAY_TELL_H

#include "prober.h"

struct json;
struct service;

/* hello_text.c: what is told in words. */
bool hello_begin(struct json *json, const struct prober *prober, const char *transmit_via,
                 const char *receive_via);
void tell_hello(struct prober *prober);
void tell_warning(struct prober *prober, const char *code, long path, const char *message);

/* run_frames.c: periodic and final records. */
void tell_counters(struct prober *prober, int64_t now);
void tell_clock(struct prober *prober, int64_t step_ns);
void tell_pause(struct prober *prober, const struct service *service, int64_t now);
void tell_end(struct prober *prober, enum rxray_end_reason reason);

/* commands.c: obeys what has come in on stdin, and notices its end. */
void commands_read(struct prober *prober);

/* wait_for_input.c: sleeps until `until`, or until stdin, stdout or `wake_fd` (-1 for none) want something.
 */
void wait_for_input(struct prober *prober, int64_t until, int wake_fd);

#endif
