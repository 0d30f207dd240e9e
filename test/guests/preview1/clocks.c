// Clocks go forward, and sleeping takes as long as it should.
#include <stdio.h>
#include <time.h>
#include <unistd.h>

static long long ns(struct timespec it) { return it.tv_sec * 1000000000LL + it.tv_nsec; }

static long long now(clockid_t clock) {
    struct timespec it;
    return clock_gettime(clock, &it) == 0 ? ns(it) : -1;
}

int main(void) {
    struct timespec resolution;
    printf("after 2020: %d\n", now(CLOCK_REALTIME) / 1000000000 > 1577836800);
    printf("resolution: %d %d\n", clock_getres(CLOCK_REALTIME, &resolution), clock_getres(CLOCK_MONOTONIC, &resolution));
    long long before = now(CLOCK_MONOTONIC);
    for (int i = 0; i < 1000; i++) {
        long long next = now(CLOCK_MONOTONIC);
        if (next < before) return 1;
        before = next;
    }
    struct timespec nap = {0, 20000000};
    printf("sleep: %d\n", nanosleep(&nap, NULL));
    long long slept = now(CLOCK_MONOTONIC) - before;
    printf("slept long enough: %d, not for ever: %d\n", slept >= 20000000, slept < 20000000000);
    return 0;
}
