// Unpacks a tar below a root. An archive is input from a stranger: every name is resolved by the kernel with the root as
// its "/" (openat2(2) RESOLVE_IN_ROOT), so neither "..", nor an absolute name, nor a symlink made by an earlier entry
// leads out; names and links that try are refused with EXDEV. Damaged archives give EBADMSG, short ones ENODATA.
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "native.h"
#include "tar-reader.h"
#include "tar.h"

struct directory_time {
  struct directory_time *next;
  struct timespec mtime;
  char path[];
};

struct unpacker {
  const struct untar_request *request;
  struct untar_report *report;
  struct source *source;
  int root;
  int taken; // the body of the member at hand has been read
  struct directory_time *directories;
};

// --- what went wrong ----------------------------------------------------------------------------------------------------

// Of the first failure: the call that the kernel refused, and what it was about.
static int64_t fail(struct unpacker *unpacker, const char *step, const struct member *member, int64_t error) {
  struct untar_report *report = unpacker->report;
  if (report->step == NULL) {
    report->step = step;
    snprintf(report->subject, sizeof report->subject, "/%s", member->name);
  }
  return error;
}

// In words of its own.
__attribute__((format(printf, 3, 4))) static int64_t refuse(struct unpacker *unpacker, int error, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  unpacker->report->step = "";
  vsnprintf(unpacker->report->subject, sizeof unpacker->report->subject, format, arguments);
  va_end(arguments);
  return -error;
}

// --- names --------------------------------------------------------------------------------------------------------------

// Cleans in place: no "/" in front, no "." or "..", nothing doubled. -EXDEV when it climbs over the root, unless the root
// is all there is: then ".." stays there.
static int64_t clean(char *path, int clamp) {
  char *out = path;
  for (char *part = path, *next; part != NULL; part = next) {
    next = strchr(part, '/');
    size_t length = next != NULL ? (size_t)(next - part) : strlen(part);
    if (next != NULL) next++;
    if (length == 0 || (length == 1 && part[0] == '.')) continue;
    if (length == 2 && part[0] == '.' && part[1] == '.') {
      if (out == path && !clamp) return -EXDEV;
      while (out > path && *--out != '/') continue;
      continue;
    }
    if (out > path) *out++ = '/';
    memmove(out, part, length);
    out += length;
  }
  *out = 0;
  return 0;
}

// "from" at the beginning of a name becomes "to".
static int64_t rename_base(const struct untar_request *request, char name[LONGEST]) {
  if (request->from == NULL) return 0;
  size_t before = strlen(request->from), after = strlen(request->to), length = strlen(name);
  if (strncmp(name, request->from, before) != 0) return 0;
  if (length - before + after >= LONGEST) return -ENAMETOOLONG;
  memmove(name + after, name + before, length - before + 1);
  memcpy(name, request->to, after);
  return 0;
}

// In front of a clean name: the directory below the root that is unpacked into.
static int64_t put_directory(const struct untar_request *request, char name[LONGEST]) {
  size_t length = strlen(name), before = request->directory == NULL ? 0 : strlen(request->directory);
  if (before == 0) return 0;
  if (length + before + 1 >= LONGEST) return -ENAMETOOLONG;
  memmove(name + before + 1, name, length + 1);
  memcpy(name, request->directory, before);
  name[before] = '/';
  return 0;
}

// A relative symlink may not climb over what is unpacked into; an absolute one means the root that the container will have.
static int64_t check_symlink(const struct untar_request *request, const char *name, const char *target) {
  if (target[0] == '/') return 0;
  char path[LONGEST * 2 + 2];
  const char *slash = strrchr(name, '/');
  snprintf(path, sizeof path, "%.*s/%s", slash != NULL ? (int)(slash - name) : 0, name, target);
  return clean(path, request->whole);
}

static int open_below(int root, const char *path, int flags) {
  struct open_how how = {.flags = flags | O_CLOEXEC, .resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS};
  return syscall(SYS_openat2, root, path[0] == 0 ? "." : path, &how, sizeof how);
}

// The directory that `path` lies in, made where it is missing; `base` becomes the last part.
static int open_parent(int root, char *path, const char **base) {
  char *slash = strrchr(path, '/');
  *base = slash != NULL ? slash + 1 : path;
  if (slash == NULL) return open_below(root, "", O_PATH | O_DIRECTORY);
  *slash = 0;
  int fd = open_below(root, path, O_PATH | O_DIRECTORY);
  if (fd < 0 && errno == ENOENT) {
    char copy[LONGEST];
    const char *name;
    strcpy(copy, path);
    int parent = open_parent(root, copy, &name);
    if (parent >= 0) {
      if (mkdirat(parent, name, 0755) == 0 || errno == EEXIST) fd = open_below(root, path, O_PATH | O_DIRECTORY);
      close(parent);
    }
  }
  *slash = '/';
  return fd;
}

