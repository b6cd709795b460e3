/*
 * Writes down what a process asks the kernel to change about files, and what came of it.
 *
 *   process --> write(21, "abc", 3) --> "7 write 21 4096 x616263"   before the kernel is asked
 *                                   --> the kernel
 *                                   --> "7 = 3"                     before the process has its answer
 *
 * Loaded with LD_PRELOAD. Each call has a number and two lines in the file that WITNESS names. Threads share files, so
 * calls overlap; between the two lines of a call it happens. So whatever a process did after an answer stands below
 * that answer: an order that can be trusted.
 *
 *   words of a line    descriptors and figures in decimal; paths and bytes as an `x` and hexadecimal digits
 *   place of a write   looked up, not followed: where the descriptor stands, or the end, where it appends; -1 in a pipe
 *   a line             is one write at the end of the file: the kernel tears none
 *   kill               waits until no call is under way, and lets none begin: nobody could say whether it happened
 *
 * Calls that a reader of the lines may not know are written down with their descriptors and paths alone (OTHER): it can
 * tell at least that it missed something. What comes past the C library (system calls by number, but for closing; pages
 * that are mapped and written) is not seen: who reads compares the folder with what the lines make of it.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#define PASSED_ON(name) ((__typeof__(&name))passed_on(#name))

/* Shared by the calls that are under way; whoever kills has it alone. */
static pthread_rwlock_t under_way = PTHREAD_RWLOCK_WRITER_NONRECURSIVE_INITIALIZER_NP;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static int out;
static atomic_long calls;

static void fail(const char *why) {
  dprintf(2, "witness: %s: %s\n", why, strerror(errno));
  _exit(99);
}

/* The function of this name that would be called if we were not here. */
static void *passed_on(const char *name) {
  void *found = dlsym(RTLD_NEXT, name);
  if (found == NULL) fail(name);
  return found;
}

/* A line that grows. */
struct line { char *text; size_t length, room; };

static char *grow(struct line *line, size_t by) {
  if (line->length + by > line->room) {
    line->room = 2 * (line->length + by);
    line->text = realloc(line->text, line->room);
    if (line->text == NULL) fail("no memory");
  }
  line->length += by;
  return line->text + line->length - by;
}

static void add_number(struct line *line, long number) {
  char digits[24];
  int length = snprintf(digits, sizeof digits, " %ld", number);
  memcpy(grow(line, length), digits, length);
}

static void add_hex(struct line *line, const unsigned char *bytes, size_t length) {
  char *into = grow(line, 2 * length);
  for (size_t i = 0; i < length; i++) {
    *into++ = "0123456789abcdef"[bytes[i] >> 4];
    *into++ = "0123456789abcdef"[bytes[i] & 15];
  }
}

/* Adds an argument for each letter: n a number, p a path, b bytes in parts. */
static void add_arguments(struct line *line, const char *letters, va_list arguments) {
  for (; *letters != 0; letters++) {
    if (*letters == 'n') {
      add_number(line, va_arg(arguments, long));
      continue;
    }
    memcpy(grow(line, 2), " x", 2);
    if (*letters == 'p') {
      const char *path = va_arg(arguments, const char *);
      add_hex(line, (const unsigned char *)path, strlen(path));
    } else {
      const struct iovec *parts = va_arg(arguments, const struct iovec *);
      int count = va_arg(arguments, int);
      for (int i = 0; i < count; i++) add_hex(line, parts[i].iov_base, parts[i].iov_len);
    }
  }
}

