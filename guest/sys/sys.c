// The native module "drydock:sys": one small function a system call, one table at the bottom, one errno path.
// native.d.ts is the manual. To add a call: a function, a row, a line in native.d.ts, sys.ts, linux.ts and fake.ts.
//
// A row's pattern names its arguments: i 32-bit number, l 64-bit number or bigint, s text, S text or null,
// b Uint8Array, B Uint8Array or null, d Uint8Array or text as UTF-8, v array of texts, n array of numbers.
#define _GNU_SOURCE
#include "native.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/bpf.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/keyctl.h>
#include <linux/mount.h>
#include <linux/netlink.h>
#include <linux/openat2.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <net/if.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/reboot.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

extern char **environ;
int mount(const char *, const char *, const char *, unsigned long, const void *);
int umount2(const char *, int);

#define countof(array) (sizeof(array) / sizeof((array)[0]))
#define NANOSECONDS 1000000000LL

// --- answers ------------------------------------------------------------------------------------------------------

// Small integers as such: QuickJS computes with them faster than with floats.
static JSValue number_value(JSContext *ctx, double number) {
  return number == (int32_t)number ? JS_NewInt32(ctx, number) : JS_NewFloat64(ctx, number);
}

JSValue number_array(JSContext *ctx, int count, const double *numbers) {
  JSValue array = JS_NewArray(ctx);
  for (int i = 0; i < count; i++) JS_DefinePropertyValueUint32(ctx, array, i, number_value(ctx, numbers[i]), JS_PROP_C_W_E);
  return array;
}

static JSValue text_array(JSContext *ctx, int count, const char *const *texts) {
  JSValue array = JS_NewArray(ctx);
  for (int i = 0; i < count; i++)
    JS_DefinePropertyValueUint32(ctx, array, i, text_value(ctx, texts[i], strlen(texts[i])), JS_PROP_C_W_E);
  return array;
}

static JSValue typed_array(JSContext *ctx, JSValue buffer) {
  if (JS_IsException(buffer)) return buffer;
  JSValueConst arguments[] = {buffer, JS_UNDEFINED, JS_UNDEFINED};
  JSValue array = JS_NewTypedArray(ctx, 3, arguments, JS_TYPED_ARRAY_UINT8);
  JS_FreeValue(ctx, buffer);
  return array;
}

JSValue byte_array(JSContext *ctx, const void *bytes, size_t length) {
  return typed_array(ctx, JS_NewArrayBufferCopy(ctx, bytes, length));
}

static void free_bytes(JSRuntime *runtime, void *opaque, void *bytes) {
  (void)runtime, (void)opaque;
  free(bytes);
}

// Takes `bytes`, which came from malloc.
static JSValue owned_byte_array(JSContext *ctx, uint8_t *bytes, size_t length) {
  return typed_array(ctx, JS_NewArrayBuffer(ctx, bytes, length, free_bytes, NULL, 0));
}

// Length of the valid UTF-8 sequence at `p`, or minus the bytes of the maximal invalid one.
static int sequence_length(const uint8_t *p, const uint8_t *end) {
  if (p[0] < 0x80) return 1;
  int length = p[0] >= 0xc2 && p[0] < 0xe0 ? 2 : p[0] >= 0xe0 && p[0] < 0xf0 ? 3 : p[0] >= 0xf0 && p[0] < 0xf5 ? 4 : 0;
  if (length == 0) return -1;
  uint8_t low = p[0] == 0xe0 ? 0xa0 : p[0] == 0xf0 ? 0x90 : 0x80;
  uint8_t high = p[0] == 0xed ? 0x9f : p[0] == 0xf4 ? 0x8f : 0xbf;
  for (int i = 1; i < length; i++, low = 0x80, high = 0xbf)
    if (p + i == end || p[i] < low || p[i] > high) return -i;
  return length;
}

static const uint8_t *first_invalid(const uint8_t *p, const uint8_t *end) {
  while (p < end) {
    int length = sequence_length(p, end);
    if (length < 0) return p;
    p += length;
  }
  return NULL;
}

JSValue text_value(JSContext *ctx, const char *bytes, size_t length) {
  const uint8_t *p = (const uint8_t *)bytes, *end = p + length;
  if (first_invalid(p, end) == NULL) return JS_NewStringLen(ctx, bytes, length);
  uint8_t *valid = malloc(length * 3), *out = valid;
  if (valid == NULL) return JS_ThrowOutOfMemory(ctx);
  while (p < end) {
    int n = sequence_length(p, end);
    memcpy(out, n > 0 ? p : (const uint8_t *)"\xef\xbf\xbd", n > 0 ? n : 3);
    out += n > 0 ? n : 3;
    p += n > 0 ? n : -n;
  }
  JSValue value = JS_NewStringLen(ctx, (char *)valid, out - valid);
  free(valid);
  return value;
}

static int64_t nanoseconds(struct timespec time) { return time.tv_sec * NANOSECONDS + time.tv_nsec; }
static struct timespec timespec_of(int64_t time) {
  // Rounds down, so that the nanoseconds are never negative.
  int64_t rest = ((time % NANOSECONDS) + NANOSECONDS) % NANOSECONDS;
  return (struct timespec){(time - rest) / NANOSECONDS, rest};
}

static sigset_t signal_set(const int *signals) {
  sigset_t set;
  sigemptyset(&set);
  for (; *signals != 0; signals++) sigaddset(&set, *signals);
  return set;
}

// --- processes ----------------------------------------------------------------------------------------------------

static int64_t sys_getpid(struct call *call) { return (void)call, syscall(SYS_getpid); }
static int64_t sys_getppid(struct call *call) { return (void)call, getppid(); }
static int64_t sys_fork(struct call *call) { return (void)call, fflush(stdout), checked(fork()); }

// Without a stack the child goes on with a copy of ours, as after fork. -1 as cgroup: the parent's.
static int64_t sys_clone(struct call *call) {
  struct clone_args arguments = {.flags = (uint64_t)LONG(0), .exit_signal = SIGCHLD};
  if (INT(1) >= 0) {
    arguments.flags |= CLONE_INTO_CGROUP;
    arguments.cgroup = INT(1);
  }
  fflush(stdout);
  return checked(syscall(SYS_clone3, &arguments, sizeof arguments));
}

static int64_t sys_unshare(struct call *call) { return checked(syscall(SYS_unshare, INT(0))); }
static int64_t sys_setns(struct call *call) { return checked(syscall(SYS_setns, INT(0), INT(1))); }
static int64_t sys_execve(struct call *call) {
  return checked(execve(TEXT(0), (char *const *)TEXTS(1), (char *const *)TEXTS(2)));
}

static void reset_signals(void) {
  struct sigaction fresh = {.sa_handler = SIG_DFL};
  for (int signal = 1; signal < _NSIG; signal++) sigaction(signal, &fresh, NULL);
}

