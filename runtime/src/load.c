/* Loading a new version, and deciding whether it can take over.
 *
 * All of this happens in the running version: whatever is found wrong, it goes on. The file is copied into
 * memory first and the copy is loaded, so that it cannot change between the check and the use, and so that the
 * same file can be loaded twice.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <stdarg.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include "internal.h"

#if UINTPTR_MAX > UINT32_MAX
enum { ELF_CLASS = ELFCLASS64 };
#else
enum { ELF_CLASS = ELFCLASS32 };
#endif

#if defined(__x86_64__)
enum { ELF_MACHINE = EM_X86_64 };
#elif defined(__aarch64__)
enum { ELF_MACHINE = EM_AARCH64 };
#elif defined(__i386__)
enum { ELF_MACHINE = EM_386 };
#else
#error "which ELF machine is this?"
#endif

int kt_fd_away(int fd) {
	enum { LEAST = 200 };
	int away = fd < LEAST ? fcntl(fd, F_DUPFD_CLOEXEC, LEAST) : -1;
	if (away < 0)
		return fd; /* The limit of this process is lower. */
	close(fd);
	return away;
}

static void say(char *why, size_t size, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

static void say(char *why, size_t size, const char *fmt, ...) {
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(why, size, fmt, ap);
	va_end(ap);
}

static const char *base_name(const char *path) {
	const char *slash = strrchr(path, '/');
	return slash ? slash + 1 : path;
}

/* Copies the file `fd` of `size` bytes into a sealed memory file. Returns its descriptor, or -1 and errno. */
static int private_copy(int fd, off_t size, const char *name) {
	int copy = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING), saved;
	off_t done = 0;
	if (copy < 0)
		return -1;
	while (done < size) {
		ssize_t n = sendfile(copy, fd, NULL, (size_t)(size - done));
		if (n < 0 && errno == EINTR)
			continue;
		if (n == 0)
			errno = EIO; /* The file has become shorter. */
		if (n <= 0) {
			saved = errno;
			close(copy);
			errno = saved;
			return -1;
		}
		done += n;
	}
	fcntl(copy, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL);
	return kt_fd_away(copy);
}

/* Whether the file is a shared object for this machine: what the dynamic linker would not say as clearly. */
static bool is_shared_object(int fd, const char *path, char *why, size_t size) {
	ElfW(Ehdr) h;
	if (pread(fd, &h, sizeof h, 0) != sizeof h || memcmp(h.e_ident, ELFMAG, SELFMAG) != 0)
		say(why, size, "%s is not an ELF file: give the .so that the build made", path);
	else if (h.e_type != ET_DYN)
		say(why, size, "%s is not a shared object: link it with -shared", path);
	else if (h.e_ident[EI_CLASS] != ELF_CLASS || h.e_machine != ELF_MACHINE)
		say(why, size, "%s was built for another kind of machine", path);
	else
		return true;
	return false;
}

/* Whether there is a unit for the source `file`, and whether it looks the same to an update. */
enum likeness { ABSENT, DIFFERENT, EQUAL };

static enum likeness unit_in(const struct kitsune_image *image, const struct kitsune_unit *unit) {
	enum likeness best = ABSENT;
	for (const struct kitsune_unit *u = image->units; u < image->units_end && best != EQUAL; u++)
		if (strcmp(u->file, unit->file) == 0)
			best = strcmp(u->summary, unit->summary) == 0 ? EQUAL : DIFFERENT;
	return best;
}

static enum likeness predecessor_in(const struct kitsune_image *image, const struct kitsune_unit *unit) {
	enum likeness best = ABSENT;
	const struct kitsune_predecessor *p = image->predecessors;
	for (; p < image->predecessors_end && best != EQUAL; p++)
		if (strcmp(p->file, unit->file) == 0)
			best = strcmp(p->summary, unit->summary) == 0 ? EQUAL : DIFFERENT;
	return best;
}

/* Whether `next` was built to follow this image. */
static bool follows(const struct kitsune_image *next, const char *path, char *why, size_t size) {
	const bool transformers = next->predecessors != next->predecessors_end;
	/* Without transformers of xfgen's, bytes can be copied if nothing has another layout. A program whose units
	 * were not compiled by ktcc is left to judge for itself. */
	if (!transformers && next->units == next->units_end)
		return true;
	for (const struct kitsune_unit *u = kt_image.units; u < kt_image.units_end; u++) {
		enum likeness l = transformers ? predecessor_in(next, u) : unit_in(next, u);
		if (l == EQUAL)
			continue;
		if (transformers && l == ABSENT)
			say(why, size, "%s was built to follow another program, one without a %s", path,
			    u->file);
		else if (transformers)
			say(why, size,
			    "%s was built to follow another version: the running one has other types in %s",
			    path, u->file);
		else if (l == ABSENT)
			say(why, size, "%s is another program, or has no transformers: it has no %s", path,
			    u->file);
		else
			say(why, size,
			    "%s has no transformers, and other types than the running version in %s: build it with "
			    "kitsune_update, or link xfgen's output into it",
			    path, u->file);
		return false;
	}
	return true;
}

