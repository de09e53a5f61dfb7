// Unpacks a tar below a root. An archive is input from a stranger: every name is resolved by the kernel with the root as
// its "/" (openat2(2) RESOLVE_IN_ROOT), so neither "..", nor an absolute name, nor a symlink made by an earlier entry
// leads out; names and links that try are refused with EXDEV. Damaged archives give EBADMSG.
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "native.h"
#include "tar.h"

#define LONGEST 4096
#define LARGEST_EXTENSION (1 << 20)

struct xattr {
  struct xattr *next;
  char *name;
  uint8_t *value;
  size_t length;
};

// One member, from its header and the extension headers in front of it.
struct member {
  char name[LONGEST], link[LONGEST];
  char type;
  mode_t mode;
  uid_t uid;
  gid_t gid;
  dev_t device;
  int64_t size;
  struct timespec mtime;
  struct xattr *xattrs;
  int has_name, has_link, has_size, has_uid, has_gid, has_mtime;
};

struct directory_time {
  struct directory_time *next;
  struct timespec mtime;
  char path[];
};

struct reader {
  int fd, root, overlay;
  int taken; // the body of the member at hand has been read
  uint8_t buffer[65536];
  size_t start, end;
  int64_t content;
  struct directory_time *directories;
};

// --- the stream ---------------------------------------------------------------------------------------------------------

// Makes at least one byte available. 0 at the end of the file.
static int64_t fill(struct reader *reader) {
  if (reader->start < reader->end) return reader->end - reader->start;
  ssize_t got;
  do got = read(reader->fd, reader->buffer, sizeof reader->buffer);
  while (got < 0 && errno == EINTR);
  if (got < 0) return -errno;
  reader->start = 0;
  reader->end = got;
  return got;
}

// Hands `length` bytes to `out` (memory), to `fd`, or to nobody.
static int64_t take(struct reader *reader, int64_t length, uint8_t *out, int fd) {
  while (length > 0) {
    int64_t available = fill(reader);
    if (available <= 0) return available < 0 ? available : -EBADMSG;
    size_t part = length < available ? length : available;
    if (out != NULL) memcpy(out, reader->buffer + reader->start, part), out += part;
    int64_t result = fd < 0 ? 0 : write_all(fd, reader->buffer + reader->start, part);
    if (result < 0) return result;
    reader->start += part;
    length -= part;
  }
  return 0;
}

static int64_t padding(int64_t size) { return (TAR_BLOCK - size % TAR_BLOCK) % TAR_BLOCK; }

static int64_t skip(struct reader *reader, int64_t length) { return take(reader, length, NULL, -1); }

// The body of an extension header, with a NUL behind it, in memory from malloc.
static int64_t take_extension(struct reader *reader, int64_t size, char **text) {
  if (size < 0 || size > LARGEST_EXTENSION) return -EBADMSG;
  *text = malloc(size + 1);
  if (*text == NULL) return -ENOMEM;
  int64_t result = take(reader, size, (uint8_t *)*text, -1);
  if (result == 0) result = skip(reader, padding(size));
  (*text)[size] = 0;
  if (result < 0) free(*text);
  return result;
}

// --- headers ------------------------------------------------------------------------------------------------------------

// Octal text, or GNU's base 256 when the first bit is set. -1 when it is neither.
static int64_t field(const char *text, int width) {
  const uint8_t *bytes = (const uint8_t *)text;
  int64_t value = 0;
  if (bytes[0] & 0x80) {
    value = bytes[0] & 0x40 ? -1 : 0;
    for (int i = 0; i < width; i++) value = (int64_t)((uint64_t)value << 8 | (i == 0 ? (bytes[0] & 0x40 ? bytes[0] : bytes[0] & 0x7f) : bytes[i]));
    return value;
  }
  int i = 0;
  while (i < width && text[i] == ' ') i++;
  for (; i < width && text[i] != 0 && text[i] != ' '; i++) {
    if (text[i] < '0' || text[i] > '7') return -1;
    value = value << 3 | (text[i] - '0');
  }
  return value;
}

static int64_t copy_text(char *to, const char *from, size_t length) {
  if (length >= LONGEST) return -ENAMETOOLONG;
  if (memchr(from, 0, length) != NULL) return -EBADMSG;
  memcpy(to, from, length);
  to[length] = 0;
  return 0;
}

