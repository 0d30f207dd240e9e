// Random bytes differ from call to call, of any length.
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int main(void) {
    unsigned char a[256] = {0}, b[256] = {0};
    printf("%d %d\n", getentropy(a, sizeof a), getentropy(b, sizeof b));
    int distinct = 0;
    unsigned char seen[256] = {0};
    for (int i = 0; i < 256; i++) distinct += !seen[a[i]]++;
    printf("differ: %d, varied: %d\n", memcmp(a, b, sizeof a) != 0, distinct > 100);
    printf("none: %d\n", getentropy(a, 0));
    return 0;
}
