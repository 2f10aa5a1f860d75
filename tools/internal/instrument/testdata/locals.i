# 1 "locals.c"
typedef unsigned long size_t;
size_t kitsune_scope_enter(size_t *token, const char *fun_name);
void kitsune_scope_leave(size_t *token);
char kitsune_scope_note(const char *name, void *addr, size_t size);
int step(int);
int run(int argc, char *argv[], const int limit) __attribute__((e_notelocals)) {
  int count = 0, *const where = &count; register int fast = 1; static int runs;
  if (argc > 1) {
    char buf[argc]; buf[0] = argv[1][0]; count += step(buf[0]); }
  for (int i = 0; i < limit; i++) { long square = i * i; count += step((int)square); }
  for (int j = 0; j < 2; j++)
    count += step(j);
again: ;
  int tries = fast;
  if (step(tries) > limit) goto again;
  switch (argc) { case 1: ; int in_case = 3; count += step(in_case); break; default: ; }
  return count + ++runs + *where;
}
