/* SPDX-License-Identifier: MIT */
#ifndef RXRAY_OPEN_FILES_H
#define RXRAY_OPEN_FILES_H

#include <stdbool.h>
#include <stddef.h>

/* Makes room for so many more open files than a helper needs anyway; false when the hard limit is below that.
 */
bool open_files_allow(size_t more);

/* Whether errno says that no more can be opened. */
bool open_files_spent(void);

/* The limit now. */
unsigned long open_files_limit(void);

#endif
