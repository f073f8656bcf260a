/* SPDX-License-Identifier: MIT */
#ifndef RXRAY_BPF_FEATURES_H
#define RXRAY_BPF_FEATURES_H

/* What the running kernel's BPF can do, found out by trying: versions tell nothing of kernels with backports.
 */
#include <stdbool.h>

/* Atomic operations that give back what was there before (5.12). */
bool bpf_features_fetching_atomics(void);

#endif
