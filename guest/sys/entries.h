// The entries of a directory by getdents64(2), read into memory that the caller has. readdir(3) would look at what the
// descriptor is, mark it close-on-exec once more and get its buffer from the kernel: five system calls a directory.
#pragma once
#include <dirent.h>
#include <stdbool.h>

// On the stack of whoever walks a tree, once a level: as small as is still fast.
#define ENTRIES_SIZE 1024

struct entries {
  int fd;
  // Of `buffer`, in bytes: what was not asked for yet.
  int at, end;
  _Alignas(struct dirent) char buffer[ENTRIES_SIZE];
};

// `fd` stays the caller's.
void begin_entries(struct entries *entries, int fd);
// Reads the next ones, when those of before have been asked for. 0: there are none, or -errno.
int read_entries(struct entries *entries);
// One of those that were read, without . and ..; NULL: there are no more of them.
struct dirent *entry_read(struct entries *entries);
// One after the other to the end, or to what could not be read.
struct dirent *next_entry(struct entries *entries);
// From the start once more.
void rewind_entries(struct entries *entries);
