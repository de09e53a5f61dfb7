// Whole trees: removing, copying, measuring. Directories are walked by descriptor, so that a tree which changes under
// our hands (a container may still run in it) cannot lead us out of it: openat(2), symlink(7).
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "entries.h"
#include "native.h"

// One descriptor is open per level: depth may use all the descriptors that we may have, not only select's 1024.
static struct rlimit raise_descriptor_limit(void) {
  struct rlimit limit;
  getrlimit(RLIMIT_NOFILE, &limit);
  struct rlimit raised = {limit.rlim_max, limit.rlim_max};
  setrlimit(RLIMIT_NOFILE, &raised);
  return limit;
}

// --- rm -rf -----------------------------------------------------------------------------------------------------------

struct removal {
  // As it was, when it had to be raised.
  struct rlimit limit;
  bool raised;
};

// What is gone already is removed.
static int64_t unlink_at(int directory, const char *name, int flags) {
  return unlinkat(directory, name, flags) == 0 || errno == ENOENT ? 0 : -errno;
}

static int open_below(struct removal *removal, int directory, const char *name) {
  struct open_how how = {.flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC,
                         .resolve = RESOLVE_NO_XDEV | RESOLVE_NO_SYMLINKS};
  int fd = syscall(SYS_openat2, directory, name, &how, sizeof how);
  if (fd >= 0 || errno != EMFILE || removal->raised) return fd;
  removal->limit = raise_descriptor_limit();
  removal->raised = true;
  return open_below(removal, directory, name);
}

static int64_t remove_directory(struct removal *removal, int parent, const char *name, int fd);

// The type is what it was when its name was read, if the filesystem told it: then an empty directory takes one call.
static int64_t remove_at(struct removal *removal, int directory, const char *name, unsigned char type) {
  int64_t result = unlink_at(directory, name, type == DT_DIR ? AT_REMOVEDIR : 0);
  if (result == -ENOTDIR) return unlink_at(directory, name, 0);
  if (result != -ENOTEMPTY && result != -EISDIR) return result;
  int fd = open_below(removal, directory, name);
  if (fd >= 0) return remove_directory(removal, directory, name, fd);
  // What is mounted here is not part of the tree: EXDEV, and EBUSY as rmdir(2) said where the type was known.
  return errno == ENOENT ? 0 : errno == EXDEV ? -EBUSY : -errno;
}

// Those that were read. The first failure.
static int64_t remove_entries(struct removal *removal, struct entries *entries, bool *found) {
  int64_t failure = 0;
  for (struct dirent *entry; (entry = entry_read(entries)) != NULL; *found = true) {
    int64_t result = remove_at(removal, entries->fd, entry->d_name, entry->d_type);
    if (failure == 0) failure = result;
  }
  return failure;
}

// With all that is in it; closes it. Whether that was all is rmdir(2)'s to say. Where a filesystem counts its entries,
// those behind a removed one move up and are passed over: it is read from the start for as long as that finds any.
static int64_t remove_directory(struct removal *removal, int parent, const char *name, int fd) {
  struct entries entries;
  int64_t failure = 0, result;
  begin_entries(&entries, fd);
  for (bool found = false;;) {
    int length = read_entries(&entries);
    int64_t first = length < 0 ? length : remove_entries(removal, &entries, &found);
    if (failure == 0) failure = first;
    result = unlink_at(parent, name, AT_REMOVEDIR);
    if (result == 0) break;
    if (length > 0) continue;
    if (result != -ENOTEMPTY || failure != 0 || !found) break;
    rewind_entries(&entries);
    found = false;
  }
  close(fd);
  return result == 0 || failure == 0 ? result : failure;
}

int64_t remove_tree(const char *path) {
  int fd = open_path(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0);
  // ENOTDIR, also of a symlink: it is all there is to remove.
  if (fd < 0) return errno == ENOTDIR ? unlink_at(AT_FDCWD, path, 0) : errno == ENOENT ? 0 : -errno;
  struct removal removal = {.raised = false};
  int64_t result = remove_directory(&removal, AT_FDCWD, path, fd);
  if (removal.raised) setrlimit(RLIMIT_NOFILE, &removal.limit);
  return result;
}

