/* SPDX-License-Identifier: MIT */
#include "packet.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct incoming in;

	packet_parse(data, size, &in);
	data = packet_inside(data, &size);
	if (data != NULL)
		packet_parse_any(data, size, &in);
	return 0;
}
