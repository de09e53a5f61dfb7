// Packs a tree into a tar that depends on nothing but the tree: names sorted, PAX records only where ustar is too narrow,
// no user names, whole seconds. Overlay's whiteouts become the layer format's .wh. entries.
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "entries.h"
#include "native.h"
#include "tar.h"

#define LONGEST 4096

struct link {
  dev_t device;
  ino_t inode;
  char *path;
};

struct writer {
  int out, overlay, chunked;
  int64_t written;
  uint8_t buffer[65536];
  size_t length;
  struct link *links;
  int link_count, link_size;
  char path[LONGEST];
  char records[131072];
  size_t record_length;
};

// --- the stream ---------------------------------------------------------------------------------------------------------

static int64_t flush_chunk(struct writer *writer) {
  char head[16];
  int64_t result = write_all(writer->out, head, sprintf(head, "%zx\r\n", writer->length));
  if (result == 0) result = write_all(writer->out, writer->buffer, writer->length);
  return result < 0 ? result : write_all(writer->out, "\r\n", 2);
}

static int64_t flush(struct writer *writer) {
  int64_t result = writer->chunked && writer->length > 0 ? flush_chunk(writer)
                                                         : write_all(writer->out, writer->buffer, writer->length);
  writer->written += writer->length;
  writer->length = 0;
  return result;
}

static int64_t put(struct writer *writer, const void *bytes, size_t length) {
  for (const uint8_t *p = bytes; length > 0;) {
    size_t room = sizeof writer->buffer - writer->length, part = length < room ? length : room;
    memcpy(writer->buffer + writer->length, p, part);
    writer->length += part, p += part, length -= part;
    int64_t result = writer->length == sizeof writer->buffer ? flush(writer) : 0;
    if (result < 0) return result;
  }
  return 0;
}

static int64_t put_padding(struct writer *writer, int64_t size) {
  static const uint8_t zeros[TAR_BLOCK];
  return put(writer, zeros, (TAR_BLOCK - size % TAR_BLOCK) % TAR_BLOCK);
}

// --- headers ------------------------------------------------------------------------------------------------------------

static int digits(size_t number) { return number < 10 ? 1 : 1 + digits(number / 10); }

// "LENGTH KEY=VALUE\n", where LENGTH counts its own digits, too.
static int64_t add_record(struct writer *writer, const char *prefix, const char *key, const void *value, size_t length) {
  size_t rest = strlen(prefix) + strlen(key) + length + 3, total = rest + digits(rest);
  if (digits(total) != digits(rest)) total = rest + digits(total);
  if (writer->record_length + total + 1 > sizeof writer->records) return -E2BIG;
  char *p = writer->records + writer->record_length;
  p += sprintf(p, "%zu %s%s=", total, prefix, key);
  memcpy(p, value, length);
  p[length] = '\n';
  writer->record_length += total;
  return 0;
}

static int64_t add_number(struct writer *writer, const char *key, int64_t number) {
  char text[24];
  return add_record(writer, "", key, text, sprintf(text, "%lld", (long long)number));
}

static void octal(char *to, int width, uint64_t value) {
  to[--width] = 0;
  for (; width > 0; value >>= 3) to[--width] = '0' + (value & 7);
}

// The field when the number fits, else 0 and a record.
static int64_t put_number(struct writer *writer, char *to, int width, const char *key, int64_t value) {
  int fits = value >= 0 && value >> (3 * (width - 1)) == 0;
  octal(to, width, fits ? value : 0);
  return fits ? 0 : add_number(writer, key, value);
}

static int64_t put_text(struct writer *writer, char to[100], const char *key, const char *text) {
  size_t length = strlen(text);
  memcpy(to, text, length < 100 ? length : 100);
  return length <= 100 ? 0 : add_record(writer, "", key, text, length);
}