// --- hard links: files seen before, by device and inode -------------------------------------------------------------------

struct seen {
  dev_t device;
  ino_t inode;
  // Descriptor of the directory it lies in would not stay open: the path below the root of the copy is kept instead.
  char *path;
};

struct seen_list {
  struct seen *entries;
  int count, size;
};

static const char *find_seen(struct seen_list *list, const struct stat *status) {
  for (int i = 0; i < list->count; i++)
    if (list->entries[i].inode == status->st_ino && list->entries[i].device == status->st_dev) return list->entries[i].path;
  return NULL;
}

static void add_seen(struct seen_list *list, const struct stat *status, const char *path) {
  if (list->count == list->size) {
    list->size = list->size * 2 + 16;
    list->entries = realloc(list->entries, list->size * sizeof *list->entries);
  }
  list->entries[list->count++] = (struct seen){status->st_dev, status->st_ino, path == NULL ? NULL : strdup(path)};
}

static void free_seen(struct seen_list *list) {
  for (int i = 0; i < list->count; i++) free(list->entries[i].path);
  free(list->entries);
}

// --- cp -a ------------------------------------------------------------------------------------------------------------

struct copy {
  struct seen_list links;
  int root;        // directory the copy lies in
  char path[4096]; // of the entry at hand, below `root`
};

static int64_t copy_xattrs(int from, int to) {
  char names[16384], value[65536];
  ssize_t length = flistxattr(from, names, sizeof names);
  if (length < 0) return errno == ENOTSUP ? 0 : -errno;
  for (char *name = names; name < names + length; name += strlen(name) + 1) {
    ssize_t size = fgetxattr(from, name, value, sizeof value);
    if (size < 0 || (fsetxattr(to, name, value, size, 0) < 0 && errno != ENOTSUP)) return -errno;
  }
  return 0;
}

// Owner before mode: chown(2) clears the set-user-ID bit.
static int64_t copy_ownership(int directory, const char *name, const struct stat *status) {
  if (fchownat(directory, name, status->st_uid, status->st_gid, AT_SYMLINK_NOFOLLOW) < 0) return -errno;
  if (!S_ISLNK(status->st_mode) && fchmodat(directory, name, status->st_mode & 07777, 0) < 0) return -errno;
  return 0;
}

static int64_t copy_times(int directory, const char *name, const struct stat *status) {
  struct timespec times[] = {status->st_atim, status->st_mtim};
  return checked(utimensat(directory, name, times, AT_SYMLINK_NOFOLLOW));
}

