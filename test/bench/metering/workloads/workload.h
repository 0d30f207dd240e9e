/* What a workload exports: `run(n)` does its work n times over and returns a checksum. */
#pragma once
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

uint32_t run(uint32_t n);

/* xorshift32: the same input in every engine. */
static uint32_t random_state = 2463534242u;
static inline uint32_t next_random(void) {
	random_state ^= random_state << 13;
	random_state ^= random_state >> 17;
	return random_state ^= random_state << 5;
}

/* FNV-1a, to check results with. */
static inline uint32_t mix(uint32_t hash, uint32_t value) {
	for (int i = 0; i < 4; i++, value >>= 8) hash = (hash ^ (value & 255)) * 16777619u;
	return hash;
}

static const char *const WORDS[] = {"the", "of", "pilot", "light", "small", "flame", "always", "lit", "burner",
	"starts", "once", "fuel", "metered", "function", "event", "context", "invocation", "instance", "worker", "queue"};
#define WORD_COUNT (sizeof WORDS / sizeof *WORDS)

/* Text of words, sentences and lines, `size` bytes and a zero. */
static inline char *make_text(size_t size) {
	char *text = malloc(size + 1);
	size_t at = 0;
	while (at < size) {
		const char *word = WORDS[next_random() % WORD_COUNT];
		while (*word && at < size) text[at++] = *word++;
		uint32_t pick = next_random() % 16;
		if (at < size) text[at++] = pick == 0 ? '\n' : pick == 1 ? ',' : pick == 2 ? '.' : ' ';
	}
	text[size] = 0;
	return text;
}
