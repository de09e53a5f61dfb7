// The wire of the engine pipe: frames over one byte stream (a virtio console in the machine, a pty or socket in tests).
// Frame: u8 0xD7, u8 type, u16 channel, u32 length, payload; little endian. guest/api/wire/pipe.ts is the other end.
#pragma once
#include "buffer.h"

enum frame_type {
  FRAME_OPEN = 1,    // host → guest: what the channel leads to; guest → host: it is open (OPENED)
  FRAME_DATA = 2,    // guest → host: stream 1
  FRAME_END = 3,     // half-close; guest → host: u8 stream
  FRAME_CLOSE = 4,   // hang up; guest → host: i32 status, text (CLOSED)
  FRAME_RESIZE = 5,  // u16 rows, u16 columns
  FRAME_WINDOW = 6,  // u32 more bytes may be sent on this channel
  FRAME_SYNC = 7,    // u64 nanoseconds since the epoch, entropy; the answer: i32 errno
  FRAME_HELLO = 8,   // u32 nonce: forget everything that came before; the answer is the same
  FRAME_DATA2 = 9,   // guest → host: stream 2
  FRAME_ACK = 10,    // guest → host: u32 bytes of the link read since the last ACK (or since HELLO)
};

enum { FRAME_HEADER = 8, FRAME_PAYLOAD_MAX = 16384 };

struct frame {
  uint8_t type;
  uint16_t channel;
  uint32_t length;
  uint8_t *payload;  // one writable byte follows it, so that text can be terminated
};

struct link {
  int fd;
  struct buffer out;
  uint8_t *frame;      // the frame being received
  uint32_t have;       // bytes of it that are here
  bool lost;           // not at a frame's edge: only HELLO is recognised
  uint32_t unacked;    // bytes read and not acknowledged yet
  int64_t last_read;   // milliseconds
};

typedef void frame_handler(void *context, const struct frame *frame);

bool link_open(struct link *link, const char *path);
// Reads once and hands complete frames on. False when the other side is gone for good.
bool link_read(struct link *link, frame_handler *handle, void *context);
bool link_flush(struct link *link);
void link_acknowledge(struct link *link);
// Space for a frame with up to `length` bytes of payload: link_payload(), fill, link_send().
uint8_t *link_payload(struct link *link, uint32_t length);
void link_send(struct link *link, enum frame_type type, uint16_t channel, uint32_t length);
void link_send_bytes(struct link *link, enum frame_type type, uint16_t channel, const void *bytes, uint32_t length);
void link_send_u32(struct link *link, enum frame_type type, uint16_t channel, uint32_t value);
// True while so much waits to be written that nothing new should be taken in.
bool link_full(const struct link *link);

static inline uint16_t read_u16(const uint8_t *p) { return (uint16_t)(p[0] | p[1] << 8); }

static inline uint32_t read_u32(const uint8_t *p) { return read_u16(p) | (uint32_t)read_u16(p + 2) << 16; }

static inline void write_u32(uint8_t *p, uint32_t value) {
  for (int i = 0; i < 4; i++) p[i] = (uint8_t)(value >> 8 * i);
}
