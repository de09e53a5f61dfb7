// Written as Docker writes it (daemon/logger/jsonfilelog, copier.go), so that every reader of such files can read it:
// lines of at most 16 KiB, the parts of a longer one share the time of the first, and only the last ends in \n.
#define _GNU_SOURCE
#include "json-log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "log-files.h"
#include "modes.h"

static int64_t realtime_nanoseconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

size_t format_time(char text[TIME_MAX], int64_t nanoseconds, bool fixed) {
  time_t seconds = (time_t)(nanoseconds / 1000000000);
  int fraction = (int)(nanoseconds % 1000000000);
  struct tm tm;
  gmtime_r(&seconds, &tm);
  size_t length = strftime(text, TIME_MAX, "%Y-%m-%dT%H:%M:%S", &tm);
  if (fraction > 0 || fixed) {
    length += (size_t)snprintf(text + length, TIME_MAX - length, ".%09d", fraction);
    while (!fixed && text[length - 1] == '0') length--;
  }
  memcpy(text + length, "Z", 2);
  return length + 1;
}

// --- JSON text -----------------------------------------------------------------------------------------------------

// The bytes of the UTF-8 character here, or 0 when it is none (RFC 3629: no overlong forms, no surrogates).
static size_t utf8_length(const uint8_t *s, size_t available) {
  uint8_t first = s[0];
  if (first < 0xC2 || first > 0xF4) return 0;
  size_t length = first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
  uint8_t low = first == 0xE0 ? 0xA0 : first == 0xF0 ? 0x90 : 0x80;
  uint8_t high = first == 0xED ? 0x9F : first == 0xF4 ? 0x8F : 0xBF;
  if (available < length || s[1] < low || s[1] > high) return 0;
  for (size_t i = 2; i < length; i++)
    if ((s[i] & 0xC0) != 0x80) return 0;
  return length;
}

// One bit for each ASCII character: what stands for itself, that is all but controls and " & < > \.
static const uint32_t plain[4] = {0, ~(1u << 2 | 1u << 6 | 1u << 28 | 1u << 30), ~(1u << 28), ~0u};

static bool is_plain(uint8_t byte) { return byte < 0x80 && (plain[byte >> 5] >> (byte & 31) & 1); }

// U+2028 and U+2029 are line ends to JavaScript, so Go escapes them.
static bool is_line_separator(const uint8_t *s, size_t length) {
  return length == 3 && s[0] == 0xE2 && s[1] == 0x80 && (s[2] & 0xFE) == 0xA8;
}

static uint8_t *escape_ascii(uint8_t *out, uint8_t byte) {
  static const char hex[] = "0123456789abcdef";
  *out++ = '\\';
  if (byte == '"' || byte == '\\') *out++ = byte;
  else if (byte == '\n') *out++ = 'n';
  else if (byte == '\r') *out++ = 'r';
  else {
    memcpy(out, "u00", 3);
    out[3] = (uint8_t)hex[byte >> 4];
    out[4] = (uint8_t)hex[byte & 15];
    out += 5;
  }
  return out;
}

// Writes the text escaped; six bytes for each are enough. Gives the end.
static uint8_t *escape(uint8_t *out, const uint8_t *text, size_t length) {
  for (size_t i = 0; i < length;) {
    if (is_plain(text[i])) {
      *out++ = text[i++];
      continue;
    }
    if (text[i] < 0x80) {
      out = escape_ascii(out, text[i++]);
      continue;
    }
    size_t n = utf8_length(text + i, length - i);
    if (n == 0) memcpy(out, "\\ufffd", 6), out += 6;
    else if (is_line_separator(text + i, n)) memcpy(out, text[i + 2] == 0xA8 ? "\\u2028" : "\\u2029", 6), out += 6;
    else memcpy(out, text + i, n), out += n;
    i += n ? n : 1;
  }
  return out;
}

// --- the file ------------------------------------------------------------------------------------------------------

bool json_log_open(struct json_log *log) {
  log->fd = open(log->path, O_WRONLY | O_CREAT | O_APPEND, 0640);
  if (log->fd < 0) return false;
  if (log->max > 0) log->size = lseek(log->fd, 0, SEEK_END);
  return true;
}

// Nobody else writes to the file: what was taken of a batch stands at its end.
static void take_back(struct json_log *log, off_t taken) {
  off_t end = lseek(log->fd, 0, SEEK_END);
  if (ftruncate(log->fd, end - taken) < 0) log->size = end;
}

