#define _GNU_SOURCE
#include "entries.h"

#include <errno.h>
#include <unistd.h>

static bool is_dot(const char *name) { return name[0] == '.' && (name[1] == 0 || (name[1] == '.' && name[2] == 0)); }

void begin_entries(struct entries *entries, int fd) {
  entries->fd = fd;
  entries->at = entries->end = 0;
}

int read_entries(struct entries *entries) {
  int length = getdents(entries->fd, (struct dirent *)entries->buffer, sizeof entries->buffer);
  entries->at = 0;
  entries->end = length > 0 ? length : 0;
  // A directory that was removed has nothing in it.
  return length >= 0 ? length : errno == ENOENT ? 0 : -errno;
}

struct dirent *entry_read(struct entries *entries) {
  while (entries->at < entries->end) {
    struct dirent *entry = (struct dirent *)(entries->buffer + entries->at);
    entries->at += entry->d_reclen;
    if (!is_dot(entry->d_name)) return entry;
  }
  return NULL;
}

struct dirent *next_entry(struct entries *entries) {
  for (struct dirent *entry;;) {
    if ((entry = entry_read(entries)) != NULL) return entry;
    if (read_entries(entries) <= 0) return NULL;
  }
}

void rewind_entries(struct entries *entries) {
  lseek(entries->fd, 0, SEEK_SET);
  entries->at = entries->end = 0;
}
