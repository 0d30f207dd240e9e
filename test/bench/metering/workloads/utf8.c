/* UTF-8: encode code points, validate, decode, transcode to UTF-16 and back; and refuse what is damaged. */
#include "workload.h"

static uint8_t *encode(uint8_t *out, uint32_t c) {
	if (c < 0x80) {
		*out++ = c;
	} else if (c < 0x800) {
		*out++ = 0xc0 | c >> 6;
		*out++ = 0x80 | (c & 63);
	} else if (c < 0x10000) {
		*out++ = 0xe0 | c >> 12;
		*out++ = 0x80 | (c >> 6 & 63);
		*out++ = 0x80 | (c & 63);
	} else {
		*out++ = 0xf0 | c >> 18;
		*out++ = 0x80 | (c >> 12 & 63);
		*out++ = 0x80 | (c >> 6 & 63);
		*out++ = 0x80 | (c & 63);
	}
	return out;
}

/* The code point at *at, which moves behind it; -1 when it is malformed. */
static int32_t decode(const uint8_t **at, const uint8_t *end) {
	static const uint32_t LEAST[] = {0, 0x80, 0x800, 0x10000};
	uint8_t first = *(*at)++;
	if (first < 0x80) return first;
	int more = first >= 0xf0 ? 3 : first >= 0xe0 ? 2 : 1;
	if (first < 0xc2 || first > 0xf4 || end - *at < more) return -1;
	uint32_t c = first & (0x3f >> more);
	for (int i = 0; i < more; i++) {
		if ((**at & 0xc0) != 0x80) return -1;
		c = c << 6 | (*(*at)++ & 63);
	}
	return c < LEAST[more] || c > 0x10ffff || (c >= 0xd800 && c < 0xe000) ? -1 : (int32_t)c;
}

static size_t to_utf16(const uint8_t *in, const uint8_t *end, uint16_t *out) {
	uint16_t *start = out;
	while (in < end) {
		int32_t c = decode(&in, end);
		if (c < 0) *out++ = 0xfffd;
		else if (c < 0x10000) *out++ = c;
		else *out++ = 0xd7c0 + (c >> 10), *out++ = 0xdc00 | (c & 1023);
	}
	return out - start;
}

static uint8_t *from_utf16(const uint16_t *in, size_t size, uint8_t *out) {
	for (size_t i = 0; i < size; i++) {
		uint32_t c = in[i];
		if (c >= 0xd800 && c < 0xdc00 && i + 1 < size) c = 0x10000 + ((c & 1023) << 10) + (in[++i] & 1023);
		out = encode(out, c);
	}
	return out;
}

uint32_t run(uint32_t n) {
	enum { POINTS = 4000 };
	static uint8_t text[POINTS * 4], back[POINTS * 12];
	static uint16_t wide[POINTS * 4];
	uint32_t hash = 1;
	while (n--) {
		uint8_t *end = text;
		for (int i = 0; i < POINTS; i++) {
			static const uint32_t RANGES[] = {0x60, 0x60, 0x60, 0x700, 0x4e00, 0xffff0};
			uint32_t c = 0x20 + next_random() % RANGES[next_random() % 6];
			end = encode(end, c >= 0xd800 && c < 0xe000 ? 0x40 : c);
		}
		size_t size = to_utf16(text, end, wide);
		uint8_t *last = from_utf16(wide, size, back);
		hash = mix(hash, memcmp(text, back, end - text) + (last - back));
		for (int i = 0; i < 20; i++) text[next_random() % (end - text)] = next_random();
		hash = mix(hash, to_utf16(text, end, wide));
	}
	return hash;
}
