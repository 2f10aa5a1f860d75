/* A shared object without the runtime. */
int plain(void);

int plain(void) {
	return 1;
}
