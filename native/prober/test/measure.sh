#!/bin/bash
# SPDX-License-Identifier: MIT
# Measures rxray-prober beside a capture and beside hping3 and fping, in two network namespaces of its own
# that are joined by a veth pair and removed on every way out. Takes about three minutes; needs root, tcpdump,
# hping3, fping and node. All figures are to be compared within one run only.
set -euo pipefail
cd "$(dirname "$0")/.."
prober=$PWD/../build/rxray-prober
backends=$PWD/../build/prober/backends
measure="node $PWD/test/measure.mjs"
work=$(mktemp -d)
near=pbr-near-$$ far=pbr-far-$$
children=()

clean_up() {
	local pid
	for pid in "${children[@]}"; do kill "$pid" 2>/dev/null || true; done
	wait 2>/dev/null || true
	ip netns del "$near" 2>/dev/null || true
	ip netns del "$far" 2>/dev/null || true
	rm -rf "$work"
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

ip netns add "$near"
ip netns add "$far"
ip link add eth0 netns "$near" type veth peer name eth0 netns "$far"
ip -n "$near" addr add 10.99.0.1/16 dev eth0
ip -n "$far" addr add 10.99.0.2/16 dev eth0
for ns in "$near" "$far"; do
	ip -n "$ns" link set lo up
	ip -n "$ns" link set eth0 up
done
inside() { ip netns exec "$near" "$@"; }

# Not in immediate mode: that wakes tcpdump between its own transmit stamp and the driver's, which delays the
# packet by the very microseconds to be measured.
capture() { # FILE: starts one and waits until it listens
	# Not through a function: that would run in a shell of its own, which would get the signals instead.
	ip netns exec "$near" tcpdump -q -n -i eth0 -s 96 -B 16384 --time-stamp-precision=nano -w "$1" \
		'tcp[13] & 6 != 0 or icmp' 2>"$work/tcpdump.log" &
	children+=($!)
	tcpdump_pid=$!
	for _ in $(seq 100); do
		grep -q 'listening on' "$work/tcpdump.log" && return
		sleep 0.05
	done
	cat "$work/tcpdump.log" >&2
	exit 1
}
stop_capture() {
	sleep 1.2 # its buffer is handed over at least once a second
	kill -TERM "$tcpdump_pid" 2>/dev/null || true
	wait "$tcpdump_pid" || true
}
probe() { # PLAN_LINES FRAMES: runs to the end of the plan, which is bounded, and keeps stdin open meanwhile
	{ printf 'rxray-plan 1\n%s\nrun\n' "$1"; sleep "${3:-7}"; } | inside "$prober" >"$2"
}
burn() { # SECONDS: four busy loops
	for _ in 1 2 3 4; do
		timeout "$1" sh -c 'while :; do :; done' &
		children+=($!)
	done
}
cpu_of() { # COMMAND…: its processor time in ms
	TIMEFORMAT='%U %S'
	{ time "$@" >"$work/out" 2>&1; } 2>&1 | awk '{ printf "%.1f\n", ($1 + $2) * 1000 }'
}

echo "== RTT against a capture on the prober's interface, and send error; SYN every 10 ms, 16 flows"
for load in idle busy; do
	[ $load = busy ] && burn 9
	capture "$work/$load.pcap"
	probe $'count 500\npath 0 syn 10.99.0.2 port=9 flows=16' "$work/$load.frames"
	stop_capture
	$measure lines "$work/$load.frames" >"$work/lines"
	echo "$load: RTT error $($measure compare "$work/$load.pcap" "$work/lines")"
	$measure frames "$work/$load.frames" | sed "s/^/$load: /"
	sleep 2
done

echo "== Beside hping3 and fping: distance from 10 ms between probes, processor time a probe (500 probes)"
for tool in rxray-prober hping3 fping; do
	for load in idle busy; do
		[ $load = busy ] && burn 8
		capture "$work/tool.pcap"
		case $tool in
		rxray-prober) ms=$(cpu_of probe $'count 500\npath 0 icmp 10.99.0.2' "$work/tool.frames" 6) ;;
		hping3) ms=$(cpu_of inside timeout 20 hping3 10.99.0.2 --icmp -i u10000 -c 500) ;;
		fping) ms=$(cpu_of inside timeout 20 fping -p 10 -t 1000 -C 500 -q 10.99.0.2) ;;
		esac
		stop_capture
		echo "$tool $load: spacing $($measure spacing "$work/tool.pcap" 10000000)"
		echo "$tool $load: $(awk "BEGIN { print $ms / 500 * 1000 }") µs a probe, start included"
		sleep 2
	done
done

echo "== Ways to see probe and answer: RTT error against the capture, own processor time a probe"
for mode in errqueue+packet ring-both errqueue+raw; do
	for load in idle busy; do
		[ $load = busy ] && burn 4
		capture "$work/mode.pcap"
		ns=$(inside "$backends" $mode 10.99.0.1 10.99.0.2 eth0 1000 2000 2>&1 >"$work/lines")
		stop_capture
		echo "$mode $load: RTT error $($measure compare "$work/mode.pcap" "$work/lines"); $ns ns a probe"
		sleep 2
	done
done

echo "== What they cost others: unrelated TCP packets sent and answered at full speed on the same interface"
for mode in none errqueue+packet ring-both errqueue+raw; do
	: >"$work/$mode.cost"
done
for _ in $(seq 11); do
	for mode in none errqueue+packet ring-both errqueue+raw; do
		if [ $mode != none ]; then
			ip netns exec "$near" "$backends" $mode 10.99.0.1 10.99.0.2 eth0 100 10000 >/dev/null 2>"$work/cpu" &
			pid=$!
			children+=($pid)
			sleep 0.3
		fi
		ip netns exec "$far" "$backends" load 10.99.0.2 10.99.0.1 - 60000 0 >>"$work/$mode.cost"
		[ $mode = none ] || wait $pid
		[ $mode = none ] || cat "$work/cpu" >>"$work/$mode.own"
	done
done
for mode in none errqueue+packet ring-both errqueue+raw; do
	own=
	[ $mode = none ] || own=", own $(sort -n "$work/$mode.own" | sed -n 6p) ns a probe"
	echo "$mode: $(sort -n "$work/$mode.cost" | sed -n 6p) ns a packet (median of 11)$own"
done

echo "== 1,000 targets every 10 ms: 100,000 probes/s for 5 s, on loopback"
many=$'duration-ns 5000000000\n'$(for i in $(seq 0 999); do echo "path $i icmp 127.0.$((i / 250 + 1)).$((i % 250 + 1))"; done)
probe "$many" "$work/many.frames" 8
$measure frames "$work/many.frames"
many=${many// icmp / syn }
probe "$(sed '/^path/s/$/ port=9 flows=16/' <<<"$many")" "$work/many.frames" 8
$measure frames "$work/many.frames" | sed 's/^/syn: /'
