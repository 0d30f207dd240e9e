/* Base64: encode a block, decode it, compare. */
#include "workload.h"

static const char ALPHABET[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static size_t encode(const uint8_t *in, size_t size, char *out) {
	char *start = out;
	size_t i = 0;
	for (; i + 2 < size; i += 3) {
		uint32_t three = in[i] << 16 | in[i + 1] << 8 | in[i + 2];
		for (int shift = 18; shift >= 0; shift -= 6) *out++ = ALPHABET[three >> shift & 63];
	}
	if (i < size) {
		uint32_t rest = in[i] << 16 | (i + 1 < size ? in[i + 1] << 8 : 0);
		*out++ = ALPHABET[rest >> 18 & 63];
		*out++ = ALPHABET[rest >> 12 & 63];
		*out++ = i + 1 < size ? ALPHABET[rest >> 6 & 63] : '=';
		*out++ = '=';
	}
	return out - start;
}

static int value_of(char c) {
	if (c >= 'A' && c <= 'Z') return c - 'A';
	if (c >= 'a' && c <= 'z') return c - 'a' + 26;
	if (c >= '0' && c <= '9') return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

static size_t decode(const char *in, size_t size, uint8_t *out) {
	uint8_t *start = out;
	uint32_t bits = 0;
	int have = 0;
	for (size_t i = 0; i < size; i++) {
		int value = value_of(in[i]);
		if (value < 0) break;
		bits = bits << 6 | value;
		if ((have += 6) >= 8) *out++ = bits >> (have -= 8);
	}
	return out - start;
}

uint32_t run(uint32_t n) {
	enum { SIZE = 30000 };
	static uint8_t in[SIZE], back[SIZE + 3];
	static char text[SIZE / 3 * 4 + 8];
	uint32_t hash = 1;
	while (n--) {
		for (int i = 0; i < SIZE; i++) in[i] = next_random();
		size_t size = encode(in, SIZE - n % 3, text);
		size_t got = decode(text, size, back);
		hash = mix(hash, got + memcmp(in, back, got));
	}
	return hash;
}
