/* SPDX-License-Identifier: MIT */
/* Locks between a server of the lab and the fault that makes it wait: flock(2) on files of the lab's
 * directory. */
#ifndef RXRAY_LAB_LOCKS_H
#define RXRAY_LAB_LOCKS_H

#include <stdbool.h>

/* Opens a lock by its name; -1 with a message where that fails. Each that waits needs a descriptor of its
 * own. */
int lock_open(const char *state_dir, const char *name);
/* Waits until nobody holds it. */
void lock_pass(int lock);
/* Whether somebody holds it now. */
bool lock_is_held(int lock);
/* False once the lab's lease is gone. */
bool lab_is_up(const char *state_dir);

#endif
