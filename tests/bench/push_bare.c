/* push_bare.c: what ten clients that push layers of 1 MiB ask of a disk, without
 * HTTP, hashes and a registry: writers write, sync, rename and link the files of
 * docs/storage.md, in the same order and with the same syncs, for each layer.
 *
 *     push_bare DIRECTORY WRITERS LAYERS
 *
 * prints layers a second. */

#define _GNU_SOURCE

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define LAYER (1 << 20)
#define PIECE (40 * 1024) /* of one write, as nginx reads a body */
#define LINK 71           /* bytes: "sha256:" and the hex */

typedef char path_t[PATH_MAX];


static void
check(int is_good, const char *what)
{
    if (!is_good) {
        perror(what);
        exit(1);
    }
}


static void
print(path_t path, const char *format, const char *directory, const char *name)
{
    snprintf(path, PATH_MAX, format, directory, name);
}


static int
file_open(const char *path)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);

    check(fd >= 0, path);

    return fd;
}


static void
bytes_write(int fd, const unsigned char *bytes, int size)
{
    for (int at = 0; at < size; at += PIECE) {
        int n = size - at < PIECE ? size - at : PIECE;

        check(write(fd, bytes + at, (size_t)n) == n, "write");
    }
}


static void
name_sync(const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);

    check(fd >= 0 && fsync(fd) == 0, path);
    close(fd);
}


/* The upload: POST, and the body of PUT. */
static void
upload_write(const char *upload, const char *data, const unsigned char *layer)
{
    path_t started, unfinished;
    int fd;

    print(started, "%s%s", upload, "/startedat");
    print(unfinished, "%s%s", started, ".tmp");
    check(mkdir(upload, 0777) == 0, upload);
    close(file_open(data));
    fd = file_open(unfinished);
    bytes_write(fd, layer, 20);
    close(fd);
    check(rename(unfinished, started) == 0, started);

    fd = open(data, O_WRONLY | O_CLOEXEC);
    check(fd >= 0, data);
    bytes_write(fd, layer, LAYER);
    close(fd);
}


static void
layer_push(const char *top, const char *hex, const unsigned char *layer)
{
    path_t upload, data, fan, blob, blob_data, links, link, link_file, draft;
    path_t started;
    int fd;

    print(upload, "%s/repository/_uploads/%s", top, hex);
    print(data, "%s%s", upload, "/data");
    print(started, "%s%s", upload, "/startedat");
    snprintf(fan, sizeof(fan), "%s/blobs/%.2s", top, hex);
    print(blob, "%s/%s", fan, hex);
    print(blob_data, "%s%s", blob, "/data");
    print(links, "%s%s", top, "/repository/_layers");
    print(link, "%s/%s", links, hex);
    print(link_file, "%s%s", link, "/link");
    print(draft, "%s%s", link_file, ".tmp");

    upload_write(upload, data, layer);

    check(mkdir(link, 0777) == 0, link);
    fd = file_open(draft);
    bytes_write(fd, layer, LINK);
    sync_file_range(fd, 0, 0, SYNC_FILE_RANGE_WRITE);
    check(mkdir(blob, 0777) == 0, blob);
    name_sync(data);
    check(fsync(fd) == 0, draft);
    close(fd);

    check(rename(data, blob_data) == 0, blob_data);
    check(rename(draft, link_file) == 0, link_file);
    name_sync(blob);
    name_sync(fan);
    name_sync(link);
    name_sync(links);

    check(unlink(started) == 0 && rmdir(upload) == 0, upload);
}


static void
run_writer(const char *top, int number, int layers, int ready, int go)
{
    unsigned char *layer = malloc(LAYER);
    unsigned long long stamp =
        ((unsigned long long)time(NULL) << 24) + (unsigned)number * 100000u;
    char byte = 0, hex[65];

    for (int i = 0; i < LAYER; i++) {
        layer[i] = (unsigned char)(i * 2654435761u >> 13);
    }

    check(write(ready, &byte, 1) == 1 && read(go, &byte, 1) == 1, "pipe");

    for (int i = 0; i < layers; i++, stamp++) {
        unsigned long long hash = stamp * 0x9e3779b97f4a7c15ull;

        memcpy(layer, &stamp, sizeof(stamp));
        snprintf(hex, sizeof(hex), "%016llx%016llx%016llx%016llx", hash, stamp,
                 hash, stamp);
        layer_push(top, hex, layer);
    }

    exit(0);
}


static void
tree_make(const char *top)
{
    static const char *const names[] = { "", "/repository",
                                         "/repository/_uploads",
                                         "/repository/_layers", "/blobs" };
    path_t path;

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        print(path, "%s%s", top, names[i]);
        mkdir(path, 0777);
    }

    for (int i = 0; i < 256; i++) {
        snprintf(path, sizeof(path), "%s/blobs/%02x", top, i);
        mkdir(path, 0777);
    }

    name_sync(top);
}


static double
now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);

    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}


int
main(int argc, char **argv)
{
    int writers, layers, ready[2], go[2], status = 0, worst = 0;
    double start;
    char byte = 0;

    check(argc == 4 && pipe(ready) == 0 && pipe(go) == 0,
          "usage: push_bare DIRECTORY WRITERS LAYERS");
    writers = (int)strtol(argv[2], NULL, 10);
    layers = (int)strtol(argv[3], NULL, 10);
    tree_make(argv[1]);

    for (int i = 0; i < writers; i++) {
        if (fork() == 0) {
            run_writer(argv[1], i, layers, ready[1], go[0]);
        }
    }

    for (int i = 0; i < writers; i++) {
        check(read(ready[0], &byte, 1) == 1, "pipe");
    }

    start = now();

    for (int i = 0; i < writers; i++) {
        check(write(go[1], &byte, 1) == 1, "pipe");
    }

    while (wait(&status) > 0) {
        worst |= status;
    }

    printf("%.1f\n", writers * layers / (now() - start));

    return worst != 0;
}