// Runs between vfork and exec: only system calls. Gives the errno of the step that failed.
static int become(struct call *call, const int *fds, int count) {
  int *high = alloca(sizeof(int) * (count + 1));
  for (int i = 0; i < count; i++)
    if ((high[i] = fcntl(fds[i], F_DUPFD_CLOEXEC, count)) < 0) return errno;
  for (int i = 0; i < count; i++)
    if (dup2(high[i], i) < 0) return errno;
  if (syscall(SYS_close_range, count, ~0U, 0) < 0) return errno;
  if (TEXT(4) != NULL && chdir(TEXT(4)) < 0) return errno;
  if (INT(5) && setsid() < 0) return errno;
  sigset_t none;
  sigemptyset(&none);
  reset_signals();
  sigprocmask(SIG_SETMASK, &none, NULL);
  execve(TEXT(0), (char *const *)TEXTS(1), (char *const *)TEXTS(2));
  return errno;
}

static int64_t sys_spawn(struct call *call) {
  volatile int failure = 0;
  pid_t pid = vfork();
  if (pid == 0) {
    failure = become(call, NUMBERS(3), LENGTH(3));
    _exit(127);
  }
  if (pid < 0 || failure == 0) return checked(pid);
  waitpid(pid, NULL, 0);
  return -failure;
}

static int64_t sys_exit(struct call *call) { _exit(INT(0)); }

static int64_t sys_waitpid(struct call *call) {
  int status = 0;
  pid_t pid;
  do pid = waitpid(INT(0), &status, INT(1));
  while (pid < 0 && errno == EINTR);
  if (pid <= 0) return checked(pid);
  double numbers[] = {pid, WIFEXITED(status) ? WEXITSTATUS(status) : -1, WIFSIGNALED(status) ? WTERMSIG(status) : 0};
  return answer(call, number_array(call->ctx, 3, numbers));
}

static int64_t sys_kill(struct call *call) { return checked(kill(INT(0), INT(1))); }
static int64_t sys_pidfd_open(struct call *call) { return checked(syscall(SYS_pidfd_open, INT(0), 0)); }
static int64_t sys_pidfd_send_signal(struct call *call) {
  return checked(syscall(SYS_pidfd_send_signal, INT(0), INT(1), NULL, 0));
}
static int64_t sys_setsid(struct call *call) { return (void)call, checked(setsid()); }
static int64_t sys_setpgid(struct call *call) { return checked(setpgid(INT(0), INT(1))); }
static int64_t sys_prctl(struct call *call) {
  unsigned long second = TEXT(1) != NULL ? (unsigned long)TEXT(1) : (unsigned long)LONG(2);
  return checked(prctl(INT(0), second, (long)LONG(3), (long)LONG(4), (long)LONG(5)));
}

static char *title_start;
static size_t title_size;
static char **arguments_start;
static char **environment_start;

static char **copy_texts(char **texts) {
  int count = 0;
  while (texts[count] != NULL) count++;
  char **copy = calloc(count + 1, sizeof *copy);
  for (int i = 0; i < count; i++) copy[i] = strdup(texts[i]);
  return copy;
}

// The kernel lays argv and the environment out one after the other; both become ours to write a title into.
void remember_arguments(int argc, char **argv) {
  char *end = argv[0];
  for (int i = 0; i < argc && argv[i] == end; i++) end += strlen(end) + 1;
  for (char **e = environ; *e != NULL && *e == end; e++) end += strlen(end) + 1;
  title_start = argv[0];
  title_size = end - argv[0];
  arguments_start = copy_texts(argv);
  environ = environment_start = copy_texts(environ);
}

static int64_t sys_set_process_title(struct call *call) {
  memset(title_start, 0, title_size);
  strncpy(title_start, TEXT(0), title_size - 1);
  return 0;
}

static int64_t sys_program_arguments(struct call *call) {
  int count = 0;
  while (arguments_start[count] != NULL) count++;
  return answer(call, text_array(call->ctx, count, (const char *const *)arguments_start));
}

static int64_t sys_environment(struct call *call) {
  int count = 0;
  while (environment_start[count] != NULL) count++;
  return answer(call, text_array(call->ctx, count, (const char *const *)environment_start));
}

static int64_t sys_signalfd(struct call *call) {
  sigset_t set = signal_set(NUMBERS(0));
  if (sigprocmask(SIG_BLOCK, &set, NULL) < 0) return -errno;
  return checked(signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
}

static int64_t sys_read_signals(struct call *call) {
  struct signalfd_siginfo infos[16];
  ssize_t length = read(INT(0), infos, sizeof infos);
  if (length < 0 && errno != EAGAIN) return -errno;
  JSValue list = JS_NewArray(call->ctx);
  for (int i = 0; i < length / (ssize_t)sizeof infos[0]; i++) {
    double numbers[] = {infos[i].ssi_signo, infos[i].ssi_pid, infos[i].ssi_status};
    JS_DefinePropertyValueUint32(call->ctx, list, i, number_array(call->ctx, 3, numbers), JS_PROP_C_W_E);
  }
  return answer(call, list);
}

static int64_t sys_set_signal_mask(struct call *call) {
  sigset_t set = signal_set(NUMBERS(0));
  return checked(sigprocmask(SIG_SETMASK, &set, NULL));
}
static int64_t sys_reset_signals(struct call *call) { return (void)call, reset_signals(), 0; }

// --- identity and limits ------------------------------------------------------------------------------------------

static int64_t sys_getuid(struct call *call) { return (void)call, getuid(); }
static int64_t sys_geteuid(struct call *call) { return (void)call, geteuid(); }
static int64_t sys_setresuid(struct call *call) { return checked(setresuid(INT(0), INT(1), INT(2))); }
static int64_t sys_setresgid(struct call *call) { return checked(setresgid(INT(0), INT(1), INT(2))); }
static int64_t sys_setgroups(struct call *call) { return checked(setgroups(LENGTH(0), (gid_t *)NUMBERS(0))); }
static int64_t sys_umask(struct call *call) { return umask(INT(0)); }

static struct __user_cap_header_struct capability_header(void) {
  return (struct __user_cap_header_struct){.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
}

static int64_t sys_capset(struct call *call) {
  struct __user_cap_header_struct header = capability_header();
  struct __user_cap_data_struct data[2];
  for (int i = 0; i < 2; i++)
    data[i] = (struct __user_cap_data_struct){LONG(0) >> (32 * i), LONG(1) >> (32 * i), LONG(2) >> (32 * i)};
  return checked(syscall(SYS_capset, &header, data));
}

static int64_t sys_capget(struct call *call) {
  struct __user_cap_header_struct header = capability_header();
  struct __user_cap_data_struct data[2];
  if (syscall(SYS_capget, &header, data) < 0) return -errno;
  uint64_t sets[] = {data[0].effective | (uint64_t)data[1].effective << 32,
                     data[0].permitted | (uint64_t)data[1].permitted << 32,
                     data[0].inheritable | (uint64_t)data[1].inheritable << 32};
  JSValue array = JS_NewArray(call->ctx);
  for (int i = 0; i < 3; i++)
    JS_DefinePropertyValueUint32(call->ctx, array, i, JS_NewBigUint64(call->ctx, sets[i]), JS_PROP_C_W_E);
  return answer(call, array);
}

// -1 stands for RLIM_INFINITY, which it is when unsigned.
static int64_t sys_setrlimit(struct call *call) {
  struct rlimit limit = {LONG(1), LONG(2)};
  return checked(setrlimit(INT(0), &limit));
}

static int64_t sys_getrlimit(struct call *call) {
  struct rlimit limit;
  if (getrlimit(INT(0), &limit) < 0) return -errno;
  double numbers[] = {limit.rlim_cur == RLIM_INFINITY ? -1 : limit.rlim_cur,
                      limit.rlim_max == RLIM_INFINITY ? -1 : limit.rlim_max};
  return answer(call, number_array(call->ctx, 2, numbers));
}

static int64_t sys_setpriority(struct call *call) { return checked(setpriority(INT(0), INT(1), INT(2))); }

static int64_t sys_seccomp(struct call *call) {
  struct sock_fprog program = {LENGTH(1) / sizeof(struct sock_filter), (struct sock_filter *)BYTES(1)};
  return checked(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, INT(0), &program));
}

static int64_t sys_bpf_load_device_program(struct call *call) {
  union bpf_attr attributes = {.prog_type = BPF_PROG_TYPE_CGROUP_DEVICE};
  attributes.insn_cnt = LENGTH(0) / sizeof(struct bpf_insn);
  attributes.insns = (uintptr_t)BYTES(0);
  attributes.license = (uintptr_t) "MIT";
  return checked(syscall(SYS_bpf, BPF_PROG_LOAD, &attributes, sizeof attributes));
}

static int64_t sys_bpf_attach_device(struct call *call) {
  union bpf_attr attributes = {.attach_type = BPF_CGROUP_DEVICE};
  attributes.target_fd = INT(0);
  attributes.attach_bpf_fd = INT(1);
  attributes.attach_flags = INT(2);
  return checked(syscall(SYS_bpf, BPF_PROG_ATTACH, &attributes, sizeof attributes));
}

static int64_t sys_join_session_keyring(struct call *call) {
  return checked(syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, TEXT(0)));
}

