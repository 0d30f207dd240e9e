/* Sorts records: the C library's qsort with a comparison function, a merge sort of a list, and a quicksort of numbers. */
#include "workload.h"

typedef struct Record {
	char name[12];
	uint32_t number;
	struct Record *next;
} Record;

static int by_name(const void *a, const void *b) {
	int order = strcmp(((const Record *)a)->name, ((const Record *)b)->name);
	return order ? order : (int)(((const Record *)a)->number - ((const Record *)b)->number);
}

static Record *merge_sort(Record *list) {
	if (!list || !list->next) return list;
	Record *slow = list, *fast = list->next;
	while (fast && fast->next) slow = slow->next, fast = fast->next->next;
	Record *right = merge_sort(slow->next), *first = NULL, **tail = &first;
	slow->next = NULL;
	Record *left = merge_sort(list);
	while (left && right) {
		Record **least = left->number <= right->number ? &left : &right;
		*tail = *least;
		tail = &(*least)->next;
		*least = (*least)->next;
	}
	*tail = left ? left : right;
	return first;
}

static void quicksort(uint32_t *low, uint32_t *high) {
	while (high - low > 12) {
		uint32_t pivot = low[(high - low) / 2], *i = low, *j = high;
		while (i <= j) {
			while (*i < pivot) i++;
			while (*j > pivot) j--;
			if (i <= j) {
				uint32_t swap = *i;
				*i++ = *j;
				*j-- = swap;
			}
		}
		if (j - low < high - i) quicksort(low, j), low = i;
		else quicksort(i, high), high = j;
	}
	for (uint32_t *i = low + 1; i <= high; i++) {
		uint32_t value = *i, *j = i;
		for (; j > low && j[-1] > value; j--) *j = j[-1];
		*j = value;
	}
}

uint32_t run(uint32_t n) {
	enum { RECORDS = 800, NUMBERS = 4000 };
	static Record records[RECORDS];
	static uint32_t numbers[NUMBERS];
	uint32_t hash = 1;
	while (n--) {
		for (int i = 0; i < RECORDS; i++) {
			for (int c = 0; c < 11; c++) records[i].name[c] = 'a' + next_random() % 4;
			records[i].number = next_random();
		}
		qsort(records, RECORDS, sizeof *records, by_name);
		for (int i = 0; i < RECORDS; i++) records[i].next = i + 1 < RECORDS ? &records[i + 1] : NULL;
		Record *list = merge_sort(records);
		for (int i = 0; i < NUMBERS; i++) numbers[i] = next_random();
		quicksort(numbers, numbers + NUMBERS - 1);
		hash = mix(hash, records[7].number ^ list->next->number ^ numbers[NUMBERS / 2]);
	}
	return hash;
}
