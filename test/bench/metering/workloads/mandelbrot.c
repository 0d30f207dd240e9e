/* The Mandelbrot set in escape times, as a histogram. */
#include "workload.h"

uint32_t run(uint32_t n) {
	enum { WIDTH = 80, HEIGHT = 60, MOST = 200 };
	static uint32_t histogram[MOST + 1];
	uint32_t hash = 1;
	for (uint32_t image = 0; image < n; image++) {
		double zoom = 1.0 / (1 + image % 7);
		for (int row = 0; row < HEIGHT; row++) {
			for (int column = 0; column < WIDTH; column++) {
				double cx = -0.7 + (column - WIDTH / 2) * 3.0 / WIDTH * zoom, cy = (row - HEIGHT / 2) * 2.4 / HEIGHT * zoom;
				double x = 0, y = 0;
				int steps = 0;
				while (steps < MOST && x * x + y * y < 4) {
					double next = x * x - y * y + cx;
					y = 2 * x * y + cy;
					x = next;
					steps++;
				}
				histogram[steps]++;
			}
		}
		hash = mix(hash, histogram[image % MOST]);
	}
	return hash;
}
