// drydock-pipe DEVICE: everything that passes between the page and the machine, over one virtio console. Each channel
// is a terminal, a command, or a connection to a socket of the guest, with a window of its own, so that one that stalls
// does not hold up the others. It works when a learner has taken eth0 down, and after a restore (HELLO).
#define _GNU_SOURCE
#include <linux/random.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "modes.h"
#include "pipe-channel.h"

enum { CHANNELS_MAX = 256, FDS_EACH = 3 };

struct pipe {
  struct link link;
  int signals;
  struct channel *channels;
  int count;
  int timeout;
};

struct ready {
  struct pollfd fds[2 + CHANNELS_MAX * FDS_EACH];
  struct channel *owner[2 + CHANNELS_MAX * FDS_EACH];
  nfds_t count;
};

static struct channel *find_channel(struct pipe *pipe, uint16_t id) {
  for (struct channel *c = pipe->channels; c; c = c->next)
    if (c->id == id && !c->dead) return c;
  return NULL;
}

static void open_channel(struct pipe *pipe, const struct frame *frame) {
  if (frame->channel == 0 || find_channel(pipe, frame->channel)) return;
  if (pipe->count >= CHANNELS_MAX) return send_closed(&pipe->link, frame->channel, 125, "open: too many channels");
  struct channel *channel = channel_open(&pipe->link, frame);
  if (!channel) return;
  channel->next = pipe->channels;
  pipe->channels = channel;
  pipe->count++;
}

static void hang_up(struct pipe *pipe, struct channel *channel) {
  channel_hang_up(channel);
  send_closed(&pipe->link, channel->id, channel->socket ? 0 : 128 + SIGHUP, "");
  channel->dead = true;
}

static void forget_all(struct pipe *pipe) {
  for (struct channel *c = pipe->channels; c; c = c->next) {
    if (!c->dead) channel_hang_up(c);
    c->dead = true;
  }
}

// random(4): without new entropy every clone of one snapshot would draw the same ids.
static int add_entropy(const uint8_t *bytes, uint32_t length) {
  uint32_t pool[2 + 64];  // struct rand_pool_info: bits, bytes, the bytes
  if (length > sizeof pool - 8) length = sizeof pool - 8;
  pool[0] = length * 8;
  pool[1] = length;
  memcpy(pool + 2, bytes, length);
  int fd = open("/dev/urandom", O_RDWR | O_CLOEXEC);
  int error = fd < 0 || ioctl(fd, RNDADDENTROPY, pool) < 0 || ioctl(fd, RNDRESEEDCRNG) < 0 ? errno : 0;
  if (fd >= 0) close(fd);
  return error;
}

static int set_clock(const uint8_t *bytes) {
  uint64_t ns = (uint64_t)read_u32(bytes) | (uint64_t)read_u32(bytes + 4) << 32;
  struct timespec now = {.tv_sec = (time_t)(ns / 1000000000), .tv_nsec = (long)(ns % 1000000000)};
  return clock_settime(CLOCK_REALTIME, &now) < 0 ? errno : 0;
}

static void synchronise(struct pipe *pipe, const struct frame *frame) {
  int error = frame->length < 8 ? EINVAL : set_clock(frame->payload);
  if (error == 0) error = add_entropy(frame->payload + 8, frame->length - 8);
  link_send_u32(&pipe->link, FRAME_SYNC, 0, (uint32_t)error);
}

static void greet(struct pipe *pipe, const struct frame *frame) {
  forget_all(pipe);
  link_send_bytes(&pipe->link, FRAME_HELLO, 0, frame->payload, frame->length);
}

static void add_credit(struct channel *channel, const struct frame *frame) {
  uint32_t more = frame->length >= 4 ? read_u32(frame->payload) : 0;
  channel->credit = more > INT32_MAX - channel->credit ? INT32_MAX : channel->credit + more;
}

static void take_channel_frame(struct pipe *pipe, struct channel *channel, const struct frame *frame) {
  switch (frame->type) {
    case FRAME_DATA: return channel_data(channel, &pipe->link, frame);
    case FRAME_END: return channel_end(channel);
    case FRAME_CLOSE: return hang_up(pipe, channel);
    case FRAME_RESIZE: return channel_resize(channel, frame);
    case FRAME_WINDOW: return add_credit(channel, frame);
  }
}

static void take_frame(void *context, const struct frame *frame) {
  struct pipe *pipe = context;
  if (frame->type == FRAME_HELLO) return greet(pipe, frame);
  if (frame->type == FRAME_SYNC) return synchronise(pipe, frame);
  if (frame->type == FRAME_OPEN) return open_channel(pipe, frame);
  struct channel *channel = find_channel(pipe, frame->channel);
  if (channel) take_channel_frame(pipe, channel, frame);  // else it was on its way when the channel ended
}

