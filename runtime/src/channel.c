/* The page of shared memory through which clients ask for updates. kitsune_channel.h has the rules. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "internal.h"

/* Clients of all versions rely on these places; tools/internal/proc has the same numbers in a test. */
#define AT(field, place) _Static_assert(offsetof(struct kitsune_channel, field) == (place), #field)
AT(magic, 0);
AT(abi, 8);
AT(size, 12);
AT(pid, 16);
AT(seq, 20);
AT(state, 24);
AT(updates, 28);
AT(entered, 32);
AT(phase_began, 40);
AT(answer_to, 48);
AT(result, 52);
AT(times, 56);
AT(moved, 96);
AT(visited, 104);
AT(bytes, 112);
AT(message, 120);
AT(path, 1144);
AT(build_id, 5240);
AT(request, 5312);
AT(request_id, 5316);
AT(request_time, 5320);
AT(request_path, 5328);
AT(request_deadline, 9424);
AT(answers, 9432);
AT(history, 9440);
AT(notify_socket, 9440 + 16 * 1760);
_Static_assert(sizeof(struct kitsune_record) == 1760, "record");
_Static_assert(sizeof(struct kitsune_channel) == 37720, "channel");

/* Where answers go that nobody can read. */
static struct kitsune_channel nowhere;

static struct kitsune_channel *channel = &nowhere;
static struct kitsune_image *owner;
static struct kt_descriptor descriptor = {.fd = -1};
static char build_id[sizeof channel->build_id]; /* of this image, once it is committed */
static uint32_t taken_id;                       /* of the request that is being worked on, or 0 */

