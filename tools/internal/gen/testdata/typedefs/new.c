#include "kitsune.h"

typedef struct inner inner_t;
typedef inner_t inner_alias;
struct inner { long a; inner_alias *up; };
typedef inner_alias pair_t[2];
typedef struct outer { inner_alias one; pair_t two; struct hidden *hidden; } outer_t;
struct hidden { outer_t *owner; };
typedef int (*compare_t)(const outer_t *, const outer_t *);
typedef compare_t compare_alias;
typedef void callback(struct outer by_value, ...);
typedef struct { compare_alias compare; callback *done; int plain; } ops_t;
typedef struct { int only, numbers; } plain_t;
typedef const char *text;

outer_t outer;
ops_t ops;
pair_t pairs;
plain_t plain;
text title;
