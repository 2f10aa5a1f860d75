/* log.h - what the server tells its operator. */
#ifndef KVSTORE_LOG_H
#define KVSTORE_LOG_H

/* Logs to the end of a file instead of to standard error. Returns 0, or -1 with errno set. */
int log_open(const char *path);

/* Where the log goes, for people to read. */
const char *log_name(void);

void log_line(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
