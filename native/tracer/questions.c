/* SPDX-License-Identifier: MIT */
#include <stddef.h>

#include "question.h"
#include "rx_question.h"
#include "stall_question.h"
#include "syscalls_question.h"

const struct question *const questions[] = {
        &stall_question,
        &rx_question,
        &syscalls_question,
        NULL,
};
