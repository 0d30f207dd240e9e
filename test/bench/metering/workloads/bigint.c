/* Big integers: factorials, their decimal digits, and Fibonacci numbers by doubling. */
#include "workload.h"

enum { LIMBS = 700 };
typedef struct {
	int size;
	uint32_t limb[LIMBS];
} Big;

static void set(Big *a, uint32_t value) {
	a->size = 1;
	a->limb[0] = value;
}

static void multiply_small(Big *a, uint32_t by) {
	uint64_t carry = 0;
	for (int i = 0; i < a->size; i++) {
		carry += (uint64_t)a->limb[i] * by;
		a->limb[i] = carry;
		carry >>= 32;
	}
	if (carry) a->limb[a->size++] = carry;
}

static uint32_t divide_small(Big *a, uint32_t by) {
	uint64_t rest = 0;
	for (int i = a->size - 1; i >= 0; i--) {
		rest = rest << 32 | a->limb[i];
		a->limb[i] = rest / by;
		rest %= by;
	}
	while (a->size > 1 && a->limb[a->size - 1] == 0) a->size--;
	return rest;
}

static void add(Big *out, const Big *a, const Big *b) {
	uint64_t carry = 0;
	int size = a->size > b->size ? a->size : b->size;
	for (int i = 0; i < size; i++) {
		carry += (uint64_t)(i < a->size ? a->limb[i] : 0) + (i < b->size ? b->limb[i] : 0);
		out->limb[i] = carry;
		carry >>= 32;
	}
	out->size = size;
	if (carry) out->limb[out->size++] = carry;
}

static void multiply(Big *out, const Big *a, const Big *b) {
	out->size = a->size + b->size;
	memset(out->limb, 0, out->size * sizeof *out->limb);
	for (int i = 0; i < a->size; i++) {
		uint64_t carry = 0;
		for (int j = 0; j < b->size; j++) {
			carry += (uint64_t)a->limb[i] * b->limb[j] + out->limb[i + j];
			out->limb[i + j] = carry;
			carry >>= 32;
		}
		out->limb[i + b->size] = carry;
	}
	while (out->size > 1 && out->limb[out->size - 1] == 0) out->size--;
}

uint32_t run(uint32_t n) {
	static Big a, b, c, d, sum;
	uint32_t hash = 1;
	while (n--) {
		set(&a, 1);
		for (uint32_t i = 2; i <= 300; i++) multiply_small(&a, i);
		while (a.size > 1 || a.limb[0]) hash = mix(hash, divide_small(&a, 1000000000));
		set(&a, 0);
		set(&b, 1);
		for (int i = 0; i < 200; i++) {
			add(&sum, &a, &b);
			a = b;
			b = sum;
		}
		multiply(&c, &a, &b);
		multiply(&d, &c, &c);
		multiply(&c, &d, &d);
		hash = mix(hash, c.limb[c.size - 1]);
	}
	return hash;
}
