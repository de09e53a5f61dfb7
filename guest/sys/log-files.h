// The files of a log: PATH is written, PATH.1 was before it, PATH.2 before that. Rotation renames all of them at once for
// everybody: writer and readers lock the directory they lie in (flock(2)).
#pragma once
#include <stdbool.h>
#include <sys/types.h>

enum { LOG_FILES_MAX = 1000 };

// Gives what to close to let go, or -1 when the directory is gone; `how` is LOCK_SH or LOCK_EX.
int lock_log(const char *path, int how);

// PATH becomes PATH.1 and so on; of `files` the oldest goes. What a reader has open stays readable.
void rotate_log(const char *path, int files);

struct log_files {
  int *fds;     // the newest first
  int count;
};

// All that there are at one moment: rotation takes none of them away any more. Freed by the caller, with its descriptors.
bool open_log_files(const char *path, int files, struct log_files *all);

// The file that came after the one that is open in `fd`, or the oldest that there still is; -1 when there is none yet.
int open_next_log_file(const char *path, int files, int fd);
