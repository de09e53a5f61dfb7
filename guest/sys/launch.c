// `docker`: a client so small that it starts in a few milliseconds. It gives its arguments, environment, directory and
// descriptors (unix(7), SCM_RIGHTS) to a process that is warm already, then forwards signals and waits for its code.
//
//   to it:    u32le n, then n bytes: argc NUL argv… NUL envc NUL env… NUL cwd NUL, with descriptors 0, 1 and 2
//             afterwards one byte for each signal; SIGSTOP and SIGCONT when a shell stopped us and went on
//   from it:  u32le exit code
//
// The command runs in another session, so nothing that the terminal does reaches it but through us.
// A process that dies before it has read what it was given did nothing yet: then the command is a process of its own.
#define _GNU_SOURCE
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "buffer.h"
#include "modes.h"

extern char **environ;

enum { NOT_BEGUN = -1, LOST = 255, NOT_FOUND = 127, STREAMS = 3 };

struct command {
  int fd;          // its connection
  int signals;     // a signalfd of what is to be forwarded
  bool signalled;  // something was: what lies unread may be the signal, and not the request
};

static const char command_itself[] = "/usr/bin/drydock";
static const char socket_path[] = "/run/drydock/cli.sock";
static const int forwarded[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2, SIGWINCH, SIGTSTP, SIGCONT};

// A closed standard descriptor would let the next file that is opened take its number.
static bool fill_streams(void) {
  for (int fd = 0; fd < STREAMS; fd++) {
    if (fcntl(fd, F_GETFD) >= 0) continue;
    if (open("/dev/null", O_RDWR) != fd) return false;
  }
  return true;
}

static int make_socket(void) { return socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0); }

// It gets the lowest free number: that tells whether a standard descriptor is closed.
static int open_socket(void) {
  int fd = make_socket();
  if (fd >= STREAMS) return fd;
  if (fd >= 0) close(fd);
  return fill_streams() ? make_socket() : -1;
}

static int connect_warm(void) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  int fd = open_socket();
  if (fd < 0) return -1;
  const char *path = getenv("DRYDOCK_CLI_SOCKET");
  if (!path) path = socket_path;
  if (strlen(path) < sizeof address.sun_path) {
    strcpy(address.sun_path, path);
    if (connect(fd, (struct sockaddr *)&address, sizeof address) == 0) return fd;
  }
  close(fd);
  return -1;
}

// What a command usually says of itself fits: memory from the kernel costs more than the rest of us.
static uint8_t usual_room[8192];

static bool append_text(struct buffer *message, const char *text) {
  return buffer_append(message, text, strlen(text) + 1);
}

static bool append_list(struct buffer *message, char *const *list, size_t count) {
  char number[16];
  snprintf(number, sizeof number, "%zu", count);
  bool fits = append_text(message, number);
  for (size_t i = 0; i < count; i++) fits = fits && append_text(message, list[i]);
  return fits;
}

static bool build_request(struct buffer *message, int argc, char **argv) {
  size_t envc = 0;
  while (environ[envc]) envc++;
  char path[PATH_MAX], *directory = getcwd(path, sizeof path);
  bool fits = buffer_append(message, "\0\0\0\0", 4) && append_list(message, argv, (size_t)argc) &&
              append_list(message, environ, envc) && append_text(message, directory ? directory : "/");
  if (!fits) return false;
  uint32_t length = (uint32_t)(buffer_length(message) - 4);
  for (int i = 0; i < 4; i++) message->data[message->start + (size_t)i] = (uint8_t)(length >> (8 * i));
  return true;
}

