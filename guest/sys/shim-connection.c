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
  ssize_t n = recv(client->fd, bytes, sizeof bytes, MSG_DONTWAIT);
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

// The longest is a client with what it has typed ahead, of which the engine takes 64 KiB at most.
enum { MESSAGE_USUAL = 128, MESSAGE_MAX = 65536 + MESSAGE_USUAL, BATCH = 4 };

// Room for one. A usual message touches none of the pages of a long one, and then they take no memory.
struct message {
  struct iovec parts[2];
  union {
    char bytes[CMSG_SPACE(sizeof(int))];
    struct cmsghdr header;
  } control;
  char usual[MESSAGE_USUAL];
};

// Those that lie in a socket, in one call.
static struct message messages[BATCH];
static struct mmsghdr headers[BATCH];
static char long_texts[BATCH][MESSAGE_MAX + 1];

static void prepare_batch(void) {
  for (int i = 0; i < BATCH; i++) {
    struct message *message = &messages[i];
    message->parts[0] = (struct iovec){message->usual, MESSAGE_USUAL};
    message->parts[1] = (struct iovec){long_texts[i] + MESSAGE_USUAL, MESSAGE_MAX - MESSAGE_USUAL};
    headers[i].msg_hdr = (struct msghdr){.msg_iov = message->parts, .msg_iovlen = 2};
    headers[i].msg_hdr.msg_control = message->control.bytes;
    headers[i].msg_hdr.msg_controllen = sizeof message->control.bytes;
  }
}

// In one piece, with a NUL behind it.
static char *text_of(int at) {
  size_t length = headers[at].msg_len;
  char *text = length < MESSAGE_USUAL ? messages[at].usual : long_texts[at];
  if (text == long_texts[at]) memcpy(text, messages[at].usual, MESSAGE_USUAL);
  text[length] = '\0';
  return text;
}

static int received_fd(struct msghdr *header) {
  int fd = -1;
  for (struct cmsghdr *c = CMSG_FIRSTHDR(header); c; c = CMSG_NXTHDR(header, c))
    if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS) memcpy(&fd, CMSG_DATA(c), sizeof fd);
  return fd;
}

static void take_text(struct shim *shim, struct control *control, char *text, size_t length, int fd) {
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

// Half a message would be another one. The end of the connection is a message of no bytes.
static void take_message(struct shim *shim, struct control *control, int at) {
  int fd = received_fd(&headers[at].msg_hdr);
  if (headers[at].msg_len == 0 || headers[at].msg_hdr.msg_flags & MSG_TRUNC) control->dead = true;
  if (!control->dead) take_text(shim, control, text_of(at), headers[at].msg_len, fd);
  else if (fd >= 0) close(fd);
}

void read_control(struct shim *shim, struct control *control) {
  int count;
  do {
    prepare_batch();
    count = recvmmsg(control->fd, headers, BATCH, MSG_DONTWAIT, NULL);
    for (int i = 0; i < count; i++) take_message(shim, control, i);
  } while (count == BATCH && !control->dead);
  if (count < 0 && errno != EAGAIN && errno != EINTR) control->dead = true;
}

static struct control controls[CONNECTIONS_MAX];

static struct control *unused_control(const struct shim *shim) {
  if (shim->connections == CONNECTIONS_MAX) return NULL;
  struct control *control = controls;
  while (control->used) control++;
  return control;
}

static void accept_connection(struct shim *shim, int fd) {
  struct control *control = unused_control(shim);
  if (!control) {
    close(fd);
    return;
  }
  *control = (struct control){.next = shim->controls, .used = true, .fd = fd};
  shim->controls = control;
  shim->connections++;
  read_control(shim, control);
}

void accept_waiting(struct shim *shim) {
  int fd;
  while ((fd = accept4(shim->listener, NULL, NULL, SOCK_NONBLOCK)) >= 0) accept_connection(shim, fd);
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
    control->used = false;
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
