#define _GNU_SOURCE
#include "log-files.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static void file_name(char name[PATH_MAX], const char *path, int number) {
  snprintf(name, PATH_MAX, number == 0 ? "%s" : "%s.%d", path, number);
}

int lock_log(const char *path, int how) {
  char directory[PATH_MAX];
  snprintf(directory, sizeof directory, "%s", path);
  char *slash = strrchr(directory, '/');
  if (!slash) return -1;
  *slash = '\0';
  int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd >= 0) flock(fd, how);
  return fd;
}

void rotate_log(const char *path, int files) {
  char from[PATH_MAX], to[PATH_MAX];
  if (files < 2) unlink(path);
  for (int i = files - 1; i > 0; i--) {
    file_name(from, path, i - 1);
    file_name(to, path, i);
    rename(from, to);
  }
}

static int open_file(const char *path, int number) {
  char name[PATH_MAX];
  file_name(name, path, number);
  return open(name, O_RDONLY | O_CLOEXEC);
}

// A number may be missing: the writer was killed while it rotated.
bool open_log_files(const char *path, int files, struct log_files *all) {
  *all = (struct log_files){.fds = malloc((size_t)files * sizeof *all->fds)};
  if (!all->fds) return false;
  int lock = lock_log(path, LOCK_SH);
  for (int number = 0; number < files; number++) {
    int fd = open_file(path, number);
    if (fd >= 0) all->fds[all->count++] = fd;
  }
  if (lock >= 0) close(lock);
  return true;
}

static bool is_file(const char *path, int number, const struct stat *file) {
  char name[PATH_MAX];
  struct stat status;
  file_name(name, path, number);
  return stat(name, &status) == 0 && status.st_ino == file->st_ino && status.st_dev == file->st_dev;
}

static int find_next(const char *path, int files, const struct stat *ours) {
  int at = files;
  for (int number = 0; number < files && at == files; number++)
    if (is_file(path, number, ours)) at = number;
  while (at-- > 0) {
    int fd = open_file(path, at);
    if (fd >= 0) return fd;
  }
  return -1;
}

int open_next_log_file(const char *path, int files, int fd) {
  struct stat ours = {0};
  if (fd >= 0 && fstat(fd, &ours) < 0) return -1;
  int lock = lock_log(path, LOCK_SH);
  if (lock < 0) return -1;
  int next = find_next(path, files, &ours);
  close(lock);
  return next;
}
