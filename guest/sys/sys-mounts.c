// mount(2) and the calls that came after it: fsopen(2), fsmount(2), move_mount(2), open_tree(2), mount_setattr(2).
#define _GNU_SOURCE
#include "native.h"

#include <fcntl.h>
#include <linux/mount.h>
#include <sys/syscall.h>
#include <unistd.h>

int mount(const char *, const char *, const char *, unsigned long, const void *);
int umount2(const char *, int);

static int64_t sys_mount(struct call *call) { return checked(mount(TEXT(0), TEXT(1), TEXT(2), UNSIGNED(3), TEXT(4))); }
static int64_t sys_umount(struct call *call) { return checked(umount2(TEXT(0), INT(1))); }
static int64_t sys_pivot_root(struct call *call) { return checked(syscall(SYS_pivot_root, TEXT(0), TEXT(1))); }
static int64_t sys_chroot(struct call *call) { return checked(chroot(TEXT(0))); }
static int64_t sys_fsopen(struct call *call) { return checked(syscall(SYS_fsopen, TEXT(0), FSOPEN_CLOEXEC)); }
static int64_t sys_fsconfig_set(struct call *call) {
  int command = TEXT(2) == NULL ? FSCONFIG_SET_FLAG : FSCONFIG_SET_STRING;
  return checked(syscall(SYS_fsconfig, INT(0), command, TEXT(1), TEXT(2), 0));
}
static int64_t sys_fsconfig_create(struct call *call) {
  return checked(syscall(SYS_fsconfig, INT(0), FSCONFIG_CMD_CREATE, NULL, NULL, 0));
}
static int64_t sys_fsmount(struct call *call) { return checked(syscall(SYS_fsmount, INT(0), FSMOUNT_CLOEXEC, UNSIGNED(1))); }
static int64_t sys_move_mount(struct call *call) {
  int flags = MOVE_MOUNT_F_EMPTY_PATH | (TEXT(2)[0] == '\0' ? MOVE_MOUNT_T_EMPTY_PATH : 0);
  return checked(syscall(SYS_move_mount, INT(0), "", INT(1), TEXT(2), flags));
}
static int64_t sys_open_tree(struct call *call) {
  return checked(syscall(SYS_open_tree, INT(0), TEXT(1), UNSIGNED(2) | OPEN_TREE_CLOEXEC));
}
static int64_t sys_mount_setattr(struct call *call) {
  struct mount_attr attributes = {.attr_set = LONG(3), .attr_clr = LONG(4), .propagation = LONG(5)};
  return checked(syscall(SYS_mount_setattr, INT(0), TEXT(1), UNSIGNED(2), &attributes, sizeof attributes));
}

const struct row mount_rows[] = {
    {"mount", "SsSiS", sys_mount},
    {"umount", "si", sys_umount},
    {"pivotRoot", "ss", sys_pivot_root},
    {"chroot", "s", sys_chroot},
    {"fsopen", "s", sys_fsopen},
    {"fsconfigSet", "isS", sys_fsconfig_set},
    {"fsconfigCreate", "i", sys_fsconfig_create},
    {"fsmount", "ii", sys_fsmount},
    {"moveMount", "iis", sys_move_mount},
    {"openTree", "isi", sys_open_tree},
    {"mountSetattr", "isilll", sys_mount_setattr},
    {NULL, NULL, NULL},
};