uint64_t kt_now(void) {
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static void begin_write(void) {
	__atomic_add_fetch(&channel->seq, 1, __ATOMIC_ACQ_REL);
}

static void end_write(void) {
	__atomic_add_fetch(&channel->seq, 1, __ATOMIC_ACQ_REL);
}

/* A page of our own. Returns its descriptor, or -1. */
static int new_page(struct kitsune_channel **page) {
	int fd = memfd_create(KITSUNE_CHANNEL_NAME, MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (fd < 0)
		return -1;
	if (ftruncate(fd, sizeof **page) == 0 && fchmod(fd, 0600) == 0) {
		void *p = mmap(NULL, sizeof **page, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
		if (p != MAP_FAILED) {
			fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL);
			*page = p;
			return fd;
		}
	}
	close(fd);
	return -1;
}

/* From now on our page is this one. */
static void use(struct kitsune_channel *page, int fd) {
	kt_release(&descriptor);
	kt_hold(&descriptor, fd);
	if (channel != &nowhere)
		munmap(channel, channel->size);
	channel = page;
	owner->channel = channel;
	owner->channel_fd = descriptor.fd;
}

static void initialize(void) {
	memcpy(channel->magic, KITSUNE_CHANNEL_MAGIC, sizeof KITSUNE_CHANNEL_MAGIC);
	channel->abi = KITSUNE_CHANNEL_ABI;
	channel->size = sizeof *channel;
	channel->pid = (int32_t)getpid();
	channel->state = KITSUNE_RUNNING;
	channel->entered = channel->phase_began = kt_now();
}

/* Whether a page, which may be that of an older runtime, has all that we know. */
static bool is_whole(const struct kitsune_channel *page) {
	return page->size >= sizeof *page;
}

/* The place for the answer that is to come, or NULL. */
static struct kitsune_record *next_record(void) {
	return is_whole(channel) ? &channel->history[channel->answers % KITSUNE_HISTORY] : NULL;
}

/* Copies a path, or the end of it. */
static void copy_path(char to[256], const char path[4096]) {
	const size_t length = strnlen(path, 4095), n = length < 256 ? length : 255;
	memcpy(to, path + length - n, n);
	to[n] = '\0';
}

void kt_channel_forked(void) {
	struct kitsune_channel *page;
	int fd = new_page(&page);
	if (fd < 0)
		page = &nowhere;
	/* The old page is the parent's, which may have been updated since the fork. */
	snprintf(page->path, sizeof page->path, "%s", owner->path ? owner->path : "");
	memcpy(page->build_id, build_id, sizeof page->build_id);
	page->updates = owner->updates;
	use(page, fd);
	taken_id = 0;
	initialize();
}

void kt_channel_open(struct kitsune_image *self, const struct kitsune_image *from) {
	struct kitsune_channel *page;
	int fd;
	owner = self;
	if (from) {
		self->channel = channel = from->channel;
		self->channel_fd = from->channel_fd;
		kt_hold(&descriptor, from->channel_fd);
		if (__atomic_load_n(&channel->request, __ATOMIC_ACQUIRE) == KITSUNE_REQUEST_TAKEN)
			taken_id = channel->request_id;
	} else {
		fd = new_page(&page);
		use(fd < 0 ? &nowhere : page, fd);
		initialize();
		kt_notify_begin(channel);
	}
}

void kt_channel_reopen(void) {
	struct kitsune_channel *page;
	int fd;
	/* A client that has posted a request looks at the old page. */
	if (kt_held(&descriptor) || __atomic_load_n(&channel->request, __ATOMIC_ACQUIRE))
		return;
	fd = new_page(&page);
	if (fd < 0)
		return;
	memcpy(page, channel, channel->size < sizeof *page ? channel->size : sizeof *page);
	page->size = sizeof *page;
	use(page, fd);
}

char *kt_channel_take(uint64_t *deadline) {
	uint32_t posted = KITSUNE_REQUEST_POSTED;
	char *path;
	*deadline = 0;
	if (!__atomic_compare_exchange_n(&channel->request, &posted, KITSUNE_REQUEST_TAKEN, false,
	                                 __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
		return NULL;
	taken_id = channel->request_id;
	*deadline = channel->request_deadline;
	path = strndup(channel->request_path, sizeof channel->request_path);
	if (!path)
		kt_channel_answer(KITSUNE_REFUSED, "out of memory for the path of the new version");
	return path;
}

void kt_channel_begin(void) {
	struct kitsune_record *r = next_record();
	begin_write();
	memset(channel->times, 0, sizeof channel->times);
	channel->phase_began = kt_now();
	if (taken_id)
		channel->times[KITSUNE_WAIT] = channel->phase_began - channel->request_time;
	channel->state = KITSUNE_LOADING;
	channel->result = KITSUNE_NONE;
	channel->moved = channel->visited = channel->bytes = 0;
	channel->message[0] = '\0';
	if (r) {
		memset(r, 0, sizeof *r);
		copy_path(r->from, channel->path);
		memcpy(r->from_id, channel->build_id, sizeof r->from_id);
		if (taken_id)
			copy_path(r->to, channel->request_path);
	}
	end_write();
	if (is_whole(channel))
		kt_notify_update(channel);
}

void kt_channel_state(enum kitsune_state state, enum kitsune_phase phase) {
	uint64_t now = kt_now();
	begin_write();
	if (phase != KITSUNE_PHASES)
		channel->times[phase] += now - channel->phase_began;
	channel->phase_began = now;
	channel->state = state;
	end_write();
}

uint64_t kt_channel_time(enum kitsune_phase phase) {
	return channel->times[phase];
}

void kt_channel_counts(uint64_t moved, uint64_t visited, uint64_t bytes) {
	begin_write();
	channel->moved = moved;
	channel->visited = visited;
	channel->bytes = bytes;
	end_write();
}

/* The log gets the answer as well. */
static void log_answer(void) {
	static const char *const results[] = {"none", "updated", "refused", "failed", "rolled_back"};
	static const char *const phases[KITSUNE_PHASES] = {"wait_ns", "load_ns", "quiesce_ns", "transform_ns",
	                                                   "commit_ns"};
	size_t bytes;
	const size_t count = kt_retired(&bytes);
	struct kt_event e;
	struct timespec now;
	clock_gettime(CLOCK_REALTIME, &now);
	kt_event_begin(&e, "update");
	kt_event_number(&e, "time_ms", (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000);
	kt_event_text(&e, "result", results[channel->result]);
	kt_event_text(&e, "message", channel->message);
	kt_event_text(&e, "path", channel->path);
	kt_event_text(&e, "build_id", channel->build_id);
	kt_event_number(&e, "updates", channel->updates);
	for (int i = 0; i < KITSUNE_PHASES; i++)
		kt_event_number(&e, phases[i], channel->times[i]);
	kt_event_number(&e, "moved", channel->moved);
	kt_event_number(&e, "visited", channel->visited);
	kt_event_number(&e, "new_bytes", channel->bytes);
	kt_event_number(&e, "old_images", count);
	kt_event_number(&e, "old_bytes", bytes);
	kt_event_log(&e);
}

/* Completes the record that kt_channel_begin() has begun. */
static void record_answer(void) {
	struct kitsune_record *r = next_record();
	struct timespec now;
	if (!r)
		return;
	if (r->time) /* Of an older answer: this update has not even begun. */
		memset(r, 0, sizeof *r);
	clock_gettime(CLOCK_REALTIME, &now);
	r->time = (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
	memcpy(r->times, channel->times, sizeof r->times);
	r->moved = channel->moved;
	r->visited = channel->visited;
	r->bytes = channel->bytes;
	r->result = channel->result;
	if (channel->result == KITSUNE_UPDATED) {
		copy_path(r->to, channel->path);
		memcpy(r->to_id, channel->build_id, sizeof r->to_id);
	}
	memcpy(r->message, channel->message, sizeof r->message);
	channel->answers++;
}

void kt_channel_answer(enum kitsune_result result, const char *message) {
	uint32_t taken = KITSUNE_REQUEST_TAKEN;
	begin_write();
	if (result == KITSUNE_UPDATED) {
		channel->updates++;
		channel->entered = channel->phase_began;
	}
	channel->result = result;
	channel->answer_to = taken_id;
	snprintf(channel->message, sizeof channel->message, "%s", message);
	record_answer();
	end_write();
	if (taken_id) /* Whoever reads the answer may post the next request at once. */
		__atomic_compare_exchange_n(&channel->request, &taken, KITSUNE_REQUEST_NONE, false,
		                            __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE);
	taken_id = 0;
	log_answer();
	if (is_whole(channel))
		kt_notify_answer(channel);
}

void kt_channel_version(const char *path, const char *id) {
	snprintf(build_id, sizeof build_id, "%s", id);
	begin_write();
	snprintf(channel->path, sizeof channel->path, "%s", path);
	memcpy(channel->build_id, build_id, sizeof build_id);
	end_write();
}
