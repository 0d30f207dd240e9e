/* CRC-32 of messages of many lengths, by a table that is made first, and Adler-32 beside it. */
#include "workload.h"

static uint32_t table[256];

static void make_table(void) {
	for (uint32_t i = 0; i < 256; i++) {
		uint32_t c = i;
		for (int bit = 0; bit < 8; bit++) c = c & 1 ? 0xedb88320u ^ c >> 1 : c >> 1;
		table[i] = c;
	}
}

static uint32_t crc(const uint8_t *data, size_t size) {
	uint32_t c = ~0u;
	while (size--) c = table[(c ^ *data++) & 255] ^ c >> 8;
	return ~c;
}

static uint32_t adler(const uint8_t *data, size_t size) {
	uint32_t a = 1, b = 0;
	while (size) {
		size_t part = size < 5552 ? size : 5552;
		size -= part;
		while (part--) b += a += *data++;
		a %= 65521;
		b %= 65521;
	}
	return b << 16 | a;
}

uint32_t run(uint32_t n) {
	static uint8_t data[20000];
	make_table();
	for (size_t i = 0; i < sizeof data; i++) data[i] = next_random();
	uint32_t hash = 1;
	while (n--) {
		size_t from = next_random() % 10000, size = next_random() % 10000;
		hash = mix(hash, crc(data + from, size) ^ adler(data + from, size));
	}
	return hash;
}
