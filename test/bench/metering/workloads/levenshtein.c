/* Edit distances and longest common subsequences of pairs of lines. */
#include "workload.h"

static uint32_t smallest(uint32_t a, uint32_t b, uint32_t c) {
	uint32_t least = a < b ? a : b;
	return least < c ? least : c;
}

static uint32_t distance(const char *a, size_t m, const char *b, size_t n) {
	uint32_t row[256];
	for (size_t j = 0; j <= n; j++) row[j] = j;
	for (size_t i = 1; i <= m; i++) {
		uint32_t diagonal = row[0];
		row[0] = i;
		for (size_t j = 1; j <= n; j++) {
			uint32_t above = row[j];
			row[j] = smallest(row[j] + 1, row[j - 1] + 1, diagonal + (a[i - 1] != b[j - 1]));
			diagonal = above;
		}
	}
	return row[n];
}

static uint32_t subsequence(const char *a, size_t m, const char *b, size_t n) {
	static uint16_t table[256][256];
	for (size_t i = 0; i <= m; i++) {
		for (size_t j = 0; j <= n; j++) {
			if (i == 0 || j == 0) table[i][j] = 0;
			else if (a[i - 1] == b[j - 1]) table[i][j] = table[i - 1][j - 1] + 1;
			else table[i][j] = table[i - 1][j] > table[i][j - 1] ? table[i - 1][j] : table[i][j - 1];
		}
	}
	return table[m][n];
}

uint32_t run(uint32_t n) {
	char *text = make_text(4000);
	uint32_t hash = 1;
	while (n--) {
		const char *a = text + next_random() % 3800, *b = text + next_random() % 3800;
		size_t m = 40 + next_random() % 160, k = 40 + next_random() % 160;
		hash = mix(hash, distance(a, m, b, k));
		hash = mix(hash, subsequence(a, m, b, k));
	}
	free(text);
	return hash;
}
