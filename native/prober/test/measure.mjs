// SPDX-License-Identifier: MIT
// Reads what measure.sh collected: captures (pcap with nanoseconds), frames, and lines of "sent rtt".
//   measure.mjs compare PCAP LINES     how far the round-trip times are from those of the capture
//   measure.mjs lines FRAMES           frames as such lines
//   measure.mjs spacing PCAP INTERVAL_NS   how far apart probes left, against the interval asked for
//   measure.mjs frames FRAMES          send error, missed slots, processor time of a run
import { readFileSync } from 'node:fs';

const quantile = (sorted, q) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))];
const microseconds = (ns) => `${(Number(ns) / 1000).toFixed(1)} µs`;
const spread = (values) => {
	const sorted = [...values].sort((a, b) => Number(a - b));
	if (sorted.length === 0) return 'nothing to compare';
	return `p50 ${microseconds(quantile(sorted, 0.5))}  p99 ${microseconds(quantile(sorted, 0.99))}  max ${microseconds(sorted.at(-1))}  (${sorted.length})`;
};

/** Outgoing probes with their answers; the first packet seen says who the prober is. */
function capture(file) {
	const data = readFileSync(file);
	if (data.readUInt32LE(0) !== 0xa1b23c4d) throw new Error(`${file}: no capture with nanoseconds`);
	const probes = [];
	const byKey = new Map();
	let prober;
	for (let at = 24; at + 16 <= data.length; ) {
		const ns = BigInt(data.readUInt32LE(at)) * 1_000_000_000n + BigInt(data.readUInt32LE(at + 4));
		const length = data.readUInt32LE(at + 8);
		const ip = at + 16 + 14;
		at += 16 + length;
		if (at > data.length || data.readUInt16BE(ip - 2) !== 0x0800) continue;
		const source = data.readUInt32BE(ip + 12);
		const body = ip + (data[ip] & 15) * 4;
		const icmp = data[ip + 9] === 1;
		const out = icmp ? data[body] === 8 : data[ip + 9] === 6 && data[body + 13] === 2;
		if (out) prober ??= source;
		if (out && source === prober) {
			const key = icmp
				? `${data.readUInt16BE(body + 4)}/${data.readUInt16BE(body + 6)}`
				: `${data.readUInt16BE(body)}/${data.readUInt32BE(body + 4)}`;
			const probe = { sent: ns, rtt: undefined };
			probes.push(probe);
			byKey.set(key, probe);
		} else if (source !== prober) {
			const key = icmp
				? `${data.readUInt16BE(body + 4)}/${data.readUInt16BE(body + 6)}`
				: `${data.readUInt16BE(body + 2)}/${(data.readUInt32BE(body + 8) - 1) >>> 0}`;
			const probe = byKey.get(key);
			if (probe && probe.rtt === undefined) probe.rtt = ns - probe.sent;
		}
	}
	return probes;
}

function frames(file) {
	const data = readFileSync(file);
	const epoch = data.readBigInt64LE(16);
	const samples = [];
	let counters;
	for (let at = data.readUInt16LE(12); at + 24 <= data.length; ) {
		const [type, bytes, count] = [data.readUInt16LE(at + 8), data.readUInt16LE(at + 10), data.readUInt32LE(at + 12)];
		at += 24;
		for (let i = 0; i < count; i++, at += bytes) {
			if (type === 1)
				samples.push({
					due: data.readBigInt64LE(at),
					sent: data.readBigInt64LE(at + 8),
					rtt: data.readBigInt64LE(at + 16),
					outcome: data[at + 40],
				});
			if (type === 3) counters = Array.from({ length: 18 }, (_, n) => Number(data.readBigInt64LE(at + 8 * n)));
		}
	}
	return { epoch, samples, counters };
}

const [command, file, more] = process.argv.slice(2);
if (command === 'lines') {
	const { epoch, samples } = frames(file);
	for (const sample of samples) if (sample.outcome === 0) console.log(`${sample.sent + epoch} ${sample.rtt}`);
} else if (command === 'compare') {
	const probes = capture(file).filter((probe) => probe.rtt !== undefined);
	const differences = [];
	let next = 0;
	const lines = readFileSync(more, 'utf8').trim().split('\n').map((line) => line.split(' ').map(BigInt));
	for (const [sent, rtt] of lines.sort((a, b) => Number(a[0] - b[0]))) {
		// Both stamps of one packet lie far closer together than two probes do.
		while (next < probes.length && probes[next].sent < sent - 1_000_000n) next++;
		let best;
		for (let i = next; i < probes.length && probes[i].sent < sent + 1_000_000n; i++) {
			const distance = probes[i].sent > sent ? probes[i].sent - sent : sent - probes[i].sent;
			if (best === undefined || distance < best.distance) best = { distance, probe: probes[i] };
		}
		if (best === undefined) continue;
		const error = rtt - best.probe.rtt;
		differences.push(error < 0n ? -error : error);
	}
	console.log(spread(differences));
} else if (command === 'spacing') {
	const probes = capture(file);
	const interval = BigInt(more);
	const deviations = probes.slice(1).map((probe, i) => {
		const deviation = probe.sent - probes[i].sent - interval;
		return deviation < 0n ? -deviation : deviation;
	});
	const mean = Number(probes.at(-1).sent - probes[0].sent) / (probes.length - 1);
	console.log(`${spread(deviations)}  mean interval ${(mean / 1e6).toFixed(4)} ms`);
} else if (command === 'frames') {
	const { samples, counters } = frames(file);
	const [, sent, received, , lost, , , missed] = counters;
	console.log(`send error ${spread(samples.map((sample) => sample.sent - sample.due))}`);
	console.log(
		`sent ${sent}  received ${received}  lost ${lost}  missed ${missed} (${((100 * missed) / (sent + missed)).toFixed(4)} %)  ` +
			`stamps missing ${counters[13]}  kernel drops ${counters[12]}  ` +
			`processor ${((counters[15] + counters[16]) / sent / 1000).toFixed(1)} µs a probe  resident ${(counters[17] / 1048576).toFixed(1)} MiB`,
	);
} else {
	throw new Error(`unknown command ${command}`);
}
