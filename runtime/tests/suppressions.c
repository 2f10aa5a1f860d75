/* What sanitizers find that is not ours. The name is that of an interface of theirs. */
const char *__tsan_default_suppressions(void);

/* The dynamic linker, which is not built for it, releases what threads that have ended had of their own. */
const char *__tsan_default_suppressions(void) {
	return "race:_dl_deallocate_tls\n";
}
