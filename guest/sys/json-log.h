// Docker's json-file log: one JSON object a line, {"log":"text\n","stream":"stdout","time":"…"}.
#pragma once
#include "buffer.h"

enum { TIME_MAX = sizeof "2006-01-02T15:04:05.999999999Z", LINE_MAX_BYTES = 16384 };

struct json_log {
  const char *path;
  int fd;              // -1: nothing is kept
  off_t size, max;     // max 0: no limit, and the size is not known
  int files;           // how many are kept when it is rotated
  const char *attributes;  // a JSON object that each line has, or NULL
  struct buffer batch; // whole lines, not written yet
  char *tail;          // how a line goes on after its text, for this time and stream
  size_t tail_size, tail_length;
  char usual_tail[96];  // `tail` without attributes
  int64_t tail_time;
  const struct log_stream *tail_stream;
};

// One stream of a container on its way to lines.
struct log_stream {
  const char *name;
  struct buffer partial;  // a line whose newline has not come
  int64_t partial_time;   // when the first part of an overlong line was logged; 0: none was
};

bool json_log_open(struct json_log *log);
// Takes a piece of output; what makes whole lines is written with one write(2).
void json_log_take(struct json_log *log, struct log_stream *stream, const uint8_t *bytes, size_t length);
// No more will come: what is left is a line without a newline.
void json_log_end(struct json_log *log, struct log_stream *stream);

// RFC3339Nano in UTC as Go prints it: `fixed` keeps the trailing zeros. Gives the length.
size_t format_time(char text[TIME_MAX], int64_t nanoseconds, bool fixed);
