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

/* The beginning of this image, from the linker. */
extern const ElfW(Ehdr) __ehdr_start __attribute__((visibility("hidden")));

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

/* A new memory file. Systems that let nobody execute memory files by default want to be asked for it; older ones do
 * not know the question. */
static int memory_file(const char *path) {
	char name[200]; /* There is a limit, which is lower than that of files. */
	int fd = -1;
	snprintf(name, sizeof name, "%s", base_name(path));
#ifdef MFD_EXEC
	fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_EXEC);
#endif
	return fd < 0 ? memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING) : fd;
}

/* Copies the file `fd` of `size` bytes into a sealed memory file. Returns false and errno if that fails. */
static bool private_copy(int fd, off_t size, const char *path, struct kt_descriptor *copy) {
	int memory = memory_file(path), saved;
	off_t done = 0;
	if (memory < 0)
		return false;
	while (done < size) {
		ssize_t n = sendfile(memory, fd, NULL, (size_t)(size - done));
		if (n < 0 && errno == EINTR)
			continue;
		if (n == 0)
			errno = EIO; /* The file has become shorter. */
		if (n <= 0) {
			saved = errno;
			close(memory);
			errno = saved;
			return false;
		}
		done += n;
	}
	/* It may only become shorter: kt_trim(). */
	fcntl(memory, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SEAL);
	kt_hold(copy, memory);
	return true;
}

void kt_trim(const struct kt_descriptor *copy) {
	const ElfW(Phdr) *p = (const ElfW(Phdr) *)((uintptr_t)&__ehdr_start + __ehdr_start.e_phoff);
	const off_t page = sysconf(_SC_PAGESIZE);
	off_t end = 0;
	for (int i = 0; i < __ehdr_start.e_phnum; i++)
		if (p[i].p_type == PT_LOAD && end < (off_t)(p[i].p_offset + p[i].p_filesz))
			end = (off_t)(p[i].p_offset + p[i].p_filesz);
	if (kt_held(copy) && ftruncate(copy->fd, (end + page - 1) / page * page) < 0)
		kitsune_log("cannot give back what is not mapped of an old image: %s", strerror(errno));
}

