// Where the bytes of an archive come from: a file, a pipe, or the body of an HTTP message; gzip is taken off on the way.
#pragma once
#include <stddef.h>
#include <stdint.h>

// How the end is known. Anything else is the length of the body (RFC 9112, section 6).
#define UNTIL_END (-1)
#define CHUNKED (-2)

struct source;

// Begins with `rest`, which was read already, then reads `fd`. NULL: no memory.
struct source *open_source(int fd, const void *rest, size_t length, int64_t framing);
void close_source(struct source *source);
// Bytes that are there, at least one; they stay until they are passed by. 0 at the end; -ENODATA: a body that was cut short,
// -EBADMSG: not what it should be.
int64_t peek_source(struct source *source, const uint8_t **bytes);
void pass_source(struct source *source, size_t length);
// The same of the body as it came, compressed or not. Not to be mixed with the two above.
int64_t peek_body(struct source *source, const uint8_t **bytes);
void pass_body(struct source *source, size_t length);
// Reads what is left of it.
int64_t drain_source(struct source *source);
// How much of it has been passed by.
int64_t source_position(const struct source *source);
