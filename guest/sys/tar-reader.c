#define _GNU_SOURCE
#include "tar-reader.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>

#include "native.h"
#include "tar.h"

#define LARGEST_EXTENSION (1 << 20)

// --- the stream ---------------------------------------------------------------------------------------------------------

int64_t take_bytes(struct source *source, int64_t length, uint8_t *out, int fd, int *writing) {
  while (length > 0) {
    const uint8_t *bytes;
    int64_t available = peek_source(source, &bytes);
    if (available <= 0) return available < 0 ? available : -ENODATA;
    size_t part = length < available ? length : available;
    if (out != NULL) memcpy(out, bytes, part), out += part;
    int64_t result = fd < 0 ? 0 : write_all(fd, bytes, part);
    if (writing != NULL) *writing = result < 0;
    if (result < 0) return result;
    pass_source(source, part);
    length -= part;
  }
  return 0;
}

static int64_t skip(struct source *source, int64_t length) { return take_bytes(source, length, NULL, -1, NULL); }

int64_t skip_padding(struct source *source, int64_t size) {
  return skip(source, (TAR_BLOCK - size % TAR_BLOCK) % TAR_BLOCK);
}

int64_t skip_body(struct source *source, int64_t size) {
  int64_t result = skip(source, size);
  return result < 0 ? result : skip_padding(source, size);
}

// The body of an extension header, with a NUL behind it, in memory from malloc.
static int64_t take_extension(struct source *source, int64_t size, char **text) {
  if (size < 0 || size > LARGEST_EXTENSION) return -EBADMSG;
  *text = malloc(size + 1);
  if (*text == NULL) return -ENOMEM;
  int64_t result = take_bytes(source, size, (uint8_t *)*text, -1, NULL);
  if (result == 0) result = skip_padding(source, size);
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
  // How overlayfs stores a layer is not for an archive to say.
  if (strncmp(key, XATTR_PREFIX OVERLAY_XATTRS, strlen(XATTR_PREFIX OVERLAY_XATTRS)) == 0) return 0;
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

void clear_member(struct member *member) {
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
static int64_t read_extension(struct source *source, struct member *member, char type, int64_t size) {
  char *text;
  int64_t result = take_extension(source, size, &text);
  if (result < 0) return result;
  if (type == 'x') result = parse_pax(member, text, size);
  else if (type == 'L') member->has_name = 1, result = copy_text(member->name, text, strlen(text));
  else if (type == 'K') member->has_link = 1, result = copy_text(member->link, text, strlen(text));
  free(text);
  return result;
}

int64_t next_member(struct source *source, struct member *member) {
  struct tar_header header;
  clear_member(member);
  for (;;) {
    const uint8_t *bytes;
    int64_t available = peek_source(source, &bytes);
    if (available <= 0) return available;
    int64_t result = take_bytes(source, TAR_BLOCK, (uint8_t *)&header, -1, NULL);
    if (result < 0) return result;
    // An empty block ends the archive.
    if (header.name[0] == 0 && tar_checksum(&header) == 8 * ' ') return 0;
    if (field(header.checksum, 8) != tar_checksum(&header)) return -EBADMSG;
    if (strchr("xgLK", header.type) == NULL || header.type == 0) break;
    result = read_extension(source, member, header.type, field(header.size, 12));
    if (result < 0) return result;
  }
  fill_member(member, &header);
  return member->size < 0 ? -EBADMSG : 1;
}