static bool check(void *handle, struct kitsune_image **image, const char *path, char *why, size_t size) {
	struct kitsune_image *next = dlsym(handle, "kitsune_image");
	if (!next || !dlsym(handle, "kitsune_init_inplace"))
		say(why, size, "%s does not contain the Kitsune runtime: link libkitsune.a into it", path);
	else if (next->abi != KITSUNE_ABI || next->size < sizeof *next)
		say(why, size,
		    "%s contains runtime ABI %u, the running version has %u: build both with the same Kitsune",
		    path, next->abi, KITSUNE_ABI);
	else if (follows(next, path, why, size)) {
		*image = next;
		return true;
	}
	return false;
}

/* A path to the copy `fd`. By our own number rather than "self", so that debuggers in other processes find the file
 * too; and spelled as no earlier version's was, since the dynamic linker knows what it has loaded by its name, and
 * numbers of descriptors come back: the bits of `serial` become "./" and "/". */
static void copy_name(char *name, size_t size, int fd, unsigned serial) {
	int n = snprintf(name, size, "/proc/%d/fd/", (int)getpid());
	for (; serial; serial >>= 1)
		n += snprintf(name + n, size - (size_t)n, serial & 1 ? "./" : "/");
	snprintf(name + n, size - (size_t)n, "%d", fd);
}

void *kt_load(const char *path, struct kitsune_image **image, char *why, size_t size) {
	char copy_path[128], *absolute = NULL;
	void *handle = NULL;
	struct stat st;
	int fd, copy = -1;

	if (path[0] != '/') {
		if (asprintf(&absolute, "%s/%s", kt_image.start_dir, path) < 0)
			absolute = NULL;
		else
			path = absolute;
	}
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0 || fstat(fd, &st) < 0)
		say(why, size, "%s: %s", path, strerror(errno));
	else if (!S_ISREG(st.st_mode))
		say(why, size, "%s is not a regular file", path);
	else if (st.st_dev == kt_image.device && st.st_ino == kt_image.inode)
		say(why, size, "%s is the file that is running: there is nothing to update", path);
	else if (is_shared_object(fd, path, why, size)) {
		copy = private_copy(fd, st.st_size, base_name(path));
		copy_name(copy_path, sizeof copy_path, copy, kt_image.updates + 1);
		if (copy < 0)
			say(why, size, "%s: cannot copy it into memory: %s", path, strerror(errno));
		else if (!(handle = dlopen(copy_path, RTLD_NOW | RTLD_LOCAL))) {
			const char *error = dlerror(), *named = strstr(error, copy_path);
			/* The linker names the copy; the user knows the file. */
			say(why, size, "%s: %s", path,
			    named == error ? error + strlen(copy_path) + 2 : error);
		} else if (!check(handle, image, path, why, size)) {
			dlclose(handle);
			handle = NULL;
		}
	}
	if (handle) {
		(*image)->image_fd = copy;
		(*image)->path = realpath(path, NULL);
		(*image)->device = st.st_dev;
		(*image)->inode = st.st_ino;
	} else if (copy >= 0) {
		close(copy);
	}
	if (fd >= 0)
		close(fd);
	free(absolute);
	return handle;
}

/* The build id. */

struct search {
	uintptr_t addr;
	char *hex;
	size_t size;
};

static int visit(struct dl_phdr_info *info, size_t info_size, void *data) {
	struct search *s = data;
	bool ours = false;
	(void)info_size;
	for (int i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *p = &info->dlpi_phdr[i];
		ours |= p->p_type == PT_LOAD && s->addr - info->dlpi_addr - p->p_vaddr < p->p_memsz;
	}
	if (!ours)
		return 0;
	for (int i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *p = &info->dlpi_phdr[i];
		const char *note = (const char *)(info->dlpi_addr + p->p_vaddr), *end = note + p->p_memsz;
		if (p->p_type != PT_NOTE)
			continue;
		while (note + sizeof(ElfW(Nhdr)) <= end) {
			const ElfW(Nhdr) *n = (const ElfW(Nhdr) *)note;
			const char *name = note + sizeof *n, *desc = name + ((n->n_namesz + 3u) & ~3u);
			if (desc + n->n_descsz > end)
				break;
			if (n->n_type == NT_GNU_BUILD_ID && n->n_namesz == 4 && memcmp(name, "GNU", 4) == 0) {
				for (unsigned k = 0; k < n->n_descsz && 2 * k + 2 < s->size; k++)
					snprintf(s->hex + 2 * k, 3, "%02x", (unsigned char)desc[k]);
				return 1;
			}
			note = desc + ((n->n_descsz + 3u) & ~3u);
		}
	}
	return 1;
}

void kt_build_id(const void *addr, char *hex, size_t size) {
	struct search s = {(uintptr_t)addr, hex, size};
	hex[0] = '\0';
	dl_iterate_phdr(visit, &s);
}
