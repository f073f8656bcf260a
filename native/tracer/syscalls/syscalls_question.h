/* SPDX-License-Identifier: MIT */
#ifndef RXRAY_SYSCALLS_QUESTION_H
#define RXRAY_SYSCALLS_QUESTION_H

#include "question.h"

/* How long system calls took: one by one, as totals, and the last ones before something happened. */
extern const struct question syscalls_question;

#endif
