// How far the inside of a JSON string (RFC 8259) goes before something in it means more than itself.
#pragma once
#include <stddef.h>
#include <stdint.h>
#include <string.h>

// High bits of the bytes that are zero, and perhaps of some behind the first of them.
static inline uint32_t zero_bytes(uint32_t word) { return (word - 0x01010101) & ~word & 0x80808080; }

// The first quote or backslash, or the end; four bytes at a time, since texts and digests are most of what is read.
static inline const uint8_t *string_stop(const uint8_t *at, const uint8_t *end) {
  for (uint32_t word; end - at >= (ptrdiff_t)sizeof word; at += sizeof word) {
    memcpy(&word, at, sizeof word);
    if (zero_bytes(word ^ '"' * 0x01010101u) | zero_bytes(word ^ '\\' * 0x01010101u)) break;
  }
  while (at < end && *at != '"' && *at != '\\') at++;
  return at;
}