// --- mounts -------------------------------------------------------------------------------------------------------

static int64_t sys_mount(struct call *call) { return checked(mount(TEXT(0), TEXT(1), TEXT(2), UNSIGNED(3), TEXT(4))); }
static int64_t sys_umount(struct call *call) { return checked(umount2(TEXT(0), INT(1))); }
static int64_t sys_pivot_root(struct call *call) { return checked(syscall(SYS_pivot_root, TEXT(0), TEXT(1))); }
static int64_t sys_chroot(struct call *call) { return checked(chroot(TEXT(0))); }
static int64_t sys_fsopen(struct call *call) { return checked(syscall(SYS_fsopen, TEXT(0), FSOPEN_CLOEXEC)); }
static int64_t sys_fsconfig_set(struct call *call) {
  int command = TEXT(2) == NULL ? FSCONFIG_SET_FLAG : FSCONFIG_SET_STRING;
  return checked(syscall(SYS_fsconfig, INT(0), command, TEXT(1), TEXT(2), 0));
}
static int64_t sys_fsconfig_create(struct call *call) {
  return checked(syscall(SYS_fsconfig, INT(0), FSCONFIG_CMD_CREATE, NULL, NULL, 0));
}
static int64_t sys_fsmount(struct call *call) { return checked(syscall(SYS_fsmount, INT(0), FSMOUNT_CLOEXEC, UNSIGNED(1))); }
static int64_t sys_move_mount(struct call *call) {
  int flags = MOVE_MOUNT_F_EMPTY_PATH | (TEXT(2)[0] == '\0' ? MOVE_MOUNT_T_EMPTY_PATH : 0);
  return checked(syscall(SYS_move_mount, INT(0), "", INT(1), TEXT(2), flags));
}
static int64_t sys_open_tree(struct call *call) {
  return checked(syscall(SYS_open_tree, INT(0), TEXT(1), UNSIGNED(2) | OPEN_TREE_CLOEXEC));
}
static int64_t sys_mount_setattr(struct call *call) {
  struct mount_attr attributes = {.attr_set = LONG(3), .attr_clr = LONG(4), .propagation = LONG(5)};
  return checked(syscall(SYS_mount_setattr, INT(0), TEXT(1), UNSIGNED(2), &attributes, sizeof attributes));
}

// --- files --------------------------------------------------------------------------------------------------------

static int64_t sys_openat(struct call *call) { return checked(openat(INT(0), TEXT(1), INT(2) | O_CLOEXEC, INT(3))); }
static int64_t sys_openat2(struct call *call) {
  // Stricter than open(2): with O_PATH a flag that means nothing there is EINVAL.
  uint32_t flags = UNSIGNED(2) | O_CLOEXEC | (UNSIGNED(2) & O_PATH ? 0 : O_LARGEFILE);
  struct open_how how = {.flags = flags, .mode = UNSIGNED(3), .resolve = UNSIGNED(4)};
  return checked(syscall(SYS_openat2, INT(0), TEXT(1), &how, sizeof how));
}
static int64_t sys_close(struct call *call) { return checked(close(INT(0))); }
static int64_t sys_close_from(struct call *call) {
  return checked(syscall(SYS_close_range, INT(0), ~0U, INT(1) ? 4 /* CLOSE_RANGE_CLOEXEC */ : 0));
}

static int64_t sys_read(struct call *call) {
  static uint8_t shared[65536];
  size_t wanted = UNSIGNED(1);
  // Most reads answer with far less than they ask for: they go through one buffer and leave an exact copy.
  uint8_t *buffer = wanted <= sizeof shared ? shared : malloc(wanted);
  if (buffer == NULL) return -ENOMEM;
  ssize_t length;
  do length = read(INT(0), buffer, wanted);
  while (length < 0 && errno == EINTR);
  int64_t result = checked(length);
  if (result >= 0) call->value = byte_array(call->ctx, buffer, length);
  if (buffer != shared) free(buffer);
  return result < 0 ? result : 0;
}

static int64_t sys_write(struct call *call) {
  ssize_t length;
  do length = write(INT(0), BYTES(1), LENGTH(1));
  while (length < 0 && errno == EINTR);
  return checked(length);
}

int64_t write_all(int fd, const void *bytes, size_t length) {
  for (const char *p = bytes; length > 0;) {
    ssize_t written = write(fd, p, length);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return -errno;
    p += written;
    length -= written;
  }
  return 0;
}

// The whole file in memory from malloc. Kernel files say 0 as their size, so it reads until there is no more.
static int64_t read_whole(const char *path, uint8_t **bytes, size_t *length) {
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return -errno;
  struct stat status;
  size_t size = fstat(fd, &status) == 0 && status.st_size > 0 ? status.st_size + 1 : 4096;
  uint8_t *buffer = malloc(size);
  int64_t result = buffer == NULL ? -ENOMEM : 0;
  for (*length = 0; result == 0;) {
    if (*length == size) {
      uint8_t *larger = realloc(buffer, size * 2);
      if (larger == NULL) result = -ENOMEM;
      else buffer = larger, size *= 2;
      continue;
    }
    ssize_t got = read(fd, buffer + *length, size - *length);
    if (got == 0) break;
    if (got > 0) *length += got;
    else if (errno != EINTR) result = -errno;
  }
  close(fd);
  if (result < 0) free(buffer);
  else *bytes = buffer;
  return result;
}

