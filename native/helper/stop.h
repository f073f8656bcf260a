/* SPDX-License-Identifier: MIT */
#ifndef RXRAY_STOP_H
#define RXRAY_STOP_H

#include <stdbool.h>

/* SIGTERM and SIGINT ask for a clean end; SIGPIPE is left to the error of the write. False: errno says why.
 */
bool stop_catch(void);
bool stop_requested(void);

#endif
