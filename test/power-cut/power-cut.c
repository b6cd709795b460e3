/*
 * A disk whose power can be cut, below a process that does not know of it.
 *
 *   process --> write, unlink, ... --> the watched directory: what the page cache has
 *                  '-- fsync --------> the shadow directory: what is on the platter
 *
 * Loaded with LD_PRELOAD, it passes every call on to the real files, and copies to the shadow only what
 * is synced: the bytes of a file when the file is, the names when the directory is. At a chosen call it
 * cuts the power: half of a write may still happen, then the process is killed. What a restart would
 * find is made of the two directories by test/power-cut/power.ts.
 *
 *   POWER_DIRECTORY  watched; names that begin with a dot are not
 *   POWER_SHADOW     one file for each file ever seen, by number; `names`: the durable names;
 *                    `current`: the names at the end; `calls`: how many calls were counted
 *   POWER_CUT_AT     the number of the call at which the power is cut
 *   POWER_EIO_AT     the number of the sync that answers EIO and forgets what was dirty, as Linux does
 *   POWER_LIES       syncs succeed and do nothing: a disk that this method must be able to convict
 *   POWER_BYTES_MAX  beyond this the disk is full
 *
 * For Linux. Only the calls that Node and its SQLite make are watched.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <dirent.h>
#include <unistd.h>

enum { FILES = 4096, RANGES = 4096, DESCRIPTORS = 4096, NAME = 128, PATH = 4096 };

struct range { off_t from, to; };
struct file {
  char name[NAME]; /* "" once it has none */
  struct range *dirty;
  int ranges;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct file files[FILES];
static int file_count;
static int file_of[DESCRIPTORS];    /* file number + 1 */
static int is_directory[DESCRIPTORS];
static char directory[PATH], shadow[PATH];
static long calls, syncs, cut_at, eio_at, bytes_max;
static int lies;

static int (*real_open)(const char *, int, ...);
static int (*real_close)(int);
static ssize_t (*real_write)(int, const void *, size_t);
static ssize_t (*real_pwrite)(int, const void *, size_t, off_t);
static int (*real_fsync)(int);
static int (*real_fdatasync)(int);
static int (*real_ftruncate)(int, off_t);
static int (*real_unlink)(const char *);

static void die(const char *why) {
  dprintf(2, "power-cut: %s\n", why);
  _exit(99);
}

static long number(const char *name) {
  const char *value = getenv(name);
  return value == NULL ? 0 : atol(value);
}

static void shadow_path(char *into, int file) { snprintf(into, PATH + 16, "%s/%d", shadow, file); }

static void write_names(const char *as) {
  char path[PATH + 16];
  snprintf(path, sizeof path, "%s/%s", shadow, as);
  int out = real_open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
  if (out < 0) die("cannot write names");
  for (int i = 0; i < file_count; i++)
    if (files[i].name[0] != 0) dprintf(out, "%d %s\n", i, files[i].name);
  real_close(out);
}

static void write_calls(void) {
  char path[PATH + 16];
  snprintf(path, sizeof path, "%s/calls", shadow);
  int out = real_open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
  dprintf(out, "%ld %ld\n", calls, syncs);
  real_close(out);
}

static void cut_power(void) {
  write_names("current");
  write_calls();
  kill(getpid(), SIGKILL);
  for (;;) pause();
}

/* Counts a call that changes something; true when the power fails during it. */
static int fails_now(void) { return ++calls == cut_at; }

static const char *watched_name(const char *path) {
  size_t length = strlen(directory);
  if (length == 0 || strncmp(path, directory, length) != 0 || path[length] != '/') return NULL;
  const char *name = path + length + 1;
  return name[0] == 0 || name[0] == '.' || strchr(name, '/') != NULL ? NULL : name;
}

static int find(const char *name) {
  for (int i = 0; i < file_count; i++)
    if (strcmp(files[i].name, name) == 0) return i;
  return -1;
}

static int add(const char *name) {
  if (file_count == FILES || strlen(name) >= NAME) die("too many files");
  struct file *file = &files[file_count];
  strcpy(file->name, name);
  file->dirty = malloc(RANGES * sizeof(struct range));
  char path[PATH + 16];
  shadow_path(path, file_count);
  real_close(real_open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600));
  return file_count++;
}

static void mark(int number, off_t from, off_t to) {
  struct file *file = &files[number];
  for (int i = 0; i < file->ranges; i++)
    if (file->dirty[i].from <= from && to <= file->dirty[i].to) return;
  if (file->ranges > 0 && file->dirty[file->ranges - 1].to == from) {
    file->dirty[file->ranges - 1].to = to;
    return;
  }
  if (file->ranges == RANGES) die("too many dirty ranges");
  file->dirty[file->ranges++] = (struct range){from, to};
}