static int64_t sys_read_file(struct call *call) {
  uint8_t *bytes;
  size_t length;
  int64_t result = read_whole(TEXT(0), &bytes, &length);
  if (result < 0) return result;
  call->value = text_value(call->ctx, (char *)bytes, length);
  free(bytes);
  return 0;
}

static int64_t sys_read_file_bytes(struct call *call) {
  uint8_t *bytes;
  size_t length;
  int64_t result = read_whole(TEXT(0), &bytes, &length);
  return result < 0 ? result : answer(call, owned_byte_array(call->ctx, bytes, length));
}

static int64_t write_and_close(int fd, const void *bytes, size_t length, int sync) {
  if (fd < 0) return -errno;
  int64_t result = write_all(fd, bytes, length);
  if (result == 0 && sync) result = checked(fsync(fd));
  close(fd);
  return result;
}

static int64_t sys_write_file(struct call *call) {
  int flags = O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC;
  if (!INT(3)) return write_and_close(open(TEXT(0), flags, INT(2)), BYTES(1), LENGTH(1), 0);
  char temporary[4096];
  if (snprintf(temporary, sizeof temporary, "%s.%d.tmp", TEXT(0), getpid()) >= (int)sizeof temporary) return -ENAMETOOLONG;
  int64_t result = write_and_close(open(temporary, flags, INT(2)), BYTES(1), LENGTH(1), 1);
  if (result == 0) result = checked(rename(temporary, TEXT(0)));
  if (result < 0) unlink(temporary);
  return result;
}

static int64_t sys_write_kernel_file(struct call *call) {
  int fd = open(TEXT(0), O_WRONLY | O_CLOEXEC);
  if (fd < 0) return -errno;
  int64_t result = checked(write(fd, TEXT(1), strlen(TEXT(1))));
  close(fd);
  return result < 0 ? result : 0;
}

static int64_t sys_lseek(struct call *call) { return checked(lseek(INT(0), LONG(1), INT(2))); }
static int64_t sys_ftruncate(struct call *call) { return checked(ftruncate(INT(0), LONG(1))); }
static int64_t sys_fsync(struct call *call) { return checked(fsync(INT(0))); }
static int64_t sys_dup(struct call *call) { return checked(fcntl(INT(0), F_DUPFD_CLOEXEC, 0)); }
static int64_t sys_dup2(struct call *call) {
  // dup2 of a descriptor to itself would keep its close-on-exec flag.
  if (INT(0) == INT(1)) return checked(fcntl(INT(0), F_SETFD, 0));
  return checked(dup2(INT(0), INT(1)));
}
static int64_t sys_set_cloexec(struct call *call) { return checked(fcntl(INT(0), F_SETFD, INT(1) ? FD_CLOEXEC : 0)); }
static int64_t sys_set_nonblocking(struct call *call) {
  int flags = fcntl(INT(0), F_GETFL);
  if (flags < 0) return -errno;
  return checked(fcntl(INT(0), F_SETFL, INT(1) ? flags | O_NONBLOCK : flags & ~O_NONBLOCK));
}

static int64_t answer_pair(struct call *call, const int fds[2]) {
  return answer(call, number_array(call->ctx, 2, (double[]){fds[0], fds[1]}));
}

static int64_t sys_pipe(struct call *call) {
  int fds[2];
  return pipe2(fds, O_CLOEXEC) < 0 ? -errno : answer_pair(call, fds);
}

static int64_t answer_stat(struct call *call, int result, const struct stat *s) {
  if (result < 0) return -errno;
  double numbers[] = {s->st_dev, s->st_ino, s->st_mode, s->st_nlink, s->st_uid, s->st_gid, s->st_rdev, s->st_size};
  call->value = number_array(call->ctx, countof(numbers), numbers);
  int64_t times[] = {nanoseconds(s->st_atim), nanoseconds(s->st_mtim), nanoseconds(s->st_ctim)};
  for (unsigned i = 0; i < countof(times); i++)
    JS_DefinePropertyValueUint32(call->ctx, call->value, countof(numbers) + i, JS_NewBigInt64(call->ctx, times[i]), JS_PROP_C_W_E);
  return 0;
}

static int64_t sys_stat(struct call *call) {
  struct stat status;
  return answer_stat(call, stat(TEXT(0), &status), &status);
}
static int64_t sys_lstat(struct call *call) {
  struct stat status;
  return answer_stat(call, lstat(TEXT(0), &status), &status);
}
static int64_t sys_fstat(struct call *call) {
  struct stat status;
  return answer_stat(call, fstat(INT(0), &status), &status);
}

static int64_t sys_statfs(struct call *call) {
  struct statfs s;
  if (statfs(TEXT(0), &s) < 0) return -errno;
  double block = s.f_bsize;
  double numbers[] = {(uint32_t)s.f_type, block, s.f_blocks * block, s.f_bfree * block, s.f_bavail * block, s.f_files, s.f_ffree};
  return answer(call, number_array(call->ctx, countof(numbers), numbers));
}

static int64_t sys_access(struct call *call) { return checked(faccessat(AT_FDCWD, TEXT(0), INT(1), AT_EACCESS)); }

static int compare_texts(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }

static int64_t sys_readdir(struct call *call) {
  DIR *directory = opendir(TEXT(0));
  if (directory == NULL) return -errno;
  char **names = NULL;
  int count = 0, size = 0;
  for (struct dirent *entry; (entry = readdir(directory)) != NULL;) {
    if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) continue;
    if (count == size) names = realloc(names, (size = size * 2 + 16) * sizeof *names);
    names[count++] = strdup(entry->d_name);
  }
  closedir(directory);
  if (count > 0) qsort(names, count, sizeof *names, compare_texts);
  call->value = text_array(call->ctx, count, (const char *const *)names);
  for (int i = 0; i < count; i++) free(names[i]);
  free(names);
  return 0;
}

static int64_t sys_mkdir(struct call *call) { return checked(mkdir(TEXT(0), INT(1))); }

static int64_t sys_mkdir_all(struct call *call) {
  char path[4096];
  if (strlen(TEXT(0)) >= sizeof path) return -ENAMETOOLONG;
  strcpy(path, TEXT(0));
  for (char *slash = path + 1; (slash = strchr(slash, '/')) != NULL; slash++) {
    *slash = 0;
    if (mkdir(path, INT(1)) < 0 && errno != EEXIST) return -errno;
    *slash = '/';
  }
  if (mkdir(path, INT(1)) == 0) return 0;
  struct stat status;
  if (errno == EEXIST && stat(path, &status) == 0) return S_ISDIR(status.st_mode) ? 0 : -ENOTDIR;
  return -errno;
}

static int64_t sys_rmdir(struct call *call) { return checked(rmdir(TEXT(0))); }
static int64_t sys_unlink(struct call *call) { return checked(unlink(TEXT(0))); }
static int64_t sys_remove_all(struct call *call) { return remove_tree(TEXT(0)); }
static int64_t sys_rename(struct call *call) { return checked(rename(TEXT(0), TEXT(1))); }
static int64_t sys_link(struct call *call) { return checked(link(TEXT(0), TEXT(1))); }
static int64_t sys_symlink(struct call *call) { return checked(symlink(TEXT(0), TEXT(1))); }

