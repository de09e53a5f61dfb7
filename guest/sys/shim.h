// What the two halves of docker-shim share: shim.c serves the container, shim-connection.c who talks to it.
#pragma once
#include "json-log.h"
#include "shim-client.h"

enum { READ_SIZE = 8192, CONNECTIONS_MAX = CLIENTS_MAX };

struct control {
  struct control *next;
  bool used;
  int fd;
  bool greeted;          // its first message has come: it is a control connection
  bool dead;
};

struct end {
  int code, signal;
  int64_t nanoseconds;
};

struct shim {
  pid_t pid;
  int child;             // a pidfd of it; -1: it has ended
  int listener;
  const char *exit_file;
  const char *memory_file;  // NULL: no limit that could be exceeded
  int tty, input;        // -1: none, or closed. With a tty `input` and output[0] are the same: its master
  int output[2];         // standard output and error
  bool stdin_once, stdin_ending;
  int memory_events;     // memory.events of the cgroup, when the container has a limit; -1: not watched
  unsigned long oom_kills;
  struct buffer typed;   // for the container, not taken yet
  struct json_log log;
  struct log_stream lines[2];
  struct control *controls;
  struct client *clients;
  int connections;
  bool ended, recorded;
  struct end end;
  int64_t deadline;      // of what is going on after the end: lingering, then flushing
};

// Takes in everybody who has connected, and what they have said so far.
void accept_waiting(struct shim *shim);
void read_control(struct shim *shim, struct control *control);
void tell_end(const struct shim *shim, struct control *control);
void tell_all(struct shim *shim, const char *text);
void read_client(struct shim *shim, struct client *client);
void write_input(struct shim *shim);
void close_input(struct shim *shim);
void end_input(struct shim *shim);
void sweep_connections(struct shim *shim);
bool streams_ended(const struct shim *shim);
