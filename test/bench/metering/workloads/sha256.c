/* SHA-256 of messages of many lengths. */
#include "workload.h"

static uint32_t K[64];

/* The first 32 bits of the fractional parts of the cube roots of the first 64 primes. */
static void make_constants(void) {
	int count = 0;
	for (uint32_t candidate = 2; count < 64; candidate++) {
		int prime = 1;
		for (uint32_t d = 2; d * d <= candidate; d++) prime &= candidate % d != 0;
		if (!prime) continue;
		double root = 1;
		for (int i = 0; i < 60; i++) root -= (root * root * root - candidate) / (3 * root * root);
		K[count++] = (uint32_t)((root - (uint32_t)root) * 4294967296.0);
	}
}

#define ROTATE(v, by) ((v) >> (by) | (v) << (32 - (by)))

static void compress(uint32_t state[8], const uint8_t *block) {
	uint32_t w[64], s[8];
	for (int i = 0; i < 16; i++) w[i] = (uint32_t)block[4 * i] << 24 | block[4 * i + 1] << 16 | block[4 * i + 2] << 8 | block[4 * i + 3];
	for (int i = 16; i < 64; i++) {
		uint32_t a = w[i - 15], b = w[i - 2];
		w[i] = w[i - 16] + w[i - 7] + (ROTATE(a, 7) ^ ROTATE(a, 18) ^ a >> 3) + (ROTATE(b, 17) ^ ROTATE(b, 19) ^ b >> 10);
	}
	memcpy(s, state, sizeof s);
	for (int i = 0; i < 64; i++) {
		uint32_t e = s[4], a = s[0];
		uint32_t t1 = s[7] + (ROTATE(e, 6) ^ ROTATE(e, 11) ^ ROTATE(e, 25)) + ((e & s[5]) ^ (~e & s[6])) + K[i] + w[i];
		uint32_t t2 = (ROTATE(a, 2) ^ ROTATE(a, 13) ^ ROTATE(a, 22)) + ((a & s[1]) ^ (a & s[2]) ^ (s[1] & s[2]));
		memmove(s + 1, s, 7 * sizeof *s);
		s[4] += t1;
		s[0] = t1 + t2;
	}
	for (int i = 0; i < 8; i++) state[i] += s[i];
}

static void sha256(const uint8_t *data, size_t size, uint32_t state[8]) {
	static const uint32_t START[] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
	memcpy(state, START, sizeof START);
	size_t at = 0;
	for (; at + 64 <= size; at += 64) compress(state, data + at);
	uint8_t last[128] = {0};
	size_t rest = size - at, total = rest < 56 ? 64 : 128;
	memcpy(last, data + at, rest);
	last[rest] = 128;
	for (int i = 0; i < 8; i++) last[total - 1 - i] = (uint64_t)size * 8 >> 8 * i;
	for (at = 0; at < total; at += 64) compress(state, last + at);
}

uint32_t run(uint32_t n) {
	static uint8_t data[4096];
	make_constants();
	for (size_t i = 0; i < sizeof data; i++) data[i] = next_random();
	uint32_t hash = 1, state[8];
	while (n--) {
		sha256(data, next_random() % sizeof data, state);
		hash = mix(hash, state[0] ^ state[7]);
	}
	return hash;
}