static void open_file(void) {
  const char *path = getenv("WITNESS");
  out = PASSED_ON(open64)(path == NULL ? "" : path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (out < 0) fail("WITNESS names no file that can be written");
}

static void write_down(struct line *line) {
  pthread_once(&once, open_file);
  *grow(line, 1) = '\n';
  /* All but the blank that every number has before it. */
  ssize_t length = line->length - 1;
  if (PASSED_ON(write)(out, line->text + 1, length) != length) fail("a line");
  free(line->text);
}

/* A call begins: its number. */
static long begins(const char *name, const char *letters, ...) {
  int error = errno;
  pthread_rwlock_rdlock(&under_way);
  long call = ++calls;
  struct line line = {0};
  add_number(&line, call);
  *grow(&line, 1) = ' ';
  memcpy(grow(&line, strlen(name)), name, strlen(name));
  va_list arguments;
  va_start(arguments, letters);
  add_arguments(&line, letters, arguments);
  va_end(arguments);
  write_down(&line);
  errno = error;
  return call;
}

/* A call is over: its answer. */
static long over(long call, long answer) {
  int error = errno;
  struct line line = {0};
  add_number(&line, call);
  memcpy(grow(&line, 2), " =", 2);
  add_number(&line, answer);
  write_down(&line);
  pthread_rwlock_unlock(&under_way);
  errno = error;
  return answer;
}

int kill(pid_t process, int signal) {
  pthread_rwlock_wrlock(&under_way);
  int answer = PASSED_ON(kill)(process, signal);
  pthread_rwlock_unlock(&under_way);
  return answer;
}

/* A call with its arguments as they are declared, as they are passed on, and as they are written down. */
#define CALL(type, name, declared, passed, ...)                                                  \
  type name declared {                                                                           \
    long call = begins(#name, __VA_ARGS__);                                                      \
    return (type)over(call, (long)PASSED_ON(name) passed);                                       \
  }
#define OTHER CALL

/* Opening: as open(path, flags), however it was asked for. */

static mode_t mode_of(int flags, va_list rest) {
  return (flags & O_CREAT) != 0 || (flags & O_TMPFILE) == O_TMPFILE ? va_arg(rest, mode_t) : 0;
}

#define OPEN(name, declared, passed, path)                                                       \
  int name declared {                                                                            \
    va_list rest;                                                                                \
    va_start(rest, flags);                                                                       \
    mode_t mode = mode_of(flags, rest);                                                          \
    va_end(rest);                                                                                \
    long call = begins("open", "pn", path, (long)flags);                                         \
    return (int)over(call, PASSED_ON(name) passed);                                              \
  }

OPEN(open, (const char *path, int flags, ...), (path, flags, mode), path)
OPEN(open64, (const char *path, int flags, ...), (path, flags, mode), path)
OPEN(openat, (int folder, const char *path, int flags, ...), (folder, path, flags, mode), path)
OPEN(openat64, (int folder, const char *path, int flags, ...), (folder, path, flags, mode), path)

CALL(int, close, (int file), (file), "n", (long)file)

/* libuv closes by number. */
long syscall(long number, ...) {
  va_list rest;
  va_start(rest, number);
  long a[6];
  for (int i = 0; i < 6; i++) a[i] = va_arg(rest, long);
  va_end(rest);
  long call = number == SYS_close ? begins("close", "n", a[0]) : 0;
  long answer = PASSED_ON(syscall)(number, a[0], a[1], a[2], a[3], a[4], a[5]);
  return call == 0 ? answer : over(call, answer);
}

/* Writing: as write(file, place, bytes), however it was asked for. */

static long place_of(int file, long asked) {
  int error = errno;
  int flags = fcntl(file, F_GETFL);
  long place = lseek64(file, 0, SEEK_CUR);
  struct stat64 now;
  if (place >= 0 && asked >= 0) place = asked;
  if (place >= 0 && (flags & O_APPEND) != 0 && fstat64(file, &now) == 0) place = now.st_size;
  errno = error;
  return place;
}

#define WRITE(name, declared, passed, place, parts, count)                                       \
  ssize_t name declared {                                                                        \
    long call = begins("write", "nnb", (long)file, place_of(file, place), parts, count);         \
    return over(call, PASSED_ON(name) passed);                                                   \
  }
#define ONE_PART(bytes, length) (&(struct iovec){(void *)bytes, length})

WRITE(write, (int file, const void *bytes, size_t length), (file, bytes, length), -1,
      ONE_PART(bytes, length), 1)
WRITE(pwrite, (int file, const void *bytes, size_t length, off_t at), (file, bytes, length, at), at,
      ONE_PART(bytes, length), 1)
WRITE(pwrite64, (int file, const void *bytes, size_t length, off64_t at), (file, bytes, length, at),
      at, ONE_PART(bytes, length), 1)
WRITE(writev, (int file, const struct iovec *parts, int count), (file, parts, count), -1, parts, count)
WRITE(pwritev, (int file, const struct iovec *parts, int count, off_t at), (file, parts, count, at),
      at, parts, count)
WRITE(pwritev64, (int file, const struct iovec *parts, int count, off64_t at),
      (file, parts, count, at), at, parts, count)

#define TRUNCATE(name, length_type)                                                              \
  int name(int file, length_type length) {                                                       \
    long call = begins("ftruncate", "nn", (long)file, (long)length);                             \
    return (int)over(call, PASSED_ON(name)(file, length));                                       \
  }
TRUNCATE(ftruncate, off_t)
TRUNCATE(ftruncate64, off64_t)

CALL(int, fsync, (int file), (file), "n", (long)file)
CALL(int, fdatasync, (int file), (file), "n", (long)file)
CALL(int, mkdir, (const char *path, mode_t mode), (path, mode), "p", path)
CALL(int, unlink, (const char *path), (path), "p", path)
CALL(int, remove, (const char *path), (path), "p", path)
CALL(int, rename, (const char *from, const char *to), (from, to), "pp", from, to)

/* What no reader knows today: whoever begins to use one of these has to teach it. */

#define FILE_ARGUMENT "n", (long)file
#define PATH_ARGUMENT "p", path
#define TWO_PATHS "npnp", (long)a, from, (long)b, to

OTHER(int, creat, (const char *path, mode_t mode), (path, mode), PATH_ARGUMENT)
OTHER(int, creat64, (const char *path, mode_t mode), (path, mode), PATH_ARGUMENT)
OTHER(FILE *, fopen, (const char *path, const char *how), (path, how), PATH_ARGUMENT)
OTHER(FILE *, fopen64, (const char *path, const char *how), (path, how), PATH_ARGUMENT)
OTHER(FILE *, fdopen, (int file, const char *how), (file, how), FILE_ARGUMENT)
OTHER(int, mkstemp, (char *path), (path), PATH_ARGUMENT)
OTHER(int, mkstemp64, (char *path), (path), PATH_ARGUMENT)
OTHER(char *, mkdtemp, (char *path), (path), PATH_ARGUMENT)

OTHER(int, rmdir, (const char *path), (path), PATH_ARGUMENT)
OTHER(int, unlinkat, (int file, const char *path, int flags), (file, path, flags), "np", (long)file, path)
OTHER(int, mkdirat, (int file, const char *path, mode_t mode), (file, path, mode), "np", (long)file, path)
OTHER(int, renameat, (int a, const char *from, int b, const char *to), (a, from, b, to), TWO_PATHS)
OTHER(int, renameat2, (int a, const char *from, int b, const char *to, unsigned flags),
      (a, from, b, to, flags), TWO_PATHS)
OTHER(int, link, (const char *from, const char *to), (from, to), "pp", from, to)
OTHER(int, linkat, (int a, const char *from, int b, const char *to, int flags),
      (a, from, b, to, flags), TWO_PATHS)
OTHER(int, symlink, (const char *to, const char *path), (to, path), PATH_ARGUMENT)

OTHER(int, truncate, (const char *path, off_t length), (path, length), PATH_ARGUMENT)
OTHER(int, truncate64, (const char *path, off64_t length), (path, length), PATH_ARGUMENT)
OTHER(int, fallocate, (int file, int how, off_t at, off_t length), (file, how, at, length), FILE_ARGUMENT)
OTHER(int, fallocate64, (int file, int how, off64_t at, off64_t length), (file, how, at, length),
      FILE_ARGUMENT)
OTHER(int, posix_fallocate, (int file, off_t at, off_t length), (file, at, length), FILE_ARGUMENT)
OTHER(int, posix_fallocate64, (int file, off64_t at, off64_t length), (file, at, length), FILE_ARGUMENT)
OTHER(ssize_t, pwritev2, (int file, const struct iovec *parts, int count, off_t at, int flags),
      (file, parts, count, at, flags), FILE_ARGUMENT)
OTHER(ssize_t, pwritev64v2, (int file, const struct iovec *parts, int count, off64_t at, int flags),
      (file, parts, count, at, flags), FILE_ARGUMENT)
OTHER(ssize_t, sendfile, (int file, int from, off_t *at, size_t length), (file, from, at, length),
      FILE_ARGUMENT)
OTHER(ssize_t, sendfile64, (int file, int from, off64_t *at, size_t length), (file, from, at, length),
      FILE_ARGUMENT)
OTHER(ssize_t, copy_file_range,
      (int from, off64_t *at, int file, off64_t *into, size_t length, unsigned flags),
      (from, at, file, into, length, flags), FILE_ARGUMENT)

OTHER(int, dup, (int file), (file), FILE_ARGUMENT)
OTHER(int, dup2, (int file, int as), (file, as), "nn", (long)file, (long)as)
OTHER(int, dup3, (int file, int as, int flags), (file, as, flags), "nn", (long)file, (long)as)
