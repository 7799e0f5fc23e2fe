/* Loaded before libc (LD_PRELOAD): makes every flush to disk as slow as SYNC_DELAY_MS asks, and appends to the file
 * SYNC_LOG what each flush has made lasting: inode and size of the file when it began. What a power cut would leave
 * is the file cut to that size. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static int flush(int fd, const char *name) {
    int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, name);
    struct stat before;
    const char *delay = getenv("SYNC_DELAY_MS"), *log = getenv("SYNC_LOG");
    int known = fstat(fd, &before) == 0;
    if (delay) {
        long ms = atol(delay);
        struct timespec pause = {ms / 1000, (ms % 1000) * 1000000L};
        nanosleep(&pause, NULL);
    }
    int result = real(fd);
    if (result == 0 && known && log) {
        char line[64];
        int length = snprintf(line, sizeof line, "%lu %ld\n", (unsigned long)before.st_ino, (long)before.st_size);
        int out = open(log, O_WRONLY | O_APPEND | O_CREAT, 0600);
        if (out >= 0) {
            if (write(out, line, (size_t)length) < 0) { /* The next flush says more. */ }
            close(out);
        }
    }
    return result;
}

int fsync(int fd) { return flush(fd, "fsync"); }
int fdatasync(int fd) { return flush(fd, "fdatasync"); }
