// docker-logs FILE [options]: a json-file log as `docker logs` wants it, on standard output. Its bytes never pass
// through the engine: that gives us the client's connection and forgets about it.
//
//   --fd1-framed 0|1   8-byte stream headers, as for attach          --timestamps 0|1
//   --tail N|all       the last N lines only                         --stdout 0|1  --stderr 0|1
//   --details TEXT     in front of each line
//   --since NS         --until NS   nanoseconds since the epoch; 0 is no limit
//   --files N          how many there are when it is rotated
//   --follow 0|1       go on until --exit FILE appears or its directory goes (inotify(7)), and everything has been written
#define _GNU_SOURCE
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "json-line.h"
#include "json-log.h"
#include "log-files.h"
#include "modes.h"
#include "shim-client.h"

enum { READ_SIZE = 16384, WRITE_SIZE = 16384 };

struct logs {
  const char *path, *exit_file, *details;
  int framed, timestamps, follow, out_on, err_on, files;
  int64_t since, until;
  long tail;             // -1: all
  int file;              // being read
  off_t left;            // bytes to read of it, for who does not follow: a busy container would keep us for ever
  struct buffer in, out;
  bool over;             // the client is gone, or --until has passed
  bool removed;          // a directory we watch is gone: nothing more will be written
};

// --- output --------------------------------------------------------------------------------------------------------

static void wait_writable(struct logs *logs) {
  struct pollfd fd = {STDOUT_FILENO, POLLOUT, 0};
  if (poll(&fd, 1, -1) < 0 && errno != EINTR) logs->over = true;
}

// The descriptor may be a socket that somebody made non-blocking.
static void flush(struct logs *logs) {
  while (!logs->over && buffer_length(&logs->out) > 0) {
    if (buffer_write(&logs->out, STDOUT_FILENO) < 0) logs->over = true;
    else if (buffer_length(&logs->out) > 0) wait_writable(logs);
  }
}

static void put_header(struct logs *logs, const struct log_line *line, size_t length) {
  uint8_t header[STREAM_HEADER];
  write_stream_header(header, line->error ? 2 : 1, length);
  buffer_append(&logs->out, header, sizeof header);
}

static void put_line(struct logs *logs, const struct log_line *line) {
  char when[TIME_MAX];
  size_t time_length = logs->timestamps ? format_time(when, line->time, true) : 0;
  size_t details_length = logs->details ? strlen(logs->details) : 0;
  if (logs->timestamps) when[time_length++] = ' ';
  if (logs->framed) put_header(logs, line, time_length + details_length + (logs->details != NULL) + line->length);
  buffer_append(&logs->out, when, time_length);
  buffer_append(&logs->out, logs->details, details_length);
  if (logs->details) buffer_append(&logs->out, " ", 1);
  buffer_append(&logs->out, line->text, line->length);
  if (buffer_length(&logs->out) >= WRITE_SIZE) flush(logs);
}

static void take_line(struct logs *logs, uint8_t *json, size_t length) {
  struct log_line line;
  if (!parse_log_line(json, length, &line)) return;
  if (logs->until && line.time > logs->until) logs->over = true;
  bool wanted = line.time >= logs->since && (line.error ? logs->err_on : logs->out_on);
  if (wanted && !logs->over) put_line(logs, &line);
}

// --- input ---------------------------------------------------------------------------------------------------------

static void take_lines(struct logs *logs) {
  while (!logs->over && buffer_length(&logs->in) > 0) {
    uint8_t *start = logs->in.data + logs->in.start;
    uint8_t *end = memchr(start, '\n', buffer_length(&logs->in));
    if (!end) return;
    take_line(logs, start, (size_t)(end - start));
    buffer_consume(&logs->in, (size_t)(end - start) + 1);
  }
}

