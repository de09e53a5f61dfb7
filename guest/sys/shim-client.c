#define _GNU_SOURCE
#include "shim-client.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "modes.h"

// Not from malloc(3), whose first call costs as much as serving a short command.
static struct client clients[CLIENTS_MAX];

static struct client *unused_client(void) {
  for (size_t i = 0; i < CLIENTS_MAX; i++)
    if (!clients[i].used) return &clients[i];
  return NULL;
}

static bool parse_keys(struct client *client, const char *hex) {
  if (strcmp(hex, "-") == 0) return true;
  unsigned byte;
  for (; sscanf(hex, "%2x", &byte) == 1; hex += 2) {
    if (client->key_count == KEYS_MAX || !hex[1]) return false;
    client->keys[client->key_count++] = (uint8_t)byte;
  }
  return *hex == '\0';
}

struct client *client_create(const char *words, int fd) {
  int in, out, err, framed;
  char hex[2 * KEYS_MAX + 2];
  if (sscanf(words, "%d %d %d %d %33s", &in, &out, &err, &framed, hex) != 5) return NULL;
  struct client *client = unused_client();
  if (!client) return NULL;
  *client = (struct client){.fd = fd, .stdin_on = in, .stdout_on = out, .stderr_on = err, .framed = framed};
  client->used = parse_keys(client, hex);
  return client->used ? client : NULL;
}

void client_free(struct client *client) {
  close(client->fd);
  buffer_free(&client->queue);
  client->used = false;
}

bool client_wants(const struct client *client, int stream) {
  return !client->dead && (stream == 1 ? client->stdout_on : client->stderr_on);
}

void write_stream_header(uint8_t header[STREAM_HEADER], int stream, size_t length) {
  header[0] = (uint8_t)stream;
  header[1] = header[2] = header[3] = 0;
  for (int i = 0; i < 4; i++) header[4 + i] = (uint8_t)(length >> (24 - 8 * i));
}

// What it takes at once, in one call and without a copy.
static size_t send_now(struct client *client, struct iovec parts[2]) {
  if (buffer_length(&client->queue) > 0) return 0;
  struct msghdr message = {.msg_iov = parts, .msg_iovlen = 2};
  ssize_t n;
  do n = sendmsg(client->fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
  while (n < 0 && errno == EINTR);
  if (n < 0 && errno != EAGAIN) client->dead = true;
  return n < 0 ? 0 : (size_t)n;
}

void client_send(struct client *client, int stream, const uint8_t *bytes, size_t length) {
  uint8_t header[STREAM_HEADER];
  size_t header_length = client->framed ? STREAM_HEADER : 0;
  write_stream_header(header, stream, length);
  size_t sent = send_now(client, (struct iovec[]){{header, header_length}, {(void *)bytes, length}});
  size_t header_sent = sent < header_length ? sent : header_length;
  bool kept = buffer_append(&client->queue, header + header_sent, header_length - header_sent) &&
              buffer_append(&client->queue, bytes + (sent - header_sent), length - (sent - header_sent));
  if (!kept) client->dead = true;  // half a frame is worse than none
}

void client_flush(struct client *client) {
  if (buffer_send(&client->queue, client->fd, MSG_DONTWAIT | MSG_NOSIGNAL) < 0) client->dead = true;
}

// Everything in front of what may be the start of the sequence, in one piece.
static size_t pass_plain(const struct client *client, const uint8_t *bytes, size_t length, struct buffer *input) {
  const uint8_t *key = client->key_count > 0 ? memchr(bytes, client->keys[0], length) : NULL;
  size_t plain = key ? (size_t)(key - bytes) : length;
  buffer_append(input, bytes, plain);
  return plain;
}

// As Docker's escape proxy: the start of the sequence is held back, and passed on when something else follows.
static bool press(struct client *client, uint8_t byte, struct buffer *input) {
  if (byte == client->keys[client->keys_matched]) return ++client->keys_matched == client->key_count;
  buffer_append(input, client->keys, client->keys_matched);
  client->keys_matched = byte == client->keys[0];
  if (client->keys_matched == 0) buffer_append(input, &byte, 1);
  return false;
}

bool client_type(struct client *client, const uint8_t *bytes, size_t length, struct buffer *input) {
  for (size_t i = 0; i < length;) {
    if (client->keys_matched == 0) i += pass_plain(client, bytes + i, length - i, input);
    if (i < length && press(client, bytes[i++], input)) return true;
  }
  return false;
}
