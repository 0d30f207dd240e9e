/* Numbers to text and back: the C library's snprintf and strtod. */
#include <stdio.h>
#include "workload.h"

uint32_t run(uint32_t n) {
	char text[400];
	uint32_t hash = 1;
	while (n--) {
		double value = ((double)next_random() - 2e9) * 1e-3 * (next_random() % 2 ? 1e20 : 1e-9);
		snprintf(text, sizeof text, "%.17g %.3f %08x %d", value, value * 1e-20, next_random(), (int)next_random());
		char *rest;
		double back = strtod(text, &rest);
		hash = mix(hash, (back == value) + strlen(text) + strtol(rest + 1, NULL, 10));
	}
	return hash;
}
