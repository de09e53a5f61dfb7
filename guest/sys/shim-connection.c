// Every connection to a shim's socket (unix(7), SOCK_SEQPACKET) begins with one message:
//
//   control     then we say `exit CODE SIGNAL NANOSECONDS`, `detached` and `oom`, and hear `resize ROWS COLUMNS` and
//               `close-stdin`. `quit` (the end is recorded) needs nothing done: we go when the clients have everything
//   attach STDIN STDOUT STDERR FRAMED KEYSHEX LENGTH\n…
//               comes with the client's socket, and LENGTH bytes that the client has already typed. On a control
//               connection it may follow the first message at once: who waited for the start is there before any output
#define _GNU_SOURCE
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <termios.h>
#include <unistd.h>

#include "modes.h"
#include "shim.h"

// --- towards the container -----------------------------------------------------------------------------------------

void close_input(struct shim *shim) {
  buffer_consume(&shim->typed, buffer_length(&shim->typed));
  if (shim->tty >= 0 || shim->input < 0) return;
  close(shim->input);
  shim->input = -1;
}

void write_input(struct shim *shim) {
  if (shim->input < 0 || buffer_write(&shim->typed, shim->input) < 0) close_input(shim);
  if (shim->stdin_ending && buffer_length(&shim->typed) == 0) close_input(shim);
}

// End of file can only be given once, and a terminal has none: Docker closes nothing there either.
void end_input(struct shim *shim) {
  if (shim->tty >= 0) return;
  shim->stdin_ending = true;
  write_input(shim);
}

static void resize(struct shim *shim, const char *words) {
  struct winsize size = {0};
  if (shim->tty >= 0 && sscanf(words, "%hu %hu", &size.ws_row, &size.ws_col) == 2) ioctl(shim->tty, TIOCSWINSZ, &size);
}

// --- control connections -------------------------------------------------------------------------------------------

static void tell(struct control *control, const char *text) {
  if (control->dead || !control->greeted) return;
  if (send(control->fd, text, strlen(text), MSG_NOSIGNAL) < 0) control->dead = true;
}

void tell_all(struct shim *shim, const char *text) {
  for (struct control *c = shim->controls; c; c = c->next) tell(c, text);
}

void tell_end(const struct shim *shim, struct control *control) {
  char text[64];
  snprintf(text, sizeof text, "exit %d %d %" PRId64, shim->end.code, shim->end.signal, shim->end.nanoseconds);
  tell(control, text);
}

static void take_command(struct shim *shim, const char *text) {
  if (strncmp(text, "resize ", 7) == 0) resize(shim, text + 7);
  else if (strcmp(text, "close-stdin") == 0) end_input(shim);
}

// --- clients -------------------------------------------------------------------------------------------------------

static void type(struct shim *shim, struct client *client, const uint8_t *bytes, size_t length) {
  bool detached = client_type(client, bytes, length, &shim->typed);
  write_input(shim);
  if (!detached) return;
  client->dead = true;
  tell_all(shim, "detached");
}

void read_client(struct shim *shim, struct client *client) {
  uint8_t bytes[READ_SIZE];
  ssize_t n = read(client->fd, bytes, sizeof bytes);
  if (n > 0) return type(shim, client, bytes, (size_t)n);
  if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
  client->stdin_on = false;
  if (n < 0) client->dead = true;
  if (shim->stdin_once) end_input(shim);
}

static bool add_client(struct shim *shim, char *words, size_t length, int fd) {
  char *typed = memchr(words, '\n', length);
  if (typed) *typed++ = '\0';
  struct client *client = shim->connections < CONNECTIONS_MAX ? client_create(words, fd) : NULL;
  if (!client) return false;
  set_nonblocking(fd);
  client->next = shim->clients;
  shim->clients = client;
  shim->connections++;
  if (typed && client->stdin_on) type(shim, client, (uint8_t *)typed, length - (size_t)(typed - words));
  return true;
}

static bool attach(struct shim *shim, char *text, size_t length, int fd) {
  bool added = fd >= 0 && length > 7 && add_client(shim, text + 7, length - 7, fd);
  if (!added && fd >= 0) close(fd);
  return added;
}