/* Whether all that is to be mapped is in the file. The dynamic linker would crash where it is not. */
static bool is_complete(int fd, const ElfW(Ehdr) * h) {
	struct stat st;
	ElfW(Phdr) segment;
	if (fstat(fd, &st) < 0)
		return false;
	for (size_t i = 0; i < h->e_phnum; i++) {
		if (pread(fd, &segment, sizeof segment, (off_t)(h->e_phoff + i * sizeof segment)) !=
		    sizeof segment)
			return false;
		if (segment.p_type == PT_LOAD && (segment.p_offset > (size_t)st.st_size ||
		                                  segment.p_filesz > (size_t)st.st_size - segment.p_offset))
			return false;
	}
	return true;
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
	else if (!is_complete(fd, &h))
		say(why, size, "%s is cut off", path);
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

/* The number of symbols in an image's dynamic symbol table, from the hash table that the linker has made for it. */
static size_t symbol_count(const uint32_t *table) {
	const uint32_t buckets = table[0], first = table[1], words = table[2];
	const uint32_t *bucket = (const uint32_t *)((const ElfW(Addr) *)(table + 4) + words);
	const uint32_t *chain = bucket + buckets;
	uint32_t last = 0;
	for (uint32_t i = 0; i < buckets; i++)
		last = bucket[i] > last ? bucket[i] : last;
	if (last < first)
		return first;
	while (!(chain[last - first] & 1)) /* The end of the last chain. */
		last++;
	return (size_t)last + 1;
}

/* Whether the image exports transformers or hooks. */
static bool has_transformers(void *handle) {
	static const char prefix[] = "_kitsune_";
	const ElfW(Sym) *symbols = NULL;
	const char *names = NULL;
	const uint32_t *table = NULL;
	struct link_map *map;
	if (dlinfo(handle, RTLD_DI_LINKMAP, &map) < 0)
		return false;
	for (const ElfW(Dyn) *d = map->l_ld; d->d_tag != DT_NULL; d++) {
		if (d->d_tag == DT_SYMTAB)
			symbols = (const ElfW(Sym) *)d->d_un.d_ptr;
		else if (d->d_tag == DT_STRTAB)
			names = (const char *)d->d_un.d_ptr;
		else if (d->d_tag == DT_GNU_HASH)
			table = (const uint32_t *)d->d_un.d_ptr;
	}
	for (size_t i = symbols && names && table ? symbol_count(table) : 0; i-- > 0;)
		if (symbols[i].st_shndx != SHN_UNDEF &&
		    strncmp(names + symbols[i].st_name, prefix, sizeof prefix - 1) == 0)
			return true;
	return false;
}

/* Whether `next` was built to follow this image. */
static bool follows(void *handle, const struct kitsune_image *next, const char *path, char *why,
                    size_t size) {
	const bool transformers = next->predecessors != next->predecessors_end;
	/* Who writes transformers by hand has to know what they follow. Without any, bytes can be copied if nothing
	 * has another layout. */
	if (!transformers && has_transformers(handle))
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
	else if (next->abi != KITSUNE_ABI)
		say(why, size,
		    "%s contains runtime ABI %u, the running version has %u: build both with the same Kitsune",
		    path, next->abi, KITSUNE_ABI);
	else if (next->size < KITSUNE_IMAGE_LEAST)
		say(why, size,
		    "%s contains a runtime from before the first release: build it with the Kitsune of the running "
		    "version or a later one",
		    path);
	else if (follows(handle, next, path, why, size)) {
		*image = next;
		return true;
	}
	return false;
}

/* A path to the copy. By our own number rather than "self", so that debuggers in other processes find the file too;
 * and spelled as no other copy's ever was, since the dynamic linker knows what it has loaded by its name, and numbers
 * of descriptors come back: the bits of the inode number become "./" and "/". */
static void copy_name(char *name, size_t size, const struct kt_descriptor *copy) {
	int n = snprintf(name, size, "/proc/%d/fd/", (int)getpid());
	for (ino_t rest = copy->inode; rest; rest >>= 1)
		n += snprintf(name + n, size - (size_t)n, rest & 1 ? "./" : "/");
	snprintf(name + n, size - (size_t)n, "%d", copy->fd);
}

char *kt_absolute(const char *path) {
	char *absolute;
	if (path[0] == '/' || !kt_image.start_dir)
		return strdup(path);
	return asprintf(&absolute, "%s/%s", kt_image.start_dir, path) < 0 ? NULL : absolute;
}

/* Whether the open file `st` is what this image was loaded from, and has not been written to since then. */
static bool is_running(const struct stat *st) {
	return st->st_dev == kt_image.device && st->st_ino == kt_image.inode &&
	       kt_modified(st) == kt_image.modified;
}

int64_t kt_modified(const struct stat *st) {
	return (int64_t)st->st_mtim.tv_sec * 1000000000 + st->st_mtim.tv_nsec;
}

/* Loads the copy of the file `path`. Returns its handle, or NULL. */
static void *load_copy(const struct kt_descriptor *copy, const char *path, char *why, size_t size) {
	char name[256], reason[128];
	const char *error;
	void *handle;
	copy_name(name, sizeof name, copy);
	if (!kt_trial(copy->fd, name, reason, sizeof reason)) {
		say(why, size, "%s: %s", path, reason);
		return NULL;
	}
	handle = dlopen(name, RTLD_NOW | RTLD_LOCAL);
	if (!handle) {
		error = dlerror();
		if (strncmp(error, name, strlen(name)) == 0) /* The user knows the file, and not the copy. */
			error += strlen(name) + strlen(": ");
		say(why, size, "%s: %s", path, error);
	}
	return handle;
}

void *kt_load(const char *file, struct kitsune_image **image, char *why, size_t size) {
	char *path = kt_absolute(file);
	struct kt_descriptor copy = {.fd = -1};
	void *handle = NULL;
	struct stat st;
	int fd = path ? open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK) : -1;

	if (!path)
		say(why, size, "%s: %s", file, strerror(ENOMEM));
	else if (fd < 0 || fstat(fd, &st) < 0)
		say(why, size, "%s: %s", path, strerror(errno));
	else if (!S_ISREG(st.st_mode))
		say(why, size, "%s is not a regular file", path);
	else if (is_running(&st))
		say(why, size, "%s is the file that is running: there is nothing to update", path);
	else if (!is_shared_object(fd, path, why, size))
		; /* It has said why. */
	else if (!private_copy(fd, st.st_size, path, &copy))
		say(why, size, "%s: cannot copy it into memory: %s", path, strerror(errno));
	else if ((handle = load_copy(&copy, path, why, size)) && !check(handle, image, path, why, size)) {
		dlclose(handle);
		handle = NULL;
	}
	if (handle) {
		(*image)->image_fd = copy.fd;
		(*image)->path = realpath(path, NULL);
		(*image)->device = st.st_dev;
		(*image)->inode = st.st_ino;
		(*image)->modified = kt_modified(&st);
	} else {
		kt_release(&copy);
	}
	if (fd >= 0)
		close(fd);
	free(path);
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
