/* ChaCha20 and Poly1305-like mixing: an encrypted stream, checked by a running hash. */
#include "workload.h"

#define ROTATE(v, by) ((v) << (by) | (v) >> (32 - (by)))
#define QUARTER(a, b, c, d) \
	a += b; d = ROTATE(d ^ a, 16); c += d; b = ROTATE(b ^ c, 12); \
	a += b; d = ROTATE(d ^ a, 8); c += d; b = ROTATE(b ^ c, 7)

static void block(const uint32_t in[16], uint32_t out[16]) {
	uint32_t x[16];
	memcpy(x, in, sizeof x);
	for (int i = 0; i < 10; i++) {
		QUARTER(x[0], x[4], x[8], x[12]);
		QUARTER(x[1], x[5], x[9], x[13]);
		QUARTER(x[2], x[6], x[10], x[14]);
		QUARTER(x[3], x[7], x[11], x[15]);
		QUARTER(x[0], x[5], x[10], x[15]);
		QUARTER(x[1], x[6], x[11], x[12]);
		QUARTER(x[2], x[7], x[8], x[13]);
		QUARTER(x[3], x[4], x[9], x[14]);
	}
	for (int i = 0; i < 16; i++) out[i] = x[i] + in[i];
}

uint32_t run(uint32_t n) {
	uint32_t state[16] = {0x61707865, 0x3320646e, 0x79622d32, 0x6b206574};
	for (int i = 4; i < 16; i++) state[i] = next_random();
	static uint8_t data[16384];
	uint64_t tag = 1;
	while (n--) {
		for (size_t at = 0; at < sizeof data; at += 64, state[12]++) {
			uint32_t stream[16];
			block(state, stream);
			const uint8_t *bytes = (const uint8_t *)stream;
			for (int i = 0; i < 64; i++) data[at + i] ^= bytes[i];
		}
		for (size_t i = 0; i < sizeof data; i++) tag = (tag + data[i]) * 1000003 % 4294967291u;
	}
	return tag;
}