static struct timespec pax_time(const char *text) {
  char *end;
  struct timespec time = {strtoll(text, &end, 10), 0};
  if (*end != '.') return time;
  long unit = 100000000;
  for (end++; *end >= '0' && *end <= '9' && unit > 0; end++, unit /= 10) time.tv_nsec += (*end - '0') * unit;
  if (text[0] == '-' && time.tv_nsec > 0) time.tv_sec--, time.tv_nsec = 1000000000 - time.tv_nsec;
  return time;
}

static int64_t add_xattr(struct member *member, const char *name, const char *value, size_t length) {
  struct xattr *xattr = malloc(sizeof *xattr);
  if (xattr == NULL) return -ENOMEM;
  *xattr = (struct xattr){member->xattrs, strdup(name), malloc(length + 1), length};
  member->xattrs = xattr;
  if (xattr->name == NULL || xattr->value == NULL) return -ENOMEM;
  memcpy(xattr->value, value, length);
  return 0;
}

static int64_t apply_record(struct member *member, const char *key, const char *value, size_t length) {
  if (strcmp(key, "path") == 0) return member->has_name = 1, copy_text(member->name, value, length);
  if (strcmp(key, "linkpath") == 0) return member->has_link = 1, copy_text(member->link, value, length);
  if (strcmp(key, "size") == 0) member->has_size = 1, member->size = strtoll(value, NULL, 10);
  if (strcmp(key, "uid") == 0) member->has_uid = 1, member->uid = strtoul(value, NULL, 10);
  if (strcmp(key, "gid") == 0) member->has_gid = 1, member->gid = strtoul(value, NULL, 10);
  if (strcmp(key, "mtime") == 0) member->has_mtime = 1, member->mtime = pax_time(value);
  if (strncmp(key, XATTR_PREFIX, strlen(XATTR_PREFIX)) == 0)
    return add_xattr(member, key + strlen(XATTR_PREFIX), value, length);
  // Sparse files would come out wrong, so they do not come out at all.
  if (strncmp(key, "GNU.sparse.", 11) == 0) return -EOPNOTSUPP;
  return 0;
}

// Records of "LENGTH KEY=VALUE\n", where LENGTH counts the whole record; a value may hold any byte.
static int64_t parse_pax(struct member *member, char *text, int64_t size) {
  for (char *p = text, *end = text + size; p < end;) {
    char *key;
    long length = strtol(p, &key, 10);
    if (length < 5 || length > end - p || *key != ' ' || p[length - 1] != '\n') return -EBADMSG;
    key++;
    char *equals = memchr(key, '=', p + length - key);
    if (equals == NULL) return -EBADMSG;
    *equals = 0;
    p[length - 1] = 0;
    int64_t result = apply_record(member, key, equals + 1, p + length - 1 - (equals + 1));
    if (result < 0) return result;
    p += length;
  }
  return 0;
}

static void clear_member(struct member *member) {
  for (struct xattr *x = member->xattrs, *next; x != NULL; x = next) {
    next = x->next;
    free(x->name);
    free(x->value);
    free(x);
  }
  memset(member, 0, sizeof *member);
}

static void fill_member(struct member *member, const struct tar_header *header) {
  char prefix[156] = "";
  if (memcmp(header->magic, "ustar\0", 6) == 0) snprintf(prefix, sizeof prefix, "%.155s", header->prefix);
  if (!member->has_name)
    snprintf(member->name, sizeof member->name, "%s%s%.100s", prefix, prefix[0] != 0 ? "/" : "", header->name);
  if (!member->has_link) snprintf(member->link, sizeof member->link, "%.100s", header->link);
  if (!member->has_size) member->size = field(header->size, 12);
  if (!member->has_uid) member->uid = field(header->uid, 8);
  if (!member->has_gid) member->gid = field(header->gid, 8);
  if (!member->has_mtime) member->mtime = (struct timespec){field(header->mtime, 12), 0};
  member->mode = field(header->mode, 8) & 07777;
  member->device = makedev(field(header->major, 8), field(header->minor, 8));
  member->type = header->type;
}

// Takes an 'x', 'g', 'L' or 'K' header's body into the member that it stands in front of.
static int64_t read_extension(struct reader *reader, struct member *member, char type, int64_t size) {
  char *text;
  int64_t result = take_extension(reader, size, &text);
  if (result < 0) return result;
  if (type == 'x') result = parse_pax(member, text, size);
  else if (type == 'L') member->has_name = 1, result = copy_text(member->name, text, strlen(text));
  else if (type == 'K') member->has_link = 1, result = copy_text(member->link, text, strlen(text));
  free(text);
  return result;
}

