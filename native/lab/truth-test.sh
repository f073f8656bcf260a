#!/bin/sh
# SPDX-License-Identifier: MIT
# Runs an injector by itself and checks what it writes: settings first, stalls as asked for, one end. Holds no queue.
set -eu

out=$(cd "$(dirname "$0")/../build/lab" && pwd)
if [ "$(id -u)" -ne 0 ]; then
	echo "truth: skipped, real-time priority needs root"
	exit 0
fi
if [ "$(nproc)" -lt 2 ]; then
	echo "truth: skipped, needs two CPUs"
	exit 0
fi

state=$(mktemp -d)
trap 'rm -rf "$state"' EXIT
touch "$state/lease"

fail() {
	echo "not ok: $1" >&2
	cat "$state/log" >&2
	exit 1
}

inject() {
	program=$1
	shift
	rm -f "$state/log"
	"$out/rxray-lab-$program" --state "$state" --fault test --host bad --truth "$state/log" --cpu 1 "$@"
}

number='[0-9]+'
for kind in hog 'spin --kind syscall' 'spin --kind softirq'; do
	# shellcheck disable=SC2086
	inject $kind --queue 2 --seed 7 --count 3 --period 60 --length 20 --comm memstat-reader
	[ "$(wc -l <"$state/log")" -eq 5 ] || fail "$kind: settings, three stalls, end"
	sed -n 1p "$state/log" | grep -Eq '^\{"type":"settings","fault":"test","host":"bad","queue":2,.*"seed":7,"periodNs":\[60000000,60000000\],"lengthNs":\[20000000,20000000\],"count":3' ||
		fail "$kind: settings"
	[ "$(grep -Ec "^\{\"type\":\"stall\",\"fault\":\"test\",\"startMonoNs\":$number,\"endMonoNs\":$number,\"startRealNs\":\"$number\",\"queue\":2,\"host\":\"bad\",\"cpu\":1,\"pid\":$number,\"comm\":\"memstat-reader\",\"requestedNs\":20000000,\"gapCount\":$number,\"gaps\":\[.*\].*\}$" "$state/log")" -eq 3 ] ||
		fail "$kind: stalls"
	sed -n '$p' "$state/log" | grep -Eq '^\{"type":"end","fault":"test","reason":"count","stalls":3,' || fail "$kind: end"
	sed -nE 's/.*"startMonoNs":([0-9]+),"endMonoNs":([0-9]+).*"requestedNs.*/\1 \2/p' "$state/log" |
		while read -r start end; do
			[ $((end - start)) -ge 20000000 ] || fail "$kind: a stall of $((end - start)) ns"
		done
done

inject hog --period 200 --length 20 --duration 1
grep -q '"reason":"duration"' "$state/log" || fail "ends after its duration"

inject hog --period 200 --length 20 &
injector=$!
sleep 0.3
rm "$state/lease"
wait "$injector"
grep -q '"reason":"lab gone"' "$state/log" || fail "ends with the lab"
touch "$state/lease"

for wrong in '--period 100 --length 100' '--period x --length 10' '--period 100 --length 10 --cpu -1' '--period 100 --length 10 --bogus'; do
	# shellcheck disable=SC2086
	if inject hog $wrong 2>/dev/null; then
		fail "accepted: $wrong"
	fi
done
echo "truth: ok"
