/* buffer.h - bytes that come in at one end and go out at the other. */
#ifndef KVSTORE_BUFFER_H
#define KVSTORE_BUFFER_H

#include <stddef.h>

/* A zeroed buffer is an empty one.
 *
 * `bytes` needs no annotation: characters are the same in every version, so an update leaves them where they
 * are, however many they may be. */
struct buffer {
	char *bytes;
	size_t start; /* the first byte that is in use */
	size_t end;   /* one past the last */
	size_t capacity;
};

/* The bytes in use, and how many there are. */
char *buffer_bytes(const struct buffer *buffer);
size_t buffer_length(const struct buffer *buffer);

/* Makes room for `size` more bytes and returns where they go; buffer_added() says how many were put there. */
char *buffer_room(struct buffer *buffer, size_t size);
void buffer_added(struct buffer *buffer, size_t size);

void buffer_append(struct buffer *buffer, const char *bytes, size_t size);
void buffer_printf(struct buffer *buffer, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Drops the first `size` bytes; what they were can still be read until the buffer is written to. */
void buffer_consume(struct buffer *buffer, size_t size);

void buffer_clear(struct buffer *buffer);
void buffer_free(struct buffer *buffer);

#endif
