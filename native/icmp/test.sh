#!/bin/sh
# SPDX-License-Identifier: MIT
# What rxray-icmp hands on, in a namespace whose groups may, and in one whose groups may not, have ICMP sockets.
set -eu
program=$1
fail() {
	echo "not ok rxray-icmp: $1" >&2
	exit 1
}
"$program" 2> /dev/null && fail 'without a program it does nothing'
[ "$("$program" echo handed on)" = 'handed on' ] || fail 'it becomes the program, with its arguments'
status=0
"$program" /nowhere/at/all 2> /dev/null || status=$?
[ "$status" = 4 ] || fail "a program that is not there ends with 4, not $status"
if [ "$(id -u)" != 0 ]; then
	echo 'ok rxray-icmp # the namespaces need root: skipped'
	exit 0
fi
reasons() {
	unshare -n sh -c 'echo "$2" > /proc/sys/net/ipv4/ping_group_range && "$1" sh -c "echo \$RXRAY_ICMP_ERRNO"' - "$program" "$1"
}
[ "$(reasons '0 0')" = '0 0' ] || fail 'a group in the range gets both sockets'
[ "$(reasons '1 0')" = '13 13' ] || fail 'no group in the range: EACCES for both'
echo 'ok rxray-icmp'
