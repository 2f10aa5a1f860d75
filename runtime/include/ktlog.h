/* ktlog.h - the log of an updatable program.
 *
 * One file per process, APP.PID in the directory KITSUNE_LOG_DIR (default /tmp/kitsune), kept open across
 * versions. A log that cannot be opened is never fatal: the program runs without it. Some lines are JSON, for
 * programs to read; docs/log.md has them.
 */
#ifndef KITSUNE_LOG_H
#define KITSUNE_LOG_H

#include "kitsunemisc.h"

/* Opens the log of the application `appname` (the name up to ".so", without directories).
 * Returns 1 on success, 0 when the program goes on without a log. */
KITSUNE_API int kitsune_logging_init(const char *appname);

/* Appends one line, as printf does. Does nothing before the log is open. May be called from any thread. */
KITSUNE_API void kitsune_log(const char *fmt, ...)
#if defined(__GNUC__)
    __attribute__((format(printf, 1, 2)))
#endif
    ;

#endif
