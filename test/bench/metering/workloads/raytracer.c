/* A ray tracer: spheres and a floor, shadows, reflections. */
#include "workload.h"

typedef struct {
	double x, y, z;
} Vector;
typedef struct {
	Vector centre;
	double radius, mirror;
	Vector colour;
} Sphere;

enum { SPHERES = 6, WIDTH = 48, HEIGHT = 36 };
static Sphere scene[SPHERES];
static const Vector LIGHT = {4, 8, -6};

static Vector plus(Vector a, Vector b) { return (Vector){a.x + b.x, a.y + b.y, a.z + b.z}; }
static Vector minus(Vector a, Vector b) { return (Vector){a.x - b.x, a.y - b.y, a.z - b.z}; }
static Vector times(Vector a, double by) { return (Vector){a.x * by, a.y * by, a.z * by}; }
static double dot(Vector a, Vector b) { return a.x * b.x + a.y * b.y + a.z * b.z; }
static Vector unit(Vector a) { return times(a, 1 / __builtin_sqrt(dot(a, a))); }

static double hit(const Sphere *sphere, Vector origin, Vector ray) {
	Vector to = minus(sphere->centre, origin);
	double along = dot(to, ray), square = dot(to, to) - along * along, radius = sphere->radius * sphere->radius;
	if (square > radius) return -1;
	double half = __builtin_sqrt(radius - square);
	return along - half > 1e-4 ? along - half : along + half > 1e-4 ? along + half : -1;
}

static const Sphere *nearest(Vector origin, Vector ray, double *distance) {
	const Sphere *found = NULL;
	for (int i = 0; i < SPHERES; i++) {
		double at = hit(&scene[i], origin, ray);
		if (at > 0 && (!found || at < *distance)) found = &scene[i], *distance = at;
	}
	return found;
}

static Vector trace(Vector origin, Vector ray, int depth) {
	double distance, floor = ray.y < 0 ? -(origin.y + 2) / ray.y : -1;
	const Sphere *sphere = nearest(origin, ray, &distance);
	if (floor > 1e-4 && (!sphere || floor < distance)) {
		Vector point = plus(origin, times(ray, floor));
		double shade = ((int)__builtin_floor(point.x) + (int)__builtin_floor(point.z)) & 1 ? 0.9 : 0.3, unused;
		if (nearest(point, unit(minus(LIGHT, point)), &unused)) shade *= 0.4;
		return (Vector){shade, shade, shade};
	}
	if (!sphere) return (Vector){0.4, 0.6, 0.9};
	Vector point = plus(origin, times(ray, distance)), normal = unit(minus(point, sphere->centre));
	Vector light = unit(minus(LIGHT, point));
	double unused, bright = dot(normal, light);
	if (bright < 0 || nearest(point, light, &unused)) bright = 0;
	Vector colour = times(sphere->colour, 0.15 + 0.85 * bright);
	if (depth == 0 || sphere->mirror == 0) return colour;
	Vector reflected = trace(point, minus(ray, times(normal, 2 * dot(ray, normal))), depth - 1);
	return plus(times(colour, 1 - sphere->mirror), times(reflected, sphere->mirror));
}

uint32_t run(uint32_t n) {
	for (int i = 0; i < SPHERES; i++) {
		scene[i].centre = (Vector){i * 1.3 - 3, (i * 7 % 5) * 0.6 - 1, 3 + i % 3};
		scene[i].radius = 0.5 + i % 3 * 0.3;
		scene[i].mirror = i % 2 * 0.5;
		scene[i].colour = (Vector){0.2 * i, 1 - 0.15 * i, 0.5};
	}
	uint32_t hash = 1;
	while (n--) {
		for (int y = 0; y < HEIGHT; y++) {
			for (int x = 0; x < WIDTH; x++) {
				Vector ray = unit((Vector){(x - WIDTH / 2.0) / WIDTH, (HEIGHT / 2.0 - y) / WIDTH, 1});
				Vector colour = trace((Vector){0, 0, -4 - (n % 4)}, ray, 4);
				hash = mix(hash, (int)(colour.x * 255) << 16 | (int)(colour.y * 255) << 8 | (int)(colour.z * 255));
			}
		}
	}
	return hash;
}
