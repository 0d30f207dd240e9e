/* Shortest paths over a grid of random costs, with a binary heap. */
#include "workload.h"

enum { SIDE = 64, CELLS = SIDE * SIDE };
typedef struct {
	uint32_t distance, cell;
} Entry;

static Entry heap[CELLS * 4];
static int heap_size;

static void push(uint32_t distance, uint32_t cell) {
	int at = heap_size++;
	while (at > 0 && heap[(at - 1) / 2].distance > distance) {
		heap[at] = heap[(at - 1) / 2];
		at = (at - 1) / 2;
	}
	heap[at] = (Entry){distance, cell};
}

static Entry pop(void) {
	Entry top = heap[0], last = heap[--heap_size];
	int at = 0;
	for (;;) {
		int child = 2 * at + 1;
		if (child >= heap_size) break;
		if (child + 1 < heap_size && heap[child + 1].distance < heap[child].distance) child++;
		if (heap[child].distance >= last.distance) break;
		heap[at] = heap[child];
		at = child;
	}
	heap[at] = last;
	return top;
}

uint32_t run(uint32_t n) {
	static uint8_t cost[CELLS];
	static uint32_t best[CELLS];
	for (int i = 0; i < CELLS; i++) cost[i] = 1 + next_random() % 20;
	uint32_t hash = 1;
	while (n--) {
		memset(best, 255, sizeof best);
		uint32_t start = next_random() % CELLS;
		best[start] = 0;
		heap_size = 0;
		push(0, start);
		while (heap_size > 0) {
			Entry here = pop();
			if (here.distance > best[here.cell]) continue;
			int x = here.cell % SIDE, y = here.cell / SIDE;
			static const int DX[] = {1, -1, 0, 0}, DY[] = {0, 0, 1, -1};
			for (int d = 0; d < 4; d++) {
				int nx = x + DX[d], ny = y + DY[d];
				if (nx < 0 || ny < 0 || nx >= SIDE || ny >= SIDE) continue;
				uint32_t cell = ny * SIDE + nx, distance = here.distance + cost[cell];
				if (distance >= best[cell]) continue;
				best[cell] = distance;
				push(distance, cell);
			}
		}
		hash = mix(hash, best[CELLS - 1] ^ best[0]);
	}
	return hash;
}