/* What was dirty goes to the platter; the length as well. */
static void promote(int number, int descriptor) {
  char path[PATH + 16], block[65536];
  shadow_path(path, number);
  int out = real_open(path, O_WRONLY, 0600);
  struct stat now;
  if (out < 0 || fstat(descriptor, &now) != 0) die("cannot promote");
  struct file *file = &files[number];
  for (int i = 0; i < file->ranges; i++) {
    for (off_t at = file->dirty[i].from; at < file->dirty[i].to;) {
      size_t wanted = file->dirty[i].to - at;
      ssize_t got = pread(descriptor, block, wanted < sizeof block ? wanted : sizeof block, at);
      if (got <= 0) break;
      if (real_pwrite(out, block, got, at) != got) die("cannot promote");
      at += got;
    }
  }
  if (real_ftruncate(out, now.st_size) != 0) die("cannot promote");
  file->ranges = 0;
  real_close(out);
}

static void load_existing(void) {
  DIR *listing = opendir(directory);
  if (listing == NULL) return;
  for (struct dirent *entry; (entry = readdir(listing)) != NULL;) {
    if (entry->d_name[0] == '.') continue;
    char path[PATH + 300];
    snprintf(path, sizeof path, "%s/%s", directory, entry->d_name);
    struct stat now;
    if (stat(path, &now) != 0 || !S_ISREG(now.st_mode)) continue;
    int number = add(entry->d_name);
    int descriptor = real_open(path, O_RDONLY);
    mark(number, 0, now.st_size);
    promote(number, descriptor);
    real_close(descriptor);
  }
  closedir(listing);
}

__attribute__((constructor)) static void begin(void) {
  real_open = dlsym(RTLD_NEXT, "open64");
  real_close = dlsym(RTLD_NEXT, "close");
  real_write = dlsym(RTLD_NEXT, "write");
  real_pwrite = dlsym(RTLD_NEXT, "pwrite64");
  real_fsync = dlsym(RTLD_NEXT, "fsync");
  real_fdatasync = dlsym(RTLD_NEXT, "fdatasync");
  real_ftruncate = dlsym(RTLD_NEXT, "ftruncate64");
  real_unlink = dlsym(RTLD_NEXT, "unlink");
  const char *watched = getenv("POWER_DIRECTORY");
  if (watched == NULL || getenv("POWER_SHADOW") == NULL) return;
  snprintf(directory, PATH, "%s", watched);
  snprintf(shadow, PATH, "%s", getenv("POWER_SHADOW"));
  cut_at = number("POWER_CUT_AT");
  eio_at = number("POWER_EIO_AT");
  bytes_max = number("POWER_BYTES_MAX");
  lies = getenv("POWER_LIES") != NULL;
  load_existing();
  write_names("names");
}

__attribute__((destructor)) static void end(void) {
  if (directory[0] == 0) return;
  write_names("current");
  write_calls();
}

static int opened(const char *path, int flags, mode_t mode) {
  const char *name = watched_name(path);
  int is_watched_directory = directory[0] != 0 && strcmp(path, directory) == 0;
  if (name == NULL && !is_watched_directory) return real_open(path, flags, mode);
  pthread_mutex_lock(&lock);
  int creates = name != NULL && (flags & O_CREAT) != 0 && find(name) < 0;
  if (creates && fails_now()) cut_power();
  int descriptor = real_open(path, flags, mode);
  if (descriptor >= DESCRIPTORS) die("too many descriptors");
  if (descriptor >= 0) {
    is_directory[descriptor] = is_watched_directory;
    int number = name == NULL ? -1 : find(name);
    if (name != NULL && number < 0) number = add(name);
    file_of[descriptor] = number + 1;
  }
  pthread_mutex_unlock(&lock);
  return descriptor;
}

static mode_t mode_of(int flags, va_list rest) { return (flags & O_CREAT) != 0 ? va_arg(rest, mode_t) : 0; }

int open(const char *path, int flags, ...) {
  va_list rest;
  va_start(rest, flags);
  mode_t mode = mode_of(flags, rest);
  va_end(rest);
  return opened(path, flags, mode);
}

int open64(const char *path, int flags, ...) {
  va_list rest;
  va_start(rest, flags);
  mode_t mode = mode_of(flags, rest);
  va_end(rest);
  return opened(path, flags, mode);
}

int close(int descriptor) {
  if (descriptor >= 0 && descriptor < DESCRIPTORS) {
    pthread_mutex_lock(&lock);
    file_of[descriptor] = is_directory[descriptor] = 0;
    pthread_mutex_unlock(&lock);
  }
  return real_close(descriptor);
}