// --- members ------------------------------------------------------------------------------------------------------------

static int64_t set_xattrs(int fd, const struct member *member) {
  for (struct xattr *x = member->xattrs; x != NULL; x = x->next)
    if (fsetxattr(fd, x->name, x->value, x->length, 0) < 0 && errno != ENOTSUP) return -errno;
  return 0;
}

// Owner, mode, extended attributes, in this order: chown(2) clears set-user-ID bits and capabilities.
static int64_t finish_open(struct unpacker *unpacker, int fd, const struct member *member) {
  if (!unpacker->request->mine && fchown(fd, member->uid, member->gid) < 0) return fail(unpacker, "lchown", member, -errno);
  if (fchmod(fd, member->mode) < 0) return fail(unpacker, "chmod", member, -errno);
  int64_t result = set_xattrs(fd, member);
  if (result < 0) return fail(unpacker, "lsetxattr", member, result);
  struct timespec times[] = {member->mtime, member->mtime};
  result = checked(futimens(fd, times));
  return result < 0 ? fail(unpacker, "utimensat", member, result) : 0;
}

static int64_t finish_named(struct unpacker *unpacker, int parent, const char *base, const struct member *member) {
  if (!unpacker->request->mine && fchownat(parent, base, member->uid, member->gid, AT_SYMLINK_NOFOLLOW) < 0)
    return fail(unpacker, "lchown", member, -errno);
  if (member->type != '2' && fchmodat(parent, base, member->mode, 0) < 0) return fail(unpacker, "chmod", member, -errno);
  struct timespec times[] = {member->mtime, member->mtime};
  int64_t result = checked(utimensat(parent, base, times, AT_SYMLINK_NOFOLLOW));
  return result < 0 ? fail(unpacker, "utimensat", member, result) : 0;
}

static int64_t fill_file(struct unpacker *unpacker, int fd, const struct member *member) {
  int writing = 0;
  int64_t result = take_bytes(unpacker->source, member->size, NULL, fd, &writing);
  if (result < 0) return fail(unpacker, writing ? "write" : "read", member, result);
  return finish_open(unpacker, fd, member);
}

