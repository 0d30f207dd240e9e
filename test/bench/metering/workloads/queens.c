/* Two searches with backtracking: the queens' problem, and sudokus. */
#include "workload.h"

static int queens(int n, int row, uint32_t columns, uint32_t left, uint32_t right) {
	if (row == n) return 1;
	int count = 0;
	uint32_t free = ~(columns | left | right) & ((1u << n) - 1);
	while (free) {
		uint32_t bit = free & -free;
		free ^= bit;
		count += queens(n, row + 1, columns | bit, (left | bit) << 1, (right | bit) >> 1);
	}
	return count;
}

static uint8_t grid[81];

static int allowed(int cell, int digit) {
	int row = cell / 9, column = cell % 9, box = row / 3 * 27 + column / 3 * 3;
	for (int i = 0; i < 9; i++) {
		if (grid[row * 9 + i] == digit || grid[i * 9 + column] == digit || grid[box + i / 3 * 9 + i % 3] == digit) return 0;
	}
	return 1;
}

static int sudoku(int cell, int *budget) {
	while (cell < 81 && grid[cell]) cell++;
	if (cell == 81) return 1;
	if (--*budget < 0) return 0;
	for (int digit = 1; digit <= 9; digit++) {
		if (!allowed(cell, digit)) continue;
		grid[cell] = digit;
		if (sudoku(cell + 1, budget)) return 1;
		grid[cell] = 0;
	}
	return 0;
}

uint32_t run(uint32_t n) {
	uint32_t hash = 1;
	while (n--) {
		hash = mix(hash, queens(7 + n % 2, 0, 0, 0, 0));
		memset(grid, 0, sizeof grid);
		for (int i = 0; i < 6; i++) grid[next_random() % 81] = 0, grid[i * 13] = i + 1;
		int budget = 2000;
		hash = mix(hash, sudoku(0, &budget));
	}
	return hash;
}