// To the end of the file as it is now. A line that is not whole yet stays in `in`.
static void read_all(struct logs *logs) {
  while (!logs->over && logs->left > 0) {
    size_t size = logs->left < READ_SIZE ? (size_t)logs->left : READ_SIZE;
    uint8_t *room = buffer_reserve(&logs->in, READ_SIZE);
    ssize_t n = room ? read(logs->file, room, size) : -1;
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) break;
    if (!logs->follow) logs->left -= n;
    buffer_commit(&logs->in, (size_t)n);
    take_lines(logs);
  }
  bool until = logs->over;
  logs->over = false;
  flush(logs);
  logs->over |= until;
}

static void use_file(struct logs *logs, int fd) {
  struct stat status;
  if (logs->file >= 0) close(logs->file);
  logs->file = fd;
  logs->left = fstat(fd, &status) == 0 ? status.st_size - lseek(fd, 0, SEEK_CUR) : 0;
  if (logs->follow) logs->left = LLONG_MAX;
  buffer_consume(&logs->in, buffer_length(&logs->in));
}

// --- tail ----------------------------------------------------------------------------------------------------------

// Backwards from `end` of a block: where the line begins that is the `*lines`-th from the end; -1 when it lies before.
static ssize_t find_start(const uint8_t *block, ssize_t end, long *lines) {
  for (ssize_t i = end - 1; i >= 0; i--)
    if (block[i] == '\n' && (*lines)-- == 0) return i + 1;
  return -1;
}

// Places the file at its last `*lines` lines; what it lacks remains in `*lines`. True when they are all here.
static bool seek_tail(int file, long *lines) {
  uint8_t block[4096];
  off_t position = lseek(file, 0, SEEK_END);
  long wanted = *lines;
  while (position > 0) {
    ssize_t size = position < (off_t)sizeof block ? (ssize_t)position : (ssize_t)sizeof block;
    position -= size;
    if (pread(file, block, (size_t)size, position) != size) break;
    ssize_t start = find_start(block, size, &wanted);
    if (start < 0) continue;
    lseek(file, position + start, SEEK_SET);
    return true;
  }
  lseek(file, 0, SEEK_SET);
  *lines = wanted;
  return false;
}

// In which file the tail begins; the others before it are read from their start.
static int seek_first(const struct logs *logs, const struct log_files *all) {
  if (logs->tail < 0) return all->count - 1;
  long lines = logs->tail;
  for (int at = 0; at < all->count; at++)
    if (seek_tail(all->fds[at], &lines)) return at;
  return all->count - 1;
}

static void read_existing(struct logs *logs) {
  struct log_files all;
  if (!open_log_files(logs->path, logs->files, &all)) return;
  for (int at = seek_first(logs, &all); at >= 0 && !logs->over; at--) {
    use_file(logs, all.fds[at]);
    read_all(logs);
  }
  free(all.fds);
}

// --- follow --------------------------------------------------------------------------------------------------------

static bool watch_directory(int watcher, const char *path, uint32_t events) {
  char directory[PATH_MAX];
  snprintf(directory, sizeof directory, "%s", path);
  char *slash = strrchr(directory, '/');
  if (!slash) return false;
  *slash = '\0';
  return inotify_add_watch(watcher, directory, events | IN_DELETE_SELF | IN_ONLYDIR) >= 0;
}

// What was written between our last look and the rotation is still in the old file.
static bool read_next(struct logs *logs) {
  int next = open_next_log_file(logs->path, logs->files, logs->file);
  if (next < 0) return false;
  if (logs->file >= 0) read_all(logs);
  use_file(logs, next);
  read_all(logs);
  return !logs->over;
}

static int milliseconds_left(const struct logs *logs) {
  if (!logs->until) return -1;
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  int64_t left = (logs->until - ((int64_t)now.tv_sec * 1000000000 + now.tv_nsec)) / 1000000;
  return left < 0 ? 0 : left > INT_MAX - 1 ? INT_MAX : (int)left + 1;
}