// All of it or nothing: a file that was there stays until the new one is whole.
static int64_t make_file(struct unpacker *unpacker, int parent, const char *base, const struct member *member) {
  static const char beside[] = ".docker-cp-part";
  struct stat status;
  int replaces = fstatat(parent, base, &status, AT_SYMLINK_NOFOLLOW) == 0;
  const char *name = replaces ? beside : base;
  if (replaces) unlinkat(parent, beside, 0);
  int fd = openat(parent, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (fd < 0) return fail(unpacker, "open", member, -errno);
  int64_t result = fill_file(unpacker, fd, member);
  close(fd);
  unpacker->report->content += member->size;
  unpacker->taken = 1;
  if (result == 0 && replaces) {
    result = checked(renameat(parent, name, parent, base));
    // A mount point stays what it is.
    if (result < 0) fail(unpacker, "unlinkat", member, result);
  }
  if (result < 0) unlinkat(parent, name, 0);
  return result < 0 ? result : skip_padding(unpacker->source, member->size);
}

static int64_t remember_time(struct unpacker *unpacker, const struct member *member) {
  struct directory_time *entry = malloc(sizeof *entry + strlen(member->name) + 1);
  if (entry == NULL) return -ENOMEM;
  entry->next = unpacker->directories;
  entry->mtime = member->mtime;
  strcpy(entry->path, member->name);
  unpacker->directories = entry;
  return 0;
}

static int64_t make_directory(struct unpacker *unpacker, int parent, const char *base, const struct member *member) {
  if (mkdirat(parent, base, 0700) < 0 && errno != EEXIST) return fail(unpacker, "mkdir", member, -errno);
  int fd = openat(parent, base, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (fd < 0) return fail(unpacker, "open", member, -errno);
  int64_t result = finish_open(unpacker, fd, member);
  close(fd);
  // Entries that follow would change the time again.
  return result < 0 ? result : remember_time(unpacker, member);
}

static int64_t make_link(struct unpacker *unpacker, int parent, const char *base, struct member *member) {
  const struct untar_request *request = unpacker->request;
  const char *target_base;
  char given[LONGEST];
  strcpy(given, member->link);
  int64_t result = rename_base(request, member->link);
  if (result == 0) result = clean(member->link, request->whole);
  if (result == -EXDEV) return refuse(unpacker, EXDEV, "invalid hardlink \"/%s\" -> \"%s\"", member->name, given);
  if (result == 0) result = put_directory(request, member->link);
  if (result < 0) return result;
  int target = open_parent(unpacker->root, member->link, &target_base);
  if (target < 0) return fail(unpacker, "link", member, -errno);
  result = checked(linkat(target, target_base, parent, base, 0));
  close(target);
  return result < 0 ? fail(unpacker, "link", member, result) : 0;
}

static int64_t make_symlink(struct unpacker *unpacker, int parent, const char *base, const struct member *member) {
  if (symlinkat(member->link, parent, base) < 0) return fail(unpacker, "symlink", member, -errno);
  return finish_named(unpacker, parent, base, member);
}

static int64_t make_node(struct unpacker *unpacker, int parent, const char *base, const struct member *member) {
  mode_t type = member->type == '3' ? S_IFCHR : member->type == '4' ? S_IFBLK : S_IFIFO;
  if (mknodat(parent, base, type | 0600, type == S_IFIFO ? 0 : member->device) < 0)
    return fail(unpacker, "mknod", member, -errno);
  return finish_named(unpacker, parent, base, member);
}

static int64_t make_member(struct unpacker *unpacker, int parent, const char *base, struct member *member) {
  if (is_file(member)) return make_file(unpacker, parent, base, member);
  switch (member->type) {
    case '1':
      return make_link(unpacker, parent, base, member);
    case '2':
      return make_symlink(unpacker, parent, base, member);
    case '3':
    case '4':
    case '6':
      return make_node(unpacker, parent, base, member);
    case '5':
      return make_directory(unpacker, parent, base, member);
  }
  return -EOPNOTSUPP;
}

static int is_whiteout(const struct stat *status) { return S_ISCHR(status->st_mode) && status->st_rdev == 0; }

static int64_t mark_opaque(int parent, const char *base) {
  int fd = openat(parent, base, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (fd < 0) return -errno;
  int64_t result = checked(fsetxattr(fd, OPAQUE_XATTR, "y", 1, 0));
  close(fd);
  return result;
}

static int64_t remove_existing(int parent, const char *base) {
  if (unlinkat(parent, base, 0) == 0) return 0;
  if (errno != EISDIR && errno != EPERM) return -errno;
  char path[64 + LONGEST];
  snprintf(path, sizeof path, "/proc/self/fd/%d/%s", parent, base);
  return remove_tree(path);
}

// `noOverwriteDirNonDir`: a directory stays a directory, and what is none becomes none.
static int64_t check_kinds(struct unpacker *unpacker, const struct member *member, int is, int becomes) {
  if (!unpacker->request->keep_kinds || is == becomes) return 0;
  const char *directory = unpacker->request->directory;
  if (is) return refuse(unpacker, EISDIR, "cannot overwrite directory \"/%s\" with non-directory \"/%s\"", member->name, directory);
  return refuse(unpacker, ENOTDIR, "cannot overwrite non-directory \"/%s\" with directory \"/%s\"", member->name, directory);
}

// An entry replaces what is there, unless both are directories. A directory where this layer has already hidden the
// lower one by a whiteout must go on hiding it: it becomes opaque.
static int64_t place(struct unpacker *unpacker, int parent, const char *base, struct member *member) {
  struct stat status;
  int exists = fstatat(parent, base, &status, AT_SYMLINK_NOFOLLOW) == 0, directory = member->type == '5';
  int64_t result = exists ? check_kinds(unpacker, member, S_ISDIR(status.st_mode), directory) : 0;
  int in_place = directory ? S_ISDIR(status.st_mode) : is_file(member) && S_ISREG(status.st_mode);
  if (result == 0 && exists && !in_place) {
    result = remove_existing(parent, base);
    if (result < 0) fail(unpacker, "unlinkat", member, result);
  }
  if (result == 0) result = make_member(unpacker, parent, base, member);
  if (result == 0 && exists && directory && unpacker->request->overlay && is_whiteout(&status))
    result = mark_opaque(parent, base);
  return result;
}

// ".wh.NAME" hides NAME of the layers below: a character device 0:0. What this layer itself brings stays, a directory
// made opaque.
static int64_t place_whiteout(int parent, const char *name) {
  struct stat status;
  if (strcmp(name, OPAQUE_WHITEOUT) == 0) return mark_opaque(parent, ".");
  // Other names with the double prefix are the old aufs driver's own notes.
  if (strncmp(name, WHITEOUT WHITEOUT, 2 * strlen(WHITEOUT)) == 0) return 0;
  const char *hidden = name + strlen(WHITEOUT);
  if (*hidden == 0 || strcmp(hidden, ".") == 0 || strcmp(hidden, "..") == 0) return -EXDEV;
  if (fstatat(parent, hidden, &status, AT_SYMLINK_NOFOLLOW) == 0)
    return S_ISDIR(status.st_mode) ? mark_opaque(parent, hidden) : 0;
  return checked(mknodat(parent, hidden, S_IFCHR, 0));
}

// The archive's own root. What a copy goes into stays as it is; a layer says what its root is.
static int64_t unpack_root(struct unpacker *unpacker, const struct member *member) {
  if (unpacker->request->directory != NULL) return 0;
  if (member->type != '5') return -EEXIST;
  int fd = open_below(unpacker->root, "", O_RDONLY | O_DIRECTORY);
  if (fd < 0) return -errno;
  int64_t result = finish_open(unpacker, fd, member);
  close(fd);
  return result < 0 ? result : remember_time(unpacker, member);
}

// The name as the root knows it; "" is the directory that is unpacked into.
static int64_t settle_name(struct unpacker *unpacker, struct member *member) {
  const struct untar_request *request = unpacker->request;
  const char *directory = request->directory == NULL ? "" : request->directory;
  char given[LONGEST];
  int64_t result = rename_base(request, member->name);
  if (result < 0) return result;
  strcpy(given, member->name);
  if (clean(member->name, request->whole) < 0)
    return refuse(unpacker, EXDEV, "\"%s\" is outside of \"/%s\"", given, directory);
  if (member->type == '2' && check_symlink(request, member->name, member->link) < 0)
    return refuse(unpacker, EXDEV, "invalid symlink \"/%s/%s\" -> \"%s\"", directory, member->name, member->link);
  return member->name[0] == 0 ? 0 : put_directory(request, member->name);
}

static int64_t unpack_below(struct unpacker *unpacker, struct member *member) {
  const char *base;
  int parent = open_parent(unpacker->root, member->name, &base);
  if (parent < 0) return fail(unpacker, "mkdir", member, -errno);
  int64_t result = unpacker->request->overlay && strncmp(base, WHITEOUT, strlen(WHITEOUT)) == 0
                       ? place_whiteout(parent, base)
                       : place(unpacker, parent, base, member);
  close(parent);
  return result;
}

static int64_t unpack_member(struct unpacker *unpacker, struct member *member) {
  unpacker->taken = 0;
  if (unpacker->request->uid >= 0) member->uid = unpacker->request->uid, member->gid = unpacker->request->gid;
  int64_t result = settle_name(unpacker, member);
  if (result < 0) return result;
  result = member->name[0] == 0 ? unpack_root(unpacker, member) : unpack_below(unpacker, member);
  if (result < 0 || unpacker->taken || !is_file(member)) return result;
  return skip_body(unpacker->source, member->size);
}

static int64_t set_directory_times(struct unpacker *unpacker) {
  int64_t result = 0;
  for (struct directory_time *entry = unpacker->directories, *next; entry != NULL; entry = next) {
    next = entry->next;
    int fd = open_below(unpacker->root, entry->path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
    struct timespec times[] = {entry->mtime, entry->mtime};
    // A later entry may have put something else in the directory's place.
    if (fd >= 0 && futimens(fd, times) < 0 && result == 0) result = -errno;
    if (fd >= 0) close(fd);
    free(entry);
  }
  return result;
}

// Whoever writes into a pipe or a socket may still have padding to deliver, and should not die of SIGPIPE for it. Of a body
// the end is known, and belongs to it.
static int64_t drain(struct unpacker *unpacker) {
  struct stat status;
  if (unpacker->request->framing == UNTIL_END && (fstat(unpacker->request->input, &status) < 0 || S_ISREG(status.st_mode))) return 0;
  return drain_source(unpacker->source);
}

static int64_t unpack_all(struct unpacker *unpacker, struct member *member) {
  int64_t result;
  while ((result = next_member(unpacker->source, member)) > 0)
    if ((result = unpack_member(unpacker, member)) < 0) break;
  int64_t times = set_directory_times(unpacker);
  if (result == 0) result = times;
  return result < 0 ? result : drain(unpacker);
}

int64_t read_tar(const struct untar_request *request, struct untar_report *report) {
  struct unpacker unpacker = {.request = request, .report = report};
  struct member *member = calloc(1, sizeof *member);
  unpacker.source = open_source(request->input, request->rest, request->rest_length, request->framing);
  if (member == NULL || unpacker.source == NULL) return free(member), close_source(unpacker.source), -ENOMEM;
  unpacker.root = open_path(request->root, O_PATH | O_DIRECTORY, 0);
  mode_t mask = umask(0);
  int64_t result = unpacker.root < 0 ? -errno : unpack_all(&unpacker, member);
  umask(mask);
  report->length = source_position(unpacker.source);
  if (unpacker.root >= 0) close(unpacker.root);
  clear_member(member);
  free(member);
  close_source(unpacker.source);
  return result;
}
