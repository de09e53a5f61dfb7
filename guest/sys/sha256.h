// SHA-256 as in FIPS 180-4.
#pragma once
#include <stddef.h>
#include <stdint.h>

struct sha256 {
  uint32_t state[8];
  uint64_t length;
  uint8_t block[64];
};

void sha256_init(struct sha256 *hash);
void sha256_update(struct sha256 *hash, const void *bytes, size_t length);
// 64 hexadecimal digits and a NUL.
void sha256_hex(struct sha256 *hash, char hex[65]);
