/* SPDX-License-Identifier: MIT */
#include "frames.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

#include "clocks.h"

#define FRAMES_FIRST (128u << 10) /* of the buffer, in memory from the start */

bool frames_init(struct frames *frames, int fd)
{
	memset(frames, 0, sizeof(*frames));
	frames->fd = fd;
	frames->buffer =
	        mmap(NULL, FRAMES_BUFFER, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (frames->buffer == MAP_FAILED)
		frames->buffer = NULL;
	crc32_init(&frames->crc);
	return frames->buffer != NULL;
}

void frames_free(struct frames *frames)
{
	if (frames->buffer != NULL)
		munmap(frames->buffer, FRAMES_BUFFER);
	frames->buffer = NULL;
}

void frames_lock_as_used(struct frames *frames)
{
	uint8_t *rest = frames->buffer + FRAMES_FIRST;
	size_t length = FRAMES_BUFFER - FRAMES_FIRST;

	/* Where it cannot be done the memory stays locked as it is. */
	if (frames->begin + frames->used <= FRAMES_FIRST && munlock(rest, length) == 0 &&
	    madvise(rest, length, MADV_DONTNEED) == 0)
		(void)mlock2(rest, length, MLOCK_ONFAULT);
}

static void append(struct frames *frames, const void *data, size_t length)
{
	size_t end = (frames->begin + frames->used) % FRAMES_BUFFER;
	size_t first = FRAMES_BUFFER - end < length ? FRAMES_BUFFER - end : length;

	memcpy(frames->buffer + end, data, first);
	memcpy(frames->buffer, (const uint8_t *)data + first, length - first);
	frames->used += length;
}

void frames_header(struct frames *frames, enum rxray_helper helper, int64_t epoch_real_ns,
                   int64_t epoch_mono_ns, uint64_t stream_id)
{
	struct rxray_frame_header header = {
	        .magic = RXRAY_FRAMES_MAGIC,
	        .version = RXRAY_FRAMES_VERSION,
	        .header_bytes = sizeof(header),
	        .helper = (uint8_t)helper,
	        .epoch_real_ns = epoch_real_ns,
	        .epoch_mono_ns = epoch_mono_ns,
	        .stream_id = stream_id,
	};

	append(frames, &header, sizeof(header));
}

/* `reserve` is what must stay free behind this block. */
static void put_block(struct frames *frames, uint16_t type, uint16_t record_bytes, const void *records,
                      uint32_t count, size_t reserve)
{
	size_t payload = (size_t)record_bytes * count;
	struct rxray_frame_block block = {
	        .magic = RXRAY_BLOCK_MAGIC,
	        .type = type,
	        .record_bytes = record_bytes,
	        .count = count,
	        .sequence = frames->sequence,
	        .lost_records = frames->lost,
	};

	if (frames->broken)
		return;
	if (frames->used + sizeof(block) + payload + reserve > FRAMES_BUFFER)
		frames_write(frames);
	if (frames->used + sizeof(block) + payload + reserve > FRAMES_BUFFER) {
		frames->lost += count;
		frames->dropped += count;
		return;
	}
	block.crc32 = crc32_update(&frames->crc, 0, &block, sizeof(block));
	block.crc32 = crc32_update(&frames->crc, block.crc32, records, payload);
	append(frames, &block, sizeof(block));
	append(frames, records, payload);
	frames->sequence++;
	frames->lost = 0;
}

void frames_close_batch(struct frames *frames)
{
	if (frames->batched == 0)
		return;
	put_block(frames, RXRAY_RECORD_SAMPLE, sizeof(frames->batch[0]), frames->batch, frames->batched,
	          FRAMES_RESERVE);
	frames->batched = 0;
}

void frames_sample(struct frames *frames, const struct rxray_frame_sample *sample)
{
	frames->batch[frames->batched++] = *sample;
	if (frames->batched == FRAMES_BATCH)
		frames_close_batch(frames);
}

void frames_block(struct frames *frames, uint16_t type, uint16_t record_bytes, const void *records,
                  uint32_t count)
{
	frames_close_batch(frames);
	put_block(frames, type, record_bytes, records, count, 0);
}

void frames_bulk(struct frames *frames, uint16_t type, uint16_t record_bytes, const void *records,
                 uint32_t count)
{
	frames_close_batch(frames);
	put_block(frames, type, record_bytes, records, count, FRAMES_RESERVE);
}

void frames_text(struct frames *frames, const char *json, size_t length)
{
	frames_block(frames, RXRAY_RECORD_TEXT, 1, json, (uint32_t)length);
}

size_t frames_waiting(const struct frames *frames)
{
	return frames->used + frames->batched * sizeof(frames->batch[0]);
}

void frames_write(struct frames *frames)
{
	while (frames->used > 0 && !frames->broken) {
		size_t first = FRAMES_BUFFER - frames->begin;
		struct iovec pieces[2] = {
		        {frames->buffer + frames->begin, frames->used < first ? frames->used : first},
		        {frames->buffer, frames->used < first ? 0 : frames->used - first},
		};
		ssize_t written = writev(frames->fd, pieces, 2);

		if (written < 0 && errno == EINTR)
			continue;
		if (written < 0) {
			if (errno != EAGAIN && errno != EWOULDBLOCK)
				frames->broken = true;
			if (frames->stuck_mono == 0)
				frames->stuck_mono = clocks_mono();
			return;
		}
		frames->stuck_mono = 0;
		frames->begin = (frames->begin + (size_t)written) % FRAMES_BUFFER;
		frames->used -= (size_t)written;
	}
	/* An empty buffer is filled from its beginning again, where its memory is in use already. */
	if (frames->used == 0)
		frames->begin = 0;
}

int64_t frames_stuck_ns(const struct frames *frames, int64_t now)
{
	return frames->stuck_mono == 0 ? 0 : now - frames->stuck_mono;
}

void frames_finish(struct frames *frames, int patience_ms)
{
	frames_close_batch(frames);
	frames_write(frames);
	while (frames->used > 0 && !frames->broken) {
		struct pollfd writable = {.fd = frames->fd, .events = POLLOUT};

		/* A reader that takes nothing for so long is taken for dead. */
		if (poll(&writable, 1, patience_ms) <= 0)
			return;
		frames_write(frames);
	}
}
