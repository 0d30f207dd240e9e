/* Linear algebra: products, and systems of equations by elimination with pivots. */
#include "workload.h"

enum { SIDE = 48 };
typedef double Matrix[SIDE][SIDE];

static void fill(Matrix m) {
	for (int i = 0; i < SIDE; i++)
		for (int j = 0; j < SIDE; j++) m[i][j] = (double)(next_random() % 2000) / 1000 - 1;
}

static void multiply(Matrix out, Matrix a, Matrix b) {
	for (int i = 0; i < SIDE; i++) {
		for (int j = 0; j < SIDE; j++) {
			double sum = 0;
			for (int k = 0; k < SIDE; k++) sum += a[i][k] * b[k][j];
			out[i][j] = sum;
		}
	}
}

static double solve(Matrix m, double *x) {
	double determinant = 1;
	for (int column = 0; column < SIDE; column++) {
		int pivot = column;
		for (int i = column + 1; i < SIDE; i++)
			if (__builtin_fabs(m[i][column]) > __builtin_fabs(m[pivot][column])) pivot = i;
		for (int j = 0; pivot != column && j < SIDE; j++) {
			double swap = m[pivot][j];
			m[pivot][j] = m[column][j];
			m[column][j] = swap;
		}
		double swap = x[pivot];
		x[pivot] = x[column];
		x[column] = swap;
		determinant *= m[column][column];
		if (m[column][column] == 0) return 0;
		for (int i = column + 1; i < SIDE; i++) {
			double factor = m[i][column] / m[column][column];
			for (int j = column; j < SIDE; j++) m[i][j] -= factor * m[column][j];
			x[i] -= factor * x[column];
		}
	}
	for (int i = SIDE - 1; i >= 0; i--) {
		for (int j = i + 1; j < SIDE; j++) x[i] -= m[i][j] * x[j];
		x[i] /= m[i][i];
	}
	return determinant;
}

uint32_t run(uint32_t n) {
	static Matrix a, b, c;
	uint32_t hash = 1;
	while (n--) {
		double x[SIDE];
		fill(a);
		fill(b);
		multiply(c, a, b);
		for (int i = 0; i < SIDE; i++) x[i] = i;
		double determinant = solve(c, x);
		hash = mix(hash, (determinant > 0) + (x[0] > 0) * 2 + (x[SIDE - 1] > 1) * 4);
	}
	return hash;
}
