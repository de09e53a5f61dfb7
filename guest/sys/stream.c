// The client's side of attach and exec: between the user's descriptors and the engine's socket, without JavaScript on the
// way. It returns to JavaScript when something needs a decision; called again for the same socket it goes on where it was.
// Frames are Docker's: [stream, 0, 0, 0, length as 32 bits big endian].
#define _GNU_SOURCE
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "native.h"

// A pipe that poll calls writable takes this much without blocking.
#define WRITE_STEP 4096
// As many frames at most go to their descriptor in one write: a write for each line costs more than the line.
#define WRITE_FRAMES 64
#define STDOUT_STREAM 1
#define STDERR_STREAM 2
#define ERROR_STREAM 3

struct queue {
  uint8_t bytes[32768];
  size_t start, end;
};

static struct {
  int socket; // 0: nothing is going on
  struct queue to_socket, from_socket;
  int input_ended, shut_down, socket_ended, detached;
  int matched; // detach keys seen so far
  uint8_t header[8];
  unsigned header_length;
  uint32_t frame_left;
  char message[1024];
  size_t message_length;
} state = {.socket = -1};

static size_t waiting(const struct queue *queue) { return queue->end - queue->start; }

static void add(struct queue *queue, const void *bytes, size_t length) {
  memcpy(queue->bytes + queue->end, bytes, length);
  queue->end += length;
}

static void consume(struct queue *queue, size_t length) {
  queue->start += length;
  if (queue->start == queue->end) queue->start = queue->end = 0;
}

static int64_t event(struct call *call, const char *kind) {
  JSValue object = JS_NewObject(call->ctx);
  JS_SetPropertyStr(call->ctx, object, "kind", JS_NewString(call->ctx, kind));
  return answer(call, object);
}

static int64_t finish(struct call *call, const char *kind) {
  state.socket = -1;
  return event(call, kind);
}

static int64_t finish_with_error(struct call *call, const char *message, size_t length) {
  finish(call, "error");
  JS_SetPropertyStr(call->ctx, call->value, "message", text_value(call->ctx, message, length));
  return 0;
}

static int64_t finish_with_errno(struct call *call, const char *what) {
  char message[128];
  strcpy(message, what);
  strcat(message, ": ");
  strncat(message, strerror(errno), 80);
  return finish_with_error(call, message, strlen(message));
}

// --- from the user to the socket ------------------------------------------------------------------------------------------

// Passes bytes on, holding back what may become the detach sequence. True when it is complete.
static int pass_input(const uint8_t *bytes, size_t length, const uint8_t *keys, size_t key_count) {
  for (size_t i = 0; i < length; i++) {
    if (key_count > 0 && bytes[i] == keys[state.matched]) {
      if (++state.matched == (int)key_count) return 1;
      continue;
    }
    // It was not the sequence after all; the byte at hand may begin it anew.
    add(&state.to_socket, keys, state.matched);
    state.matched = 0;
    if (key_count > 0 && bytes[i] == keys[0]) state.matched = 1;
    else add(&state.to_socket, bytes + i, 1);
  }
  return 0;
}

// 1 when the detach keys were typed, 0 otherwise, -1 with errno.
static int read_input(int input, const uint8_t *keys, size_t key_count) {
  uint8_t bytes[16384];
  ssize_t got = read(input, bytes, sizeof bytes);
  if (got > 0) return pass_input(bytes, got, keys, key_count);
  if (got < 0 && (errno == EINTR || errno == EAGAIN)) return 0;
  // A terminal that was hung up reads as EIO: an end like any other.
  if (got < 0 && errno != EIO) return -1;
  state.input_ended = 1;
  return 0;
}

static int send_input(int socket) {
  struct queue *queue = &state.to_socket;
  ssize_t sent = send(socket, queue->bytes + queue->start, waiting(queue), MSG_DONTWAIT | MSG_NOSIGNAL);
  if (sent >= 0) return consume(queue, sent), 0;
  if (errno == EINTR || errno == EAGAIN) return 0;
  // The container reads no more, but may still be writing.
  consume(queue, waiting(queue));
  state.input_ended = state.shut_down = 1;
  return 0;
}

// --- from the socket to the user ------------------------------------------------------------------------------------------

static int receive(int socket) {
  struct queue *queue = &state.from_socket;
  ssize_t got = recv(socket, queue->bytes, sizeof queue->bytes, MSG_DONTWAIT);
  if (got > 0) queue->end = got;
  else if (got == 0 || errno == ECONNRESET) state.socket_ended = 1;
  else if (errno != EINTR && errno != EAGAIN) return -1;
  return 0;
}

static uint32_t frame_length(const uint8_t *header) {
  return (uint32_t)header[4] << 24 | header[5] << 16 | header[6] << 8 | header[7];
}

// Completes a frame's header from the queue. False while it is incomplete.
static int parse_header(void) {
  while (state.header_length < sizeof state.header && waiting(&state.from_socket) > 0) {
    state.header[state.header_length++] = state.from_socket.bytes[state.from_socket.start];
    consume(&state.from_socket, 1);
  }
  if (state.header_length < sizeof state.header) return 0;
  state.frame_left = frame_length(state.header);
  return 1;
}

