/* Strings: builders that grow, numbers to text, split, upper case, replace, join, search. */
#include "workload.h"

typedef struct {
	char *text;
	size_t size, room;
} Builder;

static void append(Builder *to, const char *text, size_t size) {
	if (to->size + size + 1 > to->room) {
		while (to->size + size + 1 > to->room) to->room = to->room ? 2 * to->room : 16;
		to->text = realloc(to->text, to->room);
	}
	memcpy(to->text + to->size, text, size);
	to->text[to->size += size] = 0;
}

static void append_number(Builder *to, uint32_t number) {
	char digits[10];
	int at = 10;
	do digits[--at] = '0' + number % 10;
	while (number /= 10);
	append(to, digits + at, 10 - at);
}

static void upper(char *text) {
	for (; *text; text++)
		if (*text >= 'a' && *text <= 'z') *text -= 32;
}

static void replace(Builder *to, const char *text, const char *what, const char *with) {
	size_t length = strlen(what);
	for (const char *found; (found = strstr(text, what)); text = found + length) {
		append(to, text, found - text);
		append(to, with, strlen(with));
	}
	append(to, text, strlen(text));
}

uint32_t run(uint32_t n) {
	uint32_t hash = 1;
	while (n--) {
		Builder line = {0}, other = {0}, joined = {0};
		for (int i = 0; i < 200; i++) {
			const char *word = WORDS[next_random() % WORD_COUNT];
			append(&line, word, strlen(word));
			append(&line, "=", 1);
			append_number(&line, next_random() >> next_random() % 32);
			append(&line, ";", 1);
		}
		replace(&other, line.text, "fuel", "energy");
		upper(other.text);
		for (char *item = strtok(other.text, ";"); item; item = strtok(NULL, ";")) {
			char *value = strchr(item, '=');
			append(&joined, value + 1, strlen(value + 1));
			append(&joined, ",", 1);
			hash = mix(hash, strtoul(value + 1, NULL, 10));
		}
		hash = mix(hash, joined.size);
		free(line.text);
		free(other.text);
		free(joined.text);
	}
	return hash;
}