static int64_t sys_readlink(struct call *call) {
  char target[4096];
  ssize_t length = readlink(TEXT(0), target, sizeof target);
  return length < 0 ? -errno : answer(call, text_value(call->ctx, target, length));
}

static int64_t sys_realpath(struct call *call) {
  char path[4096];
  return realpath(TEXT(0), path) == NULL ? -errno : answer(call, text_value(call->ctx, path, strlen(path)));
}

static int64_t sys_mknod(struct call *call) { return checked(mknod(TEXT(0), INT(1), makedev(INT(2), INT(3)))); }
static int64_t sys_chmod(struct call *call) { return checked(chmod(TEXT(0), INT(1))); }
static int64_t sys_chown(struct call *call) { return checked(chown(TEXT(0), INT(1), INT(2))); }
static int64_t sys_lchown(struct call *call) { return checked(lchown(TEXT(0), INT(1), INT(2))); }
static int64_t sys_utimens(struct call *call) {
  struct timespec times[] = {timespec_of(LONG(1)), timespec_of(LONG(2))};
  return checked(utimensat(AT_FDCWD, TEXT(0), times, 0));
}

static int64_t sys_getxattr(struct call *call) {
  char value[65536];
  ssize_t length = getxattr(TEXT(0), TEXT(1), value, sizeof value);
  return length < 0 ? -errno : answer(call, byte_array(call->ctx, value, length));
}
static int64_t sys_setxattr(struct call *call) { return checked(setxattr(TEXT(0), TEXT(1), BYTES(2), LENGTH(2), 0)); }

static int64_t sys_listxattr(struct call *call) {
  char names[65536];
  ssize_t length = listxattr(TEXT(0), names, sizeof names);
  if (length < 0) return -errno;
  JSValue list = JS_NewArray(call->ctx);
  int count = 0;
  for (char *name = names; name < names + length; name += strlen(name) + 1)
    JS_DefinePropertyValueUint32(call->ctx, list, count++, text_value(call->ctx, name, strlen(name)), JS_PROP_C_W_E);
  return answer(call, list);
}
static int64_t sys_removexattr(struct call *call) { return checked(removexattr(TEXT(0), TEXT(1))); }

static int64_t sys_chdir(struct call *call) { return checked(chdir(TEXT(0))); }
static int64_t sys_fchdir(struct call *call) { return checked(fchdir(INT(0))); }
static int64_t sys_getcwd(struct call *call) {
  char path[4096];
  return getcwd(path, sizeof path) == NULL ? -errno : answer(call, text_value(call->ctx, path, strlen(path)));
}
static int64_t sys_flock(struct call *call) { return checked(flock(INT(0), INT(1))); }
static int64_t sys_inotify_init(struct call *call) { return (void)call, checked(inotify_init1(IN_CLOEXEC | IN_NONBLOCK)); }
static int64_t sys_inotify_add_watch(struct call *call) { return checked(inotify_add_watch(INT(0), TEXT(1), UNSIGNED(2))); }

// --- bulk ---------------------------------------------------------------------------------------------------------

static int64_t sys_sendfile(struct call *call) { return copy_bytes(INT(0), INT(1), LONG(2)); }
static int64_t sys_splice(struct call *call) {
  return checked(splice(INT(0), NULL, INT(1), NULL, UNSIGNED(2), UNSIGNED(3)));
}

static int64_t sys_sha256(struct call *call) {
  char hex[65];
  int64_t result = hash_descriptor(INT(0), hex);
  return result < 0 ? result : answer(call, JS_NewString(call->ctx, hex));
}

static int64_t sys_sha256_bytes(struct call *call) {
  char hex[65];
  hash_bytes(BYTES(0), LENGTH(0), hex);
  return answer(call, JS_NewString(call->ctx, hex));
}

static int64_t sys_inflate(struct call *call) {
  int64_t consumed, produced;
  char hex[65];
  int64_t result = inflate_descriptor(INT(0), INT(1), &consumed, &produced, hex);
  if (result < 0) return result;
  call->value = number_array(call->ctx, 2, (double[]){consumed, produced});
  JS_DefinePropertyValueUint32(call->ctx, call->value, 2, JS_NewString(call->ctx, hex), JS_PROP_C_W_E);
  return 0;
}

static int64_t sys_copy_tree(struct call *call) { return copy_tree(TEXT(0), TEXT(1)); }
static int64_t sys_untar(struct call *call) { return read_tar(INT(0), TEXT(1), INT(2)); }
static int64_t sys_tar(struct call *call) { return write_tar(TEXT(0), INT(1), INT(2)); }
static int64_t sys_disk_usage(struct call *call) {
  int64_t bytes = 0, inodes = 0;
  int64_t result = disk_usage(TEXT(0), &bytes, &inodes);
  return result < 0 ? result : answer(call, number_array(call->ctx, 2, (double[]){bytes, inodes}));
}

// --- sockets ------------------------------------------------------------------------------------------------------

static int64_t sys_socket(struct call *call) { return checked(socket(INT(0), INT(1) | SOCK_CLOEXEC, INT(2))); }
static int64_t sys_socketpair(struct call *call) {
  int fds[2];
  return socketpair(INT(0), INT(1) | SOCK_CLOEXEC, INT(2), fds) < 0 ? -errno : answer_pair(call, fds);
}

union address {
  struct sockaddr any;
  struct sockaddr_un local;
  struct sockaddr_in internet;
  struct sockaddr_in6 internet6;
  struct sockaddr_nl netlink;
};

// Arguments from `first`: family, text (path or numeric address), number (port or groups). Gives the size or -errno.
static int socket_address(struct call *call, int first, union address *address) {
  const char *text = TEXT(first + 1);
  memset(address, 0, sizeof *address);
  switch (INT(first)) {
    case AF_UNIX:
      if (strlen(text) >= sizeof address->local.sun_path) return -ENAMETOOLONG;
      address->local.sun_family = AF_UNIX;
      strcpy(address->local.sun_path, text);
      return sizeof address->local;
    case AF_INET:
      address->internet.sin_family = AF_INET;
      address->internet.sin_port = htons(INT(first + 2));
      return inet_pton(AF_INET, text, &address->internet.sin_addr) == 1 ? (int)sizeof address->internet : -EINVAL;
    case AF_INET6:
      address->internet6.sin6_family = AF_INET6;
      address->internet6.sin6_port = htons(INT(first + 2));
      return inet_pton(AF_INET6, text, &address->internet6.sin6_addr) == 1 ? (int)sizeof address->internet6 : -EINVAL;
    case AF_NETLINK:
      address->netlink.nl_family = AF_NETLINK;
      address->netlink.nl_groups = UNSIGNED(first + 2);
      return sizeof address->netlink;
  }
  return -EAFNOSUPPORT;
}

