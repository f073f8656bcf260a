/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "prober.h"
#include "tell.h"

static void obey(struct prober *prober, const char *line)
{
	if (strcmp(line, "stop") == 0)
		prober->stopping = true;
	else if (strcmp(line, "counters") == 0) {
		tell_counters(prober, clocks_mono());
		frames_write(&prober->frames);
	} else if (line[0] != '\0')
		tell_warning(prober, "W_COMMAND", -1,
		             "unknown line on stdin: only `stop` and `counters` are known");
}

void commands_read(struct prober *prober)
{
	char text[256];
	ssize_t length = read(STDIN_FILENO, text, sizeof(text));

	if (length < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (length <= 0) {
		prober->stdin_closed = true;
		return;
	}
	for (ssize_t i = 0; i < length; i++) {
		if (text[i] == '\n') {
			prober->command[prober->command_length] = '\0';
			prober->command_length = 0;
			obey(prober, prober->command);
		} else if (prober->command_length < sizeof(prober->command) - 1) {
			prober->command[prober->command_length++] = text[i];
		}
	}
}
