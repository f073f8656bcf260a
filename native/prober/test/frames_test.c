/* SPDX-License-Identifier: MIT */
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "check.h"
#include "frames.h"

static struct frames frames;
static uint8_t stream[8 << 20];
static size_t length;

static void read_all(int fd)
{
	ssize_t got;

	while ((got = read(fd, stream + length, sizeof(stream) - length)) > 0)
		length += (size_t)got;
}

struct totals {
	unsigned blocks, samples, lost, others;
};

/* Walks the blocks as a reader would, and checks every sum. */
static struct totals walk(void)
{
	struct totals totals = {0};
	size_t at = sizeof(struct rxray_frame_header);

	while (at < length) {
		struct rxray_frame_block block;
		size_t payload;
		uint32_t sum;

		CHECK(at + sizeof(block) <= length, "a whole block header");
		memcpy(&block, stream + at, sizeof(block));
		CHECK(block.magic == RXRAY_BLOCK_MAGIC, "a block at %zu", at);
		CHECK_EQUAL(block.sequence, totals.blocks, "blocks are numbered");
		payload = (size_t)block.record_bytes * block.count;
		CHECK(at + sizeof(block) + payload <= length, "a whole block");
		sum = block.crc32;
		block.crc32 = 0;
		CHECK(crc32_update(&frames.crc, crc32_update(&frames.crc, 0, &block, sizeof(block)),
		                   stream + at + sizeof(block), payload) == sum,
		      "the checksum of block %u", block.sequence);
		totals.blocks++;
		totals.lost += block.lost_records;
		if (block.type == RXRAY_RECORD_SAMPLE)
			totals.samples += block.count;
		else
			totals.others++;
		at += sizeof(block) + payload;
	}
	return totals;
}

int main(void)
{
	const unsigned many = 200000;
	struct rxray_frame_end end = {.reason = RXRAY_END_REASON_COMPLETE};
	struct rxray_frame_header header;
	struct totals totals;
	int ends[2];

	CHECK(pipe2(ends, O_NONBLOCK | O_CLOEXEC) == 0, "a pipe");
	CHECK(frames_init(&frames, ends[1]), "memory");
	CHECK_EQUAL(crc32_update(&frames.crc, 0, "123456789", 9), 0xcbf43926u, "the check value of CRC-32");
	frames_header(&frames, RXRAY_HELPER_PROBER, 1, 2, 3);
	for (unsigned i = 0; i < many; i++) {
		struct rxray_frame_sample sample = {.seq = i};

		/* A reader that takes nothing for a while, then now and then. */
		if (i > 150000 && i % 1000 == 0)
			read_all(ends[0]);
		frames_sample(&frames, &sample);
	}
	frames_text(&frames, "{}", 2);
	frames_block(&frames, RXRAY_RECORD_END, sizeof(end), &end, 1);
	while (frames.used > 0) {
		frames_write(&frames);
		read_all(ends[0]);
	}
	read_all(ends[0]);
	memcpy(&header, stream, sizeof(header));
	CHECK(header.version == RXRAY_FRAMES_VERSION && header.header_bytes == sizeof(header) &&
	              header.epoch_real_ns == 1 && header.epoch_mono_ns == 2 && header.stream_id == 3,
	      "the header");
	totals = walk();
	CHECK(totals.lost > 0, "a slow reader loses samples");
	CHECK_EQUAL(totals.samples + totals.lost, many, "every sample is written or counted as lost");
	CHECK_EQUAL(totals.lost, frames.dropped, "the count of the whole stream");
	CHECK_EQUAL(totals.others, 2, "text and end are never dropped");
	close(ends[0]);
	for (unsigned i = 0; i < FRAMES_BATCH; i++)
		frames_sample(&frames, &(struct rxray_frame_sample){0});
	/* The default action of SIGPIPE would end the test, as it would end the prober. */
	CHECK(signal(SIGPIPE, SIG_IGN) != SIG_ERR, "signal");
	frames_write(&frames);
	CHECK(frames.broken, "a reader that has gone is noticed");
	close(ends[1]);
	frames_free(&frames);
	return 0;
}
