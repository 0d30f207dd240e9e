// Links: made, read, followed and not, in circles, and out of the mount.
#include "say.h"
#include <fcntl.h>
#include <sys/stat.h>

static void look(const char *path) {
    struct stat it;
    printf("%s: ", path);
    if (lstat(path, &it) < 0) printf("%s; ", strerror(errno));
    else printf("%s; ", S_ISLNK(it.st_mode) ? "link" : S_ISDIR(it.st_mode) ? "folder" : "file");
    if (stat(path, &it) < 0) printf("%s\n", strerror(errno));
    else printf("%s of %lld\n", S_ISDIR(it.st_mode) ? "folder" : "file", S_ISDIR(it.st_mode) ? 0LL : (long long)it.st_size);
}

static void show(const char *path) {
    char content[100] = "";
    int file = open(path, O_RDONLY);
    if (say(path, file < 0 ? -1 : 0) < 0) return;
    read(file, content, sizeof content - 1);
    printf("  [%s]\n", content);
    close(file);
}

int main(void) {
    say("symlink", symlink("given", "/data/relative"));
    say("symlink", symlink("relative", "/data/twice"));
    say("symlink", symlink("circle", "/data/circle"));
    say("symlink", symlink("none", "/data/dangling"));
    say("symlink", symlink("folder", "/data/to-folder"));
    say("symlink over it", symlink("other", "/data/relative"));
    say("symlink upwards", symlink("../outside/secret", "/data/upwards"));
    char target[100] = "";
    say("readlink", readlink("/data/twice", target, sizeof target - 1));
    printf("  %s\n", target);
    say("readlink of a file", readlink("/data/given", target, sizeof target));
    const char *paths[] = {"/data/relative", "/data/twice",    "/data/circle",     "/data/dangling",
                           "/data/upwards",  "/data/to-folder", "/data/to-folder/inner"};
    for (unsigned i = 0; i < sizeof paths / sizeof *paths; i++) look(paths[i]), show(paths[i]);
    say("open without following", open("/data/relative", O_RDONLY | O_NOFOLLOW));
    say("link", link("/data/given", "/data/hard"));
    show("/data/hard");
    say("unlink of a link", unlink("/data/twice"));
    look("/data/relative");
    show("/data/../outside/secret");
    show("/data/folder/../given");
    show("/data/folder/../../outside/secret");
    show("/outside/secret");
    return 0;
}
