/* SPDX-License-Identifier: MIT */
#ifndef RXRAY_RX_QUESTION_H
#define RXRAY_RX_QUESTION_H

#include "question.h"

/* Where, and in whose context, each probe packet is received. */
extern const struct question rx_question;

#endif
