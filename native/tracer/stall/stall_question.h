/* SPDX-License-Identifier: MIT */
#ifndef RXRAY_STALL_QUESTION_H
#define RXRAY_STALL_QUESTION_H

#include "question.h"

/* Which received packets waited for a CPU, and who held it. */
extern const struct question stall_question;

#endif
