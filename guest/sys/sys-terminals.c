// Terminals: pty(7), ioctl_tty(2), termios(3).
#define _GNU_SOURCE
#include "native.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

static int64_t sys_open_pty(struct call *call) {
  char path[4096];
  if (snprintf(path, sizeof path, "%s/ptmx", TEXT(0)) >= (int)sizeof path) return -ENAMETOOLONG;
  int master = open_path(path, O_RDWR | O_NOCTTY, 0), unlock = 0, number;
  if (master < 0) return -errno;
  if (ioctl(master, TIOCSPTLCK, &unlock) < 0 || ioctl(master, TIOCGPTN, &number) < 0) {
    int64_t failure = -errno;
    close(master);
    return failure;
  }
  return answer(call, number_array(call->ctx, 2, (double[]){master, number}));
}

static int64_t sys_isatty(struct call *call) { return isatty(INT(0)); }
static int64_t sys_set_controlling_terminal(struct call *call) { return checked(ioctl(INT(0), TIOCSCTTY, 0)); }
static int64_t sys_get_window_size(struct call *call) {
  struct winsize size;
  if (ioctl(INT(0), TIOCGWINSZ, &size) < 0) return -errno;
  return answer(call, number_array(call->ctx, 2, (double[]){size.ws_row, size.ws_col}));
}
static int64_t sys_set_window_size(struct call *call) {
  struct winsize size = {.ws_row = INT(1), .ws_col = INT(2)};
  return checked(ioctl(INT(0), TIOCSWINSZ, &size));
}

static int64_t sys_make_raw(struct call *call) {
  struct termios saved;
  if (tcgetattr(INT(0), &saved) < 0) return -errno;
  struct termios raw = saved;
  cfmakeraw(&raw);
  if (tcsetattr(INT(0), TCSANOW, &raw) < 0) return -errno;
  return answer(call, byte_array(call->ctx, &saved, sizeof saved));
}

static int64_t sys_restore_terminal(struct call *call) {
  struct termios saved;
  if (LENGTH(1) != sizeof saved) return -EINVAL;
  memcpy(&saved, BYTES(1), sizeof saved);
  return checked(tcsetattr(INT(0), TCSANOW, &saved));
}

const struct row terminal_rows[] = {
    {"openPty", "s", sys_open_pty},
    {"isatty", "i", sys_isatty},
    {"setControllingTerminal", "i", sys_set_controlling_terminal},
    {"getWindowSize", "i", sys_get_window_size},
    {"setWindowSize", "iii", sys_set_window_size},
    {"makeRaw", "i", sys_make_raw},
    {"restoreTerminal", "ib", sys_restore_terminal},
    {NULL, NULL, NULL},
};