// signal(7): several ends may be merged into one SIGCHLD, so everything that has ended is asked for.
static void reap(struct pipe *pipe) {
  struct signalfd_siginfo info[8];
  while (read(pipe->signals, info, sizeof info) > 0);
  int status;
  for (pid_t pid; (pid = waitpid(-1, &status, WNOHANG)) > 0;)
    for (struct channel *c = pipe->channels; c; c = c->next)
      if (c->pid == pid) channel_exited(c, status);
}

static void sweep(struct pipe *pipe) {
  for (struct channel **at = &pipe->channels; *at;) {
    struct channel *channel = *at;
    if (!channel->dead) {
      at = &channel->next;
      continue;
    }
    *at = channel->next;
    channel_free(channel);
    pipe->count--;
  }
}

// The first becomes the last: who is served first changes with each turn.
static void rotate(struct pipe *pipe) {
  struct channel *first = pipe->channels;
  if (!first || !first->next) return;
  struct channel *last = first;
  while (last->next) last = last->next;
  pipe->channels = first->next;
  last->next = first;
  first->next = NULL;
}

static void gather(struct pipe *pipe, struct ready *ready) {
  short write = buffer_length(&pipe->link.out) > 0 ? POLLOUT : 0;
  short read = link_full(&pipe->link) ? 0 : POLLIN;
  ready->fds[0] = (struct pollfd){pipe->link.fd, read | write, 0};
  ready->fds[1] = (struct pollfd){pipe->signals, POLLIN, 0};
  ready->count = 2;
  for (struct channel *c = pipe->channels; c; c = c->next)
    for (int n = channel_poll(c, &pipe->link, ready->fds + ready->count); n > 0; n--) ready->owner[ready->count++] = c;
}

static void serve(struct pipe *pipe, const struct ready *ready) {
  for (nfds_t i = 2; i < ready->count; i++) {
    bool takes = ready->fds[i].events & POLLOUT;
    if (takes || !link_full(&pipe->link)) channel_ready(ready->owner[i], &pipe->link, &ready->fds[i]);
  }
}

static void settle(struct pipe *pipe) {
  pipe->timeout = -1;
  for (struct channel *c = pipe->channels; c; c = c->next) {
    int wait = channel_settle(c, &pipe->link);
    if (wait >= 0 && (pipe->timeout < 0 || wait < pipe->timeout)) pipe->timeout = wait;
  }
}

static bool turn(struct pipe *pipe, struct ready *ready) {
  gather(pipe, ready);
  if (poll(ready->fds, ready->count, pipe->timeout) < 0) return errno == EINTR;
  bool alive = !(ready->fds[0].revents & (POLLIN | POLLHUP | POLLERR)) || link_read(&pipe->link, take_frame, pipe);
  // Sockets and streams first: what a process wrote before it ended is read before its end is known.
  serve(pipe, ready);
  if (ready->fds[1].revents) reap(pipe);
  link_acknowledge(&pipe->link);
  settle(pipe);
  sweep(pipe);
  rotate(pipe);
  return alive && link_flush(&pipe->link);
}

static int watch_children(void) {
  sigset_t children;
  sigemptyset(&children);
  sigaddset(&children, SIGCHLD);
  sigprocmask(SIG_BLOCK, &children, NULL);
  return signalfd(-1, &children, SFD_NONBLOCK | SFD_CLOEXEC);
}

int pipe_main(int argc, char **argv) {
  struct pipe pipe = {.timeout = -1};
  struct ready *ready = malloc(sizeof *ready);
  if (argc != 2 || !ready) return fprintf(stderr, "usage: drydock-pipe DEVICE\n"), 2;
  syscall(SYS_close_range, 3, ~0U, 4 /* CLOSE_RANGE_CLOEXEC */);
  signal(SIGPIPE, SIG_IGN);
  signal(SIGHUP, SIG_IGN);
  be_patient();
  if (!link_open(&pipe.link, argv[1])) return fprintf(stderr, "drydock-pipe: %s: %s\n", argv[1], strerror(errno)), 1;
  pipe.signals = watch_children();
  // Unasked: a host that knew the one before us learns at once that its channels are gone.
  link_send_u32(&pipe.link, FRAME_HELLO, 0, 0);
  while (turn(&pipe, ready));
  forget_all(&pipe);
  sweep(&pipe);
  return 1;
}
