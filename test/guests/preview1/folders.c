// Folders are made, listed, removed; entries renamed, unlinked.
#include "say.h"
#include <dirent.h>
#include <stdlib.h>
#include <sys/stat.h>

static int byName(const void *a, const void *b) { return strcmp(*(char **)a, *(char **)b); }

static void list(const char *path) {
    DIR *folder = opendir(path);
    say(path, folder == NULL ? -1 : 0);
    if (folder == NULL) return;
    char *names[300];
    int count = 0;
    for (struct dirent *it; (it = readdir(folder)) != NULL && count < 300;) {
        const char *kind = it->d_type == DT_DIR ? "folder" : it->d_type == DT_REG ? "file" : it->d_type == DT_LNK ? "link" : "other";
        // Not every host lists these two.
        if (strcmp(it->d_name, ".") == 0 || strcmp(it->d_name, "..") == 0) continue;
        asprintf(&names[count++], "  %s %s", it->d_name, kind);
    }
    closedir(folder);
    qsort(names, count, sizeof *names, byName);
    for (int i = 0; i < count; i++) puts(names[i]);
}

static void create(const char *path) {
    FILE *file = fopen(path, "w");
    if (say(path, file == NULL ? -1 : 0) < 0) return;
    fputs(path, file);
    fclose(file);
}

int main(void) {
    say("mkdir", mkdir("/data/made", 0755));
    say("mkdir again", mkdir("/data/made", 0755));
    say("mkdir below nothing", mkdir("/data/none/made", 0755));
    for (int i = 0; i < 150; i++) {
        char path[64];
        snprintf(path, sizeof path, "/data/made/a name that is rather long, number %03d", i);
        FILE *file = fopen(path, "w");
        if (file != NULL) fclose(file);
    }
    create("/data/made/x");
    say("mkdir within", mkdir("/data/made/inner", 0755));
    list("/data/made");
    say("rmdir of a full one", rmdir("/data/made"));
    say("unlink of a folder", unlink("/data/made/inner"));
    say("rmdir of a file", rmdir("/data/made/x"));
    say("rmdir", rmdir("/data/made/inner"));
    say("rename", rename("/data/made/x", "/data/y"));
    say("rename over another", rename("/data/y", "/data/given"));
    say("rename of nothing", rename("/data/none", "/data/z"));
    say("rename of a folder", rename("/data/folder", "/data/renamed"));
    say("rename of a folder over a file", rename("/data/renamed", "/data/given"));
    say("rename of a file over a folder", rename("/data/given", "/data/renamed"));
    say("unlink", unlink("/data/made/a name that is rather long, number 000"));
    say("unlink again", unlink("/data/made/a name that is rather long, number 000"));
    list("/data");
    list("/data/given");
    list("/data/none");
    return 0;
}
