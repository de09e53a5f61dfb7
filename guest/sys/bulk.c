// Bytes from one descriptor to another, with a digest or a decompressor on the way.
#define _GNU_SOURCE
#include <fcntl.h>
#include <limits.h>
#include <sys/sendfile.h>
#include <unistd.h>
#include <zlib.h>

#include "native.h"
#include "sha256.h"

static uint8_t input_buffer[65536], output_buffer[65536];

static ssize_t read_some(int fd, void *bytes, size_t length) {
  ssize_t got;
  do got = read(fd, bytes, length);
  while (got < 0 && errno == EINTR);
  return got;
}

static int64_t copy_through_buffer(int out, int input, int64_t length) {
  int64_t copied = 0;
  while (copied < length) {
    int64_t wanted = length - copied < (int64_t)sizeof input_buffer ? length - copied : (int64_t)sizeof input_buffer;
    ssize_t got = read_some(input, input_buffer, wanted);
    if (got < 0) return -errno;
    if (got == 0) break;
    int64_t result = write_all(out, input_buffer, got);
    if (result < 0) return result;
    copied += got;
  }
  return copied;
}

int64_t copy_bytes(int out, int input, int64_t length) {
  if (length < 0) length = INT64_MAX;
  int64_t copied = 0;
  while (copied < length) {
    size_t wanted = length - copied < (1 << 20) ? length - copied : 1 << 20;
    ssize_t sent = sendfile(out, input, NULL, wanted);
    if (sent == 0) break;
    if (sent > 0) copied += sent;
    // sendfile wants an input it can map; anything else goes the long way.
    else if (copied == 0 && (errno == EINVAL || errno == ENOSYS)) return copy_through_buffer(out, input, length);
    else if (errno != EINTR) return -errno;
  }
  return copied;
}

int64_t hash_descriptor(int fd, char hex[65]) {
  struct sha256 hash;
  sha256_init(&hash);
  for (;;) {
    ssize_t got = read_some(fd, input_buffer, sizeof input_buffer);
    if (got < 0) return -errno;
    if (got == 0) break;
    sha256_update(&hash, input_buffer, got);
  }
  sha256_hex(&hash, hex);
  return 0;
}

void hash_bytes(const void *bytes, size_t length, char hex[65]) {
  struct sha256 hash;
  sha256_init(&hash);
  sha256_update(&hash, bytes, length);
  sha256_hex(&hash, hex);
}

// zlib's windowBits: 47 detects gzip and zlib by their header, -15 is raw deflate.
static int window_bits(const uint8_t *start, size_t length) {
  int gzip = length >= 2 && start[0] == 0x1f && start[1] == 0x8b;
  int zlib = length >= 2 && (start[0] & 15) == 8 && (start[0] << 8 | start[1]) % 31 == 0;
  return gzip || zlib ? 47 : -15;
}

static int64_t refill(z_stream *z, int input, int64_t *consumed) {
  if (z->avail_in > 0) return 1;
  ssize_t got = read_some(input, input_buffer, sizeof input_buffer);
  if (got < 0) return -errno;
  z->next_in = input_buffer;
  z->avail_in = got;
  *consumed += got;
  return got;
}

// A gzip file may be several members, one after the other. EBADMSG: damaged or cut short.
int64_t inflate_descriptor(int input, int out, int64_t *consumed, int64_t *produced, char hex[65]) {
  z_stream z = {0};
  struct sha256 hash;
  *consumed = *produced = 0;
  sha256_init(&hash);
  int64_t result = refill(&z, input, consumed);
  if (result <= 0) return result < 0 ? result : -EBADMSG;
  if (inflateInit2(&z, window_bits(input_buffer, result)) != Z_OK) return -ENOMEM;
  for (int status = Z_OK;;) {
    if ((result = refill(&z, input, consumed)) < 0) break;
    if (result == 0 && status == Z_STREAM_END) break;
    if (status == Z_STREAM_END) inflateReset(&z);
    z.next_out = output_buffer;
    z.avail_out = sizeof output_buffer;
    status = inflate(&z, Z_NO_FLUSH);
    size_t length = sizeof output_buffer - z.avail_out;
    sha256_update(&hash, output_buffer, length);
    *produced += length;
    if (status != Z_OK && status != Z_STREAM_END && !(status == Z_BUF_ERROR && result > 0)) result = -EBADMSG;
    else if (result == 0 && length == 0 && status != Z_STREAM_END) result = -EBADMSG;
    else result = write_all(out, output_buffer, length);
    if (result < 0) break;
  }
  inflateEnd(&z);
  if (result == 0) sha256_hex(&hash, hex);
  return result;
}