static void finish_header(struct tar_header *header) {
  memcpy(header->magic, "ustar\00000", 8);
  unsigned sum = tar_checksum(header);
  octal(header->checksum, 7, sum);
  header->checksum[7] = ' ';
}

static int64_t put_records(struct writer *writer) {
  if (writer->record_length == 0) return 0;
  struct tar_header header = {.name = "PaxHeaders.0/x", .type = 'x'};
  octal(header.mode, 8, 0644);
  octal(header.uid, 8, 0);
  octal(header.gid, 8, 0);
  octal(header.size, 12, writer->record_length);
  octal(header.mtime, 12, 0);
  finish_header(&header);
  int64_t result = put(writer, &header, sizeof header);
  if (result == 0) result = put(writer, writer->records, writer->record_length);
  if (result == 0) result = put_padding(writer, writer->record_length);
  writer->record_length = 0;
  return result;
}

struct entry {
  const char *name, *link;
  char type;
  int64_t size;
};

static int64_t put_header(struct writer *writer, const struct entry *entry, const struct stat *status) {
  struct tar_header header = {.type = entry->type};
  int device = entry->type == '3' || entry->type == '4';
  octal(header.mode, 8, status->st_mode & 07777);
  int64_t result = put_text(writer, header.name, "path", entry->name);
  if (result == 0) result = put_text(writer, header.link, "linkpath", entry->link);
  if (result == 0) result = put_number(writer, header.uid, 8, "uid", status->st_uid);
  if (result == 0) result = put_number(writer, header.gid, 8, "gid", status->st_gid);
  if (result == 0) result = put_number(writer, header.size, 12, "size", entry->size);
  if (result == 0) result = put_number(writer, header.mtime, 12, "mtime", status->st_mtim.tv_sec);
  octal(header.major, 8, device ? major(status->st_rdev) : 0);
  octal(header.minor, 8, device ? minor(status->st_rdev) : 0);
  finish_header(&header);
  if (result == 0) result = put_records(writer);
  return result < 0 ? result : put(writer, &header, sizeof header);
}

// --- the tree -----------------------------------------------------------------------------------------------------------

static int compare_names(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }

// Extended attributes as records, sorted; overlay's own say how the layer is stored, not what is in it.
static int64_t add_xattrs(struct writer *writer, int fd) {
  char names[16384], value[65536];
  ssize_t length = flistxattr(fd, names, sizeof names);
  if (length < 0) return errno == ENOTSUP ? 0 : -errno;
  char *sorted[256];
  int count = 0;
  for (char *name = names; name < names + length && count < 256; name += strlen(name) + 1)
    if (strncmp(name, OVERLAY_XATTRS, strlen(OVERLAY_XATTRS)) != 0) sorted[count++] = name;
  qsort(sorted, count, sizeof *sorted, compare_names);
  for (int i = 0; i < count; i++) {
    ssize_t size = fgetxattr(fd, sorted[i], value, sizeof value);
    if (size < 0) return -errno;
    int64_t result = add_record(writer, XATTR_PREFIX, sorted[i], value, size);
    if (result < 0) return result;
  }
  return 0;
}

// Exactly st_size bytes, as the header promised: a file that shrinks is filled with zeros, growth is left out.
static int64_t put_content(struct writer *writer, int fd, int64_t size) {
  uint8_t bytes[16384];
  for (int64_t left = size; left > 0;) {
    size_t wanted = left < (int64_t)sizeof bytes ? left : (int64_t)sizeof bytes;
    ssize_t got = read(fd, bytes, wanted);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return -errno;
    if (got == 0) memset(bytes, 0, wanted), got = wanted;
    int64_t result = put(writer, bytes, got);
    if (result < 0) return result;
    left -= got;
  }
  return put_padding(writer, size);
}

