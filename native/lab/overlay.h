/* SPDX-License-Identifier: MIT */
/* Addresses of the lab, the same in src/lab/addresses.ts. */
#ifndef RXRAY_LAB_OVERLAY_H
#define RXRAY_LAB_OVERLAY_H

#define LAB_IPV4(a, b, c, d) ((__u32)(a) << 24 | (__u32)(b) << 16 | (__u32)(c) << 8 | (__u32)(d))

#define NODE_CLIENT LAB_IPV4(172, 16, 53, 32)
#define NODE_BAD LAB_IPV4(172, 16, 47, 27)
#define PODS_CLIENT LAB_IPV4(10, 125, 21, 0)
#define PODS_BAD LAB_IPV4(10, 125, 20, 0)
#define PODS_MASK 0xffffff00u
#define NODEPORT_SPREAD 30929
#define BACKENDS 3

#endif
