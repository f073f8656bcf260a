/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "plan.h"

/* Decimal digits only: strtoull alone would take signs, blanks and overflow in silence. */
bool plan_number(const char *text, uint64_t least, uint64_t most, uint64_t *value)
{
	uint64_t sum = 0;

	if (*text == '\0')
		return false;
	for (; *text != '\0'; text++) {
		if (*text < '0' || *text > '9' || sum > (UINT64_MAX - 9) / 10)
			return false;
		sum = sum * 10 + (uint64_t)(*text - '0');
	}
	*value = sum;
	return sum >= least && sum <= most;
}

int plan_split(const char *line, size_t length, unsigned number, char copy[PLAN_MAX_LINE + 1], char **words,
               int most, struct problem *problem)
{
	char *save = NULL;
	int count = 0;

	if (length > PLAN_MAX_LINE) {
		PLAN_FAIL(problem, "line %u: longer than %d bytes", number, PLAN_MAX_LINE);
		return -1;
	}
	if (memchr(line, '\0', length) != NULL) {
		PLAN_FAIL(problem, "line %u: contains a zero byte", number);
		return -1;
	}
	memcpy(copy, line, length);
	copy[length] = '\0';
	copy[strcspn(copy, "#")] = '\0';
	for (char *word = strtok_r(copy, " \t", &save); word != NULL; word = strtok_r(NULL, " \t", &save)) {
		if (count == most) {
			PLAN_FAIL(problem, "line %u: too many words", number);
			return -1;
		}
		words[count++] = word;
	}
	return count;
}

bool plan_word(const char *text, const char *const *words, int *index)
{
	for (int i = 0; words[i] != NULL; i++) {
		if (strcmp(text, words[i]) == 0) {
			*index = i;
			return true;
		}
	}
	return false;
}

bool plan_range(const char *text, struct plan_range *range)
{
	const char *dash = strchr(text, '-');
	char first[8];
	uint64_t low, high;

	if (dash == NULL || (size_t)(dash - text) >= sizeof(first))
		return false;
	memcpy(first, text, (size_t)(dash - text));
	first[dash - text] = '\0';
	if (!plan_number(first, 1, 65535, &low) || !plan_number(dash + 1, low, 65535, &high))
		return false;
	*range = (struct plan_range){(uint16_t)low, (uint16_t)high};
	return true;
}

static int hex_digit(char digit)
{
	if (digit >= '0' && digit <= '9')
		return digit - '0';
	return digit >= 'a' && digit <= 'f' ? digit - 'a' + 10 : -1;
}

bool plan_secret(const char *text, uint64_t secret[2])
{
	uint64_t words[2] = {0};

	if (strlen(text) != 32)
		return false;
	for (int i = 0; i < 32; i++) {
		int digit = hex_digit(text[i]);

		if (digit < 0)
			return false;
		words[i / 16] = words[i / 16] << 4 | (uint64_t)digit;
	}
	memcpy(secret, words, sizeof(words));
	return true;
}

bool plan_interface(const char *text, char interface[IF_NAMESIZE])
{
	if (*text == '\0' || strlen(text) >= IF_NAMESIZE || strchr(text, '/') != NULL || text[0] == '.')
		return false;
	strcpy(interface, text);
	return true;
}