static ssize_t send_streams(int fd, const struct buffer *message) {
  union {
    char bytes[CMSG_SPACE(sizeof(int[STREAMS]))];
    struct cmsghdr header;
  } control = {.bytes = {0}};
  struct iovec part = {message->data + message->start, buffer_length(message)};
  struct msghdr header = {.msg_iov = &part, .msg_iovlen = 1};
  header.msg_control = control.bytes;
  header.msg_controllen = sizeof control.bytes;
  struct cmsghdr *rights = CMSG_FIRSTHDR(&header);
  rights->cmsg_level = SOL_SOCKET;
  rights->cmsg_type = SCM_RIGHTS;
  rights->cmsg_len = CMSG_LEN(sizeof(int[STREAMS]));
  memcpy(CMSG_DATA(rights), (int[]){0, 1, 2}, sizeof(int[STREAMS]));
  ssize_t n;
  do n = sendmsg(fd, &header, MSG_NOSIGNAL);
  while (n < 0 && errno == EINTR);
  return n;
}

// The descriptors travel with the first byte; what did not fit into the socket's buffer follows plainly.
static bool send_request(int fd, int argc, char **argv) {
  struct buffer message = {.room = usual_room, .keep = sizeof usual_room};
  bool sent = build_request(&message, argc, argv);
  ssize_t n = sent ? send_streams(fd, &message) : -1;
  if (n > 0) buffer_consume(&message, (size_t)n);
  sent = n > 0 && buffer_send(&message, fd, MSG_NOSIGNAL) >= 0;
  buffer_free(&message);
  return sent;
}

static int catch_signals(sigset_t *before) {
  sigset_t set;
  sigemptyset(&set);
  for (size_t i = 0; i < sizeof forwarded / sizeof *forwarded; i++) sigaddset(&set, forwarded[i]);
  sigprocmask(SIG_BLOCK, &set, before);
  return signalfd(-1, &set, SFD_CLOEXEC);
}

static void send_signal(struct command *command, int signal) {
  uint8_t byte = (uint8_t)signal;
  command->signalled = true;
  // A closed connection is noticed by the poll.
  while (send(command->fd, &byte, 1, MSG_NOSIGNAL) < 0 && errno == EINTR);
}

// Ctrl-Z: the command pauses first, then we do what the shell waits for. SIGCONT, when it comes, is forwarded too.
static void stop_both(struct command *command) {
  send_signal(command, SIGSTOP);
  kill(getpid(), SIGSTOP);
}

static void forward_signal(struct command *command) {
  struct signalfd_siginfo info;
  if (read(command->signals, &info, sizeof info) != sizeof info) return;
  if (info.ssi_signo == SIGTSTP) stop_both(command);
  else send_signal(command, (int)info.ssi_signo);
}

// unix(7): a connection that is closed with something unread ends with ECONNRESET, and with the end of file otherwise.
static int read_code(const struct command *command) {
  uint8_t bytes[4];
  size_t have = 0;
  while (have < sizeof bytes) {
    ssize_t n = read(command->fd, bytes + have, sizeof bytes - have);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && errno == ECONNRESET && !command->signalled) return NOT_BEGUN;
    if (n <= 0) return LOST;
    have += (size_t)n;
  }
  return bytes[0];  // what is left of an exit code in $?
}

static int wait_for_code(struct command *command) {
  struct pollfd fds[] = {{command->fd, POLLIN, 0}, {command->signals, POLLIN, 0}};
  for (;;) {
    if (poll(fds, 2, -1) < 0 && errno != EINTR) return LOST;
    if (fds[0].revents) return read_code(command);
    if (fds[1].revents) forward_signal(command);
  }
}

// Without a warm process the command is a process of its own, half a second later.
static int run_cold(char **argv) {
  execv(command_itself, argv);
  fprintf(stderr, "docker: %s: %s\n", command_itself, strerror(errno));
  return NOT_FOUND;
}

int launch_main(int argc, char **argv) {
  struct command command = {.fd = connect_warm()};
  if (command.fd < 0) return run_cold(argv);
  sigset_t before;
  command.signals = catch_signals(&before);  // before anything is started that they could be meant for
  if (command.signals >= 0 && send_request(command.fd, argc, argv)) {
    int code = wait_for_code(&command);
    if (code != NOT_BEGUN) return code;
  }
  if (command.signals >= 0) close(command.signals);
  close(command.fd);
  sigprocmask(SIG_SETMASK, &before, NULL);
  return run_cold(argv);
}
