// Files are made, written, read, sought in, appended to, cut, looked at; every failure by its name.
#include "say.h"
#include <fcntl.h>
#include <sys/stat.h>

static void look(const char *path) {
    struct stat it;
    if (say(path, stat(path, &it)) < 0) return;
    printf("  size %lld, %s, %d link(s)\n", (long long)it.st_size,
           S_ISREG(it.st_mode)   ? "file"
           : S_ISDIR(it.st_mode) ? "folder"
                                 : "other",
           (int)it.st_nlink);
}

static void show(int file) {
    char content[256];
    lseek(file, 0, SEEK_SET);
    ssize_t count = say("read", read(file, content, sizeof content - 1));
    content[count < 0 ? 0 : count] = 0;
    printf("  [%s]\n", content);
}

int main(void) {
    int file = open("/data/new", O_RDWR | O_CREAT | O_EXCL, 0644);
    say("create", file < 0 ? -1 : 0);
    say("write", write(file, "0123456789", 10));
    say("seek from the end", lseek(file, -4, SEEK_END));
    say("write there", write(file, "ab", 2));
    show(file);
    say("seek beyond", lseek(file, 15, SEEK_SET));
    say("write beyond", write(file, "x", 1));
    look("/data/new");
    say("seek before the start", lseek(file, -1, SEEK_SET));
    say("pread", pread(file, (char[4]){0}, 3, 2));
    say("pwrite", pwrite(file, "P", 1, 0));
    say("where", lseek(file, 0, SEEK_CUR));
    say("cut", ftruncate(file, 5));
    show(file);
    say("stretch", ftruncate(file, 8));
    look("/data/new");
    say("sync", fsync(file));
    say("close", close(file));
    say("close again", close(file));
    say("write to a closed file", write(file, "x", 1));

    say("create what is there", open("/data/new", O_RDWR | O_CREAT | O_EXCL, 0644));
    say("open what is not there", open("/data/none", O_RDONLY));
    say("open a folder to write", open("/data/folder", O_WRONLY));
    say("open below a file", open("/data/given/x", O_RDONLY));
    say("open with a slash at the end", open("/data/given/", O_RDONLY));
    say("open a name that is too long", open("/data/"
                                              "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
                                              "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
                                              "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
                                              "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
                                              O_RDONLY));

    int reader = open("/data/given", O_RDONLY);
    say("write to what is open to read", write(reader, "x", 1));
    show(reader);
    close(reader);
    int appender = open("/data/given", O_WRONLY | O_APPEND);
    say("append", write(appender, "+1", 2));
    say("append", write(appender, "+2", 2));
    close(appender);
    int cutter = open("/data/given", O_RDWR | O_TRUNC);
    look("/data/given");
    say("write", write(cutter, "short", 5));
    show(cutter);
    close(cutter);
    look("/data/folder");
    look("/data");
    return 0;
}
