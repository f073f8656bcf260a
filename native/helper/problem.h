/* SPDX-License-Identifier: MIT */
#ifndef RXRAY_PROBLEM_H
#define RXRAY_PROBLEM_H

/* Exit statuses; the numbers are those of the command line that starts this helper. */
#define EXIT_PLAN 2
#define EXIT_SYSTEM 4

/*
 * A failure of the environment or of the plan: what was tried, and what to do next. An empty code means
 * that nothing is wrong.
 */
struct problem {
	const char *code; /* E_PLAN, E_NO_ROUTE …, NULL when all is well */
	int exit_status;
	long path; /* index in the plan, -1 when no single path is at fault */
	char message[256];
	char remedy[256];
};

/* Fills *problem and returns false, so that a caller can write `return problem_set(…)`. */
__attribute__((format(printf, 6, 7))) _Bool problem_set(struct problem *problem, const char *code,
                                                        int exit_status, long path, const char *remedy,
                                                        const char *format, ...);

#endif
