// What a call gave, or why it failed, in words that do not depend on numbers.
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static long long say(const char *what, long long result) {
    const char *name = strlen(what) > 60 ? "a long name" : what;
    if (result < 0) printf("%s: %s\n", name, strerror(errno));
    else printf("%s: %lld\n", name, result);
    return result;
}