static void attach_only(struct shim *shim, struct control *control, char *text, size_t length, int fd) {
  control->greeted = true;
  if (attach(shim, text, length, fd)) tell(control, "attached");
  control->dead = true;  // it has served
}

static void greet(struct shim *shim, struct control *control) {
  control->greeted = true;
  if (shim->recorded) tell_end(shim, control);
}

// --- messages ------------------------------------------------------------------------------------------------------

static int received_fd(struct msghdr *header) {
  int fd = -1;
  for (struct cmsghdr *c = CMSG_FIRSTHDR(header); c; c = CMSG_NXTHDR(header, c))
    if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS) memcpy(&fd, CMSG_DATA(c), sizeof fd);
  return fd;
}

static ssize_t receive(int socket, char *text, size_t size, int *fd) {
  union {
    char bytes[CMSG_SPACE(sizeof(int))];
    struct cmsghdr header;
  } control;
  struct iovec part = {text, size};
  struct msghdr header = {.msg_iov = &part, .msg_iovlen = 1};
  header.msg_control = control.bytes;
  header.msg_controllen = sizeof control.bytes;
  ssize_t n = recvmsg(socket, &header, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
  *fd = n < 0 ? -1 : received_fd(&header);
  return n;
}

static void take_message(struct shim *shim, struct control *control, char *text, size_t length, int fd) {
  if (strncmp(text, "attach ", 7) == 0) {
    if (control->greeted) attach(shim, text, length, fd);
    else attach_only(shim, control, text, length, fd);
    return;
  }
  if (fd >= 0) close(fd);
  if (control->greeted) take_command(shim, text);
  else if (strcmp(text, "control") == 0) greet(shim, control);
  else control->dead = true;
}

// False: nothing is there. MSG_TRUNC asks for the true length of a packet: what a client has typed ahead may be long.
static bool read_message(struct shim *shim, struct control *control) {
  ssize_t length = recv(control->fd, NULL, 0, MSG_PEEK | MSG_TRUNC | MSG_DONTWAIT);
  if (length < 0 && (errno == EAGAIN || errno == EINTR)) return false;
  char *text = length > 0 ? malloc((size_t)length + 1) : NULL;
  int fd;
  ssize_t n = text ? receive(control->fd, text, (size_t)length, &fd) : 0;
  if (n > 0) {
    text[n] = '\0';
    take_message(shim, control, text, (size_t)n, fd);
  } else {
    control->dead = true;
  }
  free(text);
  return true;
}

void read_control(struct shim *shim, struct control *control) {
  while (!control->dead && read_message(shim, control)) continue;
}

static void accept_connection(struct shim *shim, int fd) {
  struct control *control = shim->connections < CONNECTIONS_MAX ? calloc(1, sizeof *control) : NULL;
  if (!control) {
    close(fd);
    return;
  }
  *control = (struct control){.next = shim->controls, .fd = fd};
  shim->controls = control;
  shim->connections++;
  read_control(shim, control);
}

void accept_waiting(struct shim *shim) {
  int fd;
  while ((fd = accept4(shim->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK)) >= 0) accept_connection(shim, fd);
}

// --- those who are gone --------------------------------------------------------------------------------------------

static void sweep_controls(struct shim *shim) {
  for (struct control **at = &shim->controls; *at;) {
    struct control *control = *at;
    if (!control->dead) {
      at = &control->next;
      continue;
    }
    *at = control->next;
    close(control->fd);
    free(control);
    shim->connections--;
  }
}

// Not with the last byte but with the end on record: who sees the stream end asks for the exit code next.
static bool client_done(const struct shim *shim, const struct client *client) {
  return client->dead || (shim->recorded && buffer_length(&client->queue) == 0);
}

static void sweep_clients(struct shim *shim) {
  for (struct client **at = &shim->clients; *at;) {
    struct client *client = *at;
    if (!client_done(shim, client)) {
      at = &client->next;
      continue;
    }
    *at = client->next;
    if (client->dead && client->stdin_on && shim->stdin_once) end_input(shim);
    client_free(client);
    shim->connections--;
  }
}

void sweep_connections(struct shim *shim) {
  sweep_controls(shim);
  sweep_clients(shim);
}
