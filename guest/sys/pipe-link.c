// A tty is a poor cable: what the former host of a restored machine had half sent is still in it. So HELLO can always
// be found again, by its pattern after anything that is not a frame, or by standing alone after a silence.
#define _GNU_SOURCE
#include "pipe-link.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "modes.h"

enum {
  MAGIC = 0xD7,
  READ_SIZE = 4096,        // what n_tty holds
  HELLO_SIZE = FRAME_HEADER + 4,
  SILENCE = 50,            // milliseconds; the host repeats HELLO every 100
  FULL = 32768,
};

static const uint8_t hello_header[FRAME_HEADER] = {MAGIC, FRAME_HELLO, 0, 0, 4, 0, 0, 0};

// Raw before the first byte: an echo would come back to the host as frames, OPOST would change them.
static void make_raw(int fd) {
  struct termios mode;
  if (tcgetattr(fd, &mode) < 0) return;  // a socket in tests
  cfmakeraw(&mode);
  mode.c_cflag |= CLOCAL | CREAD;
  mode.c_cc[VMIN] = 1;
  mode.c_cc[VTIME] = 0;
  tcsetattr(fd, TCSANOW, &mode);
}

bool link_open(struct link *link, const char *path) {
  *link = (struct link){.lost = true, .out.keep = 2 * FULL};
  bool given = strcmp(path, "-") == 0;
  link->fd = given ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3) : open(path, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
  link->frame = malloc(FRAME_HEADER + FRAME_PAYLOAD_MAX + 1);
  if (link->fd < 0 || !link->frame) return false;
  make_raw(link->fd);
  set_nonblocking(link->fd);
  return true;
}

static bool plausible(const uint8_t *header) {
  uint32_t length = read_u32(header + 4);
  if (header[0] != MAGIC || length > FRAME_PAYLOAD_MAX) return false;
  if (header[1] < FRAME_OPEN || header[1] > FRAME_HELLO) return false;
  return header[1] != FRAME_HELLO || memcmp(header, hello_header, FRAME_HEADER) == 0;
}

// With a whole header in hand: slide it along by a byte until it can be one. Lost, only HELLO can be one.
static void check_header(struct link *link) {
  bool good = link->lost ? memcmp(link->frame, hello_header, FRAME_HEADER) == 0 : plausible(link->frame);
  if (good) {
    link->lost = false;
    return;
  }
  link->lost = true;
  link->have--;
  memmove(link->frame, link->frame + 1, link->have);
}

static void take_frame(struct link *link, frame_handler *handle, void *context) {
  const uint8_t *header = link->frame;
  struct frame frame = {header[1], read_u16(header + 2), read_u32(header + 4), link->frame + FRAME_HEADER};
  link->have = 0;
  if (frame.type == FRAME_HELLO) link->out.start = link->out.end = 0;  // was meant for another
  handle(context, &frame);
}

static uint32_t wanted(const struct link *link) {
  return link->have < FRAME_HEADER ? FRAME_HEADER : FRAME_HEADER + read_u32(link->frame + 4);
}

static void feed(struct link *link, const uint8_t *bytes, size_t length, frame_handler *handle, void *context) {
  while (length > 0) {
    size_t part = wanted(link) - link->have;
    if (part > length) part = length;
    memcpy(link->frame + link->have, bytes, part);
    link->have += (uint32_t)part;
    bytes += part;
    length -= part;
    bool header = link->have == FRAME_HEADER;
    if (header) check_header(link);
    if (link->have < FRAME_HEADER) continue;
    // The host counts from behind its HELLO, and a header that is not whole might be one.
    link->unacked += header ? FRAME_HEADER : (uint32_t)part;
    if (link->have < wanted(link)) continue;
    if (link->frame[1] == FRAME_HELLO) link->unacked = 0;
    take_frame(link, handle, context);
  }
}

static bool lone_hello(const struct link *link, const uint8_t *bytes, ssize_t length, int64_t now) {
  return length == HELLO_SIZE && memcmp(bytes, hello_header, FRAME_HEADER) == 0 && now - link->last_read >= SILENCE;
}

bool link_read(struct link *link, frame_handler *handle, void *context) {
  uint8_t bytes[READ_SIZE];
  ssize_t n = read(link->fd, bytes, sizeof bytes);
  if (n < 0) return errno == EINTR || errno == EAGAIN;
  if (n == 0) return false;
  int64_t now = monotonic_milliseconds();
  if (lone_hello(link, bytes, n, now)) link->have = 0;
  link->last_read = now;
  feed(link, bytes, (size_t)n, handle, context);
  return true;
}

bool link_flush(struct link *link) { return buffer_write(&link->out, link->fd) >= 0; }

bool link_full(const struct link *link) { return buffer_length(&link->out) >= FULL; }

uint8_t *link_payload(struct link *link, uint32_t length) {
  uint8_t *room = buffer_reserve(&link->out, FRAME_HEADER + length);
  if (!room) exit(1);  // the frame cannot be left out; init starts the pipe again and the host says HELLO
  return room + FRAME_HEADER;
}

void link_send(struct link *link, enum frame_type type, uint16_t channel, uint32_t length) {
  uint8_t *header = buffer_reserve(&link->out, FRAME_HEADER + length);
  header[0] = MAGIC;
  header[1] = (uint8_t)type;
  header[2] = (uint8_t)channel;
  header[3] = (uint8_t)(channel >> 8);
  write_u32(header + 4, length);
  buffer_commit(&link->out, FRAME_HEADER + length);
}

void link_send_bytes(struct link *link, enum frame_type type, uint16_t channel, const void *bytes, uint32_t length) {
  uint8_t *payload = link_payload(link, length);
  if (length > 0) memcpy(payload, bytes, length);
  link_send(link, type, channel, length);
}

void link_send_u32(struct link *link, enum frame_type type, uint16_t channel, uint32_t value) {
  write_u32(link_payload(link, 4), value);
  link_send(link, type, channel, 4);
}

void link_acknowledge(struct link *link) {
  if (link->unacked == 0) return;
  link_send_u32(link, FRAME_ACK, 0, link->unacked);
  link->unacked = 0;
}