static int64_t pack_file(struct writer *writer, int directory, const char *name, const struct stat *status) {
  int fd = openat(directory, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
  if (fd < 0) return errno == ENOENT ? 0 : -errno;
  struct entry entry = {.name = writer->path, .link = "", .type = '0', .size = status->st_size};
  int64_t result = add_xattrs(writer, fd);
  if (result == 0) result = put_header(writer, &entry, status);
  if (result == 0) result = put_content(writer, fd, status->st_size);
  close(fd);
  return result;
}

static int64_t pack_symlink(struct writer *writer, int directory, const char *name, const struct stat *status) {
  char target[LONGEST];
  ssize_t length = readlinkat(directory, name, target, sizeof target - 1);
  if (length < 0) return errno == ENOENT ? 0 : -errno;
  target[length] = 0;
  struct entry entry = {.name = writer->path, .link = target, .type = '2'};
  return put_header(writer, &entry, status);
}

static int64_t pack_node(struct writer *writer, const struct stat *status) {
  char type = S_ISCHR(status->st_mode) ? '3' : S_ISBLK(status->st_mode) ? '4' : S_ISFIFO(status->st_mode) ? '6' : 0;
  struct entry entry = {.name = writer->path, .link = "", .type = type};
  // A socket means nothing without the process behind it.
  return type == 0 ? 0 : put_header(writer, &entry, status);
}

static int64_t pack_hidden(struct writer *writer, const char *name, const struct stat *status) {
  struct entry entry = {.name = name, .link = "", .type = '0'};
  struct stat plain = {.st_mode = 0, .st_uid = status->st_uid, .st_gid = status->st_gid, .st_mtim = status->st_mtim};
  return put_header(writer, &entry, &plain);
}

static int64_t pack_whiteout(struct writer *writer, const char *name, const struct stat *status) {
  char path[LONGEST + 8];
  snprintf(path, sizeof path, "%.*s" WHITEOUT "%s", (int)(strlen(writer->path) - strlen(name)), writer->path, name);
  return pack_hidden(writer, path, status);
}

static int64_t pack_opaque(struct writer *writer, int fd, const struct stat *status) {
  char value[1], path[LONGEST + 16];
  if (fgetxattr(fd, OPAQUE_XATTR, value, 1) != 1 || value[0] != 'y') return 0;
  snprintf(path, sizeof path, "%s" OPAQUE_WHITEOUT, writer->path);
  return pack_hidden(writer, path, status);
}

// Files of the kernel's own have no size that a header could promise: what is mounted there is packed as an empty directory.
static int is_kernels(int fd) {
  struct statfs status;
  if (fstatfs(fd, &status) < 0) return 0;
  return status.f_type == PROC_SUPER_MAGIC || status.f_type == SYSFS_MAGIC || status.f_type == CGROUP2_SUPER_MAGIC ||
         status.f_type == DEVPTS_SUPER_MAGIC;
}

static int64_t pack_children(struct writer *writer, int fd);

static int64_t pack_directory(struct writer *writer, int directory, const char *name, const struct stat *status) {
  int fd = openat(directory, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (fd < 0) return errno == ENOENT ? 0 : -errno;
  if (strlen(writer->path) + 2 > sizeof writer->path) return close(fd), -ENAMETOOLONG;
  strcat(writer->path, "/");
  struct entry entry = {.name = writer->path, .link = "", .type = '5'};
  int64_t result = add_xattrs(writer, fd);
  if (result == 0) result = put_header(writer, &entry, status);
  if (result == 0 && writer->overlay) result = pack_opaque(writer, fd, status);
  if (result == 0 && !is_kernels(fd)) result = pack_children(writer, fd);
  close(fd);
  return result;
}

static const char *first_link(struct writer *writer, const struct stat *status) {
  for (int i = 0; i < writer->link_count; i++)
    if (writer->links[i].inode == status->st_ino && writer->links[i].device == status->st_dev) return writer->links[i].path;
  if (writer->link_count == writer->link_size) {
    writer->link_size = writer->link_size * 2 + 16;
    writer->links = realloc(writer->links, writer->link_size * sizeof *writer->links);
  }
  writer->links[writer->link_count++] = (struct link){status->st_dev, status->st_ino, strdup(writer->path)};
  return NULL;
}

static int64_t pack_at(struct writer *writer, int directory, const char *name) {
  struct stat status;
  if (fstatat(directory, name, &status, AT_SYMLINK_NOFOLLOW) < 0) return errno == ENOENT ? 0 : -errno;
  if (S_ISDIR(status.st_mode)) return pack_directory(writer, directory, name, &status);
  // Before the links: overlay makes all whiteouts of a layer one inode.
  if (writer->overlay && S_ISCHR(status.st_mode) && status.st_rdev == 0) return pack_whiteout(writer, name, &status);
  const char *first = status.st_nlink > 1 && !S_ISSOCK(status.st_mode) ? first_link(writer, &status) : NULL;
  struct entry link = {.name = writer->path, .link = first, .type = '1'};
  if (first != NULL) return put_header(writer, &link, &status);
  if (S_ISREG(status.st_mode)) return pack_file(writer, directory, name, &status);
  if (S_ISLNK(status.st_mode)) return pack_symlink(writer, directory, name, &status);
  return pack_node(writer, &status);
}

static int64_t list_names(int fd, char ***names, int *count) {
  struct entries entries;
  int size = 0;
  begin_entries(&entries, fd);
  for (struct dirent *entry; (entry = next_entry(&entries)) != NULL;) {
    if (*count == size) *names = realloc(*names, (size = size * 2 + 16) * sizeof **names);
    (*names)[(*count)++] = strdup(entry->d_name);
  }
  if (*count > 0) qsort(*names, *count, sizeof **names, compare_names);
  return 0;
}

static int64_t pack_children(struct writer *writer, int fd) {
  char **names = NULL;
  int count = 0;
  size_t parent = strlen(writer->path);
  int64_t result = list_names(fd, &names, &count);
  for (int i = 0; i < count; i++) {
    if (result == 0 && parent + strlen(names[i]) + 1 > sizeof writer->path) result = -ENAMETOOLONG;
    if (result == 0) {
      strcpy(writer->path + parent, names[i]);
      result = pack_at(writer, fd, names[i]);
      writer->path[parent] = 0;
    }
    free(names[i]);
  }
  free(names);
  return result;
}

// A directory's name ends with "/", which pack_directory adds; so does the root's, whose name is "".
static int64_t pack_entry(struct writer *writer, int root, const struct tar_request *request) {
  if (strlen(request->as) >= sizeof writer->path) return -ENAMETOOLONG;
  strcpy(writer->path, request->as);
  struct stat status;
  // Unlike what vanishes from a directory that is being packed, this has to be there.
  if (fstatat(root, request->entry, &status, AT_SYMLINK_NOFOLLOW) < 0) return -errno;
  return pack_at(writer, root, request->entry);
}

static int64_t finish_archive(struct writer *writer) {
  static const uint8_t end[2 * TAR_BLOCK];
  int64_t result = put(writer, end, sizeof end);
  if (result == 0) result = flush(writer);
  return result < 0 || !writer->chunked ? result : write_all(writer->out, "0\r\n\r\n", 5);
}

int64_t write_tar(const struct tar_request *request) {
  int fd = open_path(request->root, O_RDONLY | O_DIRECTORY, 0);
  if (fd < 0) return -errno;
  struct writer *writer = calloc(1, sizeof *writer);
  if (writer == NULL) return close(fd), -ENOMEM;
  writer->out = request->out;
  writer->overlay = request->overlay;
  writer->chunked = request->chunked;
  int64_t result = request->entry == NULL ? pack_children(writer, fd) : pack_entry(writer, fd, request);
  if (result == 0) result = finish_archive(writer);
  if (result == 0) result = writer->written;
  for (int i = 0; i < writer->link_count; i++) free(writer->links[i].path);
  free(writer->links);
  free(writer);
  close(fd);
  return result;
}
