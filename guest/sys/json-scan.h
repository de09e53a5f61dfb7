// How far the inside of a JSON string (RFC 8259) goes before something in it means more than itself.
#pragma once
#include <stddef.h>
#include <stdint.h>
#include <string.h>

// High bits of the bytes that are `byte`, and perhaps of some behind the first of them or that are not ASCII.
static inline uint32_t like_byte(uint32_t word, uint8_t byte) { return (word ^ byte * 0x01010101u) - 0x01010101u; }

// The first quote or backslash, or the end; four bytes at a time, since texts and digests are most of what is read.
static inline const uint8_t *string_stop(const uint8_t *at, const uint8_t *end) {
  uint32_t word;
  for (const uint8_t *last = end - sizeof word; at <= last; at += sizeof word) {
    memcpy(&word, at, sizeof word);
    uint32_t found = (like_byte(word, '"') | like_byte(word, '\\')) & 0x80808080u;
    if (found == 0) continue;
    // i386 has a word's first byte lowest.
    at += __builtin_ctz(found) / 8;
    if (*at == '"' || *at == '\\') return at;
    at -= sizeof word - 1;
  }
  while (at < end && *at != '"' && *at != '\\') at++;
  return at;
}
