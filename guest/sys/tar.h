// The ustar header block with GNU's and PAX's additions: tar(5), POSIX pax.
#pragma once
#include <stdint.h>

#define TAR_BLOCK 512

struct tar_header {
  char name[100];
  char mode[8];
  char uid[8];
  char gid[8];
  char size[12];
  char mtime[12];
  char checksum[8];
  char type;
  char link[100];
  char magic[8];
  char uname[32];
  char gname[32];
  char major[8];
  char minor[8];
  char prefix[155];
  char padding[12];
};

// Sum of the header's bytes with the checksum field taken as blanks.
static inline unsigned tar_checksum(const struct tar_header *header) {
  const uint8_t *bytes = (const uint8_t *)header;
  unsigned sum = 0;
  for (int i = 0; i < TAR_BLOCK; i++) sum += i >= 148 && i < 156 ? ' ' : bytes[i];
  return sum;
}

#define XATTR_PREFIX "SCHILY.xattr."
#define WHITEOUT ".wh."
#define OPAQUE_WHITEOUT ".wh..wh..opq"
#define OVERLAY_XATTRS "trusted.overlay."
#define OPAQUE_XATTR OVERLAY_XATTRS "opaque"
