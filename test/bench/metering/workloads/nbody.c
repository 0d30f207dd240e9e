/* The planets' orbits: energy and momentum of a system of five bodies. */
#include "workload.h"

enum { BODIES = 5 };
static struct Body {
	double position[3], velocity[3], mass;
} bodies[BODIES];

static void start(void) {
	for (int i = 0; i < BODIES; i++) {
		for (int axis = 0; axis < 3; axis++) {
			bodies[i].position[axis] = i * 3.1 * (axis + 1) * (i % 2 ? 1 : -1) + axis;
			bodies[i].velocity[axis] = (i + 1) * 0.01 * (axis - 1);
		}
		bodies[i].mass = i ? 0.04 / i : 39.47;
	}
}

static void advance(double step) {
	for (int i = 0; i < BODIES; i++) {
		for (int j = i + 1; j < BODIES; j++) {
			double delta[3], square = 0;
			for (int axis = 0; axis < 3; axis++) {
				delta[axis] = bodies[i].position[axis] - bodies[j].position[axis];
				square += delta[axis] * delta[axis];
			}
			double magnitude = step / (square * __builtin_sqrt(square));
			for (int axis = 0; axis < 3; axis++) {
				bodies[i].velocity[axis] -= delta[axis] * bodies[j].mass * magnitude;
				bodies[j].velocity[axis] += delta[axis] * bodies[i].mass * magnitude;
			}
		}
	}
	for (int i = 0; i < BODIES; i++)
		for (int axis = 0; axis < 3; axis++) bodies[i].position[axis] += step * bodies[i].velocity[axis];
}

static double energy(void) {
	double sum = 0;
	for (int i = 0; i < BODIES; i++) {
		for (int axis = 0; axis < 3; axis++) sum += bodies[i].mass * bodies[i].velocity[axis] * bodies[i].velocity[axis] / 2;
		for (int j = i + 1; j < BODIES; j++) {
			double square = 0;
			for (int axis = 0; axis < 3; axis++) {
				double delta = bodies[i].position[axis] - bodies[j].position[axis];
				square += delta * delta;
			}
			sum -= bodies[i].mass * bodies[j].mass / __builtin_sqrt(square);
		}
	}
	return sum;
}

uint32_t run(uint32_t n) {
	uint32_t hash = 1;
	start();
	while (n--) {
		for (int i = 0; i < 1000; i++) advance(0.001);
		hash = mix(hash, (int32_t)(energy() * 1e6));
	}
	return hash;
}
