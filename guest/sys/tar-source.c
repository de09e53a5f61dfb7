#define _GNU_SOURCE
#include "tar-source.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "native.h"

#define PIECE 65536
#define GZIP_WINDOW (15 + 16)

struct source {
  int fd;
  // As they came: of these, `start` to `end` are to be looked at.
  uint8_t *raw;
  size_t start, end;
  int64_t framing;
  // Of the body, or of the chunk at hand.
  int64_t left, passed;
  bool begun, over, in_chunk;
  z_stream *gzip;
  uint8_t *plain;
  size_t plain_start, plain_end;
};

struct source *open_source(int fd, const void *rest, size_t length, int64_t framing) {
  struct source *source = calloc(1, sizeof *source);
  uint8_t *raw = malloc(length > PIECE ? length : PIECE);
  if (source == NULL || raw == NULL) return free(source), free(raw), NULL;
  memcpy(raw, rest, length);
  *source = (struct source){.fd = fd, .raw = raw, .end = length, .framing = framing};
  if (framing >= 0) source->left = framing;
  return source;
}

void close_source(struct source *source) {
  if (source == NULL) return;
  if (source->gzip != NULL) inflateEnd(source->gzip);
  free(source->gzip);
  free(source->plain);
  free(source->raw);
  free(source);
}

static int64_t fill(struct source *source) {
  if (source->start < source->end) return source->end - source->start;
  ssize_t got;
  do got = read(source->fd, source->raw, PIECE);
  while (got < 0 && errno == EINTR);
  if (got < 0) return -errno;
  source->start = 0;
  source->end = got;
  return got;
}

// --- chunks -------------------------------------------------------------------------------------------------------------

// A line without its end, cut at `size`.
static int64_t take_line(struct source *source, char *line, size_t size) {
  for (size_t length = 0;;) {
    int64_t available = fill(source);
    if (available <= 0) return available < 0 ? available : -ENODATA;
    char byte = source->raw[source->start++];
    if (byte == '\n') return line[length] = 0, 0;
    if (byte != '\r' && length + 1 < size) line[length++] = byte;
  }
}

static int64_t pass_trailers(struct source *source) {
  char line[2];
  int64_t result;
  do result = take_line(source, line, sizeof line);
  while (result == 0 && line[0] != 0);
  source->over = true;
  return result;
}

// The head of a chunk, behind the end of the one before.
static int64_t begin_chunk(struct source *source) {
  char line[32], *end;
  int64_t result = source->in_chunk ? take_line(source, line, sizeof line) : 0;
  if (result == 0) result = take_line(source, line, sizeof line);
  if (result < 0) return result;
  source->left = strtoll(line, &end, 16);
  source->in_chunk = true;
  if (end == line || (*end != 0 && *end != ';' && *end != ' ') || source->left < 0) return -EBADMSG;
  return source->left == 0 ? pass_trailers(source) : 0;
}

// --- the body -----------------------------------------------------------------------------------------------------------

static int64_t some_body(struct source *source) {
  if (source->framing == UNTIL_END) return fill(source);
  if (source->framing == CHUNKED && source->left == 0 && !source->over) {
    int64_t result = begin_chunk(source);
    if (result < 0) return result;
  }
  if (source->left == 0) return 0;
  int64_t available = fill(source);
  if (available == 0) return -ENODATA;
  return available < source->left ? available : source->left;
}

int64_t peek_body(struct source *source, const uint8_t **bytes) {
  int64_t available = some_body(source);
  *bytes = source->raw + source->start;
  return available;
}

void pass_body(struct source *source, size_t length) {
  source->start += length;
  source->passed += length;
  if (source->framing != UNTIL_END) source->left -= length;
}

// --- gzip ---------------------------------------------------------------------------------------------------------------

static int64_t begin_gzip(struct source *source) {
  source->plain = malloc(PIECE);
  source->gzip = calloc(1, sizeof *source->gzip);
  if (source->plain == NULL || source->gzip == NULL) return -ENOMEM;
  return inflateInit2(source->gzip, GZIP_WINDOW) == Z_OK ? 0 : -ENOMEM;
}

// A file may be several members, one after the other.
static int64_t inflate_some(struct source *source) {
  z_stream *z = source->gzip;
  for (;;) {
    int64_t available = some_body(source);
    if (available < 0) return available;
    z->next_in = source->raw + source->start;
    z->avail_in = available;
    z->next_out = source->plain;
    z->avail_out = PIECE;
    int status = inflate(z, Z_NO_FLUSH);
    pass_body(source, available - z->avail_in);
    source->plain_start = 0;
    source->plain_end = PIECE - z->avail_out;
    if (status == Z_STREAM_END) inflateReset(z);
    if (source->plain_end > 0) return source->plain_end;
    if (status == Z_STREAM_END && some_body(source) == 0) return 0;
    if (available == 0) return z->total_in == 0 ? 0 : -ENODATA;
    if (status != Z_OK && status != Z_STREAM_END && status != Z_BUF_ERROR) return -EBADMSG;
  }
}

int64_t peek_source(struct source *source, const uint8_t **bytes) {
  int64_t result = 0;
  if (!source->begun) {
    result = some_body(source);
    source->begun = true;
    if (result > 0 && source->raw[source->start] == 0x1f) result = begin_gzip(source);
    if (result < 0) return result;
  }
  if (source->gzip == NULL) return peek_body(source, bytes);
  result = source->plain_end - source->plain_start;
  if (result == 0) result = inflate_some(source);
  *bytes = source->plain + source->plain_start;
  return result;
}

void pass_source(struct source *source, size_t length) {
  if (source->gzip != NULL) source->plain_start += length;
  else pass_body(source, length);
}

int64_t drain_source(struct source *source) {
  int64_t got;
  while ((got = some_body(source)) > 0) pass_body(source, got);
  return got;
}

int64_t source_position(const struct source *source) { return source->passed; }