static int watched_file(int descriptor) {
  return descriptor < 0 || descriptor >= DESCRIPTORS ? -1 : file_of[descriptor] - 1;
}

/* What of a write still fits on the disk. */
static size_t fitting(int descriptor, off_t at, size_t length) {
  if (bytes_max == 0) return length;
  long used = 0;
  for (int i = 0; i < file_count; i++) {
    char path[PATH + NAME + 2];
    struct stat now;
    snprintf(path, sizeof path, "%s/%.*s", directory, NAME, files[i].name);
    if (files[i].name[0] != 0 && stat(path, &now) == 0) used += now.st_size;
  }
  struct stat now;
  fstat(descriptor, &now);
  long grows = at + (long)length - now.st_size;
  long left = bytes_max - used;
  if (grows <= 0 || grows <= left) return length;
  long fits = (long)length - grows + (left > 0 ? left : 0);
  return fits > 0 ? fits : 0;
}

static ssize_t written(int descriptor, const void *bytes, size_t length, off_t at) {
  int number = watched_file(descriptor);
  size_t fits = fitting(descriptor, at, length);
  if (fits == 0 && length > 0) {
    errno = ENOSPC;
    return -1;
  }
  int fails = fails_now();
  if (fails) fits /= 2;
  ssize_t count = real_pwrite(descriptor, bytes, fits, at);
  if (count > 0) mark(number, at, at + count);
  if (fails) cut_power();
  return count;
}

ssize_t write(int descriptor, const void *bytes, size_t length) {
  if (watched_file(descriptor) < 0) return real_write(descriptor, bytes, length);
  pthread_mutex_lock(&lock);
  /* Files here are only ever appended to by plain writes. */
  struct stat now;
  fstat(descriptor, &now);
  if ((fcntl(descriptor, F_GETFL) & O_APPEND) == 0) die("a plain write that does not append");
  ssize_t count = written(descriptor, bytes, length, now.st_size);
  pthread_mutex_unlock(&lock);
  return count;
}

ssize_t pwrite64(int descriptor, const void *bytes, size_t length, off_t at) {
  if (watched_file(descriptor) < 0) return real_pwrite(descriptor, bytes, length, at);
  pthread_mutex_lock(&lock);
  ssize_t count = written(descriptor, bytes, length, at);
  pthread_mutex_unlock(&lock);
  return count;
}

ssize_t writev(int descriptor, const struct iovec *parts, int count) {
  static ssize_t (*real)(int, const struct iovec *, int);
  if (real == NULL) real = dlsym(RTLD_NEXT, "writev");
  if (watched_file(descriptor) >= 0) die("a vectored write");
  return real(descriptor, parts, count);
}

int ftruncate64(int descriptor, off_t length) {
  int number = watched_file(descriptor);
  if (number < 0) return real_ftruncate(descriptor, length);
  pthread_mutex_lock(&lock);
  if (fails_now()) cut_power();
  int outcome = real_ftruncate(descriptor, length);
  pthread_mutex_unlock(&lock);
  return outcome;
}

static int synced(int descriptor, int (*real)(int)) {
  int number = watched_file(descriptor);
  int names = descriptor >= 0 && descriptor < DESCRIPTORS && is_directory[descriptor];
  if (number < 0 && !names) return real(descriptor);
  pthread_mutex_lock(&lock);
  if (fails_now()) cut_power();
  int fails = ++syncs == eio_at;
  if (fails && number >= 0) files[number].ranges = 0;
  if (!fails && !lies && number >= 0) promote(number, descriptor);
  if (!fails && !lies && names) write_names("names");
  pthread_mutex_unlock(&lock);
  if (fails) errno = EIO;
  return fails ? -1 : 0;
}

int fsync(int descriptor) { return synced(descriptor, real_fsync); }
int fdatasync(int descriptor) { return synced(descriptor, real_fdatasync); }

int unlink(const char *path) {
  const char *name = watched_name(path);
  if (name == NULL) return real_unlink(path);
  pthread_mutex_lock(&lock);
  if (fails_now()) cut_power();
  int number = find(name);
  int outcome = real_unlink(path);
  if (outcome == 0 && number >= 0) files[number].name[0] = 0;
  pthread_mutex_unlock(&lock);
  return outcome;
}

int rename(const char *from, const char *to) {
  static int (*real)(const char *, const char *);
  if (real == NULL) real = dlsym(RTLD_NEXT, "rename");
  if (watched_name(from) != NULL || watched_name(to) != NULL) die("a rename");
  return real(from, to);
}
