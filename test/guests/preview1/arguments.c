// Arguments and environment, as they came.
#include <stdio.h>
#include <stdlib.h>

extern char **environ;

int main(int argc, char **argv) {
    printf("%d arguments\n", argc);
    for (int i = 0; i < argc; i++) printf("argument %d: %s\n", i, argv[i]);
    for (char **it = environ; *it != NULL; it++) printf("variable %s\n", *it);
    printf("NAME is %s, NONE is %s\n", getenv("NAME"), getenv("NONE") == NULL ? "not set" : "set");
    return 0;
}
