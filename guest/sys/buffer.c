#include "buffer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void compact(struct buffer *b) {
  memmove(b->data, b->data + b->start, buffer_length(b));
  b->end -= b->start;
  b->start = 0;
}

uint8_t *buffer_reserve(struct buffer *b, size_t length) {
  if (b->size - b->end >= length && b->data) return b->data + b->end;
  if (b->start > 0) compact(b);
  if (b->size - b->end >= length && b->data) return b->data + b->end;
  size_t size = b->size ? b->size : 256;
  while (size - b->end < length) size *= 2;
  uint8_t *data = realloc(b->data, size);
  if (!data) return NULL;
  b->data = data;
  b->size = size;
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
  free(b->data);
  *b = (struct buffer){.keep = b->keep};
}

void buffer_consume(struct buffer *b, size_t length) {
  b->start += length;
  if (b->start < b->end) return;
  b->start = b->end = 0;
  if (b->size > b->keep) buffer_free(b);
}

ssize_t buffer_write(struct buffer *b, int fd) {
  size_t total = 0;
  while (buffer_length(b) > 0) {
    ssize_t n = write(fd, b->data + b->start, buffer_length(b));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && errno == EAGAIN) break;
    if (n < 0) return -1;
    if (n == 0) break;
    total += (size_t)n;
    buffer_consume(b, (size_t)n);
  }
  return (ssize_t)total;
}