// Many events may have come while we waited for a slow client, and the one that counts may be the last of them.
static bool tells_removal(const uint8_t *events, size_t length) {
  const struct inotify_event *event;
  for (size_t at = 0; at + sizeof *event <= length; at += sizeof *event + event->len) {
    event = (const void *)(events + at);
    if (event->mask & (IN_DELETE_SELF | IN_IGNORED)) return true;
  }
  return false;
}

static void wait_for_more(struct logs *logs, int watcher) {
  struct pollfd fds[] = {{watcher, POLLIN, 0}, {STDOUT_FILENO, 0, 0}};
  _Alignas(struct inotify_event) uint8_t events[4096];
  int n = poll(fds, 2, milliseconds_left(logs));
  if (n == 0 || fds[1].revents & (POLLHUP | POLLERR)) logs->over = true;
  if (n <= 0 || !fds[0].revents) return;
  ssize_t length = read(watcher, events, sizeof events);
  if (length > 0 && tells_removal(events, (size_t)length)) logs->removed = true;
}

// The end is looked for before the rest is read: the shim writes the log first and the exit file after it. When the
// exit file has come and gone with its directory, the log that is still open here has all there ever was.
static void follow(struct logs *logs, int watcher) {
  while (!logs->over) {
    bool ended = logs->removed || access(logs->exit_file, F_OK) == 0;
    if (logs->file >= 0) read_all(logs);
    while (!logs->over && read_next(logs));
    if (ended || logs->over) return;
    wait_for_more(logs, watcher);
  }
}

// --- start ---------------------------------------------------------------------------------------------------------

static bool take_option(struct logs *logs, const char *name, const char *value) {
  int64_t number = strtoll(value, NULL, 10);
  if (strcmp(name, "--fd1-framed") == 0) logs->framed = (int)number;
  else if (strcmp(name, "--timestamps") == 0) logs->timestamps = (int)number;
  else if (strcmp(name, "--follow") == 0) logs->follow = (int)number;
  else if (strcmp(name, "--stdout") == 0) logs->out_on = (int)number;
  else if (strcmp(name, "--stderr") == 0) logs->err_on = (int)number;
  else if (strcmp(name, "--since") == 0) logs->since = number;
  else if (strcmp(name, "--until") == 0) logs->until = number;
  else if (strcmp(name, "--tail") == 0) logs->tail = strcmp(value, "all") == 0 ? -1 : (long)number;
  else if (strcmp(name, "--exit") == 0) logs->exit_file = value;
  else if (strcmp(name, "--details") == 0) logs->details = value;
  else if (strcmp(name, "--files") == 0) logs->files = (int)number;
  else return false;
  return true;
}

static bool parse_arguments(struct logs *logs, int argc, char **argv) {
  if (argc < 2 || argc % 2) return false;
  logs->path = argv[1];
  for (int i = 2; i < argc; i += 2)
    if (!take_option(logs, argv[i], argv[i + 1])) return false;
  return logs->files > 0 && logs->files <= LOG_FILES_MAX && (!logs->follow || logs->exit_file);
}

int logs_main(int argc, char **argv) {
  struct logs logs = {.file = -1, .out_on = 1, .err_on = 1, .tail = -1, .files = 1};
  logs.in.keep = 4 * READ_SIZE;
  logs.out.keep = 2 * WRITE_SIZE;
  if (!parse_arguments(&logs, argc, argv)) {
    fprintf(stderr, "usage: docker-logs FILE [--tail N] [--follow 1 --exit FILE] …\n");
    return 2;
  }
  signal(SIGPIPE, SIG_IGN);
  int watcher = logs.follow ? inotify_init1(IN_CLOEXEC) : -1;
  // Watched before the first read: what happens in between is then seen as an event.
  bool watching = logs.follow && watch_directory(watcher, logs.path, IN_MODIFY | IN_CREATE | IN_MOVED_TO) &&
                  watch_directory(watcher, logs.exit_file, IN_CREATE | IN_MOVED_TO);
  read_existing(&logs);
  if (watching) follow(&logs, watcher);
  return 0;
}