// The descriptor that the next bytes of the queue are for; -1 is nobody. `length` says how many of them.
static int destination(struct call *call, size_t *length) {
  int output = INT(2), error = INT(3), raw = INT(4);
  *length = waiting(&state.from_socket);
  if (raw) return output;
  while (state.frame_left == 0) {
    if (!parse_header()) return *length = 0, -1;
    if (state.frame_left == 0) state.header_length = 0;
  }
  *length = waiting(&state.from_socket);
  if (*length > state.frame_left) *length = state.frame_left;
  return state.header[0] == STDOUT_STREAM ? output : state.header[0] == STDERR_STREAM ? error : -1;
}

static void collect_message(size_t length) {
  size_t room = sizeof state.message - state.message_length;
  if (state.header[0] != ERROR_STREAM) return;
  if (length > room) length = room;
  memcpy(state.message + state.message_length, state.from_socket.bytes + state.from_socket.start, length);
  state.message_length += length;
}

// `length` bytes of content have gone, and the headers between them go, too.
static void pass_output(size_t length, int raw) {
  if (raw) return consume(&state.from_socket, length);
  while (length > 0) {
    size_t part = length < state.frame_left ? length : state.frame_left;
    consume(&state.from_socket, part);
    length -= part;
    state.frame_left -= part;
    if (state.frame_left > 0) return;
    state.header_length = 0;
    if (length > 0) parse_header();
  }
}

// The content at the front of the queue, `length` bytes, and that of the frames behind it for the same stream, as far as
// it is here. Gives how many parts it has.
static int gather(struct iovec *parts, size_t length, int raw) {
  uint8_t *at = state.from_socket.bytes + state.from_socket.start, *end = state.from_socket.bytes + state.from_socket.end;
  size_t room = WRITE_STEP;
  int count = 0;
  for (size_t whole = raw ? length : state.frame_left;; at += 8) {
    size_t part = length < room ? length : room;
    if (part > 0) parts[count++] = (struct iovec){at, part};
    room -= part;
    at += part;
    if (raw || part < whole || room == 0 || count == WRITE_FRAMES) return count;
    if (end - at < 8 || at[0] != state.header[0]) return count;
    whole = frame_length(at);
    length = whole < (size_t)(end - at - 8) ? whole : (size_t)(end - at - 8);
  }
}

static int write_output(int fd, size_t length, int raw) {
  struct iovec parts[WRITE_FRAMES];
  ssize_t written = writev(fd, parts, gather(parts, length, raw));
  if (written < 0) return errno == EINTR || errno == EAGAIN ? 0 : -1;
  pass_output(written, raw);
  return 0;
}

// Bytes for nobody go at once, so that what is left in the queue has a descriptor to wait for.
static int skip_to_destination(struct call *call, size_t *length) {
  for (;;) {
    int fd = destination(call, length);
    if (*length == 0 || fd >= 0) return fd;
    if (!INT(4)) collect_message(*length);
    pass_output(*length, INT(4));
  }
}

// --- the loop -------------------------------------------------------------------------------------------------------------

static void begin(struct call *call) {
  memset(&state, 0, sizeof state);
  state.socket = INT(0);
  state.input_ended = INT(1) < 0;
  if (BYTES(7) != NULL) add(&state.from_socket, BYTES(7), LENGTH(7));
}

// stream(socket, input, output, error, raw, signals, detachKeys, received)
int64_t stream(struct call *call) {
  int socket = INT(0), input = INT(1), raw = INT(4), signals = INT(5);
  const uint8_t *keys = BYTES(6);
  size_t key_count = keys == NULL ? 0 : LENGTH(6);
  if (BYTES(7) != NULL && LENGTH(7) > sizeof state.from_socket.bytes) return -EINVAL;
  if (state.socket != socket) begin(call);
  for (;;) {
    size_t length;
    int output = skip_to_destination(call, &length);
    if (state.message_length > 0 && state.frame_left == 0) return finish_with_error(call, state.message, state.message_length);
    if (length == 0 && state.socket_ended) return finish(call, "end");
    if (state.input_ended && !state.shut_down && input >= 0 && waiting(&state.to_socket) == 0) {
      shutdown(socket, SHUT_WR);
      state.shut_down = 1;
    }
    if (state.detached && waiting(&state.to_socket) == 0) return finish(call, "detached");
    int want_input = !state.input_ended && !state.detached && waiting(&state.to_socket) == 0;
    struct pollfd fds[] = {
        {.fd = socket, .events = (length == 0 && !state.socket_ended ? POLLIN : 0) | (waiting(&state.to_socket) > 0 ? POLLOUT : 0)},
        {.fd = want_input ? input : -1, .events = POLLIN},
        {.fd = length > 0 ? output : -1, .events = POLLOUT},
        {.fd = signals, .events = POLLIN},
    };
    // A hung-up socket would wake us for ever while its last bytes wait for a slow output.
    if (fds[0].events == 0) fds[0].fd = -1;
    if (poll(fds, 4, -1) < 0 && errno != EINTR) return finish_with_errno(call, "poll");
    if (fds[3].revents != 0) return event(call, "signal");
    if (fds[2].revents != 0 && write_output(output, length, raw) < 0) return finish_with_errno(call, "write");
    if (fds[0].revents & POLLOUT) send_input(socket);
    if (fds[0].revents & (POLLIN | POLLHUP | POLLERR) && length == 0 && receive(socket) < 0) return finish_with_errno(call, "read");
    if (fds[1].revents != 0) {
      int detach = read_input(input, keys, key_count);
      if (detach < 0) return finish_with_errno(call, "read");
      if (detach) state.detached = 1;
    }
  }
}
