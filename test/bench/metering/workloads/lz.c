/* LZ77: compress a text with a hash of three bytes and chains, decompress it, compare. */
#include "workload.h"

enum { SIZE = 40000, HASHES = 4096, CHAIN = 16, LONGEST = 130 };
static int head[HASHES], previous[SIZE];

static uint32_t key(const uint8_t *at) {
	return (at[0] * 2654435761u ^ at[1] * 40503u ^ at[2] * 2246822519u) >> 20;
}

static size_t compress(const uint8_t *in, size_t size, uint8_t *out) {
	uint8_t *start = out;
	memset(head, 255, sizeof head);
	for (size_t i = 0; i < size;) {
		size_t length = 0, distance = 0;
		if (i + 3 <= size) {
			int candidate = head[key(in + i)];
			for (int tries = 0; candidate >= 0 && tries < CHAIN; tries++, candidate = previous[candidate]) {
				size_t same = 0, most = size - i < LONGEST ? size - i : LONGEST;
				while (same < most && in[candidate + same] == in[i + same]) same++;
				if (same > length && i - candidate < 65536) length = same, distance = i - candidate;
			}
		}
		if (length < 4) length = 0;
		if (length) {
			*out++ = 128 | (length - 3);
			*out++ = distance;
			*out++ = distance >> 8;
		} else {
			*out++ = in[i] & 127;
		}
		for (size_t end = i + (length ? length : 1); i < end; i++) {
			if (i + 3 > size) continue;
			uint32_t slot = key(in + i);
			previous[i] = head[slot];
			head[slot] = i;
		}
	}
	return out - start;
}

static size_t decompress(const uint8_t *in, size_t size, uint8_t *out) {
	uint8_t *start = out;
	const uint8_t *end = in + size;
	while (in < end) {
		if (*in < 128) {
			*out++ = *in++;
			continue;
		}
		size_t length = (*in & 127) + 3, distance = in[1] | in[2] << 8;
		in += 3;
		while (length--) {
			*out = out[-(int)distance];
			out++;
		}
	}
	return out - start;
}

uint32_t run(uint32_t n) {
	static uint8_t packed[SIZE * 2], back[SIZE + LONGEST];
	uint32_t hash = 1;
	while (n--) {
		char *text = make_text(SIZE);
		size_t size = compress((uint8_t *)text, SIZE, packed);
		size_t got = decompress(packed, size, back);
		hash = mix(hash, size + got + memcmp(text, back, SIZE));
		free(text);
	}
	return hash;
}