static int64_t sys_bind(struct call *call) {
  union address address;
  int size = socket_address(call, 1, &address);
  return size < 0 ? size : checked(bind(INT(0), &address.any, size));
}
static int64_t sys_connect(struct call *call) {
  union address address;
  int size = socket_address(call, 1, &address);
  return size < 0 ? size : checked(connect(INT(0), &address.any, size));
}
static int64_t sys_listen(struct call *call) { return checked(listen(INT(0), INT(1))); }
static int64_t sys_accept(struct call *call) {
  int fd;
  do fd = accept4(INT(0), NULL, NULL, SOCK_CLOEXEC);
  while (fd < 0 && errno == EINTR);
  return checked(fd);
}
static int64_t sys_shutdown(struct call *call) { return checked(shutdown(INT(0), INT(1))); }
static int64_t sys_setsockopt(struct call *call) {
  int value = INT(3);
  return checked(setsockopt(INT(0), INT(1), INT(2), &value, sizeof value));
}

// The value may be negative, so it does not travel as the result.
static int64_t sys_getsockopt(struct call *call) {
  int value = 0;
  socklen_t size = sizeof value;
  if (getsockopt(INT(0), INT(1), INT(2), &value, &size) < 0) return -errno;
  return answer(call, number_array(call->ctx, 1, (double[]){value}));
}

static int64_t sys_peer_credentials(struct call *call) {
  struct ucred peer;
  socklen_t size = sizeof peer;
  if (getsockopt(INT(0), SOL_SOCKET, SO_PEERCRED, &peer, &size) < 0) return -errno;
  return answer(call, number_array(call->ctx, 3, (double[]){peer.pid, peer.uid, peer.gid}));
}

#define MAX_PASSED 32

static int64_t sys_sendmsg(struct call *call) {
  union {
    struct cmsghdr header;
    char bytes[CMSG_SPACE(sizeof(int) * MAX_PASSED)];
  } control = {0};
  size_t count = LENGTH(2);
  if (count > MAX_PASSED) return -EINVAL;
  struct iovec data = {(void *)BYTES(1), LENGTH(1)};
  struct msghdr message = {.msg_iov = &data, .msg_iovlen = 1};
  if (count > 0) {
    message.msg_control = control.bytes;
    message.msg_controllen = CMSG_SPACE(sizeof(int) * count);
    control.header.cmsg_level = SOL_SOCKET;
    control.header.cmsg_type = SCM_RIGHTS;
    control.header.cmsg_len = CMSG_LEN(sizeof(int) * count);
    memcpy(CMSG_DATA(&control.header), NUMBERS(2), sizeof(int) * count);
  }
  ssize_t sent;
  do sent = sendmsg(INT(0), &message, MSG_NOSIGNAL);
  while (sent < 0 && errno == EINTR);
  return checked(sent);
}

static int64_t sys_recvmsg(struct call *call) {
  union {
    struct cmsghdr header;
    char bytes[CMSG_SPACE(sizeof(int) * MAX_PASSED)];
  } control;
  uint8_t *buffer = malloc(UNSIGNED(1) + 1);
  if (buffer == NULL) return -ENOMEM;
  struct iovec data = {buffer, UNSIGNED(1)};
  struct msghdr message = {.msg_iov = &data, .msg_iovlen = 1, .msg_control = control.bytes, .msg_controllen = sizeof control};
  ssize_t length;
  do length = recvmsg(INT(0), &message, MSG_CMSG_CLOEXEC);
  while (length < 0 && errno == EINTR);
  if (length < 0) return free(buffer), -errno;
  double fds[MAX_PASSED];
  int count = 0;
  for (struct cmsghdr *c = CMSG_FIRSTHDR(&message); c != NULL; c = CMSG_NXTHDR(&message, c)) {
    if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS) continue;
    int passed[MAX_PASSED], n = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    memcpy(passed, CMSG_DATA(c), sizeof(int) * n);
    for (int i = 0; i < n && count < MAX_PASSED; i++) fds[count++] = passed[i];
  }
  call->value = JS_NewArray(call->ctx);
  JS_DefinePropertyValueUint32(call->ctx, call->value, 0, byte_array(call->ctx, buffer, length), JS_PROP_C_W_E);
  JS_DefinePropertyValueUint32(call->ctx, call->value, 1, number_array(call->ctx, count, fds), JS_PROP_C_W_E);
  free(buffer);
  return 0;
}

static int64_t sys_interface_index(struct call *call) {
  unsigned index = if_nametoindex(TEXT(0));
  return index == 0 ? -errno : (int64_t)index;
}

// --- terminals ----------------------------------------------------------------------------------------------------

