// One stream of the engine pipe: a process with its pipes or pty, or a connection to a socket of the guest.
#pragma once
#include <poll.h>

#include "pipe-link.h"

enum { WINDOW = 65536 };

struct channel {
  struct channel *next;
  uint16_t id;
  bool dead;             // CLOSED is sent; swept at the end of the turn
  bool socket, tty, connecting;
  pid_t pid;             // 0: none, or reaped
  bool exited;
  int status;
  int64_t linger;        // after the exit: when to stop waiting for streams that others hold open
  int input;             // towards the process; -1 closed
  int output[2];         // from it: streams 1 and 2; -1 ended
  struct buffer pending; // bytes for `input` that it has not taken
  bool ending;           // the host's END has come
  uint32_t credit;       // bytes that the host will still take
  uint32_t window;       // bytes that we promised to take
  uint32_t consumed;     // of them taken, not yet granted again
};

// The channel for the text of an OPEN frame, or NULL when CLOSED with the reason has been sent. `payload` is changed.
struct channel *channel_open(struct link *link, const struct frame *frame);
void channel_data(struct channel *channel, struct link *link, const struct frame *frame);
void channel_end(struct channel *channel);
void channel_resize(struct channel *channel, const struct frame *frame);
// The host hung up: SIGHUP for processes, nothing more is read or sent.
void channel_hang_up(struct channel *channel);
void channel_exited(struct channel *channel, int wait_status);
// The descriptors to wait for, at most three; gives how many.
int channel_poll(const struct channel *channel, const struct link *link, struct pollfd *fds);
void channel_ready(struct channel *channel, struct link *link, const struct pollfd *fd);
// Sends CLOSED when everything is over; gives the milliseconds until it has to be asked again, or -1.
int channel_settle(struct channel *channel, struct link *link);
void channel_free(struct channel *channel);
void send_closed(struct link *link, uint16_t id, int status, const char *text);
