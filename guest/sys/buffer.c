#include "buffer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void compact(struct buffer *b) {
  memmove(b->data, b->data + b->start, buffer_length(b));
  b->end -= b->start;
  b->start = 0;
}

static bool fits(const struct buffer *b, size_t length) { return b->data && b->size - b->end >= length; }

static bool grow(struct buffer *b, size_t length) {
  size_t size = b->size ? b->size : 256;
  while (size - b->end < length) size *= 2;
  bool borrowed = b->data == b->room;
  uint8_t *data = realloc(borrowed ? NULL : b->data, size);
  if (!data) return false;
  if (borrowed && b->end > 0) memcpy(data, b->data, b->end);
  b->data = data;
  b->size = size;
  return true;
}

uint8_t *buffer_reserve(struct buffer *b, size_t length) {
  if (!b->data && b->room) b->data = b->room, b->size = b->keep;
  if (!fits(b, length) && b->start > 0) compact(b);
  if (!fits(b, length) && !grow(b, length)) return NULL;
  return b->data + b->end;
}

bool buffer_append(struct buffer *b, const void *bytes, size_t length) {
  if (length == 0) return true;
  uint8_t *room = buffer_reserve(b, length);
  if (!room) return false;
  memcpy(room, bytes, length);
  buffer_commit(b, length);
  return true;
}

void buffer_free(struct buffer *b) {
  if (b->data != b->room) free(b->data);
  *b = (struct buffer){.keep = b->keep, .room = b->room};
}

void buffer_consume(struct buffer *b, size_t length) {
  b->start += length;
  if (b->start < b->end) return;
  b->start = b->end = 0;
  if (b->size > b->keep) buffer_free(b);
}

enum { NO_SOCKET = -1 };

static ssize_t drain(struct buffer *b, int fd, int flags) {
  size_t total = 0;
  while (buffer_length(b) > 0) {
    const uint8_t *bytes = b->data + b->start;
    ssize_t n = flags == NO_SOCKET ? write(fd, bytes, buffer_length(b)) : send(fd, bytes, buffer_length(b), flags);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && errno == EAGAIN) break;
    if (n < 0) return -1;
    if (n == 0) break;
    total += (size_t)n;
    buffer_consume(b, (size_t)n);
  }
  return (ssize_t)total;
}

ssize_t buffer_write(struct buffer *b, int fd) { return drain(b, fd, NO_SOCKET); }

ssize_t buffer_send(struct buffer *b, int socket, int flags) { return drain(b, socket, flags); }
