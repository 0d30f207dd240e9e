/* Counts words: a hash table with chains, grown as it fills, with strings of its own. */
#include "workload.h"

typedef struct Node {
	struct Node *next;
	uint32_t hash, count;
	char word[];
} Node;

typedef struct {
	Node **slots;
	uint32_t size, used;
} Table;

static uint32_t hash_of(const char *word, size_t length) {
	uint32_t hash = 2166136261u;
	for (size_t i = 0; i < length; i++) hash = (hash ^ (uint8_t)word[i]) * 16777619u;
	return hash;
}

static void grow(Table *table) {
	uint32_t size = table->size * 2;
	Node **slots = calloc(size, sizeof *slots);
	for (uint32_t i = 0; i < table->size; i++) {
		for (Node *node = table->slots[i], *next; node; node = next) {
			next = node->next;
			node->next = slots[node->hash & (size - 1)];
			slots[node->hash & (size - 1)] = node;
		}
	}
	free(table->slots);
	table->slots = slots;
	table->size = size;
}

static void count(Table *table, const char *word, size_t length) {
	uint32_t hash = hash_of(word, length);
	for (Node *node = table->slots[hash & (table->size - 1)]; node; node = node->next) {
		if (node->hash == hash && strncmp(node->word, word, length) == 0 && node->word[length] == 0) {
			node->count++;
			return;
		}
	}
	if (++table->used > table->size) grow(table);
	Node *node = malloc(sizeof *node + length + 1);
	memcpy(node->word, word, length);
	node->word[length] = 0;
	node->hash = hash;
	node->count = 1;
	node->next = table->slots[hash & (table->size - 1)];
	table->slots[hash & (table->size - 1)] = node;
}

uint32_t run(uint32_t n) {
	uint32_t sum = 1;
	while (n--) {
		Table table = {calloc(16, sizeof(Node *)), 16, 0};
		for (int i = 0; i < 3000; i++) {
			char word[16];
			size_t length = 0;
			for (uint32_t v = next_random() % 1500; length < 6; length++, v /= 3) word[length] = 'a' + v % 3 + length;
			count(&table, word, length);
		}
		for (uint32_t i = 0; i < table.size; i++) {
			for (Node *node = table.slots[i], *next; node; node = next) {
				sum = mix(sum, node->count * node->word[0]);
				next = node->next;
				free(node);
			}
		}
		free(table.slots);
	}
	return sum;
}
