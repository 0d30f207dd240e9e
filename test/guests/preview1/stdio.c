// Standard input to its end, in pieces of odd sizes; what was read goes to stdout in upper case, a line to stderr.
#include <ctype.h>
#include <stdio.h>
#include <unistd.h>

int main(void) {
    char piece[777];
    ssize_t count;
    size_t total = 0;
    while ((count = read(0, piece, sizeof piece)) > 0) {
        for (ssize_t i = 0; i < count; i++) piece[i] = toupper((unsigned char)piece[i]);
        fwrite(piece, 1, count, stdout);
        total += count;
    }
    fprintf(stderr, "to stderr\n");
    printf("\n%zu bytes, then %zd, and again %zd\n", total, count, read(0, piece, 1));
    return 0;
}