// The next member. 0 at the end of the archive.
static int64_t next_member(struct reader *reader, struct member *member) {
  struct tar_header header;
  clear_member(member);
  for (;;) {
    int64_t available = fill(reader);
    if (available <= 0) return available;
    int64_t result = take(reader, TAR_BLOCK, (uint8_t *)&header, -1);
    if (result < 0) return result;
    // An empty block ends the archive.
    if (header.name[0] == 0 && tar_checksum(&header) == 8 * ' ') return 0;
    if (field(header.checksum, 8) != tar_checksum(&header)) return -EBADMSG;
    if (strchr("xgLK", header.type) == NULL || header.type == 0) break;
    result = read_extension(reader, member, header.type, field(header.size, 12));
    if (result < 0) return result;
  }
  fill_member(member, &header);
  return member->size < 0 ? -EBADMSG : 1;
}

// --- names --------------------------------------------------------------------------------------------------------------

// Cleans in place: no "/" in front, no "." or "..", nothing doubled. EXDEV when it climbs over the root.
static int64_t clean(char *path) {
  char *out = path;
  for (char *part = path, *next; part != NULL; part = next) {
    next = strchr(part, '/');
    size_t length = next != NULL ? (size_t)(next - part) : strlen(part);
    if (next != NULL) next++;
    if (length == 0 || (length == 1 && part[0] == '.')) continue;
    if (length == 2 && part[0] == '.' && part[1] == '.') {
      if (out == path) return -EXDEV;
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

// A relative symlink may not climb over the root; an absolute one means the root that the container will have.
static int64_t check_symlink(const char *name, const char *target) {
  if (target[0] == '/') return 0;
  char path[LONGEST * 2 + 2];
  const char *slash = strrchr(name, '/');
  snprintf(path, sizeof path, "%.*s/%s", slash != NULL ? (int)(slash - name) : 0, name, target);
  return clean(path);
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
static int64_t finish_open(int fd, const struct member *member) {
  if (fchown(fd, member->uid, member->gid) < 0 || fchmod(fd, member->mode) < 0) return -errno;
  int64_t result = set_xattrs(fd, member);
  struct timespec times[] = {member->mtime, member->mtime};
  return result < 0 ? result : checked(futimens(fd, times));
}

static int64_t finish_named(int parent, const char *base, const struct member *member) {
  if (fchownat(parent, base, member->uid, member->gid, AT_SYMLINK_NOFOLLOW) < 0) return -errno;
  if (member->type != '2' && fchmodat(parent, base, member->mode, 0) < 0) return -errno;
  struct timespec times[] = {member->mtime, member->mtime};
  return checked(utimensat(parent, base, times, AT_SYMLINK_NOFOLLOW));
}

static int64_t make_file(struct reader *reader, int parent, const char *base, const struct member *member) {
  int fd = openat(parent, base, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (fd < 0) return -errno;
  int64_t result = take(reader, member->size, NULL, fd);
  if (result == 0) result = finish_open(fd, member);
  close(fd);
  reader->content += member->size;
  reader->taken = 1;
  return result < 0 ? result : skip(reader, padding(member->size));
}

static int64_t remember_time(struct reader *reader, const struct member *member) {
  struct directory_time *entry = malloc(sizeof *entry + strlen(member->name) + 1);
  if (entry == NULL) return -ENOMEM;
  entry->next = reader->directories;
  entry->mtime = member->mtime;
  strcpy(entry->path, member->name);
  reader->directories = entry;
  return 0;
}

static int64_t make_directory(struct reader *reader, int parent, const char *base, const struct member *member) {
  if (mkdirat(parent, base, 0700) < 0 && errno != EEXIST) return -errno;
  int fd = openat(parent, base, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (fd < 0) return -errno;
  int64_t result = finish_open(fd, member);
  close(fd);
  // Entries that follow would change the time again.
  return result < 0 ? result : remember_time(reader, member);
}

static int64_t make_link(struct reader *reader, int parent, const char *base, struct member *member) {
  const char *target_base;
  int64_t result = clean(member->link);
  if (result < 0) return result;
  int target = open_parent(reader->root, member->link, &target_base);
  if (target < 0) return -errno;
  result = checked(linkat(target, target_base, parent, base, 0));
  close(target);
  return result;
}

static int64_t make_symlink(int parent, const char *base, const struct member *member) {
  int64_t result = check_symlink(member->name, member->link);
  if (result < 0) return result;
  if (symlinkat(member->link, parent, base) < 0) return -errno;
  return finish_named(parent, base, member);
}

static int64_t make_node(int parent, const char *base, const struct member *member) {
  mode_t type = member->type == '3' ? S_IFCHR : member->type == '4' ? S_IFBLK : S_IFIFO;
  if (mknodat(parent, base, type | 0600, type == S_IFIFO ? 0 : member->device) < 0) return -errno;
  return finish_named(parent, base, member);
}

static int64_t make_member(struct reader *reader, int parent, const char *base, struct member *member) {
  switch (member->type) {
    case 0:
    case '0':
    case '7':
      return make_file(reader, parent, base, member);
    case '1':
      return make_link(reader, parent, base, member);
    case '2':
      return make_symlink(parent, base, member);
    case '3':
    case '4':
    case '6':
      return make_node(parent, base, member);
    case '5':
      return make_directory(reader, parent, base, member);
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

// An entry replaces what is there, unless both are directories. A directory where this layer has already hidden the
// lower one by a whiteout must go on hiding it: it becomes opaque.
static int64_t place(struct reader *reader, int parent, const char *base, struct member *member) {
  struct stat status;
  int exists = fstatat(parent, base, &status, AT_SYMLINK_NOFOLLOW) == 0, directory = member->type == '5';
  if (exists && !(directory && S_ISDIR(status.st_mode))) {
    int64_t result = remove_existing(parent, base);
    if (result < 0) return result;
  }
  int64_t result = make_member(reader, parent, base, member);
  if (result == 0 && exists && directory && reader->overlay && is_whiteout(&status)) result = mark_opaque(parent, base);
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

// Only these have a body, whatever the size field says.
static int is_file(const struct member *member) { return member->type == 0 || member->type == '0' || member->type == '7'; }

static int64_t unpack_root(struct reader *reader, const struct member *member) {
  if (member->type != '5') return -EEXIST;
  int fd = open_below(reader->root, "", O_RDONLY | O_DIRECTORY);
  if (fd < 0) return -errno;
  int64_t result = finish_open(fd, member);
  close(fd);
  return result < 0 ? result : remember_time(reader, member);
}

static int64_t unpack_member(struct reader *reader, struct member *member) {
  int64_t result = clean(member->name);
  reader->taken = 0;
  if (result < 0) return result;
  if (member->name[0] == 0) return unpack_root(reader, member);
  const char *base;
  int parent = open_parent(reader->root, member->name, &base);
  if (parent < 0) return -errno;
  if (reader->overlay && strncmp(base, WHITEOUT, strlen(WHITEOUT)) == 0) result = place_whiteout(parent, base);
  else result = place(reader, parent, base, member);
  close(parent);
  if (result < 0 || reader->taken || !is_file(member)) return result;
  return skip(reader, member->size + padding(member->size));
}

static int64_t set_directory_times(struct reader *reader) {
  int64_t result = 0;
  for (struct directory_time *entry = reader->directories, *next; entry != NULL; entry = next) {
    next = entry->next;
    int fd = open_below(reader->root, entry->path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
    struct timespec times[] = {entry->mtime, entry->mtime};
    // A later entry may have put something else in the directory's place.
    if (fd >= 0 && futimens(fd, times) < 0 && result == 0) result = -errno;
    if (fd >= 0) close(fd);
    free(entry);
  }
  return result;
}

// Whoever writes into a pipe may still have padding to deliver, and should not die of SIGPIPE for it.
static int64_t drain(struct reader *reader) {
  struct stat status;
  if (fstat(reader->fd, &status) < 0 || !S_ISFIFO(status.st_mode)) return 0;
  int64_t got;
  while ((got = fill(reader)) > 0) reader->start = reader->end;
  return got;
}

int64_t read_tar(int input, const char *root, int overlay) {
  struct reader *reader = calloc(1, sizeof *reader);
  struct member *member = calloc(1, sizeof *member);
  if (reader == NULL || member == NULL) return free(reader), free(member), -ENOMEM;
  reader->fd = input;
  reader->overlay = overlay;
  reader->root = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);
  int64_t result = reader->root < 0 ? -errno : 1;
  mode_t mask = umask(0);
  while (result > 0 && (result = next_member(reader, member)) > 0) {
    result = unpack_member(reader, member);
    if (result == 0) result = 1;
  }
  umask(mask);
  int64_t times = set_directory_times(reader);
  if (result == 0) result = times;
  if (result == 0) result = drain(reader);
  if (result == 0) result = reader->content;
  if (reader->root >= 0) close(reader->root);
  clear_member(member);
  free(member);
  free(reader);
  return result;
}
