#include "buffer.h"

#include "kitsune.h"
#include "mem.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SMALLEST = 256 };

char *buffer_bytes(const struct buffer *buffer) {
	return buffer->bytes + buffer->start;
}

size_t buffer_length(const struct buffer *buffer) {
	return buffer->end - buffer->start;
}

char *buffer_room(struct buffer *buffer, size_t size) {
	size_t length = buffer_length(buffer);

	if (buffer->capacity - buffer->end < size && buffer->start > 0) {
		memmove(buffer->bytes, buffer_bytes(buffer), length);
		buffer->start = 0;
		buffer->end = length;
	}
	if (buffer->capacity - buffer->end < size) {
		size_t capacity = buffer->capacity ? buffer->capacity : SMALLEST;

		while (capacity - length < size)
			capacity *= 2;
		buffer->bytes = mem_grow(buffer->bytes, buffer->capacity, capacity);
		buffer->capacity = capacity;
	}
	return buffer->bytes + buffer->end;
}

void buffer_added(struct buffer *buffer, size_t size) {
	buffer->end += size;
}

void buffer_append(struct buffer *buffer, const char *bytes, size_t size) {
	memcpy(buffer_room(buffer, size), bytes, size);
	buffer_added(buffer, size);
}

void buffer_printf(struct buffer *buffer, const char *format, ...) {
	va_list arguments;
	int length;

	va_start(arguments, format);
	length = vsnprintf(NULL, 0, format, arguments);
	va_end(arguments);

	/* One byte more than is kept: vsnprintf ends its text with a zero. */
	va_start(arguments, format);
	vsnprintf(buffer_room(buffer, (size_t)length + 1), (size_t)length + 1, format, arguments);
	va_end(arguments);
	buffer_added(buffer, (size_t)length);
}

void buffer_consume(struct buffer *buffer, size_t size) {
	buffer->start += size;
	if (buffer->start == buffer->end)
		buffer_clear(buffer);
}

void buffer_clear(struct buffer *buffer) {
	buffer->start = buffer->end = 0;
}

void buffer_free(struct buffer *buffer) {
	free(buffer->bytes);
	memset(buffer, 0, sizeof *buffer);
}