static int64_t sys_open_pty(struct call *call) {
  char path[4096];
  if (snprintf(path, sizeof path, "%s/ptmx", TEXT(0)) >= (int)sizeof path) return -ENAMETOOLONG;
  int master = open(path, O_RDWR | O_NOCTTY | O_CLOEXEC), unlock = 0, number;
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

// --- the machine --------------------------------------------------------------------------------------------------

static int64_t sys_sethostname(struct call *call) { return checked(sethostname(TEXT(0), strlen(TEXT(0)))); }
static int64_t sys_setdomainname(struct call *call) { return checked(setdomainname(TEXT(0), strlen(TEXT(0)))); }
static int64_t sys_uname(struct call *call) {
  struct utsname name;
  if (uname(&name) < 0) return -errno;
  const char *texts[] = {name.sysname, name.nodename, name.release, name.version, name.machine};
  return answer(call, text_array(call->ctx, countof(texts), texts));
}

static int64_t answer_clock(struct call *call, clockid_t clock) {
  struct timespec time;
  if (clock_gettime(clock, &time) < 0) return -errno;
  return answer(call, JS_NewBigInt64(call->ctx, nanoseconds(time)));
}
static int64_t sys_now(struct call *call) { return answer_clock(call, CLOCK_REALTIME); }
static int64_t sys_monotonic(struct call *call) { return answer_clock(call, CLOCK_MONOTONIC); }
static int64_t sys_set_clock(struct call *call) {
  struct timespec time = timespec_of(LONG(0));
  return checked(clock_settime(CLOCK_REALTIME, &time));
}

static int64_t sys_sysinfo(struct call *call) {
  struct sysinfo info;
  if (sysinfo(&info) < 0) return -errno;
  double unit = info.mem_unit;
  return answer(call, number_array(call->ctx, 3, (double[]){info.uptime, info.totalram * unit, info.freeram * unit}));
}

static int64_t sys_getrandom(struct call *call) {
  uint8_t bytes[4096];
  if (UNSIGNED(0) > sizeof bytes) return -EINVAL;
  for (size_t got = 0; got < UNSIGNED(0);) {
    long length = syscall(SYS_getrandom, bytes + got, UNSIGNED(0) - got, 0);
    if (length < 0 && errno != EINTR) return -errno;
    if (length > 0) got += length;
  }
  return answer(call, byte_array(call->ctx, bytes, UNSIGNED(0)));
}

static int64_t sys_reboot(struct call *call) { return sync(), checked(reboot(INT(0))); }

// --- text and memory ----------------------------------------------------------------------------------------------

// The UTF-8 that QuickJS makes; a lone surrogate, which is not text, becomes U+FFFD (three bytes, too).
static int64_t sys_utf8_encode(struct call *call) {
  JSValue array = byte_array(call->ctx, BYTES(0), LENGTH(0));
  size_t offset, length, unit, size;
  JSValue buffer = JS_GetTypedArrayBuffer(call->ctx, array, &offset, &length, &unit);
  uint8_t *bytes = JS_GetArrayBuffer(call->ctx, &size, buffer);
  JS_FreeValue(call->ctx, buffer);
  for (size_t i = 0; i + 2 < length; i++)
    if (bytes[i] == 0xed && bytes[i + 1] >= 0xa0) memcpy(bytes + i, "\xef\xbf\xbd", 3);
  return answer(call, array);
}

static int64_t sys_utf8_decode(struct call *call) {
  size_t start = UNSIGNED(1), end = INT(2) < 0 ? LENGTH(0) : UNSIGNED(2);
  if (end > LENGTH(0)) end = LENGTH(0);
  if (start > end) start = end;
  return answer(call, text_value(call->ctx, (const char *)BYTES(0) + start, end - start));
}

static void unmap(JSRuntime *runtime, void *size, void *memory) {
  (void)runtime;
  munmap(memory, (size_t)size);
}

// Memory that this process and everything it forks later see alike.
static int64_t sys_shared_memory(struct call *call) {
  size_t size = UNSIGNED(0);
  void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return -errno;
  return answer(call, JS_NewArrayBuffer(call->ctx, memory, size, unmap, (void *)size, 0));
}

// --- the table ----------------------------------------------------------------------------------------------------

static const struct row {
  const char *name;
  const char *pattern;
  int64_t (*function)(struct call *call);
} table[] = {
    {"getpid", "", sys_getpid},
    {"getppid", "", sys_getppid},
    {"fork", "", sys_fork},
    {"clone", "li", sys_clone},
    {"unshare", "i", sys_unshare},
    {"setns", "ii", sys_setns},
    {"execve", "svv", sys_execve},
    {"spawn", "svvnSi", sys_spawn},
    {"exit", "i", sys_exit},
    {"waitpid", "ii", sys_waitpid},
    {"kill", "ii", sys_kill},
    {"pidfdOpen", "i", sys_pidfd_open},
    {"pidfdSendSignal", "ii", sys_pidfd_send_signal},
    {"setsid", "", sys_setsid},
    {"setpgid", "ii", sys_setpgid},
    {"prctl", "iSllll", sys_prctl},
    {"setProcessTitle", "s", sys_set_process_title},
    {"programArguments", "", sys_program_arguments},
    {"environment", "", sys_environment},
    {"signalfd", "n", sys_signalfd},
    {"readSignals", "i", sys_read_signals},
    {"setSignalMask", "n", sys_set_signal_mask},
    {"resetSignals", "", sys_reset_signals},
    {"getuid", "", sys_getuid},
    {"geteuid", "", sys_geteuid},
    {"setresuid", "iii", sys_setresuid},
    {"setresgid", "iii", sys_setresgid},
    {"setgroups", "n", sys_setgroups},
    {"umask", "i", sys_umask},
    {"capset", "lll", sys_capset},
    {"capget", "", sys_capget},
    {"setrlimit", "ill", sys_setrlimit},
    {"getrlimit", "i", sys_getrlimit},
    {"setpriority", "iii", sys_setpriority},
    {"seccomp", "ib", sys_seccomp},
    {"bpfLoadDeviceProgram", "b", sys_bpf_load_device_program},
    {"bpfAttachDevice", "iii", sys_bpf_attach_device},
    {"joinSessionKeyring", "s", sys_join_session_keyring},
    {"mount", "SsSiS", sys_mount},
    {"umount", "si", sys_umount},
    {"pivotRoot", "ss", sys_pivot_root},
    {"chroot", "s", sys_chroot},
    {"fsopen", "s", sys_fsopen},
    {"fsconfigSet", "isS", sys_fsconfig_set},
    {"fsconfigCreate", "i", sys_fsconfig_create},
    {"fsmount", "ii", sys_fsmount},
    {"moveMount", "iis", sys_move_mount},
    {"openTree", "isi", sys_open_tree},
    {"mountSetattr", "isilll", sys_mount_setattr},
    {"openat", "isii", sys_openat},
    {"openat2", "isiii", sys_openat2},
    {"close", "i", sys_close},
    {"closeFrom", "ii", sys_close_from},
    {"read", "ii", sys_read},
    {"write", "ib", sys_write},
    {"readFile", "s", sys_read_file},
    {"readFileBytes", "s", sys_read_file_bytes},
    {"writeFile", "sdii", sys_write_file},
    {"writeKernelFile", "ss", sys_write_kernel_file},
    {"lseek", "ili", sys_lseek},
    {"ftruncate", "il", sys_ftruncate},
    {"fsync", "i", sys_fsync},
    {"dup", "i", sys_dup},
    {"dup2", "ii", sys_dup2},
    {"setCloexec", "ii", sys_set_cloexec},
    {"setNonblocking", "ii", sys_set_nonblocking},
    {"pipe", "", sys_pipe},
    {"stat", "s", sys_stat},
    {"lstat", "s", sys_lstat},
    {"fstat", "i", sys_fstat},
    {"statfs", "s", sys_statfs},
    {"access", "si", sys_access},
    {"readdir", "s", sys_readdir},
    {"mkdir", "si", sys_mkdir},
    {"mkdirAll", "si", sys_mkdir_all},
    {"rmdir", "s", sys_rmdir},
    {"unlink", "s", sys_unlink},
    {"removeAll", "s", sys_remove_all},
    {"rename", "ss", sys_rename},
    {"link", "ss", sys_link},
    {"symlink", "ss", sys_symlink},
    {"readlink", "s", sys_readlink},
    {"realpath", "s", sys_realpath},
    {"mknod", "siii", sys_mknod},
    {"chmod", "si", sys_chmod},
    {"chown", "sii", sys_chown},
    {"lchown", "sii", sys_lchown},
    {"utimens", "sll", sys_utimens},
    {"getxattr", "ss", sys_getxattr},
    {"setxattr", "ssb", sys_setxattr},
    {"listxattr", "s", sys_listxattr},
    {"removexattr", "ss", sys_removexattr},
    {"chdir", "s", sys_chdir},
    {"fchdir", "i", sys_fchdir},
    {"getcwd", "", sys_getcwd},
    {"flock", "ii", sys_flock},
    {"inotifyInit", "", sys_inotify_init},
    {"inotifyAddWatch", "isi", sys_inotify_add_watch},
    {"sendfile", "iil", sys_sendfile},
    {"splice", "iiii", sys_splice},
    {"sha256", "i", sys_sha256},
    {"sha256Bytes", "b", sys_sha256_bytes},
    {"inflate", "ii", sys_inflate},
    {"copyTree", "ss", sys_copy_tree},
    {"untar", "isi", sys_untar},
    {"tar", "sii", sys_tar},
    {"diskUsage", "s", sys_disk_usage},
    {"socket", "iii", sys_socket},
    {"socketpair", "iii", sys_socketpair},
    {"bind", "iisi", sys_bind},
    {"listen", "ii", sys_listen},
    {"accept", "i", sys_accept},
    {"connect", "iisi", sys_connect},
    {"shutdown", "ii", sys_shutdown},
    {"setsockopt", "iiii", sys_setsockopt},
    {"getsockopt", "iii", sys_getsockopt},
    {"peerCredentials", "i", sys_peer_credentials},
    {"sendmsg", "ibn", sys_sendmsg},
    {"recvmsg", "ii", sys_recvmsg},
    {"interfaceIndex", "s", sys_interface_index},
    {"openPty", "s", sys_open_pty},
    {"isatty", "i", sys_isatty},
    {"setControllingTerminal", "i", sys_set_controlling_terminal},
    {"getWindowSize", "i", sys_get_window_size},
    {"setWindowSize", "iii", sys_set_window_size},
    {"makeRaw", "i", sys_make_raw},
    {"restoreTerminal", "ib", sys_restore_terminal},
    {"stream", "iiiiiiBB", stream},
    {"sethostname", "s", sys_sethostname},
    {"setdomainname", "s", sys_setdomainname},
    {"uname", "", sys_uname},
    {"now", "", sys_now},
    {"monotonic", "", sys_monotonic},
    {"setClock", "l", sys_set_clock},
    {"sysinfo", "", sys_sysinfo},
    {"getrandom", "i", sys_getrandom},
    {"reboot", "i", sys_reboot},
    {"utf8Encode", "d", sys_utf8_encode},
    {"utf8Decode", "bii", sys_utf8_decode},
    {"sharedMemory", "i", sys_shared_memory},
};

// --- from JavaScript to C and back --------------------------------------------------------------------------------

static int unpack_bytes(JSContext *ctx, JSValueConst value, struct argument *argument) {
  size_t offset, unit, size;
  JSValue buffer = JS_GetTypedArrayBuffer(ctx, value, &offset, &argument->length, &unit);
  if (JS_IsException(buffer)) return -1;
  uint8_t *start = JS_GetArrayBuffer(ctx, &size, buffer);
  JS_FreeValue(ctx, buffer);
  // An empty array may have no memory of its own; NULL is kept for null.
  argument->bytes = start == NULL ? (const uint8_t *)"" : start + offset;
  return start == NULL && argument->length > 0 ? -1 : 0;
}

static int unpack_text(JSContext *ctx, JSValueConst value, struct argument *argument) {
  size_t length;
  argument->text = JS_ToCStringLen(ctx, &length, value);
  if (argument->text == NULL) return -1;
  // The kernel would see only what stands before the NUL: another path than the one that was checked.
  if (strlen(argument->text) != length) return JS_ThrowTypeError(ctx, "NUL character in text"), -1;
  return 0;
}

static int unpack_text_bytes(JSContext *ctx, JSValueConst value, struct argument *argument) {
  argument->text = JS_ToCStringLen(ctx, &argument->length, value);
  argument->bytes = (const uint8_t *)argument->text;
  return argument->text == NULL ? -1 : 0;
}

static int array_length(JSContext *ctx, JSValueConst array, struct argument *argument) {
  JSValue length = JS_GetPropertyStr(ctx, array, "length");
  int64_t count;
  if (JS_IsException(length) || JS_ToInt64(ctx, &count, length) < 0) return -1;
  argument->length = count;
  return 0;
}

static int unpack_texts(JSContext *ctx, JSValueConst array, struct argument *argument) {
  if (array_length(ctx, array, argument) < 0) return -1;
  argument->texts = js_mallocz(ctx, sizeof(char *) * (argument->length + 1));
  if (argument->texts == NULL) return -1;
  for (size_t i = 0; i < argument->length; i++) {
    struct argument element;
    JSValue value = JS_GetPropertyUint32(ctx, array, i);
    int failed = unpack_text(ctx, value, &element);
    JS_FreeValue(ctx, value);
    argument->texts[i] = element.text;
    if (failed) return -1;
  }
  return 0;
}

static int unpack_numbers(JSContext *ctx, JSValueConst array, struct argument *argument) {
  if (array_length(ctx, array, argument) < 0) return -1;
  argument->numbers = js_mallocz(ctx, sizeof(int) * (argument->length + 1));
  if (argument->numbers == NULL) return -1;
  for (size_t i = 0; i < argument->length; i++) {
    JSValue value = JS_GetPropertyUint32(ctx, array, i);
    int failed = JS_ToInt32(ctx, &argument->numbers[i], value);
    JS_FreeValue(ctx, value);
    if (failed) return -1;
  }
  return 0;
}

static int unpack(JSContext *ctx, char kind, JSValueConst value, struct argument *argument) {
  int32_t number = 0;
  int result;
  switch (kind) {
    case 'i':
      result = JS_ToInt32(ctx, &number, value);
      argument->number = number;
      return result;
    case 'l':
      return JS_ToInt64Ext(ctx, &argument->number, value);
    case 'S':
      return JS_IsNull(value) ? 0 : unpack_text(ctx, value, argument);
    case 's':
      return unpack_text(ctx, value, argument);
    case 'B':
      return JS_IsNull(value) ? 0 : unpack_bytes(ctx, value, argument);
    case 'b':
      return unpack_bytes(ctx, value, argument);
    case 'd':
      return JS_IsString(value) ? unpack_text_bytes(ctx, value, argument) : unpack_bytes(ctx, value, argument);
    case 'v':
      return unpack_texts(ctx, value, argument);
    case 'n':
      return unpack_numbers(ctx, value, argument);
  }
  return JS_ThrowInternalError(ctx, "unknown argument kind"), -1;
}

static void release(JSContext *ctx, struct argument *argument) {
  if (argument->text != NULL) JS_FreeCString(ctx, argument->text);
  for (size_t i = 0; argument->texts != NULL && argument->texts[i] != NULL; i++) JS_FreeCString(ctx, argument->texts[i]);
  js_free(ctx, argument->texts);
  js_free(ctx, argument->numbers);
}

static JSValue invoke(JSContext *ctx, JSValueConst self, int argc, JSValueConst *argv, int index) {
  (void)self, (void)argc;
  const struct row *row = &table[index];
  struct call call = {.ctx = ctx, .value = JS_UNDEFINED};
  JSValue result = JS_EXCEPTION;
  int count = 0, failed = 0;
  for (; row->pattern[count] != 0 && !failed; count++)
    failed = unpack(ctx, row->pattern[count], argv[count], &call.argument[count]);
  if (!failed) {
    int64_t number = row->function(&call);
    result = JS_IsUndefined(call.value) ? JS_NewInt64(ctx, number) : call.value;
  }
  for (int i = 0; i < count; i++) release(ctx, &call.argument[i]);
  return result;
}

static int define_functions(JSContext *ctx, JSModuleDef *module) {
  for (unsigned i = 0; i < countof(table); i++) {
    JSValue function =
        JS_NewCFunctionMagic(ctx, invoke, table[i].name, strlen(table[i].pattern), JS_CFUNC_generic_magic, i);
    if (JS_SetModuleExport(ctx, module, table[i].name, function) < 0) return -1;
  }
  return 0;
}

JSModuleDef *init_sys_module(JSContext *ctx, const char *name) {
  JSModuleDef *module = JS_NewCModule(ctx, name, define_functions);
  for (unsigned i = 0; module != NULL && i < countof(table); i++) JS_AddModuleExport(ctx, module, table[i].name);
  return module;
}
