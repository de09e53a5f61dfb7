// Files, directories, descriptors.
#define _GNU_SOURCE
#include "native.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "entries.h"

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
static int64_t sys_close_range(struct call *call) {
  return checked(syscall(SYS_close_range, UNSIGNED(0), UNSIGNED(1), 0));
}

static ssize_t read_some(int fd, void *bytes, size_t length) {
  ssize_t got;
  do got = read(fd, bytes, length);
  while (got < 0 && errno == EINTR);
  return got;
}

// Most of what is read is far less than this, and leaves an exact copy.
static uint8_t shared[65536];

static int64_t sys_read(struct call *call) {
  size_t wanted = UNSIGNED(1);
  uint8_t *buffer = wanted <= sizeof shared ? shared : malloc(wanted);
  if (buffer == NULL) return -ENOMEM;
  int64_t result = checked(read_some(INT(0), buffer, wanted));
  if (result >= 0) call->value = byte_array(call->ctx, buffer, result);
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

struct content {
  // `shared`, or from malloc.
  uint8_t *bytes;
  size_t length, size;
};

static int grow(int fd, struct content *content) {
  bool first = content->bytes == shared;
  struct stat status;
  bool known = first && fstat(fd, &status) == 0 && status.st_size >= (off_t)content->length;
  size_t size = known ? (size_t)status.st_size + 1 : content->size * 2;
  uint8_t *larger = realloc(first ? NULL : content->bytes, size);
  if (larger == NULL) return -ENOMEM;
  if (first) memcpy(larger, shared, content->length);
  content->bytes = larger;
  content->size = size;
  return 0;
}

static void free_content(struct content *content) {
  if (content->bytes != shared) free(content->bytes);
}

// Few files are as large that asking for their size is worth a call, and the kernel's say 0: it reads until there is no
// more.
static int64_t read_to_end(int fd, struct content *content) {
  for (;;) {
    if (content->length == content->size && grow(fd, content) < 0) return -ENOMEM;
    ssize_t got = read_some(fd, content->bytes + content->length, content->size - content->length);
    if (got <= 0) return checked(got);
    content->length += got;
  }
}

static int64_t read_whole(const char *path, struct content *content) {
  int fd = open_path(path, O_RDONLY, 0);
  if (fd < 0) return -errno;
  *content = (struct content){.bytes = shared, .size = sizeof shared};
  int64_t result = read_to_end(fd, content);
  close(fd);
  if (result < 0) free_content(content);
  return result;
}

static int64_t sys_read_file(struct call *call) {
  struct content content;
  int64_t result = read_whole(TEXT(0), &content);
  if (result < 0) return result;
  call->value = text_value(call->ctx, (char *)content.bytes, content.length);
  free_content(&content);
  return 0;
}

static int64_t sys_read_file_bytes(struct call *call) {
  struct content content;
  int64_t result = read_whole(TEXT(0), &content);
  if (result < 0) return result;
  return answer(call, content.bytes == shared ? byte_array(call->ctx, content.bytes, content.length)
                                              : owned_byte_array(call->ctx, content.bytes, content.length));
}

static int64_t write_and_close(int fd, const void *bytes, size_t length, int sync) {
  if (fd < 0) return -errno;
  int64_t result = write_all(fd, bytes, length);
  if (result == 0 && sync) result = checked(fsync(fd));
  close(fd);
  return result;
}

// In the same filesystem as the file, and nobody else's: who finds one (another writes just now, or somebody was killed
// while writing) takes its number along.
static int open_temporary(char *temporary, size_t size, const char *path, mode_t mode) {
  if ((size_t)snprintf(temporary, size, "%s.tmp", path) >= size) return errno = ENAMETOOLONG, -1;
  int fd = open_path(temporary, O_WRONLY | O_CREAT | O_EXCL, mode);
  if (fd >= 0 || errno != EEXIST) return fd;
  if ((size_t)snprintf(temporary, size, "%s.%d.tmp", path, getpid()) >= size) return errno = ENAMETOOLONG, -1;
  return open_path(temporary, O_WRONLY | O_CREAT | O_TRUNC, mode);
}

static int64_t write_atomically(const char *path, const void *bytes, size_t length, mode_t mode) {
  char temporary[4096];
  int fd = open_temporary(temporary, sizeof temporary, path, mode);
  if (fd < 0) return -errno;
  int64_t result = write_and_close(fd, bytes, length, 1);
  if (result == 0) result = checked(rename(temporary, path));
  if (result < 0) unlink(temporary);
  return result;
}

static int64_t sys_write_file(struct call *call) {
  if (INT(3)) return write_atomically(TEXT(0), BYTES(1), LENGTH(1), INT(2));
  return write_and_close(open_path(TEXT(0), O_WRONLY | O_CREAT | O_TRUNC, INT(2)), BYTES(1), LENGTH(1), 0);
}

static int64_t sys_write_kernel_file(struct call *call) {
  int fd = open_path(TEXT(0), O_WRONLY, 0);
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
  // ioctl(2) knows this one of the flags by itself: fcntl(2) would have to be asked for the others first.
  int on = INT(1) != 0;
  return checked(ioctl(INT(0), FIONBIO, &on));
}

static int64_t sys_pipe(struct call *call) {
  int fds[2];
  return pipe2(fds, O_CLOEXEC) < 0 ? -errno : answer_pair(call, fds);
}

static int64_t answer_stat(struct call *call, int result, const struct stat *s) {
  if (result < 0) return -errno;
  // Times in two parts: JavaScript makes the big integer when it is asked for it, which is seldom.
  double numbers[] = {s->st_dev,         s->st_ino,          s->st_mode,        s->st_nlink,        s->st_uid,
                      s->st_gid,         s->st_rdev,         s->st_size,        s->st_atim.tv_sec,  s->st_atim.tv_nsec,
                      s->st_mtim.tv_sec, s->st_mtim.tv_nsec, s->st_ctim.tv_sec, s->st_ctim.tv_nsec};
  return answer(call, number_array(call->ctx, countof(numbers), numbers));
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
  struct entries entries;
  int fd = open_path(TEXT(0), O_RDONLY | O_DIRECTORY, 0);
  if (fd < 0) return -errno;
  begin_entries(&entries, fd);
  char **names = NULL;
  int count = 0, size = 0;
  for (struct dirent *entry; (entry = next_entry(&entries)) != NULL;) {
    if (count == size) names = realloc(names, (size = size * 2 + 16) * sizeof *names);
    names[count++] = strdup(entry->d_name);
  }
  close(fd);
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
  // Mostly only the last name is new, and a look at each of the others is a walk of its own.
  if (mkdir(path, INT(1)) == 0) return 0;
  for (char *slash = path + 1; errno == ENOENT && (slash = strchr(slash, '/')) != NULL; slash++) {
    *slash = 0;
    if (mkdir(path, INT(1)) < 0 && errno != EEXIST) return -errno;
    *slash = '/';
    errno = ENOENT;
  }
  if (errno == ENOENT && mkdir(path, INT(1)) == 0) return 0;
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

const struct row file_rows[] = {
    {"openat", "isii", sys_openat},
    {"openat2", "isiii", sys_openat2},
    {"close", "i", sys_close},
    {"closeFrom", "ii", sys_close_from},
    {"closeRange", "ii", sys_close_range},
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
    {NULL, NULL, NULL},
};
