/* SPDX-License-Identifier: MIT */
/* Fixed interface numbers in the rack's namespace, the same in src/lab/rack.ts: programs redirect by number.
 */
#ifndef RXRAY_LAB_RACK_H
#define RXRAY_LAB_RACK_H

#define RACK_BOND_IN 101
#define RACK_MEMBER_A 102
#define RACK_MEMBER_B 103
#define RACK_FAR_A 104
#define RACK_FAR_B 105
#define RACK_TO_BAD 106

#endif
