/* A balanced search tree (a left-leaning red-black tree): inserts, lookups, walks in order. */
#include "workload.h"

typedef struct Node {
	struct Node *left, *right;
	uint32_t key, value;
	int red;
} Node;

static int is_red(const Node *node) { return node && node->red; }

static Node *rotate_left(Node *node) {
	Node *up = node->right;
	node->right = up->left;
	up->left = node;
	up->red = node->red;
	node->red = 1;
	return up;
}

static Node *rotate_right(Node *node) {
	Node *up = node->left;
	node->left = up->right;
	up->right = node;
	up->red = node->red;
	node->red = 1;
	return up;
}

static Node *insert(Node *node, uint32_t key, uint32_t value) {
	if (!node) {
		node = calloc(1, sizeof *node);
		node->key = key;
		node->value = value;
		node->red = 1;
		return node;
	}
	if (key == node->key) node->value += value;
	else if (key < node->key) node->left = insert(node->left, key, value);
	else node->right = insert(node->right, key, value);
	if (is_red(node->right) && !is_red(node->left)) node = rotate_left(node);
	if (is_red(node->left) && is_red(node->left->left)) node = rotate_right(node);
	if (is_red(node->left) && is_red(node->right)) {
		node->red = 1;
		node->left->red = node->right->red = 0;
	}
	return node;
}

static const Node *find(const Node *node, uint32_t key) {
	while (node && node->key != key) node = key < node->key ? node->left : node->right;
	return node;
}

static uint32_t sum(const Node *node, uint32_t hash) {
	if (!node) return hash;
	return sum(node->right, mix(sum(node->left, hash), node->key + node->value));
}

static void release(Node *node) {
	if (!node) return;
	release(node->left);
	release(node->right);
	free(node);
}

uint32_t run(uint32_t n) {
	uint32_t hash = 1;
	while (n--) {
		Node *root = NULL;
		for (int i = 0; i < 1500; i++) {
			root = insert(root, next_random() % 2000, i);
			root->red = 0;
		}
		for (int i = 0; i < 3000; i++) {
			const Node *node = find(root, next_random() % 2000);
			if (node) hash += node->value;
		}
		hash = sum(root, hash);
		release(root);
	}
	return hash;
}