static int64_t copy_file(int from, const char *name, int to, const char *target, const struct stat *status) {
  int input = openat(from, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
  if (input < 0) return -errno;
  int out = openat(to, target, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
  int64_t result = out < 0 ? -errno : copy_bytes(out, input, -1);
  if (result >= 0) result = copy_ownership(to, target, status);
  if (result >= 0) result = copy_xattrs(input, out);
  close(input);
  if (out >= 0) close(out);
  return result;
}

static int64_t copy_symlink(int from, const char *name, int to, const char *target, const struct stat *status) {
  char link[4096];
  ssize_t length = readlinkat(from, name, link, sizeof link - 1);
  if (length < 0) return -errno;
  link[length] = 0;
  if (symlinkat(link, to, target) < 0) return -errno;
  return copy_ownership(to, target, status);
}

static int64_t copy_node(int to, const char *target, const struct stat *status) {
  if (mknodat(to, target, status->st_mode, status->st_rdev) < 0) return -errno;
  return copy_ownership(to, target, status);
}

static int64_t copy_at(struct copy *copy, int from, const char *name, int to, const char *target);

static int64_t copy_children(struct copy *copy, int from, int to) {
  struct entries entries;
  begin_entries(&entries, from);
  size_t parent = strlen(copy->path);
  int64_t result = 0;
  for (struct dirent *entry; result >= 0 && (entry = next_entry(&entries)) != NULL;) {
    if (parent + strlen(entry->d_name) + 2 > sizeof copy->path) result = -ENAMETOOLONG;
    else {
      copy->path[parent] = '/';
      strcpy(copy->path + parent + 1, entry->d_name);
      result = copy_at(copy, from, entry->d_name, to, entry->d_name);
      copy->path[parent] = 0;
    }
  }
  return result;
}

static int64_t copy_directory(struct copy *copy, int from, const char *name, int to, const char *target,
                              const struct stat *status) {
  if (mkdirat(to, target, 0700) < 0 && errno != EEXIST) return -errno;
  int input = openat(from, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  int out = openat(to, target, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  int64_t result = input < 0 || out < 0 ? -errno : copy_children(copy, input, out);
  if (result >= 0) result = copy_ownership(to, target, status);
  if (result >= 0) result = copy_xattrs(input, out);
  if (input >= 0) close(input);
  if (out >= 0) close(out);
  return result;
}

static int64_t copy_at(struct copy *copy, int from, const char *name, int to, const char *target) {
  struct stat status;
  if (fstatat(from, name, &status, AT_SYMLINK_NOFOLLOW) < 0) return -errno;
  int linked = !S_ISDIR(status.st_mode) && status.st_nlink > 1;
  const char *first = linked ? find_seen(&copy->links, &status) : NULL;
  if (first != NULL) return checked(linkat(copy->root, first, to, target, 0));
  int64_t result = S_ISDIR(status.st_mode)   ? copy_directory(copy, from, name, to, target, &status)
                   : S_ISREG(status.st_mode) ? copy_file(from, name, to, target, &status)
                   : S_ISLNK(status.st_mode) ? copy_symlink(from, name, to, target, &status)
                                             : copy_node(to, target, &status);
  if (result >= 0 && linked) add_seen(&copy->links, &status, copy->path);
  return result < 0 ? result : copy_times(to, target, &status);
}

int64_t copy_tree(const char *from, const char *to) {
  struct copy copy = {.root = AT_FDCWD};
  if (strlen(to) >= sizeof copy.path) return -ENAMETOOLONG;
  strcpy(copy.path, to);
  struct rlimit limit = raise_descriptor_limit();
  mode_t mask = umask(0);
  int64_t result = copy_at(&copy, AT_FDCWD, from, AT_FDCWD, to);
  umask(mask);
  setrlimit(RLIMIT_NOFILE, &limit);
  free_seen(&copy.links);
  return result < 0 ? result : 0;
}

// --- du ---------------------------------------------------------------------------------------------------------------

struct usage {
  struct seen_list links;
  int64_t *bytes, *inodes;
};

static int64_t measure_at(struct usage *usage, int directory, const char *name) {
  struct stat status;
  // What vanished meanwhile uses nothing.
  if (fstatat(directory, name, &status, AT_SYMLINK_NOFOLLOW) < 0) return errno == ENOENT ? 0 : -errno;
  if (!S_ISDIR(status.st_mode) && status.st_nlink > 1) {
    for (int i = 0; i < usage->links.count; i++)
      if (usage->links.entries[i].inode == status.st_ino && usage->links.entries[i].device == status.st_dev) return 0;
    add_seen(&usage->links, &status, NULL);
  }
  *usage->inodes += 1;
  if (!S_ISDIR(status.st_mode)) {
    *usage->bytes += status.st_size;
    return 0;
  }
  int fd = openat(directory, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (fd < 0) return errno == ENOENT ? 0 : -errno;
  struct entries entries;
  begin_entries(&entries, fd);
  int64_t result = 0;
  for (struct dirent *entry; result == 0 && (entry = next_entry(&entries)) != NULL;)
    result = measure_at(usage, fd, entry->d_name);
  close(fd);
  return result;
}

int64_t disk_usage(const char *path, int64_t *bytes, int64_t *inodes) {
  struct usage usage = {.bytes = bytes, .inodes = inodes};
  struct stat status;
  if (lstat(path, &status) < 0) return -errno;
  struct rlimit limit = raise_descriptor_limit();
  int64_t result = measure_at(&usage, AT_FDCWD, path);
  setrlimit(RLIMIT_NOFILE, &limit);
  free_seen(&usage.links);
  return result;
}
