/* Huffman coding: count, build the tree, encode a text, decode it, compare. */
#include "workload.h"

enum { SIZE = 8000 };
static struct {
	uint32_t weight;
	int left, right;
} tree[511];
static int nodes, root;
static uint32_t code[256];
static uint8_t bits[256];

static void assign(int node, uint32_t prefix, int depth) {
	if (tree[node].left < 0) {
		code[node] = prefix;
		bits[node] = depth;
		return;
	}
	assign(tree[node].left, prefix << 1, depth + 1);
	assign(tree[node].right, prefix << 1 | 1, depth + 1);
}

static void build(const uint8_t *text, size_t size) {
	int live[256], count = 0;
	for (int i = 0; i < 256; i++) tree[i].weight = 0, tree[i].left = -1;
	for (size_t i = 0; i < size; i++) tree[text[i]].weight++;
	for (int i = 0; i < 256; i++) if (tree[i].weight) live[count++] = i;
	nodes = 256;
	while (count > 1) {
		int lowest[2];
		for (int k = 0; k < 2; k++) {
			int best = 0;
			for (int i = 1; i < count; i++) if (tree[live[i]].weight < tree[live[best]].weight) best = i;
			lowest[k] = live[best];
			live[best] = live[--count];
		}
		tree[nodes].weight = tree[lowest[0]].weight + tree[lowest[1]].weight;
		tree[nodes].left = lowest[0];
		tree[nodes].right = lowest[1];
		live[count++] = nodes++;
	}
	root = live[0];
	assign(root, 0, 0);
}

static size_t encode(const uint8_t *text, size_t size, uint8_t *out) {
	uint64_t pending = 0;
	int have = 0;
	uint8_t *start = out;
	for (size_t i = 0; i < size; i++) {
		pending = pending << bits[text[i]] | code[text[i]];
		have += bits[text[i]];
		while (have >= 8) *out++ = pending >> (have -= 8);
	}
	*out++ = pending << (8 - have);
	return out - start;
}

static void decode(const uint8_t *in, size_t size, uint8_t *out) {
	size_t bit = 0;
	for (size_t i = 0; i < size; i++) {
		int node = root;
		while (tree[node].left >= 0) {
			node = in[bit >> 3] >> (7 - (bit & 7)) & 1 ? tree[node].right : tree[node].left;
			bit++;
		}
		out[i] = node;
	}
}

uint32_t run(uint32_t n) {
	static uint8_t packed[2 * SIZE], back[SIZE];
	uint32_t hash = 1;
	while (n--) {
		char *text = make_text(SIZE);
		build((uint8_t *)text, SIZE);
		size_t size = encode((uint8_t *)text, SIZE, packed);
		decode(packed, SIZE, back);
		hash = mix(hash, size + memcmp(back, text, SIZE));
		free(text);
	}
	return hash;
}
