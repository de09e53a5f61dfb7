// Bodies of HTTP messages, from one descriptor to another.
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "native.h"
#include "tar-source.h"

#define PIECE 65536

int64_t send_chunks(int out, int input) {
  static uint8_t bytes[PIECE];
  int64_t sent = 0;
  for (;;) {
    ssize_t got = read(input, bytes, sizeof bytes);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return -errno;
    // A chunk of no bytes is the end.
    char head[16];
    int64_t result = write_all(out, head, sprintf(head, "%zx\r\n", (size_t)got));
    if (result == 0) result = write_all(out, bytes, got);
    if (result == 0) result = write_all(out, "\r\n", 2);
    if (result < 0 || got == 0) return result < 0 ? result : sent;
    sent += got;
  }
}

int64_t copy_body(int out, int input, const void *rest, size_t length, int64_t framing) {
  struct source *source = open_source(input, rest, length, framing);
  if (source == NULL) return -ENOMEM;
  const uint8_t *bytes;
  int64_t result, copied = 0;
  while ((result = peek_body(source, &bytes)) > 0) {
    copied += result;
    size_t part = result;
    if ((result = write_all(out, bytes, part)) < 0) break;
    pass_body(source, part);
  }
  close_source(source);
  return result < 0 ? result : copied;
}
