// The members of an archive, one after the other: ustar, PAX, GNU's long names.
#pragma once
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

#include "tar-source.h"

#define LONGEST 4096

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

// 1: `member` is the next one; 0: the end of the archive. -EBADMSG: damaged, -ENODATA: cut short.
int64_t next_member(struct source *source, struct member *member);
void clear_member(struct member *member);
// Only these have a body, whatever the size field says.
static inline int is_file(const struct member *member) {
  return member->type == 0 || member->type == '0' || member->type == '7';
}
// Hands `length` bytes to `out` (memory), to `fd`, or to nobody. `writing`, when it is not NULL, says whether it was the
// descriptor that failed.
int64_t take_bytes(struct source *source, int64_t length, uint8_t *out, int fd, int *writing);
// The member's body and what fills its last block.
int64_t skip_body(struct source *source, int64_t size);
int64_t skip_padding(struct source *source, int64_t size);
