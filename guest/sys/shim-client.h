// One attached client of a container: output goes out, framed or plain, and what it types comes in.
#pragma once
#include "buffer.h"

enum { CLIENTS_MAX = 64, KEYS_MAX = 16, CLIENT_FULL = 1 << 20, STREAM_HEADER = 8 };

struct client {
  struct client *next;
  bool used;
  int fd;                 // a socket, which others may share: its mode is left as it is
  bool stdin_on, stdout_on, stderr_on, framed;
  bool dead;              // gone, or detached
  uint8_t keys[KEYS_MAX]; // the detach sequence
  uint8_t key_count, keys_matched;
  struct buffer queue;    // output that it has not taken
};

// From the words behind `attach`; NULL when they make no sense. Owns `fd` when it succeeds.
struct client *client_create(const char *words, int fd);
void client_free(struct client *client);
bool client_wants(const struct client *client, int stream);
// The eight bytes in front of each piece of a stream, when both share one connection.
void write_stream_header(uint8_t header[STREAM_HEADER], int stream, size_t length);
static inline bool client_full(const struct client *client) { return buffer_length(&client->queue) >= CLIENT_FULL; }
void client_send(struct client *client, int stream, const uint8_t *bytes, size_t length);
void client_flush(struct client *client);
// Passes typed bytes on to `input` without the detach keys. True when they were all pressed.
bool client_type(struct client *client, const uint8_t *bytes, size_t length, struct buffer *input);
