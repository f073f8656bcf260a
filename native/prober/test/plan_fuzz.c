/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "plan.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct plan plan;
	struct problem problem = {0};
	bool good = true;

	plan_init(&plan);
	while (size > 0 && good && !plan.complete) {
		const uint8_t *end = memchr(data, '\n', size);
		size_t length = end == NULL ? size : (size_t)(end - data);

		good = plan_take_line(&plan, (const char *)data, length, &problem);
		length += end != NULL;
		data += length;
		size -= length;
	}
	if (good)
		plan_finish(&plan, &problem);
	plan_free(&plan);
	return 0;
}
