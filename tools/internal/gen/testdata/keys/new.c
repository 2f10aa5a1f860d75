#include "kitsune.h"
int global;
static int in_file;
int prior KEY(log.c/log_write#prior);
int local KEY(main#now_called);
int plugged KEY(plug@dir/n-1.c/plugged);
struct s { struct s *next; } moved KEY(src/io/net.c/moved_here);
