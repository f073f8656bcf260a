/* SPDX-License-Identifier: MIT */
#ifndef RXRAY_FRAMES_H
#define RXRAY_FRAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../frames/frames.gen.h"
#include "crc32.h"

#define FRAMES_BATCH 1024 /* sample records in one block */
#define FRAMES_BUFFER (4u << 20) /* what a slow reader may lag behind */
#define FRAMES_RESERVE (512u << 10) /* kept free of samples, for what must not get lost */

/*
 * Writes blocks into a bounded buffer and the buffer to a descriptor that never blocks. When the reader is
 * too slow, records that may be many are dropped and counted; the helper's work is never delayed by it.
 */
struct frames {
	int fd;
	bool broken; /* the reader is gone */
	struct crc32 crc;
	struct rxray_frame_sample batch[FRAMES_BATCH];
	uint32_t batched;
	uint32_t sequence;
	uint32_t lost; /* since the last block */
	uint64_t dropped;
	uint8_t *buffer; /* a ring */
	size_t begin, used;
	int64_t stuck_mono; /* since when the descriptor takes nothing; 0 while it does */
};

bool frames_init(struct frames *frames, int fd);
void frames_free(struct frames *frames);
void frames_header(struct frames *frames, enum rxray_helper helper, int64_t epoch_real_ns,
                   int64_t epoch_mono_ns, uint64_t stream_id);
void frames_sample(struct frames *frames, const struct rxray_frame_sample *sample);

/* Appends a block of records other than samples; samples that wait go first, to keep the order. */
void frames_block(struct frames *frames, uint16_t type, uint16_t record_bytes, const void *records,
                  uint32_t count);

/* The same for records that may be many: they are dropped, and counted, before what must not get lost is. */
void frames_bulk(struct frames *frames, uint16_t type, uint16_t record_bytes, const void *records,
                 uint32_t count);
void frames_text(struct frames *frames, const char *json, size_t length);

/* Closes the block of samples that is being filled. */
void frames_close_batch(struct frames *frames);

/* Bytes that wait to be written, samples in the block that is being filled among them. */
size_t frames_waiting(const struct frames *frames);

/*
 * After mlockall(): gives the buffer back but for its beginning, to be locked as far as it is used. A reader
 * that keeps up never makes more of it necessary.
 */
void frames_lock_as_used(struct frames *frames);

/* Writes what the descriptor takes without blocking. */
void frames_write(struct frames *frames);

/* For how long the reader has taken nothing although there was something to read, in nanoseconds. */
int64_t frames_stuck_ns(const struct frames *frames, int64_t now);

/* Writes all, waiting for the reader, but no longer than `patience_ms` without progress. */
void frames_finish(struct frames *frames, int patience_ms);

#endif
