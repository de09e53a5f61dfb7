#define _GNU_SOURCE
#include "pipe-channel.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <termios.h>
#include <unistd.h>

#include "modes.h"
#include "pipe-spawn.h"

enum {
  READ_MAX = 8192,          // a turn's share of one stream
  GRANT = 16384,            // so much consumed is worth a WINDOW frame
  LINGER = 100,             // milliseconds of silence after the exit
  TEXT = 256,
};

void send_closed(struct link *link, uint16_t id, int status, const char *text) {
  uint32_t length = (uint32_t)strlen(text);
  uint8_t *payload = link_payload(link, 4 + length);
  write_u32(payload, (uint32_t)status);
  memcpy(payload + 4, text, length);
  link_send(link, FRAME_CLOSE, id, 4 + length);
}

static void finish(struct channel *channel, struct link *link, int status, const char *text) {
  send_closed(link, channel->id, status, text);
  channel->dead = true;
}

static struct channel *refuse(struct link *link, uint16_t id, int status, const char *text) {
  send_closed(link, id, status, text);
  return NULL;
}

static struct channel *make_channel(uint16_t id) {
  struct channel *channel = calloc(1, sizeof *channel);
  if (!channel) return NULL;
  channel->id = id;
  channel->input = channel->output[0] = channel->output[1] = -1;
  channel->credit = channel->window = WINDOW;
  return channel;
}

static void close_fd(int *fd) {
  if (*fd >= 0) close(*fd);
  *fd = -1;
}

void channel_free(struct channel *channel) {
  close_fd(&channel->input);
  close_fd(&channel->output[0]);
  close_fd(&channel->output[1]);
  buffer_free(&channel->pending);
  free(channel);
}

// --- opening -------------------------------------------------------------------------------------------------------

static struct channel *open_process(struct link *link, uint16_t id, const struct command *command) {
  struct spawned spawned;
  char text[TEXT];
  int status;
  if (!spawn_command(command, &spawned, &status, text, sizeof text)) return refuse(link, id, status, text);
  struct channel *channel = make_channel(id);
  if (!channel) exit(1);  // it runs already and cannot be unmade
  channel->tty = command->tty;
  channel->pid = spawned.pid;
  channel->input = spawned.input;
  channel->output[0] = spawned.output;
  channel->output[1] = spawned.error;
  link_send(link, FRAME_OPEN, id, 0);
  return channel;
}

static struct channel *open_command(struct link *link, uint16_t id, struct command *command, char *fields, char *end) {
  if (!parse_command(command, fields, end)) return refuse(link, id, 125, "open: the command's fields do not add up");
  struct channel *channel = open_process(link, id, command);
  free_command(command);
  return channel;
}

static struct channel *open_terminal(struct link *link, uint16_t id, struct command *command) {
  char fields[] = "2\0/bin/sh\0-l\0" "0\0";
  return open_command(link, id, command, fields, fields + sizeof fields - 1);
}

static socklen_t unix_address(struct sockaddr_storage *storage, const char *path) {
  struct sockaddr_un *address = (struct sockaddr_un *)storage;
  size_t length = strlen(path);
  if (length == 0 || length >= sizeof address->sun_path) return 0;
  address->sun_family = AF_UNIX;
  memcpy(address->sun_path, path, length + 1);
  return sizeof *address;
}

static socklen_t inet_address(struct sockaddr_storage *storage, const char *host, unsigned port) {
  struct sockaddr_in *v4 = (struct sockaddr_in *)storage;
  struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)storage;
  if (port == 0 || port > 65535) return 0;
  if (strcmp(host, "localhost") == 0) host = "127.0.0.1";  // there is no resolver here, and must not be: it would block
  if (inet_pton(AF_INET, host, &v4->sin_addr) == 1) {
    v4->sin_family = AF_INET;
    v4->sin_port = htons((uint16_t)port);
    return sizeof *v4;
  }
  if (inet_pton(AF_INET6, host, &v6->sin6_addr) != 1) return 0;
  v6->sin6_family = AF_INET6;
  v6->sin6_port = htons((uint16_t)port);
  return sizeof *v6;
}

