// Sockets: unix(7) with descriptors passed, ip(7), netlink(7).
#define _GNU_SOURCE
#include "native.h"

#include <arpa/inet.h>
#include <linux/netlink.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

static int64_t sys_socket(struct call *call) { return checked(socket(INT(0), INT(1) | SOCK_CLOEXEC, INT(2))); }
static int64_t sys_socketpair(struct call *call) {
  int fds[2];
  return socketpair(INT(0), INT(1) | SOCK_CLOEXEC, INT(2), fds) < 0 ? -errno : answer_pair(call, fds);
}

union address {
  struct sockaddr any;
  struct sockaddr_un local;
  struct sockaddr_in internet;
  struct sockaddr_in6 internet6;
  struct sockaddr_nl netlink;
};

// Arguments from `first`: family, text (path or numeric address), number (port or groups). Gives the size or -errno.
static int socket_address(struct call *call, int first, union address *address) {
  const char *text = TEXT(first + 1);
  memset(address, 0, sizeof *address);
  switch (INT(first)) {
    case AF_UNIX:
      if (strlen(text) >= sizeof address->local.sun_path) return -ENAMETOOLONG;
      address->local.sun_family = AF_UNIX;
      strcpy(address->local.sun_path, text);
      return sizeof address->local;
    case AF_INET:
      address->internet.sin_family = AF_INET;
      address->internet.sin_port = htons(INT(first + 2));
      return inet_pton(AF_INET, text, &address->internet.sin_addr) == 1 ? (int)sizeof address->internet : -EINVAL;
    case AF_INET6:
      address->internet6.sin6_family = AF_INET6;
      address->internet6.sin6_port = htons(INT(first + 2));
      return inet_pton(AF_INET6, text, &address->internet6.sin6_addr) == 1 ? (int)sizeof address->internet6 : -EINVAL;
    case AF_NETLINK:
      address->netlink.nl_family = AF_NETLINK;
      address->netlink.nl_groups = UNSIGNED(first + 2);
      return sizeof address->netlink;
  }
  return -EAFNOSUPPORT;
}

static int64_t sys_bind(struct call *call) {
  union address address;
  int size = socket_address(call, 1, &address);
  return size < 0 ? size : checked(bind(INT(0), &address.any, size));
}
static int64_t sys_connect(struct call *call) {
  union address address;
  int size = socket_address(call, 1, &address);
  return size < 0 ? size : checked(connect(INT(0), &address.any, size));
}
static int64_t sys_listen(struct call *call) { return checked(listen(INT(0), INT(1))); }
static int64_t sys_accept(struct call *call) {
  int fd;
  do fd = accept4(INT(0), NULL, NULL, INT(1) | SOCK_CLOEXEC);
  while (fd < 0 && errno == EINTR);
  return checked(fd);
}
static int64_t sys_shutdown(struct call *call) { return checked(shutdown(INT(0), INT(1))); }
static int64_t sys_setsockopt(struct call *call) {
  int value = INT(3);
  return checked(setsockopt(INT(0), INT(1), INT(2), &value, sizeof value));
}

// The value may be negative, so it does not travel as the result.
static int64_t sys_getsockopt(struct call *call) {
  int value = 0;
  socklen_t size = sizeof value;
  if (getsockopt(INT(0), INT(1), INT(2), &value, &size) < 0) return -errno;
  return answer(call, number_array(call->ctx, 1, (double[]){value}));
}

static int64_t sys_peer_credentials(struct call *call) {
  struct ucred peer;
  socklen_t size = sizeof peer;
  if (getsockopt(INT(0), SOL_SOCKET, SO_PEERCRED, &peer, &size) < 0) return -errno;
  return answer(call, number_array(call->ctx, 3, (double[]){peer.pid, peer.uid, peer.gid}));
}

#define MAX_PASSED 32

static int64_t sys_sendmsg(struct call *call) {
  union {
    struct cmsghdr header;
    char bytes[CMSG_SPACE(sizeof(int) * MAX_PASSED)];
  } control = {0};
  size_t count = LENGTH(2);
  if (count > MAX_PASSED) return -EINVAL;
  struct iovec data = {(void *)BYTES(1), LENGTH(1)};
  struct msghdr message = {.msg_iov = &data, .msg_iovlen = 1};
  if (count > 0) {
    message.msg_control = control.bytes;
    message.msg_controllen = CMSG_SPACE(sizeof(int) * count);
    control.header.cmsg_level = SOL_SOCKET;
    control.header.cmsg_type = SCM_RIGHTS;
    control.header.cmsg_len = CMSG_LEN(sizeof(int) * count);
    memcpy(CMSG_DATA(&control.header), NUMBERS(2), sizeof(int) * count);
  }
  ssize_t sent;
  do sent = sendmsg(INT(0), &message, MSG_NOSIGNAL);
  while (sent < 0 && errno == EINTR);
  return checked(sent);
}

static int64_t sys_recvmsg(struct call *call) {
  union {
    struct cmsghdr header;
    char bytes[CMSG_SPACE(sizeof(int) * MAX_PASSED)];
  } control;
  uint8_t local[8192], *buffer = UNSIGNED(1) <= sizeof local ? local : malloc(UNSIGNED(1));
  if (buffer == NULL) return -ENOMEM;
  struct iovec data = {buffer, UNSIGNED(1)};
  struct msghdr message = {.msg_iov = &data, .msg_iovlen = 1, .msg_control = control.bytes, .msg_controllen = sizeof control};
  ssize_t length;
  do length = recvmsg(INT(0), &message, MSG_CMSG_CLOEXEC);
  while (length < 0 && errno == EINTR);
  if (length < 0) {
    int error = errno;
    if (buffer != local) free(buffer);
    return -error;
  }
  double fds[MAX_PASSED];
  int count = 0;
  for (struct cmsghdr *c = CMSG_FIRSTHDR(&message); c != NULL; c = CMSG_NXTHDR(&message, c)) {
    if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS) continue;
    int passed[MAX_PASSED], n = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    memcpy(passed, CMSG_DATA(c), sizeof(int) * n);
    for (int i = 0; i < n && count < MAX_PASSED; i++) fds[count++] = passed[i];
  }
  call->value = JS_NewArray(call->ctx);
  JS_DefinePropertyValueUint32(call->ctx, call->value, 0, byte_array(call->ctx, buffer, length), JS_PROP_C_W_E);
  JS_DefinePropertyValueUint32(call->ctx, call->value, 1, number_array(call->ctx, count, fds), JS_PROP_C_W_E);
  if (buffer != local) free(buffer);
  return 0;
}

static int64_t sys_interface_index(struct call *call) {
  unsigned index = if_nametoindex(TEXT(0));
  return index == 0 ? -errno : (int64_t)index;
}

const struct row socket_rows[] = {
    {"socket", "iii", sys_socket},
    {"socketpair", "iii", sys_socketpair},
    {"bind", "iisi", sys_bind},
    {"listen", "ii", sys_listen},
    {"accept", "ii", sys_accept},
    {"connect", "iisi", sys_connect},
    {"shutdown", "ii", sys_shutdown},
    {"setsockopt", "iiii", sys_setsockopt},
    {"getsockopt", "iii", sys_getsockopt},
    {"peerCredentials", "i", sys_peer_credentials},
    {"sendmsg", "ibn", sys_sendmsg},
    {"recvmsg", "ii", sys_recvmsg},
    {"interfaceIndex", "s", sys_interface_index},
    {NULL, NULL, NULL},
};
