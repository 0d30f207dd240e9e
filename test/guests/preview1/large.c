// A megabyte through a file and back, in pieces, with a check at each step.
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define SIZE (1 << 20)

int main(void) {
    unsigned char *bytes = malloc(SIZE), *back = calloc(1, SIZE);
    unsigned state = 1;
    for (int i = 0; i < SIZE; i++) bytes[i] = (state = state * 1103515245 + 12345) >> 16;
    int file = open("/data/large", O_RDWR | O_CREAT | O_TRUNC, 0644);
    for (int at = 0; at < SIZE;) {
        ssize_t count = write(file, bytes + at, SIZE - at < 70001 ? SIZE - at : 70001);
        if (count <= 0) return 1;
        at += count;
    }
    lseek(file, 0, SEEK_SET);
    int total = 0;
    for (ssize_t count; (count = read(file, back + total, 65537)) > 0;) total += count;
    unsigned sum = 0, other = 0;
    for (int i = 0; i < SIZE; i++) sum = sum * 31 + bytes[i], other = other * 31 + back[i];
    printf("%d bytes, the same: %d\n", total, sum == other);
    return close(file);
}
