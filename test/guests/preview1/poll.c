// Waiting for streams and timers.
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void wait_for(const char *what, struct pollfd *files, int count, int timeout) {
    int ready = poll(files, count, timeout);
    printf("%s: %d", what, ready);
    for (int i = 0; i < count; i++)
        printf(" %s%s", files[i].revents & POLLIN ? "in" : "-", files[i].revents & POLLOUT ? "out" : "-");
    puts("");
}

int main(void) {
    struct pollfd out = {.fd = 1, .events = POLLOUT};
    wait_for("stdout", &out, 1, 1000);
    struct pollfd in = {.fd = 0, .events = POLLIN};
    wait_for("stdin", &in, 1, 1000);
    struct pollfd both[2] = {{.fd = 0, .events = POLLIN}, {.fd = 1, .events = POLLOUT}};
    wait_for("both", both, 2, 1000);
    char bytes[10];
    printf("read %zd\n", read(0, bytes, sizeof bytes));
    wait_for("only time", NULL, 0, 10);
    return 0;
}
