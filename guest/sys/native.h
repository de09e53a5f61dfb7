// What the functions behind "drydock:sys" share: how arguments come in and how answers go out. sys.c has the table.
#pragma once
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "quickjs.h"

#define MAX_ARGUMENTS 12
#define countof(array) (sizeof(array) / sizeof((array)[0]))
#define NANOSECONDS 1000000000LL

// One argument, unpacked as the row's pattern says (see sys.c). `text` and `bytes` may be NULL where the pattern allows.
struct argument {
  int64_t number;
  const char *text;
  const uint8_t *bytes;
  size_t length;
  const char **texts;
  int *numbers;
  JSValueConst function;
};

// The call in progress. A function returns a number, or -errno; one that has more to say puts it into `value`.
struct call {
  JSContext *ctx;
  struct argument argument[MAX_ARGUMENTS];
  JSValue value;
};

// A call as JavaScript sees it. Each sys-*.c ends in a table of them, closed by a row of NULLs.
struct row {
  const char *name;
  const char *pattern;
  int64_t (*function)(struct call *call);
};

extern const struct row process_rows[], vfork_rows[], identity_rows[], mount_rows[], file_rows[], bulk_rows[], socket_rows[],
    terminal_rows[], machine_rows[];

#define INT(i) ((int)call->argument[i].number)
#define UNSIGNED(i) ((unsigned)call->argument[i].number)
#define LONG(i) (call->argument[i].number)
#define TEXT(i) (call->argument[i].text)
#define BYTES(i) (call->argument[i].bytes)
#define LENGTH(i) (call->argument[i].length)
#define TEXTS(i) (call->argument[i].texts)
#define NUMBERS(i) (call->argument[i].numbers)
#define FUNCTION(i) (call->argument[i].function)

// For answers of JavaScript that are unpacked like arguments. Less than 0: an exception is pending. Each is released.
int unpack_text(JSContext *ctx, JSValueConst value, struct argument *argument);
int unpack_texts(JSContext *ctx, JSValueConst array, struct argument *argument);
void release(JSContext *ctx, struct argument *argument);

// The one errno path: what libc answered with -1 becomes -errno.
static inline int64_t checked(int64_t result) { return result < 0 ? -(int64_t)errno : result; }

// open(2), close-on-exec. By openat(2): what musl's open gets with O_CLOEXEC it marks once more, a system call a file.
static inline int open_path(const char *path, int flags, mode_t mode) {
  return openat(AT_FDCWD, path, flags | O_CLOEXEC, mode);
}

// Puts the answer that is more than a number.
static inline int64_t answer(struct call *call, JSValue value) {
  call->value = value;
  return 0;
}
JSValue number_array(JSContext *ctx, int count, const double *numbers);
JSValue text_array(JSContext *ctx, int count, const char *const *texts);
// Two descriptors.
int64_t answer_pair(struct call *call, const int fds[2]);
// Takes `bytes`, which came from malloc.
JSValue owned_byte_array(JSContext *ctx, uint8_t *bytes, size_t length);
JSValue byte_array(JSContext *ctx, const void *bytes, size_t length);
// As the WHATWG decoder: each maximal invalid sequence becomes U+FFFD.
JSValue text_value(JSContext *ctx, const char *bytes, size_t length);

static inline int64_t nanoseconds(struct timespec time) { return time.tv_sec * NANOSECONDS + time.tv_nsec; }

// Rounds down, so that the nanoseconds are never negative.
static inline struct timespec timespec_of(int64_t time) {
  int64_t rest = ((time % NANOSECONDS) + NANOSECONDS) % NANOSECONDS;
  return (struct timespec){(time - rest) / NANOSECONDS, rest};
}

// argv and the environment as they were at the start, and the memory that ps reads the command line from.
void remember_arguments(int argc, char **argv);
// Since vfork (sys-vfork.c), until setSignalMask.
extern bool all_signals_blocked;
JSModuleDef *init_sys_module(JSContext *ctx, const char *name);

// The bulk functions, in files of their own.
int64_t remove_tree(const char *path);
int64_t copy_tree(const char *from, const char *to);
int64_t disk_usage(const char *path, int64_t *bytes, int64_t *inodes);
int64_t copy_bytes(int out, int input, int64_t length);
int64_t write_all(int fd, const void *bytes, size_t length);
int64_t hash_descriptor(int fd, char hex[65]);
void hash_bytes(const void *bytes, size_t length, char hex[65]);
int64_t inflate_descriptor(int input, int out, int64_t *consumed, int64_t *produced, char hex[65]);
// Everything from `input` as the chunks of an HTTP body, the last one too. Gives the bytes.
int64_t send_chunks(int out, int input);
// A body, of which `rest` was read already; `framing` as in tar-source.h. Gives the bytes.
int64_t copy_body(int out, int input, const void *rest, size_t length, int64_t framing);

// What untar.c is to unpack, and where.
struct untar_request {
  // Where it comes from: see tar-source.h.
  int input;
  const uint8_t *rest;
  size_t rest_length;
  int64_t framing;
  const char *root;
  // Below the root, clean; NULL: the root itself, whose owner and mode the archive may say.
  const char *directory;
  // Names that begin with `from` begin with `to` instead; NULL: none do.
  const char *from, *to;
  // Whiteouts become overlay's; there is nothing above the root; directories stay directories; nothing changes its owner.
  int overlay, whole, keep_kinds, mine;
  // Of everything, instead of what the archive says; -1: as it says.
  int64_t uid, gid;
};

struct untar_report {
  // Bytes of files, and of the archive.
  int64_t content, length;
  // The call that was refused and its path; "" in front of a refusal in words; NULL when the archive itself was at fault.
  const char *step;
  char subject[16384];
};
int64_t read_tar(const struct untar_request *request, struct untar_report *report);

// What pack.c is to pack: all that is in `root`, or only `entry` of it, under the name `as`.
struct tar_request {
  const char *root, *entry, *as;
  int out, overlay;
  // The body of an HTTP message without a length.
  int chunked;
};
// Gives the archive's length.
int64_t write_tar(const struct tar_request *request);

int64_t stream(struct call *call);
int64_t json_rows(struct call *call);
int64_t align_columns(struct call *call);
