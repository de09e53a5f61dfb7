// A byte queue that grows and shrinks: what waits to be written to a descriptor.
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct buffer {
  uint8_t *data;
  size_t start, end, size;
  size_t keep;    // memory that stays when it is empty; more is given back, so that a burst leaves no footprint
  uint8_t *room;  // `keep` bytes of the caller's to begin in: the first malloc costs a small program four system calls
};

static inline size_t buffer_length(const struct buffer *b) { return b->end - b->start; }

// Room for `length` more bytes at the end, or NULL when there is no memory. buffer_commit() then makes them part of it.
uint8_t *buffer_reserve(struct buffer *b, size_t length);
static inline void buffer_commit(struct buffer *b, size_t length) { b->end += length; }
bool buffer_append(struct buffer *b, const void *bytes, size_t length);
void buffer_consume(struct buffer *b, size_t length);
void buffer_free(struct buffer *b);
// Writes as much as a non-blocking descriptor takes: the bytes taken, or -1 with errno (never EINTR, never EAGAIN).
ssize_t buffer_write(struct buffer *b, int fd);
// The same for a socket, whatever mode it is in; `flags` as in send(2).
ssize_t buffer_send(struct buffer *b, int socket, int flags);