// connect(2), non-blocking. A unix socket connects at once, or says EAGAIN when its backlog is full.
static struct channel *open_socket(struct link *link, uint16_t id, const struct sockaddr_storage *address,
                                   socklen_t length) {
  if (length == 0) return refuse(link, id, 125, "open: not an address");
  int fd = socket(address->ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  bool connected = fd >= 0 && connect(fd, (const struct sockaddr *)address, length) == 0;
  if (!connected && (fd < 0 || errno != EINPROGRESS)) {
    char text[TEXT];
    snprintf(text, sizeof text, "connect: %s", strerror(errno));
    close_fd(&fd);
    return refuse(link, id, 1, text);
  }
  struct channel *channel = make_channel(id);
  if (!channel) exit(1);
  channel->socket = true;
  channel->connecting = !connected;
  channel->input = fd;
  channel->output[0] = fcntl(fd, F_DUPFD_CLOEXEC, 3);
  if (connected) link_send(link, FRAME_OPEN, id, 0);
  return channel;
}

struct channel *channel_open(struct link *link, const struct frame *frame) {
  char *text = (char *)frame->payload, *end = text + frame->length;
  *end = '\0';
  char *fields = text + strlen(text) + 1;
  struct command command = {0};
  struct sockaddr_storage address = {0};
  char host[TEXT] = "";
  unsigned port = 0;
  uint16_t id = frame->channel, *rows = &command.rows, *columns = &command.columns;
  if (strncmp(text, "unix ", 5) == 0) return open_socket(link, id, &address, unix_address(&address, text + 5));
  if (sscanf(text, "tcp %255s %u", host, &port) == 2)
    return open_socket(link, id, &address, inet_address(&address, host, port));
  if (strcmp(text, "command") == 0) return open_command(link, id, &command, fields, end);
  command.tty = true;
  if (sscanf(text, "terminal %hu %hu", rows, columns) == 2) return open_terminal(link, id, &command);
  if (sscanf(text, "tty-command %hu %hu", rows, columns) == 2) return open_command(link, id, &command, fields, end);
  return refuse(link, id, 125, "open: no such kind of channel");
}

static void connected(struct channel *channel, struct link *link) {
  int error = 0;
  socklen_t length = sizeof error;
  getsockopt(channel->input, SOL_SOCKET, SO_ERROR, &error, &length);
  channel->connecting = false;
  if (error == 0) {
    link_send(link, FRAME_OPEN, channel->id, 0);
    return;
  }
  char text[TEXT];
  snprintf(text, sizeof text, "connect: %s", strerror(error));
  finish(channel, link, 1, text);
}

// --- host → process ------------------------------------------------------------------------------------------------

// Nobody reads any more: what comes is dropped, but still granted again, so that the host never waits for it.
static void discard_input(struct channel *channel) {
  channel->consumed += (uint32_t)buffer_length(&channel->pending);
  buffer_free(&channel->pending);
  if (channel->input >= 0 && !channel->tty && !channel->socket) close_fd(&channel->input);
}

static void write_eof(struct channel *channel) {
  struct termios mode;
  if (channel->socket) shutdown(channel->input, SHUT_WR);
  // A terminal has no half-close. What a person does at its keyboard is VEOF (termios(3)).
  else if (channel->tty && tcgetattr(channel->input, &mode) == 0) {
    while (write(channel->input, &mode.c_cc[VEOF], 1) < 0 && errno == EINTR);
  }
  if (!channel->tty) close_fd(&channel->input);
}

static void write_pending(struct channel *channel) {
  if (channel->input < 0) return discard_input(channel);
  ssize_t n = buffer_write(&channel->pending, channel->input);
  if (n < 0) return discard_input(channel);
  channel->consumed += (uint32_t)n;
  if (!channel->ending || buffer_length(&channel->pending) > 0) return;
  write_eof(channel);
  channel->ending = false;
}

// The usual case: nothing waits, and the process takes it all.
static uint32_t write_directly(struct channel *channel, const struct frame *frame) {
  if (channel->connecting || channel->input < 0 || buffer_length(&channel->pending) > 0) return 0;
  ssize_t n = write(channel->input, frame->payload, frame->length);
  if (n <= 0) return 0;
  channel->consumed += (uint32_t)n;
  return (uint32_t)n;
}

void channel_data(struct channel *channel, struct link *link, const struct frame *frame) {
  if (frame->length > channel->window) {
    channel_hang_up(channel);
    return finish(channel, link, 125, "data: more than the window allows");
  }
  channel->window -= frame->length;
  uint32_t taken = write_directly(channel, frame);
  if (!buffer_append(&channel->pending, frame->payload + taken, frame->length - taken)) exit(1);
  if (!channel->connecting) write_pending(channel);
}

void channel_end(struct channel *channel) {
  channel->ending = true;
  if (!channel->connecting) write_pending(channel);
}

void channel_resize(struct channel *channel, const struct frame *frame) {
  if (!channel->tty || channel->input < 0 || frame->length < 4) return;
  struct winsize size = {.ws_row = read_u16(frame->payload), .ws_col = read_u16(frame->payload + 2)};
  ioctl(channel->input, TIOCSWINSZ, &size);  // the kernel sends SIGWINCH to the foreground group: ioctl_tty(2)
}

static void signal_group(pid_t group, int signal) {
  if (group > 1) kill(-group, signal);
}

void channel_hang_up(struct channel *channel) {
  pid_t foreground = 0;
  if (channel->tty && channel->input >= 0) ioctl(channel->input, TIOCGPGRP, &foreground);
  // A stopped job must run to hear about it: setpgid(2), orphaned groups.
  if (foreground != channel->pid) signal_group(foreground, SIGHUP), signal_group(foreground, SIGCONT);
  signal_group(channel->pid, SIGHUP);
  signal_group(channel->pid, SIGCONT);
}

// --- process → host ------------------------------------------------------------------------------------------------

static void end_stream(struct channel *channel, struct link *link, int stream) {
  uint8_t number = (uint8_t)(stream + 1);
  close_fd(&channel->output[stream]);
  link_send_bytes(link, FRAME_END, channel->id, &number, 1);
}

static void read_stream(struct channel *channel, struct link *link, int stream) {
  uint32_t room = channel->credit < READ_MAX ? channel->credit : READ_MAX;
  ssize_t n = read(channel->output[stream], link_payload(link, room), room);
  if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (n <= 0) return end_stream(channel, link, stream);  // EIO: nobody has the other side of the pty open any more
  link_send(link, stream == 0 ? FRAME_DATA : FRAME_DATA2, channel->id, (uint32_t)n);
  channel->credit -= (uint32_t)n;
  channel->linger = monotonic_milliseconds() + LINGER;
}

void channel_exited(struct channel *channel, int wait_status) {
  channel->pid = 0;
  channel->exited = true;
  channel->status = exit_code(wait_status);
  channel->linger = monotonic_milliseconds() + LINGER;
}

// --- the loop ------------------------------------------------------------------------------------------------------

int channel_poll(const struct channel *channel, const struct link *link, struct pollfd *fds) {
  int count = 0;
  bool writes = channel->connecting || buffer_length(&channel->pending) > 0;
  if (writes) fds[count++] = (struct pollfd){channel->input, POLLOUT, 0};
  if (channel->connecting) return count;
  bool room = channel->credit > 0 && !link_full(link);
  for (int stream = 0; stream < 2; stream++)
    if (room && channel->output[stream] >= 0) fds[count++] = (struct pollfd){channel->output[stream], POLLIN, 0};
  // Half closed by the other side: only a hang-up is of interest, and that is always reported.
  bool half_closed = channel->socket && channel->output[0] < 0 && channel->input >= 0;
  if (half_closed && count == 0) fds[count++] = (struct pollfd){channel->input, 0, 0};
  return count;
}

void channel_ready(struct channel *channel, struct link *link, const struct pollfd *fd) {
  if (channel->dead || fd->revents == 0) return;
  if (channel->connecting) return connected(channel, link);
  for (int stream = 0; stream < 2; stream++)
    if (fd->fd == channel->output[stream] && channel->credit > 0) return read_stream(channel, link, stream);
  if (fd->fd != channel->input) return;
  if (fd->events & POLLOUT) write_pending(channel);
  else close_fd(&channel->input);
}

static void grant(struct channel *channel, struct link *link) {
  if (channel->consumed < GRANT) return;
  link_send_u32(link, FRAME_WINDOW, channel->id, channel->consumed);
  channel->window += channel->consumed;
  channel->consumed = 0;
}

static bool streams_ended(const struct channel *channel) { return channel->output[0] < 0 && channel->output[1] < 0; }

static int settle_socket(struct channel *channel, struct link *link) {
  if (streams_ended(channel) && channel->input < 0) finish(channel, link, 0, "");
  return -1;
}

// The clock alone does not tell silence: the whole machine may have stood still between two looks at it.
static bool output_waits(const struct channel *channel) {
  struct pollfd fds[] = {{channel->output[0], POLLIN, 0}, {channel->output[1], POLLIN, 0}};
  return poll(fds, 2, 0) > 0;
}

int channel_settle(struct channel *channel, struct link *link) {
  if (channel->dead) return -1;
  grant(channel, link);
  if (channel->socket) return settle_socket(channel, link);
  if (!channel->exited) return -1;
  if (streams_ended(channel)) return finish(channel, link, channel->status, ""), -1;
  // Background children may keep the streams open for ever; what is there already is still delivered.
  int64_t now = monotonic_milliseconds();
  if (channel->credit == 0 || link_full(link)) channel->linger = now + LINGER;
  if (now < channel->linger) return (int)(channel->linger - now);
  if (output_waits(channel)) return 0;
  return finish(channel, link, channel->status, ""), -1;
}