// A full disk must not stop the container: the lines are lost, as with Docker, but no half line stays behind.
static void write_batch(struct json_log *log) {
  if (log->fd < 0 && !json_log_open(log)) log->size = 0;
  off_t length = (off_t)buffer_length(&log->batch);
  if (log->fd >= 0 && length > 0) {
    if (buffer_write(&log->batch, log->fd) >= 0) log->size += length;
    else take_back(log, length - (off_t)buffer_length(&log->batch));
  }
  buffer_consume(&log->batch, buffer_length(&log->batch));
}

static void rotate(struct json_log *log) {
  write_batch(log);
  int lock = lock_log(log->path, LOCK_EX);
  rotate_log(log->path, log->files);
  if (log->fd >= 0) close(log->fd);
  if (!json_log_open(log)) log->size = 0;
  if (lock >= 0) close(lock);
}

// Once for all lines. Without memory there is no tail.
static void make_tail(struct json_log *log) {
  log->tail_size = sizeof log->usual_tail + (log->attributes ? strlen(log->attributes) : 0);
  log->tail = log->attributes ? malloc(log->tail_size) : log->usual_tail;
}

// What follows the text is the same for all lines of one read.
static void describe(struct json_log *log, const struct log_stream *stream, int64_t time) {
  if (time == log->tail_time && stream == log->tail_stream) return;
  if (!log->tail) make_tail(log);
  if (!log->tail) return;
  char when[TIME_MAX];
  format_time(when, time, false);
  const char *name = log->attributes ? ",\"attrs\":" : "", *value = log->attributes ? log->attributes : "";
  log->tail_length = (size_t)snprintf(log->tail, log->tail_size, "\",\"stream\":\"%s\"%s%s,\"time\":\"%s\"}\n",
                                      stream->name, name, value, when);
  log->tail_time = time;
  log->tail_stream = stream;
}

static void append_line(struct json_log *log, const struct log_stream *stream, const uint8_t *text, size_t length,
                        int64_t time) {
  if (log->max > 0 && log->fd >= 0 && log->size + (off_t)buffer_length(&log->batch) >= log->max) rotate(log);
  describe(log, stream, time);
  uint8_t *start = log->tail ? buffer_reserve(&log->batch, 8 + 6 * length + log->tail_length) : NULL;
  if (!start) return;
  memcpy(start, "{\"log\":\"", 8);
  uint8_t *end = escape(start + 8, text, length);
  memcpy(end, log->tail, log->tail_length);
  end += log->tail_length;
  buffer_commit(&log->batch, (size_t)(end - start));
}

// --- lines ---------------------------------------------------------------------------------------------------------

static void take_line(struct json_log *log, struct log_stream *stream, const uint8_t *text, size_t length,
                      int64_t now) {
  bool whole = length > 0 && text[length - 1] == '\n';
  append_line(log, stream, text, length, stream->partial_time ? stream->partial_time : now);
  if (whole) stream->partial_time = 0;
  else if (!stream->partial_time) stream->partial_time = now;
}

static void take_partial(struct json_log *log, struct log_stream *stream, int64_t now) {
  take_line(log, stream, stream->partial.data + stream->partial.start, buffer_length(&stream->partial), now);
  buffer_consume(&stream->partial, buffer_length(&stream->partial));
}

// The next piece up to and with a newline, or as much as an overlong line may still hold.
static size_t next_piece(const struct log_stream *stream, const uint8_t *bytes, size_t length, bool *newline) {
  size_t room = LINE_MAX_BYTES - buffer_length(&stream->partial);
  const uint8_t *end = memchr(bytes, '\n', length < room ? length : room);
  *newline = end != NULL;
  if (end) return (size_t)(end - bytes) + 1;
  return length < room ? length : room;
}

void json_log_take(struct json_log *log, struct log_stream *stream, const uint8_t *bytes, size_t length) {
  if (!log->path) return;
  int64_t now = realtime_nanoseconds();
  while (length > 0) {
    bool newline;
    size_t piece = next_piece(stream, bytes, length, &newline);
    bool full = buffer_length(&stream->partial) + piece >= LINE_MAX_BYTES;
    if (newline && buffer_length(&stream->partial) == 0) take_line(log, stream, bytes, piece, now);
    else if (buffer_append(&stream->partial, bytes, piece) && (newline || full)) take_partial(log, stream, now);
    bytes += piece;
    length -= piece;
  }
  write_batch(log);
}

void json_log_end(struct json_log *log, struct log_stream *stream) {
  if (!log->path || buffer_length(&stream->partial) == 0) return;
  take_partial(log, stream, realtime_nanoseconds());
  write_batch(log);
}
