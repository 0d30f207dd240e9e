/* Conway's game of life on a torus. */
#include "workload.h"

enum { SIDE = 96 };
static uint8_t world[2][SIDE][SIDE];

static int neighbours(const uint8_t (*cells)[SIDE], int y, int x) {
	int count = 0;
	for (int dy = -1; dy <= 1; dy++) {
		for (int dx = -1; dx <= 1; dx++) {
			if (dy || dx) count += cells[(y + dy + SIDE) % SIDE][(x + dx + SIDE) % SIDE];
		}
	}
	return count;
}

uint32_t run(uint32_t n) {
	for (int y = 0; y < SIDE; y++)
		for (int x = 0; x < SIDE; x++) world[0][y][x] = next_random() % 3 == 0;
	uint32_t hash = 1;
	for (uint32_t step = 0; step < n; step++) {
		uint8_t(*now)[SIDE] = world[step & 1], (*next)[SIDE] = world[~step & 1];
		uint32_t alive = 0;
		for (int y = 0; y < SIDE; y++) {
			for (int x = 0; x < SIDE; x++) {
				int count = neighbours(now, y, x);
				alive += next[y][x] = count == 3 || (now[y][x] && count == 2);
			}
		}
		hash = mix(hash, alive);
	}
	return hash;
}
